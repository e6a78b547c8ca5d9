"""Texts leave at their sender's pace, the most urgent first; what goes wrong stops no more than it must (row J5)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ascend_core.contracts import DeliveryState, DeliveryStatus, Purpose, Segments, Sender
from ascend_core.errors import NeedsAttention, Refused, TryLater
from ascend_core.operations.claim_messages import claim_messages
from ascend_core.operations.due import next_due
from ascend_core.operations.limits import set_caps, set_sender_limits
from ascend_core.operations.receive_messages import receive_events
from ascend_core.operations.resume import resume_channel
from ascend_core.operations.senders import ALARM_LEAST
from ascend_core.store.channels import channels
from ascend_core.store.database import Database
from ascend_core.store.messages import MessageRecord, insert_messages, reserve_message_ids

SENDER = Sender(key="roof", per_second=1, burst=5)
CONFIRMATION, REPLY, FLOW, BULK = Purpose.CONFIRMATION, Purpose.REPLY, Purpose.FLOW, Purpose.BULK


def words(text: str, /) -> Segments:
    """A pigeon is paid by the word."""
    return Segments(encoding="-", segments=max(1, len(text.split())), units=0, per_segment=0, remaining=0)


@pytest.fixture
def paced(bench: Any) -> Any:
    """A channel with a pace, and forty members who were sent nothing yet."""
    bench.pigeons(sender=lambda _settings: SENDER, measure=words)
    bench.set_up(flow="", automation="")
    bench.register(*range(40))
    return bench


def queue(bench: Any, *purposes: Purpose, first: int = 0, body: str = "Hi") -> None:
    """One text for each of the members from *first* on, none like another."""
    members = bench.column("SELECT id FROM member ORDER BY id")

    def work(tx: Any) -> None:
        ids = reserve_message_ids(tx, len(purposes))
        texts = [
            MessageRecord(
                id=id_,
                key=f"k{id_}",
                intent=f"i{id_}",
                member_id=members[first + place],
                phone=bench.one("SELECT phone FROM member WHERE id = :id", id=members[first + place]),
                purpose=purpose.value,
                body=body,
                due_at=bench.now,
                created_at=bench.now,
                expires_at=bench.now + timedelta(days=3),
            )
            for place, (id_, purpose) in enumerate(zip(ids, purposes, strict=True))
        ]
        insert_messages(tx, texts)

    bench.core.database.write(work)


def sent(bench: Any) -> list[int]:
    """The purposes of what the pigeons took, in their order."""
    purposes = dict(bench.rows("SELECT key, purpose FROM message"))
    return [purposes[each.message_key] for each in bench.channel.accepted]


def play(bench: Any, seconds: int) -> list[datetime]:
    """Let time pass, a quarter of a second at a time; when each text was taken."""
    taken: list[datetime] = []
    for _ in range(seconds * 4):
        bench.drain()
        taken += [bench.now] * (len(bench.channel.accepted) - len(taken))
        bench.wait(seconds=0.25)
    return taken


def test_no_second_has_more_texts_than_the_sender_may_send(paced: Any) -> None:
    """Five at once after a rest, then one a second; none is lost, and none expires for it."""
    queue(paced, *[FLOW] * 20)

    taken = play(paced, 20)

    assert len(taken) == 20
    for place, first in enumerate(taken):
        for count, last in enumerate(taken[place:], start=1):
            assert count <= SENDER.burst + (last - first).total_seconds() * SENDER.per_second
    assert taken[-1] - taken[0] == timedelta(seconds=15)


def test_a_worker_is_told_when_the_next_turn_comes(paced: Any) -> None:
    """Nobody looks again and again at what cannot go yet."""
    queue(paced, *[FLOW] * 6)
    paced.drain()

    assert len(paced.channel.accepted) == 5
    assert next_due(paced.core) == paced.now + timedelta(seconds=1)


def test_a_clock_set_back_holds_no_text_up(paced: Any) -> None:
    """What was taken an hour ahead is not waited for: who looks is told to try, and from then on the pace holds."""
    queue(paced, *[FLOW] * 6)
    paced.wait(hours=1)
    paced.drain()
    paced.clock.set(paced.now - timedelta(hours=1))
    before = len(paced.channel.accepted)
    start = paced.now

    assert next_due(paced.core) == start
    paced.drain()
    assert len(paced.channel.accepted) == before
    assert next_due(paced.core) == start + timedelta(seconds=1)
    queue(paced, *[FLOW] * 6, first=10)
    taken = play(paced, 12)
    assert len(paced.channel.accepted) == 12
    assert taken[before + 1] - taken[before] == timedelta(seconds=1)


def test_long_texts_use_up_more(paced: Any) -> None:
    """Carriers count segments: after one of five there is no room for another text."""
    queue(paced, FLOW, body="one two three four five")
    queue(paced, FLOW, first=1)

    paced.drain()
    waits = next_due(paced.core) - paced.now

    assert (len(paced.channel.accepted), waits) == (1, timedelta(seconds=1))


def test_a_worker_is_told_when_there_is_room_for_the_text_that_waits(paced: Any) -> None:
    """Not when there would be for a shorter one."""
    queue(paced, FLOW, body="one two three")
    queue(paced, FLOW, first=1, body="one two three four")

    paced.drain()

    assert (len(paced.channel.accepted), next_due(paced.core) - paced.now) == (1, timedelta(seconds=2))


def test_a_text_longer_than_the_burst_goes_when_there_was_a_rest(paced: Any) -> None:
    """It is not stuck for ever, and what comes after it pays for it."""
    queue(paced, FLOW, body=" ".join("abcdefgh"))
    queue(paced, FLOW, first=1)

    taken = play(paced, 10)

    assert [moment - taken[0] for moment in taken] == [timedelta(0), timedelta(seconds=4)]


def test_a_big_broadcast_starves_no_answer(paced: Any) -> None:
    """Whatever waits: the confirmation of a STOP first, then replies, then flows, then the broadcast."""
    queue(paced, *[BULK] * 20)
    paced.drain()
    queue(paced, FLOW, REPLY, CONFIRMATION, first=30)

    play(paced, 20)

    assert sent(paced) == [3] * 5 + [0, 1, 2] + [3] * 15


def test_a_days_cap_keeps_something_back_for_answers(paced: Any) -> None:
    """Of ten segments broadcasts use nine at most, answers what is left; STOP is confirmed whatever was used."""
    set_sender_limits(paced.core, "pigeon", per_day=10, burst=100, day_zone="America/New_York")
    queue(paced, *[BULK] * 12)
    paced.drain()
    queue(paced, FLOW, REPLY, REPLY, first=20)
    paced.drain()
    queue(paced, CONFIRMATION, first=30)
    paced.drain()
    today = sent(paced)
    due = next_due(paced.core)
    paced.wait(hours=12)
    paced.drain()

    assert today == [3] * 9 + [1, 0]
    assert due.isoformat() == "2026-06-04T04:00:00+00:00"
    assert paced.rows("SELECT day, segments FROM sender_day ORDER BY day")[0] == ("2026-06-03", 11)
    assert sorted(sent(paced)[11:]) == [1]  # it is night: flows and broadcasts wait for the morning
    paced.wait(hours=10)
    paced.drain()
    assert sorted(sent(paced)[11:]) == [1, 2, 3, 3, 3]


@pytest.mark.parametrize(("scope", "after"), [("sender", None), ("account", None), ("sender", 120.0), ("account", 7.0)])
def test_too_many_requests_pause_what_they_are_about(paced: Any, scope: Any, after: float | None) -> None:
    """For as long as the provider says, else a little, and longer each time; nothing is lost and nothing fails."""
    paced.channel.next_sends.append(TryLater("too many", after_seconds=after, scope=scope))
    queue(paced, FLOW)

    paced.drain()
    due = next_due(paced.core)
    nothing = len(paced.channel.accepted)
    paced.clock.set(due)
    paced.drain()

    waited = (due - paced.core.database.read(lambda tx: channels(tx)[0]).connected_at).total_seconds()
    assert nothing == 0
    assert waited == after if after else 1 <= waited <= 1.1
    assert paced.states() == [("sent", None)]


def test_a_pause_does_not_hold_up_what_else_there_is_to_do(paced: Any) -> None:
    """Texts still come in and are handled, and time passes for timers."""
    paced.channel.next_sends.append(TryLater("too many", after_seconds=3600, scope="account"))
    queue(paced, FLOW)
    paced.drain()

    paced.keep(1, "Hello?")
    paced.drain()

    assert paced.column("SELECT outcome FROM inbound_text") == ["inbox"]
    assert paced.channel.accepted == []


def test_a_configuration_error_stops_the_channel_until_somebody_resumes_it(paced: Any) -> None:
    """Loudly: the reason stands in the status. Nobody else of the batch is tried; then everything goes out, once."""
    paced.channel.next_sends.append(NeedsAttention("the loft is locked"))
    queue(paced, FLOW, FLOW)
    paced.drain()
    stopped = paced.core.database.read(channels)[0].stopped
    due = next_due(paced.core)
    before = len(paced.channel.accepted)

    resume_channel(paced.core, "pigeon")
    paced.drain()

    assert (stopped, due, before) == ("the loft is locked", None, 0)
    assert paced.states() == [("sent", None)] * 2


@pytest.mark.parametrize("reason", ["filtered", "opted_out"])
@pytest.mark.parametrize("told", ["at once", "later"])
def test_too_many_texts_that_go_wrong_alike_stop_everything_but_answers(paced: Any, reason: str, told: str) -> None:
    """Carriers close senders that go on. A person looks, and resumes; what was seen counts for no other alarm."""
    set_sender_limits(paced.core, "pigeon", per_second=1000, burst=1000)
    if told == "at once":
        paced.channel.next_sends.extend(Refused("no", reason=reason) for _ in range(ALARM_LEAST))
    queue(paced, *[BULK] * ALARM_LEAST)
    paced.drain()
    if told == "later":
        failed = [
            DeliveryStatus(provider_id=None, message_key=key, state=DeliveryState.UNDELIVERED, reason=reason)
            for key in paced.column("SELECT key FROM message")
        ]
        receive_events(paced.core, "pigeon", failed)
    alarm = paced.core.database.read(channels)[0].alarm
    queue(paced, BULK, FLOW, REPLY, first=20)
    paced.channel.accepted.clear()
    paced.drain()
    answered, due = sent(paced), next_due(paced.core)

    resumed = resume_channel(paced.core, "pigeon")
    paced.drain()

    assert alarm is not None
    assert f"({ALARM_LEAST} of the last {ALARM_LEAST})" in alarm
    assert (answered, due, resumed.alarm) == ([1], None, None)
    assert sent(paced) == [1, 2, 3]
    assert paced.core.database.read(channels)[0].alarm is None


def test_a_few_that_go_wrong_among_many_stop_nobody(paced: Any) -> None:
    """It takes more than a handful, and more than a small share."""
    set_sender_limits(paced.core, "pigeon", per_second=1000, burst=1000)
    paced.channel.next_sends.extend(Refused("no", reason="filtered") for _ in range(ALARM_LEAST - 1))
    queue(paced, *[BULK] * 20)

    paced.drain()

    assert paced.core.database.read(channels)[0].alarm is None


def test_without_a_sender_nobody_is_slowed_down(bench: Any) -> None:
    """A channel that says nothing of its sender has no pace."""
    bench.set_up(flow="", automation="")
    bench.register(*range(40))
    queue(bench, *[FLOW] * 40)

    assert bench.send() == 40


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(purposes=st.lists(st.sampled_from(list(Purpose)), min_size=1, max_size=12), room=st.integers(1, 6))
def test_what_is_claimed_is_never_less_urgent_than_what_waits(
    make_bench: Any, database: Database, purposes: list[Purpose], room: int
) -> None:
    """Whatever the mix and however little room there is."""
    _emptied(database)
    bench = make_bench()
    bench.pigeons(sender=lambda _settings: attrs.evolve(SENDER, burst=room))
    bench.set_up(flow="", automation="")
    set_caps(bench.core, per_day=None)
    bench.register(*range(len(purposes)))
    queue(bench, *purposes)

    claimed = [each.message.purpose for each in claim_messages(bench.core, 100)]

    waiting = bench.column("SELECT purpose FROM message WHERE state = 'ready'")
    assert len(claimed) == min(room, len(purposes))
    assert claimed == sorted(claimed)
    assert max(claimed) <= min(waiting, default=3)


def _emptied(database: Database) -> None:
    """Examples of one test share its database."""
    from sqlalchemy import text

    from ascend_core.store.tables import CoreRow

    with database.engine.begin() as tx:
        if database.kind == "postgresql":
            tx.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            tx.execute(text("PRAGMA defer_foreign_keys = ON"))
        for table in reversed(CoreRow.metadata.sorted_tables):
            if table.name != "id_counter":
                tx.execute(table.delete())
