"""People who change after they signed up: another number, a STOP at the source, another name."""

from __future__ import annotations

from typing import Any

import pytest

from ascend_core.contracts import PersonPage, Rejected
from ascend_core.operations.apply_people import apply_people
from ascend_core.operations.import_members import import_members
from ascend_core.operations.sync_account import sync_account
from ascend_core.operations.timeline import run_timeline
from ascend_core.store.accounts import cursor_of
from ascend_core.store.set_aside import set_aside_people
from tests.fakes.bench import phone  # noqa: TID251 -- tests may lean on tests; the ban is for the product

FLOW = """
    flow: welcome
    steps:
      - send: "Hi ${member.first_name|there}! ${link.form}"
        links: {form: {url: "${event.url}", track: box}}
        nudges:
          - {nudge: no_link_click, link: form, after: 2h, text: "Still there? ${link.form}"}
      - wait: 1h
      - send: See you!
"""


def change(bench: Any, *people: Any) -> Any:
    """The source tells of *people*, and is looked at."""
    bench.source.people_log += people
    return bench.run(sync_account(bench.core, bench.account.id))


def welcomed(bench: Any, *people: int) -> None:
    """These people signed up, got the first text, and the rest waits."""
    bench.set_up(flow=FLOW)
    bench.source.log = [bench.submission(person) for person in people]
    bench.run(sync_account(bench.core, bench.account.id))
    bench.drain()
    bench.wait(minutes=10)


def later(bench: Any) -> list[str]:
    """To whom something went in the hours after."""
    before = len(bench.channel.accepted)
    for _ in range(3):
        bench.wait(hours=1)
        bench.drain()
    return [each.phone for each in bench.channel.accepted[before:]]


def test_a_number_that_was_given_up_gets_nothing_more(bench: Any) -> None:
    """Whoever has it now never signed up. The others' texts go on."""
    welcomed(bench, 0, 1)

    done = change(bench, bench.person(0, phone=phone(7)))

    assert done.people == 1
    assert set(later(bench)) == {phone(1)}
    assert bench.rows("SELECT end_reason FROM run ORDER BY id") == [("phone_changed",), ("finished",)]
    assert bench.rows("SELECT phone FROM member ORDER BY id") == [(phone(0),), (phone(1),)]


def test_a_run_that_was_over_tells_why_its_nudges_are(bench: Any) -> None:
    """Its end stays its own."""
    welcomed(bench, 0)
    bench.wait(hours=1)
    bench.drain()
    bench.wait(minutes=1)

    change(bench, bench.person(0, phone=phone(7)))
    moments = run_timeline(bench.core, 1).moments

    told = [(each.what, each.detail) for each in moments if each.what in ("end", "nudge")]
    assert told == [
        ("end", {"reason": "finished"}),
        ("nudge", {"outcome": "cancelled", "reason": "phone_changed"}),
    ]
    assert later(bench) == []


def test_the_new_number_counts_with_its_own_sign_up(bench: Any) -> None:
    """Consent is per number: a changed profile is no opt-in, a new sign-up with it is."""
    welcomed(bench, 0)
    change(bench, bench.person(0, phone=phone(7)))
    bench.wait(minutes=1)

    old = bench.apply(bench.submission(0, phone=phone(7), status="confirms", created_at=bench.now))
    new = bench.apply(bench.submission(0, key="again", phone=phone(7)))
    bench.drain()

    assert (old.ignored, old.fired, new.applied, new.fired) == (1, 0, 1, 1)
    assert bench.column("SELECT reason FROM submission WHERE key = 's0-f0'") == ["phone_changed"]
    assert bench.channel.accepted[-1].phone == phone(7)
    assert set(later(bench)) == {phone(7)}


def test_a_sign_up_with_another_number_is_noticed_without_the_list_of_people(bench: Any) -> None:
    """A source may have no such list, or miss somebody in it: a sign-up that is read again tells as well."""
    welcomed(bench, 0)

    outcome = bench.apply(bench.submission(0, phone=phone(7), created_at=bench.now))

    assert (outcome.ignored, later(bench)) == (1, [])


