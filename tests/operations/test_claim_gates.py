# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""What speaks against a text at the moment it is claimed, and what is decided again when it was held."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import pytest

from ascend_core.contracts import Purpose
from ascend_core.operations.claim_messages import claim_messages
from ascend_core.operations.limits import set_caps
from tests.operations.test_rates import queue

FLOW, REPLY, BULK, CONFIRMATION = Purpose.FLOW, Purpose.REPLY, Purpose.BULK, Purpose.CONFIRMATION


@pytest.fixture
def people(bench: Any) -> Any:
    """Members who were sent nothing yet."""
    bench.set_up(flow="", automation="")
    bench.register(*range(5))
    return bench


def test_nobody_gets_more_texts_a_day_than_the_cap(people: Any) -> None:
    """Invariant 14: all flows and broadcasts together, in any 24 hours; answers are free; what waits goes later."""
    set_caps(people.core, per_day=2)
    for number, purpose in enumerate([FLOW, BULK, FLOW, REPLY]):
        queue(people, purpose, body=f"Text {number}")
    people.drain()
    today = people.bodies()
    held = people.states()[1]

    people.wait(hours=23, minutes=59)
    people.drain()
    too_soon = len(people.bodies())
    people.wait(minutes=1)
    people.drain()

    assert today == ["Text 3", "Text 0", "Text 2"]
    assert (held, too_soon) == (("ready", "member_cap"), 3)
    assert people.bodies()[3:] == ["Text 1"]


def test_a_cap_is_one_members_own(people: Any) -> None:
    """Others are not held up."""
    set_caps(people.core, per_day=1)
    queue(people, FLOW, FLOW, FLOW)

    people.drain()

    assert len(people.bodies()) == 3


def test_the_same_words_do_not_come_twice_within_minutes(people: Any) -> None:
    """Invariant 15: whatever asked for them; later, to others, or as an answer they may."""
    for purpose in (FLOW, BULK, REPLY):
        queue(people, purpose, body="See you!")
    queue(people, FLOW, first=1, body="See you!")
    people.drain()
    early = people.states()
    people.wait(minutes=11)
    queue(people, FLOW, body="See you!")
    people.drain()

    assert early == [("suppressed", "repeated"), ("suppressed", "repeated"), ("sent", None), ("sent", None)]
    assert people.states()[-1] == ("sent", None)


def test_a_machine_that_answers_us_is_not_answered_for_ever(people: Any) -> None:
    """The cap on answers within an hour holds for that one member; then it is answered again."""
    set_caps(people.core, answers_per_hour=3)
    for _ in range(6):
        people.hear(0, "help", keyword="help")
        people.drain()
        people.wait(minutes=1)
    people.hear(1, "help", keyword="help")
    people.drain()
    states = people.states()
    people.wait(hours=1)
    people.hear(0, "help", keyword="help")
    people.drain()

    assert states == [("sent", None)] * 3 + [("suppressed", "too_many_answers")] * 3 + [("sent", None)]
    assert people.states()[-1] == ("sent", None)


def test_nobody_is_called_to_an_event_that_is_off(bench: Any) -> None:
    """Invariant 9: deleted while the text waited for the morning."""
    bench.set_up(flow="flow: welcome\nsteps: [{send: 'Come!'}]")
    bench.wait(hours=10)
    bench.register(0)
    bench.drain()
    bench.source.forms_now = [attrs.evolve(bench.form("f0"), deleted=True)]
    bench.fetch()
    bench.wait(hours=12)
    bench.drain()

    assert bench.states() == [("suppressed", "event_gone")]
    assert bench.bodies() == []


@pytest.mark.parametrize(("minutes", "sent"), [(469, 1), (471, 0)])
def test_nothing_leaves_shortly_before_quiet_hours(people: Any, minutes: int, sent: int) -> None:
    """It might wait in a queue and arrive at night: from ten minutes before eight it waits for the morning."""
    people.wait(minutes=minutes)  # noon in New York is the start
    queue(people, FLOW)

    people.drain()

    assert len(people.bodies()) == sent
    assert people.states() == [("sent", None) if sent else ("ready", "quiet_hours")]


@pytest.mark.parametrize(
    ("purpose", "wait", "life", "valid"),
    [
        (FLOW, 0, None, 8 * 3600 - 60),
        (FLOW, 465, None, 15 * 60 - 60),
        (FLOW, 0, 600, 600),
        (REPLY, 465, None, None),
        (REPLY, 465, 86_400, 86_400),
    ],
)
def test_the_provider_is_told_until_when_a_text_is_worth_delivering(
    people: Any, purpose: Purpose, wait: int, life: int | None, valid: int | None
) -> None:
    """Until it expires, or until shortly before quiet hours begin: whatever comes first. Answers may come at night."""
    people.wait(minutes=wait)
    queue(people, purpose)
    expires = None if life is None else people.now + timedelta(seconds=life)
    micros = None if expires is None else int(expires.timestamp() * 1_000_000)
    people.core.database.write(lambda tx: tx.exec_driver_sql(f"UPDATE message SET expires_at = {micros or 'NULL'}"))

    people.drain()

    assert [each.valid_seconds for each in people.channel.accepted] == [valid]


def test_the_provider_may_not_deliver_outside_of_the_hours_the_law_leaves(people: Any) -> None:
    """Whatever hours a flow allows itself: at nine in the evening it is over, in New York as at noon begun."""
    people.wait(minutes=8 * 60 + 30)
    queue(people, FLOW)
    none = '{"from": "03:00", "to": "03:00", "zone": "member", "then": "hold"}'
    late = f"UPDATE message SET expires_at = NULL, quiet_hours = '{none}'"
    people.core.database.write(lambda tx: tx.exec_driver_sql(late))

    people.drain()

    assert [each.valid_seconds for each in people.channel.accepted] == [30 * 60 - 60]


def test_what_cannot_be_delivered_in_time_any_more_expires(people: Any) -> None:
    """A provider takes no less than a minute."""
    queue(people, FLOW)
    people.wait(days=2, hours=23, minutes=59, seconds=30)

    people.drain()

    assert people.states() == [("expired", "expired")]


def test_a_claim_is_counted_and_names_its_worker(people: Any) -> None:
    """So that a late result says nothing about a newer claim, and the sends of a dead worker are known."""
    queue(people, FLOW)

    (claimed,) = claim_messages(people.core, 10)

    assert claimed.message.claim == 1
    assert people.rows("SELECT state, claim, claimed_by FROM message") == [("sending", 1, people.core.worker)]
    assert people.one("SELECT claims FROM channel_account") == 1
