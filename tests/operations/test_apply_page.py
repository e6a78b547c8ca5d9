"""A page of submissions, applied in one transaction: at least once, in any order, and never twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ascend_core.contracts import Rejected
from ascend_core.operations.apply_submissions import apply_page
from ascend_core.operations.connect import connect_account
from ascend_core.store.accounts import cursor_of


def test_a_registration_becomes_a_member_a_run_and_a_text(bench: Any) -> None:
    """The way of every sign-up."""
    bench.set_up()

    outcome = bench.register(0)
    bench.drain()

    assert (outcome.applied, outcome.ignored, outcome.fired) == (1, 0, 1)
    assert bench.rows("SELECT phone, first_name FROM member") == [("+12125550100", "Ana0")]
    assert bench.rows("SELECT g.name FROM group_member m JOIN member_group g ON g.id = m.group_id") == [("Canvass f0",)]
    assert bench.states() == [("sent", None)]
    (body,) = bench.bodies()
    assert body.startswith("Hi Ana0! Details: https://go.example.org/")


def test_applying_a_page_again_changes_nothing(bench: Any) -> None:
    """A source may tell everything again, and a worker may die after the commit."""
    bench.set_up()
    submissions = [bench.submission(person) for person in range(3)]
    rejected = [Rejected(key="r1", reason="malformed", detail="no id")]
    bench.apply(*submissions, rejected=rejected)
    before = bench.picture()
    bench.wait(minutes=1)

    outcome = bench.apply(*submissions, rejected=rejected)

    assert (outcome.applied, outcome.unchanged, outcome.fired) == (0, 3, 0)
    assert bench.picture() == before


def test_a_page_whose_cursor_somebody_else_moved_is_not_applied(bench: Any) -> None:
    """Two workers on one account: one wins, the other's work is dropped whole."""
    bench.set_up()
    seen = bench.core.database.read(lambda tx: cursor_of(tx, bench.account.id, "submissions"))
    bench.register(0)

    outcome = apply_page(bench.core, bench.account.id, bench.page(bench.submission(1)), seen=seen)

    assert not outcome.moved
    assert bench.one("SELECT count(*) FROM member") == 1


def test_an_older_version_never_takes_a_submission_back(bench: Any) -> None:
    """The cancellation is known; the registration that comes late welcomes nobody."""
    bench.set_up()
    old = bench.submission(0)
    bench.wait(minutes=5)
    bench.apply(bench.submission(0, created_at=old.created_at, status="cancels"))

    outcome = bench.apply(old)

    assert (outcome.unchanged, outcome.fired) == (1, 0)
    assert bench.column("SELECT trigger FROM activity") == []


def test_an_older_version_does_not_count_when_its_form_is_synced_meanwhile(bench: Any) -> None:
    """Whoever cancelled before the form was synced is not welcomed by a stale page after it."""
    bench.connect(sync_new_forms=False)
    bench.source.forms_now = [bench.form("f0")]
    bench.fetch()
    bench.publish(FLOW)
    bench.automate(AUTOMATION)
    old = bench.submission(0)
    bench.wait(minutes=2)
    bench.apply(bench.submission(0, created_at=old.created_at, status="cancels"))
    bench.sync()

    outcome = bench.apply(old)

    assert (outcome.unchanged, outcome.fired) == (1, 0)


FLOW = """
    flow: welcome
    steps: [{send: Hi!}]
"""
AUTOMATION = """
    automation: Welcome
    trigger: box.registers
    run: welcome
"""


def test_the_newest_of_several_versions_in_one_page_counts(bench: Any) -> None:
    """A pull that overlaps itself tells one sign-up more than once."""
    bench.set_up()
    first = bench.submission(0, status="cancels", modified_at=bench.now + timedelta(seconds=5))

    bench.apply(first, bench.submission(0))

    assert bench.rows("SELECT outcome FROM submission") == [("applied",)]
    assert bench.column("SELECT trigger FROM activity") == []