def test_whoever_shares_the_number_keeps_what_is_theirs(bench: Any) -> None:
    """A couple with one phone: one of them takes a number of her own, the other's texts go on."""
    bench.set_up(forms=2, flow=FLOW)
    hers, his = bench.submission(0), bench.submission(1, phone=phone(0), form_key="f1")
    bench.publish("{flow: second, steps: [{wait: 1h}, {send: See you both!}]}")
    bench.automate("{automation: Second, trigger: box.registers, form: f1, run: second}")
    bench.source.log = [hers, his]
    bench.run(sync_account(bench.core, bench.account.id))
    bench.drain()

    change(bench, bench.person(0, phone=phone(7)))

    assert later(bench) == [phone(0)]
    assert bench.bodies()[-1] == "See you both!"


def test_a_number_that_comes_back_is_applied_again(bench: Any) -> None:
    """A slip of the pen, corrected: the next thing that happens counts."""
    welcomed(bench, 0)
    created = bench.now
    bench.apply(bench.submission(0, phone=phone(7), created_at=created))
    bench.wait(minutes=1)

    outcome = bench.apply(bench.submission(0, status="confirms", created_at=created))

    assert (outcome.applied, outcome.fired) == (1, 1)


@pytest.mark.parametrize("how", ["by the list of people", "by a sign-up"])
def test_opting_out_at_the_source_is_as_strong_as_stop(bench: Any, how: str) -> None:
    """Waits, nudges and texts die, and START brings nobody back into the old flow."""
    welcomed(bench, 0, 1)

    if how == "by the list of people":
        change(bench, bench.person(0, opted_in=False))
    else:
        bench.apply(bench.submission(0, opted_in=False, created_at=bench.now))
    bench.hear(0, "START", keyword="start")
    bench.drain()

    assert set(later(bench)) == {phone(1)}
    assert bench.rows("SELECT state, source FROM consent_entry WHERE phone = :phone ORDER BY id", phone=phone(0)) == [
        ("subscribed", "form"),
        ("unsubscribed", "upstream"),
        ("subscribed", "keyword"),
    ]
    assert bench.column("SELECT end_reason FROM run ORDER BY id")[0] == "unsubscribed"


def test_opting_out_with_a_new_number_counts_for_both(bench: Any) -> None:
    """The old one's consent came from the same person."""
    welcomed(bench, 0, 1)

    change(bench, bench.person(0, opted_in=False, phone=phone(1)))

    assert bench.rows("SELECT phone, state FROM consent ORDER BY phone") == [
        (phone(0), "unsubscribed"),
        (phone(1), "unsubscribed"),
    ]
    assert later(bench) == []


def test_another_name_reaches_the_member_as_the_mapping_says(bench: Any) -> None:
    """What is empty is filled in; what is there stays, unless the field is set to overwrite (row C2)."""
    welcomed(bench, 0)

    change(bench, bench.person(0, fields={"first_name": "Anna", "last_name": "Lee"}))

    assert bench.rows("SELECT first_name, last_name FROM member") == [("Ana0", "Lee")]


@pytest.mark.parametrize("signed_up", ["never", "for a form that is not synced", "without opting in"])
def test_opting_out_at_the_source_counts_however_they_became_a_member(bench: Any, signed_up: str) -> None:
    """Brought along with a proof, they opt out where no sign-up of theirs was ever applied (fault 47)."""
    welcomed(bench, 0)
    import_members(bench.core, [{"phone": phone(3)}], proof="a signed sheet")
    if signed_up == "for a form that is not synced":
        bench.unsync()
        bench.source.log.append(bench.submission(3))
    elif signed_up == "without opting in":
        bench.source.log.append(bench.submission(3, opted_in=None))
    change(bench)

    done = change(bench, bench.person(3, opted_in=False), bench.person(4, opted_in=False))
    again = change(bench, bench.person(3, opted_in=False))

    assert (done.people, again.people) == (1, 0)
    assert bench.rows("SELECT state, source FROM consent_entry WHERE phone = :phone ORDER BY id", phone=phone(3)) == [
        ("subscribed", "operator"),
        ("unsubscribed", "upstream"),
    ]
    assert bench.one("SELECT count(*) FROM member") == 2


