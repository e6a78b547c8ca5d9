# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Two members who are one person become one: nothing doubled, nothing lost, nothing after a STOP of either."""

from __future__ import annotations

from typing import Any

import pytest

from ascend_core.errors import BadInput, NotFound
from ascend_core.operations.broadcasts import make_broadcast
from ascend_core.operations.check_report import check_report
from ascend_core.operations.fan_out import advance_broadcasts
from ascend_core.operations.import_members import import_members
from ascend_core.operations.merge_members import merge_members
from ascend_core.operations.report import click_report
from tests.fakes.bench import phone

FLOW = """
    flow: welcome
    steps:
      - send: "Hi ${member.first_name|there}! ${link.form} Bye"
        links: {form: {url: "${event.url}", track: box}}
        nudges: [{nudge: no_link_click, link: form, after: 2h, text: "Still there? ${link.form} Bye"}]
      - wait: 1d
      - send: "Tomorrow!"
"""


@pytest.fixture
def two(bench: Any) -> Any:
    """Two members who got a text each, and wait for another one."""
    bench.set_up(flow=FLOW)
    bench.register(0, 1)
    bench.drain()
    bench.wait(hours=1)
    return bench


def members(bench: Any) -> list[str]:
    """Whose phones are left."""
    return bench.column("SELECT phone FROM member ORDER BY id")


def nobody_refers_to(bench: Any, member_id: int) -> bool:
    """Whether every row has changed hands."""
    tables = "activity automation_entry conversation group_member inbound_text link message run submission timer"
    return all(
        bench.one(f"SELECT count(*) FROM {table} WHERE member_id = :id", id=member_id) == 0 for table in tables.split()
    )


def test_one_member_is_left_with_the_history_of_both(two: Any) -> None:
    """What happened to either is known of the one who is left, and a report counts one recipient."""
    for link_id in two.column("SELECT id FROM link ORDER BY id"):
        two.click(link_id)
    before = click_report(two.core)[0]

    merged = merge_members(two.core, phone(0), phone(1))

    after = click_report(two.core)[0]
    assert members(two) == [phone(0)]
    assert nobody_refers_to(two, merged.gone)
    assert two.one("SELECT count(*) FROM message WHERE member_id = :id AND state = 'sent'", id=merged.kept) == 2
    assert (before.recipients, before.clicked, before.clicks) == (2, 2, 2)
    assert (after.recipients, after.clicked, after.clicks) == (1, 1, 2)
    assert check_report(two.core)[1] == []


def test_what_waited_for_the_number_that_is_given_up_is_called_off(two: Any) -> None:
    """The person gets the rest of the flow once, on the number that is left."""
    two.channel.accepted.clear()
    merge_members(two.core, phone(0), phone(1))
    for _ in range(3):
        two.wait(days=1)
        two.drain()

    assert {each.phone for each in two.channel.accepted} == {phone(0)}
    assert two.bodies().count("Tomorrow!") == 1
    assert two.column("SELECT end_reason FROM run WHERE end_reason = 'merged'") == ["merged"]


@pytest.mark.parametrize("stopped", [0, 1])
def test_a_stop_of_either_holds_for_both(two: Any, stopped: int) -> None:
    """The stricter consent wins, and the ledger says how it came about."""
    two.hear(stopped, "STOP", keyword="stop")
    two.drain()
    two.channel.accepted.clear()

    merged = merge_members(two.core, phone(0), phone(1))
    for _ in range(3):
        two.wait(days=1)
        two.drain()

    assert two.channel.accepted == []
    assert two.one("SELECT state FROM consent WHERE phone = :p", p=phone(0)) == "unsubscribed"
    assert merged.unsubscribed == (stopped == 1)


def test_an_automation_does_nothing_twice_for_one_person(two: Any) -> None:
    """It had welcomed the other to that form: signing up there again with the number that is left starts nothing."""
    two.source.forms_now.append(two.form("f1"))
    two.fetch()
    two.register(1, form_key="f1", key="again")
    two.drain()
    merge_members(two.core, phone(0), phone(1))
    started = two.one("SELECT count(*) FROM automation_entry WHERE outcome = 'started'")
    two.register(0, form_key="f1", key="once more")
    two.drain()

    assert two.one("SELECT count(*) FROM automation_entry WHERE outcome = 'started'") == started


def test_a_link_that_was_forwarded_to_oneself_is_ones_own(two: Any) -> None:
    """Before the merge it counted for nobody; afterwards, and from then on, it is the member's own."""
    first, second = two.column("SELECT token FROM link ORDER BY id")
    two.register(0, key="through the other's", token=second)
    before = two.column("SELECT matched_by FROM submission WHERE key = 'through the other''s'")
    merge_members(two.core, phone(0), phone(1))
    two.register(0, key="later", token=second)

    assert before == ["shared"]
    assert two.column("SELECT matched_by FROM submission WHERE link_id IS NOT NULL ORDER BY id") == ["exact", "exact"]
    assert two.rows("SELECT token FROM link WHERE exact_submissions = 2") == [(second,)]
    assert first != second
    assert check_report(two.core)[1] == []


def test_values_that_one_has_stay_and_empty_ones_are_filled(two: Any) -> None:
    """Groups are those of both."""
    import_members(two.core, [{"phone": phone(1), "zip": "10001", "last_name": "Gray"}], proof="paper", groups=["June"])
    merge_members(two.core, phone(0), phone(1))

    assert two.rows("SELECT first_name, last_name, zip FROM member") == [("Ana0", "Gray", "10001")]
    groups = two.column("SELECT g.name FROM group_member m JOIN member_group g ON g.id = m.group_id ORDER BY g.name")
    assert groups == ["Canvass f0", "June"]


def test_a_broadcast_that_reached_one_of_them_has_to_reach_all_first(two: Any) -> None:
    """The other would get it a second time."""
    make_broadcast(two.core, 'broadcast: News\nspec: 1\nto: [Canvass f0]\nsend: "Hello!"\n', file="b.yaml")
    advance_broadcasts(two.core)
    advance_broadcasts(two.core, ahead=1)
    reached, still_to_come = phone(0), phone(1)

    with pytest.raises(BadInput, match="'News' has been decided for one of them"):
        merge_members(two.core, still_to_come, reached)
    merged = merge_members(two.core, reached, still_to_come)
    two.drain()

    assert merged.unsubscribed is False
    assert two.bodies().count("Hello!") == 1


def test_a_text_of_theirs_is_read_first(two: Any) -> None:
    """It may say STOP."""
    two.keep(1, "STOP", keyword="stop")

    with pytest.raises(BadInput, match="has not been read yet"):
        merge_members(two.core, phone(0), phone(1))


def test_whoever_may_have_said_stop_still_may_have(two: Any) -> None:
    """A person has to tell, of the one who is left too."""
    two.hear(0, "what?")
    two.hear(1, "STPO", keyword="doubtful")
    merge_members(two.core, phone(0), phone(1))

    assert two.rows("SELECT reason FROM conversation WHERE resolved_at IS NULL") == [("doubtful",)]


def test_two_different_members_are_asked_for(two: Any) -> None:
    """Nothing is changed otherwise."""
    before = two.picture()
    with pytest.raises(BadInput, match="one member already"):
        merge_members(two.core, phone(0), phone(0))
    with pytest.raises(NotFound, match="second phone"):
        merge_members(two.core, phone(0), phone(7))

    assert two.picture() == before