def test_what_cannot_be_read_is_kept_with_its_reason(bench: Any) -> None:
    """Nothing vanishes, and the page goes on."""
    bench.set_up()

    outcome = bench.apply(bench.submission(0), rejected=[Rejected(key="r1", reason="masked", detail="phone")])

    assert (outcome.applied, outcome.ignored) == (1, 1)
    assert bench.rows("SELECT key, outcome, reason, detail, member_id FROM submission WHERE key = 'r1'") == [
        ("r1", "ignored", "masked", "phone", None)
    ]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"opted_in": None}, "no_opt_in"),
        ({"opted_in": False}, "opted_out"),
        ({"phone": "12"}, "bad_phone"),
        ({"phone": None}, "bad_phone"),
        ({"form_key": "other"}, "form_unknown"),
        ({"created_at": timedelta(days=-1)}, "before_sync"),
    ],
)
def test_an_ignored_submission_leaves_its_reason_and_nothing_about_the_person(
    bench: Any, changes: dict[str, Any], reason: str
) -> None:
    """Rows A3, A6, A7 and B7."""
    bench.set_up()
    if "created_at" in changes:
        changes = {"created_at": bench.now + changes["created_at"]}

    outcome = bench.register(0, key="k", **changes)

    assert (outcome.applied, outcome.ignored, outcome.fired) == (0, 1, 0)
    assert bench.rows("SELECT key, outcome, reason, member_id FROM submission") == [("k", "ignored", reason, None)]
    assert [bench.one(f"SELECT count(*) FROM {table}") for table in ("member", "consent", "group_member")] == [0, 0, 0]


def test_history_never_fires(bench: Any) -> None:
    """Row B7: a form with sign-ups of last month is synced without a single text; what changes now does fire."""
    bench.set_up()
    long_ago = bench.now - timedelta(days=30)
    old = bench.submission(0, created_at=long_ago, modified_at=long_ago)

    first = bench.apply(old)
    bench.wait(minutes=1)
    second = bench.apply(bench.submission(0, created_at=long_ago, status="cancels"))

    assert (first.ignored, first.fired, second.applied, second.fired) == (1, 0, 1, 1)
    assert bench.column("SELECT trigger FROM activity") == ["box.cancels"]
    assert bench.states() == []


def test_the_quarter_hour_before_the_sync_still_counts(bench: Any) -> None:
    """Row B2."""
    bench.set_up()
    early, late = (bench.now - timedelta(minutes=minutes) for minutes in (16, 14))

    outcome = bench.apply(
        bench.submission(0, created_at=early, modified_at=early),
        bench.submission(1, created_at=late, modified_at=late),
    )

    assert (outcome.applied, outcome.ignored, outcome.fired) == (1, 1, 1)


def test_an_activity_fires_at_most_once_unless_it_repeats(bench: Any) -> None:
    """Row D1: back and forth between two states is one registration, and as many confirmations as there were."""
    bench.set_up(automation="")
    for status in ("registers", "confirms", "registers", "confirms"):
        bench.apply(bench.submission(0, status=status))
        bench.wait(minutes=1)

    assert bench.rows("SELECT trigger, occurrence FROM activity ORDER BY id") == [
        ("box.registers", 1),
        ("box.confirms", 1),
        ("box.confirms", 2),
    ]


def test_skipped_steps_fire_in_order(bench: Any) -> None:
    """Somebody confirmed between two polls: they registered first."""
    bench.set_up(automation="")

    bench.register(0, status="confirms")

    assert bench.column("SELECT trigger FROM activity ORDER BY id") == ["box.registers", "box.confirms"]


def test_one_person_with_two_sign_ups_in_one_page_is_one_member(bench: Any) -> None:
    """Rows A5 and D4: one phone, one member, and one welcome."""
    bench.set_up()

    outcome = bench.apply(bench.submission(0, key="a"), bench.submission(0, key="b"))

    assert (outcome.applied, outcome.fired) == (2, 2)
    assert bench.one("SELECT count(*) FROM member") == 1
    assert bench.rows("SELECT outcome, reason FROM automation_entry ORDER BY id") == [
        ("started", None),
        ("skipped", "once_per"),
    ]
    assert len(bench.states()) == 1