@pytest.mark.parametrize("opted_in", [None, True])
def test_a_stranger_or_somebody_who_left_stays_that(bench: Any, opted_in: bool | None) -> None:
    """The list of people makes no member, and brings nobody back (rows A3 and A4)."""
    welcomed(bench, 0)
    bench.hear(0, "STOP", keyword="stop")

    done = change(bench, bench.person(5, opted_in=opted_in), bench.person(0, fields={"last_name": "Lee"}))

    assert done.people == 1
    assert bench.rows("SELECT phone, last_name FROM member") == [(phone(0), None)]
    assert bench.column("SELECT state FROM consent") == ["unsubscribed"]


def test_who_opts_in_later_counts_at_the_next_reading(bench: Any) -> None:
    """The sign-up itself was not touched; it is judged anew, and fires nothing for what is past."""
    bench.set_up()
    bench.register(0, opted_in=None)

    outcome = bench.apply(bench.submission(0, opted_in=True))

    assert (outcome.applied, outcome.fired) == (1, 0)


def test_applying_people_again_changes_nothing(bench: Any) -> None:
    """Pulls overlap."""
    welcomed(bench, 0, 1, 2)
    people = [
        bench.person(0, phone=phone(7)),
        bench.person(1, opted_in=False),
        bench.person(2, fields={"zip": "10001"}),
    ]
    change(bench, *people)
    before = bench.picture()
    bench.wait(minutes=1)

    change(bench, *people)

    assert bench.picture() == before


def test_a_page_of_people_costs_the_same_for_ten_and_for_a_hundred(bench: Any) -> None:
    """All of them give up their number, in a constant number of statements."""
    bench.set_up(flow=FLOW)
    bench.source.page_size = 200
    bench.source.log = [bench.submission(person) for person in range(200)]
    bench.run(sync_account(bench.core, bench.account.id))
    counts = []
    for people in (range(10), range(10, 110)):
        bench.source.people_log += [bench.person(person, phone=phone(person + 300)) for person in people]
        with bench.counted() as statements:
            bench.run(sync_account(bench.core, bench.account.id))
        counts.append(len(statements))

    assert counts[0] == counts[1]


def test_who_cannot_be_read_is_kept_with_the_reason_until_they_can(bench: Any) -> None:
    """Once each, however often the list is read; nobody has to watch the log."""
    bench.set_up(flow=FLOW)
    rejected = [Rejected(key="p1", reason="malformed", detail="field phone"), Rejected(key="p2", reason="masked")]

    def read(*people: Any, rejected: Any = ()) -> list[tuple[str, str, str | None]]:
        seen = bench.core.database.read(lambda tx: cursor_of(tx, bench.account.id, "people"))
        page = PersonPage(people=people, cursor=f"{seen.version}", rejected=tuple(rejected))
        assert apply_people(bench.core, bench.account.id, page, seen=seen) is not None
        bench.wait(minutes=1)
        kept = bench.core.database.read(lambda tx: set_aside_people(tx, bench.account.id))
        return sorted((each.key, each.reason, each.detail) for each in kept)

    assert read(rejected=rejected) == [("p1", "malformed", "field phone"), ("p2", "masked", None)]
    assert read(rejected=rejected) == [("p1", "malformed", "field phone"), ("p2", "masked", None)]
    assert read(bench.person(1)) == [("p2", "masked", None)]


def test_on_whom_something_breaks_is_set_aside_alone(bench: Any) -> None:
    """The others of the page count, and the reason is the place, never what the person wrote."""
    welcomed(bench, 0, 1)

    done = change(bench, bench.person(0, fields={"first_name": Breaks()}), bench.person(1, opted_in=False))

    (kept,) = bench.core.database.read(lambda tx: set_aside_people(tx, bench.account.id))
    assert (done.people, kept.key, kept.reason) == (1, "p0", "failed")
    assert (kept.detail or "").startswith("ZeroDivisionError in __eq__")


class Breaks:
    """No value that anybody can look at."""

    __hash__ = None  # type: ignore[assignment]  # -- it breaks

    def __eq__(self, other: object) -> bool:
        raise ZeroDivisionError("private words")
