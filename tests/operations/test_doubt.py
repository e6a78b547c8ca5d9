# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Texts in doubt: looked up, held, decided about by a person; and the workers whose sends are left alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import pytest

from ascend_core.contracts import DeliveryState, DeliveryStatus
from ascend_core.errors import BadInput, NotFound, TryLater, Unsure
from ascend_core.operations.batch_of_calls import CALL_WITHIN_SECONDS
from ascend_core.operations.broadcasts import cancel_broadcast, make_broadcast
from ascend_core.operations.claim_messages import claim_messages
from ascend_core.operations.doubt import recover_sends, resolve_unknown
from ascend_core.operations.fan_out import advance_broadcasts
from ascend_core.operations.held_messages import drop_held, held_list, resend_held, story_of
from ascend_core.operations.receive_messages import receive_events
from ascend_core.operations.workers import keep_alive
from ascend_core.store.messages import move_messages
from tests.fakes.bench import phone
from tests.operations.test_send_messages import told


@pytest.fixture
def held(make_bench: Any) -> Any:
    """A text that nobody can tell anything about."""
    bench = told(make_bench(dedupe="none"))
    bench.channel.next_sends.append(Unsure("no answer"))
    bench.send()
    bench.wait(minutes=2)
    bench.drain()
    assert bench.states() == [("held", "unsure")]
    return bench


def key_of(bench: Any) -> str:
    """The key of the only text."""
    return str(bench.one("SELECT key FROM message"))


def key_of_first(bench: Any) -> str:
    """The key of the oldest text."""
    return str(bench.column("SELECT key FROM message ORDER BY id")[0])


# a person's word


def test_a_held_text_is_sent_once_more_at_a_persons_word(held: Any) -> None:
    """Who said so, when and why is kept; it is one more claim under the same key."""
    found = held_list(held.core)
    resend_held(held.core, key_of(held), by="Noor", why="not in the provider's list")
    held.drain()

    story = story_of(held.core, key_of(held))
    assert [message.key for message in found] == [key_of(held)]
    assert (story.message.state, story.message.claim) == ("sent", 2)
    assert [(each.decision, each.decided_by, each.why) for each in story.decisions] == [
        ("resend", "Noor", "not in the provider's list")
    ]
    assert held.bodies() == ["One"]
    assert held_list(held.core) == []


def test_resending_goes_through_all_the_gates(held: Any) -> None:
    """Whoever left meanwhile gets nothing, whatever a person decided."""
    held.keep(0, "STOP", keyword="stop")
    resend_held(held.core, key_of(held), by="Noor", why="sure")

    held.drain()

    assert "One" not in held.bodies()
    assert held.states()[0] == ("suppressed", "unsubscribed")


def test_what_expired_while_it_was_held_gets_its_time_again(held: Any) -> None:
    """A person who says now means now."""
    held.wait(days=3)
    resend_held(held.core, key_of(held), by="Noor", why="sure")

    held.drain()

    assert held.bodies() == ["One"]


def test_a_dropped_text_is_not_sent(held: Any) -> None:
    """And says so."""
    drop_held(held.core, key_of(held), by="Noor", why="it is there")
    held.drain()

    assert held.states() == [("suppressed", "dropped")]
    assert [each.decision for each in story_of(held.core, key_of(held)).decisions] == ["drop"]
    assert held.bodies() == []


@pytest.mark.parametrize("decide", [resend_held, drop_held])
def test_only_a_held_text_is_decided_about_and_only_with_a_reason(held: Any, decide: Any) -> None:
    """Twice is once: the second decision changes nothing."""
    with pytest.raises(BadInput, match="who decides and why"):
        decide(held.core, key_of(held), by="Noor", why=" ")
    with pytest.raises(NotFound, match="ascend messages held"):
        decide(held.core, "nothing", by="Noor", why="sure")
    decide(held.core, key_of(held), by="Noor", why="sure")
    with pytest.raises(BadInput, match="not held"):
        decide(held.core, key_of(held), by="Noor", why="sure")

    assert held.one("SELECT count(*) FROM message_decision") == 1


def test_a_late_status_settles_what_is_held(held: Any) -> None:
    """Nobody needs to decide any more."""
    status = DeliveryStatus(provider_id="P9", message_key=key_of(held), state=DeliveryState.DELIVERED)
    receive_events(held.core, "pigeon", [status])

    assert held.states() == [("delivered", None)]


# many workers


def other(bench: Any) -> Any:
    """A second process on the same database."""
    return attrs.evolve(bench.core, worker="other")