def test_nobody_new_is_made_with_create_members_off(bench: Any) -> None:
    """Rows A1 and A2: the others are updated all the same."""
    bench.set_up()
    bench.register(0)
    connect = connect_account(
        bench.core, "box", {"org": "north", "key": "k-1"}, sync_new_forms=True, create_members=False
    )
    bench.run(connect)
    bench.wait(minutes=1)

    outcome = bench.apply(bench.submission(0, key="again", fields={"last_name": "Lee"}), bench.submission(1))

    assert (outcome.applied, outcome.ignored) == (1, 1)
    assert bench.rows("SELECT phone, last_name FROM member") == [("+12125550100", "Lee")]
    assert bench.column("SELECT reason FROM submission WHERE outcome = 'ignored'") == ["create_members_off"]


def test_a_form_never_brings_back_whoever_left(bench: Any) -> None:
    """Row A4: whatever the form says."""
    bench.set_up()
    bench.register(0)
    bench.hear(0, "STOP", keyword="stop")
    bench.wait(minutes=1)

    bench.register(0, key="new")

    assert bench.column("SELECT reason FROM submission WHERE key = 'new'") == ["unsubscribed"]
    assert bench.column("SELECT state FROM consent") == ["unsubscribed"]


@pytest.mark.parametrize("order", [(True, False), (False, True)])
def test_an_opt_out_in_the_same_page_wins(bench: Any, order: tuple[bool, bool]) -> None:
    """Fault 43: two people of the source share a phone, one opted out after the other opted in."""
    bench.set_up()
    pages = {
        True: [bench.submission(0, key="in")],
        False: [bench.submission(0, key="out", opted_in=False, modified_at=bench.now + timedelta(seconds=1))],
    }

    if order == (True, False):
        bench.apply(*pages[True], *pages[False])
    else:
        bench.apply(*pages[True])
        bench.apply(*pages[False])
    bench.drain()

    assert bench.rows("SELECT state FROM consent") == [("unsubscribed",)]
    assert bench.states() == [("suppressed", "unsubscribed")]


def test_a_form_turned_on_later_judges_what_it_had_not(bench: Any) -> None:
    """Row B5: un-synced, sign-ups are only noted; synced again within the quarter hour they count."""
    bench.set_up()
    bench.unsync()
    bench.register(0)
    assert bench.column("SELECT reason FROM submission") == ["form_not_synced"]
    bench.wait(minutes=1)
    bench.sync()

    outcome = bench.apply(bench.submission(0, created_at=bench.now - timedelta(minutes=1), modified_at=bench.now))

    assert (outcome.applied, outcome.fired) == (1, 1)


def test_text_that_postgresql_cannot_hold_stops_nobody(bench: Any) -> None:
    """Fault 29: a NUL or half a character in one name; the whole page is applied on both databases."""
    bench.set_up()

    bench.apply(
        bench.submission(0, fields={"first_name": "An\0a", "pet": "\ud83d"}),
        bench.submission(1, fields={"first_name": "Bo", "pet": "😀"}),
    )

    assert bench.column("SELECT first_name FROM member ORDER BY id") == ["An\ufffda", "Bo"]


STATUSES = st.sampled_from(["registers", "confirms", "cancels"])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_order_of_delivery_does_not_change_where_it_ends(bench: Any, data: st.DataObject) -> None:
    """Pages come again and out of order; each submission ends in its newest state and fires nothing twice."""
    if not bench.rows("SELECT id FROM account"):
        bench.set_up()
    key = f"h{bench.one('SELECT count(*) FROM submission')}"
    created = bench.now
    statuses = data.draw(st.lists(STATUSES, min_size=1, max_size=4))
    versions = [
        bench.submission(3, key=key, status=status, created_at=created, modified_at=created + timedelta(seconds=place))
        for place, status in enumerate(statuses)
    ]
    delivered = data.draw(st.lists(st.sampled_from(versions), max_size=6)) + data.draw(st.permutations(versions))

    for version in delivered:
        bench.apply(version)

    ((state, fired, kinds),) = bench.rows(
        "SELECT s.modified_at, count(a.id), count(DISTINCT a.trigger) FROM submission s LEFT JOIN activity a "
        "ON a.submission_id = s.id AND a.trigger != 'box.confirms' WHERE s.key = :key GROUP BY s.modified_at",
        key=key,
    )
    assert state == int(versions[-1].modified_at.timestamp() * 1_000_000)
    assert fired == kinds