def test_a_worker_that_starts_leaves_the_sends_of_a_living_one_alone(bench: Any) -> None:
    """On PostgreSQL several share the work; one that has been silent is taken for dead."""
    told(bench)
    keep_alive(other(bench))
    claim_messages(other(bench), 10)

    alive = recover_sends(bench.core)
    bench.wait(seconds=10)
    keep_alive(other(bench))
    bench.wait(seconds=10)
    still_alive = recover_sends(bench.core, starting=False)
    bench.wait(seconds=10)
    dead = recover_sends(bench.core, starting=False)

    assert (alive, still_alive, dead) == (0, 0, 1)
    assert bench.states() == [("unknown", None)]


def test_a_running_worker_does_not_doubt_its_own_sends_too_soon(bench: Any) -> None:
    """Only when its own result must have been lost."""
    told(bench)
    keep_alive(bench.core)
    claim_messages(bench.core, 10)
    bench.wait(minutes=9)
    keep_alive(bench.core)
    early = recover_sends(bench.core, starting=False)
    bench.wait(minutes=1)
    keep_alive(bench.core)

    assert (early, recover_sends(bench.core, starting=False)) == (0, 1)


class SlowChannel:
    """The pigeons, but something happens just before each call or look-up returns."""

    def __init__(self, pigeons: Any, meanwhile: Any) -> None:
        self._pigeons, self._meanwhile = pigeons, meanwhile

    async def send(self, settings: Any, text: Any) -> Any:
        self._meanwhile()
        return await self._pigeons.send(settings, text)

    async def lookup(self, settings: Any, text: Any, since: Any) -> Any:
        self._meanwhile()
        return await self._pigeons.lookup(settings, text, since)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pigeons, name)


def test_look_ups_that_take_long_do_not_hold_up_what_is_to_be_sent(bench: Any) -> None:
    """A round of them ends behind those under way; the others have their turn after the next texts."""
    told(bench, people=3)
    bench.channel.next_sends.extend([Unsure("lost")] * 3)
    bench.send()
    bench.wait(minutes=2)
    slow = [30]
    bench.pigeons(channel=SlowChannel(bench.channel, lambda: bench.wait(seconds=slow.pop() if slow else 0)))
    first = bench.run(resolve_unknown(bench.core))
    asked = len(bench.channel.asked)
    ending = bench.run(resolve_unknown(bench.core, ending=lambda: True))
    others = bench.run(resolve_unknown(bench.core))

    assert (first, asked, ending, others) == (1, 1, 0, 2)
    assert len(bench.channel.asked) == 3


def test_what_a_slow_worker_learns_of_an_old_claim_changes_no_newer_one(bench: Any) -> None:
    """It was taken for dead, looked up and claimed again: its own *not sent* says nothing about that."""
    told(bench)

    claim_messages(bench.core, 10)
    stale = bench.rows("SELECT id, claim FROM message")
    bench.wait(minutes=2)
    recover_sends(other(bench))
    bench.run(resolve_unknown(other(bench)))
    claim_messages(other(bench), 10)
    row = {"id": stale[0][0], "claim": stale[0][1], "state": "ready", "reason": "try_later"}
    moved = bench.core.database.write(lambda tx: move_messages(tx, [row], from_states=("sending",), same_claim=True))

    assert moved == 0
    assert bench.rows("SELECT state, claim FROM message") == [("sending", 2)]


def test_a_call_that_would_come_too_late_is_not_made(bench: Any) -> None:
    """Held up between claim and call for so long that others may have looked the text up: it is claimed anew."""
    told(bench, people=2)
    slow = SlowChannel(bench.channel, lambda: bench.clock.advance(timedelta(seconds=CALL_WITHIN_SECONDS + 1)))
    bench.pigeons(channel=slow)

    bench.send()

    assert bench.rows("SELECT state, reason, attempts FROM message ORDER BY id") == [
        ("sent", None, 1),
        ("ready", "held_up", 0),
    ]
    assert len(bench.bodies()) == 1


# called off meanwhile

GOING_ON = """
    flow: welcome
    stop_when: box.cancels
    steps: [{send: One}, {wait: 1d}, {send: Two}]
"""
OVER = "{flow: welcome, steps: [{send: One}]}"


def cancels(bench: Any) -> None:
    """The member cancels, which stops the flow."""
    bench.register(0, status="cancels")


def gives_up_the_number(bench: Any) -> None:
    """The person has another number by now."""
    bench.apply(bench.submission(0, phone=phone(7), created_at=bench.now))


def leaves_and_returns(bench: Any) -> None:
    """STOP, and START again: they may be texted, but not with what was on its way before."""
    bench.hear(0, "STOP", keyword="stop")
    bench.hear(0, "START", keyword="start")


CALLING_OFF = [
    (GOING_ON, cancels, "stop_when"),
    (GOING_ON, gives_up_the_number, "phone_changed"),
    (OVER, gives_up_the_number, "phone_changed"),
    (GOING_ON, leaves_and_returns, "unsubscribed"),
    (OVER, leaves_and_returns, "unsubscribed"),
]


@pytest.mark.parametrize(("flow", "call_off", "reason"), CALLING_OFF)
def test_what_was_called_off_in_doubt_is_not_sent_when_it_is_not_found(
    bench: Any, flow: str, call_off: Any, reason: str
) -> None:
    """The look-up says that it was not sent; whatever it was about is over."""
    told(bench, flow=flow)
    bench.channel.next_sends.append(Unsure("no answer"))
    bench.send()
    bench.wait(minutes=1)
    call_off(bench)
    between = bench.states()[0]
    bench.wait(minutes=2)
    bench.drain()

    assert (between, bench.states()[0]) == (("unknown", "unsure"), ("suppressed", reason))
    assert bench.channel.asked == [key_of_first(bench)]
    assert "One" not in bench.bodies()


@pytest.mark.parametrize(("flow", "call_off", "reason"), CALLING_OFF)
def test_what_was_called_off_during_the_call_is_not_tried_again(
    bench: Any, flow: str, call_off: Any, reason: str
) -> None:
    """The provider was out of order just then."""
    told(bench, flow=flow)
    bench.wait(minutes=1)
    bench.channel.next_sends.append(TryLater("down"))
    bench.pigeons(channel=SlowChannel(bench.channel, lambda: call_off(bench)))
    bench.send()
    between = bench.states()[0]
    bench.pigeons(channel=bench.channel)
    bench.wait(minutes=2)
    bench.drain()

    assert (between, bench.states()[0]) == (("ready", "try_later"), ("suppressed", reason))
    assert "One" not in bench.bodies()


def test_what_was_called_off_while_it_was_held_is_not_resent(held: Any) -> None:
    """The person who decides need not know what happened meanwhile."""
    gives_up_the_number(held)
    resend_held(held.core, key_of(held), by="Noor", why="sure")
    held.drain()

    assert held.states() == [("suppressed", "phone_changed")]
    assert held.bodies() == []


@pytest.mark.parametrize(("flow", "call_off", "reason"), CALLING_OFF)
def test_what_was_called_off_and_is_found_was_sent(bench: Any, flow: str, call_off: Any, reason: str) -> None:
    """Nothing is said to be suppressed that a person has read."""
    told(bench, flow=flow)
    bench.channel.next_sends.append((Unsure("no answer"), "accepted"))
    bench.send()
    bench.wait(minutes=1)
    call_off(bench)
    bench.wait(minutes=2)
    bench.drain()

    assert bench.states()[0] == ("sent", None)
    assert bench.bodies().count("One") == 1


def test_an_answer_of_a_cancelled_broadcast_in_doubt_is_not_sent_either(bench: Any) -> None:
    """Its runs have ended, whatever they were about to say."""
    bench.set_up(flow="", automation="")
    bench.register(0)
    bench.publish(
        '{flow: invite, steps: [{ask: coming, text: "Coming?", replies: [{match: [yes], then: [{send: Yay}]}]}]}'
    )
    make_broadcast(bench.core, '{broadcast: Invitation, to: ["Canvass f0"], run: invite}', file="broadcast.yaml")
    bench.drain()
    bench.channel.next_sends.append(Unsure("no answer"))
    bench.hear(0, "yes")
    bench.send()
    cancel_broadcast(bench.core, "Invitation")
    while advance_broadcasts(bench.core):
        pass
    bench.wait(minutes=2)
    bench.drain()

    assert bench.states() == [("sent", None), ("suppressed", "broadcast_cancelled")]
    assert bench.bodies() == ["Coming?"]


# statuses that come first


def test_a_status_that_came_before_its_id_was_known_joins_its_text(bench: Any) -> None:
    """It names the provider's id alone: kept, and applied when the id arrives."""
    told(bench)
    for state in (DeliveryState.DELIVERED, DeliveryState.SENT):
        receive_events(bench.core, "pigeon", [DeliveryStatus(provider_id="P1", message_key=None, state=state)])
    before = bench.states()

    bench.send()

    assert before == [("ready", None)]
    assert bench.states() == [("delivered", None)]


def test_it_joins_a_text_that_was_found_by_looking_it_up_too(bench: Any) -> None:
    """Whichever way the id came."""
    told(bench)
    receive_events(
        bench.core, "pigeon", [DeliveryStatus(provider_id="P1", message_key=None, state=DeliveryState.FAILED)]
    )
    bench.channel.next_sends.append((Unsure("no answer"), "accepted"))
    bench.send()
    bench.wait(minutes=2)

    bench.drain()

    assert [state for state, _ in bench.states()] == ["failed"]
