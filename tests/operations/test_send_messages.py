# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""A text leaves at most once, and only while nothing speaks against it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ascend_core.contracts import Deny, GateType, Hold, Outbound, Receipt
from ascend_core.errors import NeedsAttention, Refused, TryLater, Unsure
from ascend_core.operations.claim_messages import claim_messages
from ascend_core.operations.doubt import recover_sends, resolve_unknown
from ascend_core.operations.due import next_due
from ascend_core.operations.send_messages import MOST_TRIES
from tests.fakes.bench import phone
from tests.fakes.texts import FakeChannel

TWO = """
    flow: welcome
    steps: [{send: One}, {send: Two}]
"""
ONE = """
    flow: welcome
    steps: [{send: One}]
"""


def told(bench: Any, flow: str = ONE, people: int = 1, **switches: bool) -> Any:
    """A bench on which *people* registered, their texts ready."""
    bench.set_up(flow=flow, **switches)
    bench.register(*range(people))
    return bench


def look_up(bench: Any) -> int:
    """One round of looking up what is in doubt."""
    return bench.run(resolve_unknown(bench.core))


def test_stop_between_the_queue_and_the_claim_suppresses_the_text(bench: Any) -> None:
    """Nobody is texted after their STOP was committed."""
    told(bench)

    bench.keep(0, "STOP", keyword="stop")
    bench.drain()

    assert bench.states()[0] == ("suppressed", "unsubscribed")
    assert [body for body in bench.bodies() if "One" in body] == []


def test_consent_is_asked_again_at_the_claim(bench: Any) -> None:
    """However the text became ready: the ledger alone decides."""
    told(bench)
    bench.core.database.write(lambda tx: tx.exec_driver_sql("UPDATE consent SET state = 'unsubscribed'"))

    assert claim_messages(bench.core, 10) == []

    assert bench.states() == [("suppressed", "unsubscribed")]


def test_stop_between_the_claim_and_the_call_withdraws_the_text(bench: Any) -> None:
    """A batch of calls takes its time: whoever leaves meanwhile is not called any more."""
    bench.channel = LeavingWhileCalled(bench)
    bench.core = bench.open(bench.core.database, channel=bench.channel)
    told(bench, people=2)

    bench.drain()

    first, second = sorted(bench.states()[:2])
    assert first == ("sent", None)
    assert second == ("suppressed", "unsubscribed")
    assert len([body for body in bench.bodies() if body == "One"]) == 1


class LeavingWhileCalled(FakeChannel):
    """While the first text is handed over, everybody else writes STOP."""

    def __init__(self, bench: Any) -> None:
        super().__init__()
        self._bench = bench

    async def send(self, settings: Any, text: Outbound) -> Receipt:
        if not self.accepted:
            others = {person for person in range(2) if phone(person) != text.phone}
            for person in others:
                self._bench.keep(person, "STOP", keyword="stop")
        return await super().send(settings, text)


def test_quiet_hours_hold_a_text_and_decide_again(bench: Any) -> None:
    """Row J3: written at night, sent in the morning; and whoever left by then is not texted."""
    bench.set_up(flow=ONE)
    bench.wait(hours=10)
    bench.register(0, 1)
    bench.drain()
    held = bench.states()

    bench.keep(1, "STOP", keyword="stop")
    bench.wait(hours=11)
    bench.drain()

    assert held == [("ready", "quiet_hours")] * 2
    assert bench.bodies().count("One") == 1
    assert bench.states()[:2] == [("sent", None), ("suppressed", "unsubscribed")]


def test_a_text_that_is_too_late_expires(bench: Any) -> None:
    """After downtime nobody gets yesterday's text."""
    told(bench)
    bench.wait(hours=24)

    bench.drain()

    assert bench.states() == [("expired", "expired")]
    assert bench.bodies() == []


def test_held_texts_do_not_hide_those_behind_them(bench: Any) -> None:
    """Two hundred expired texts, and one that is fresh: it goes out in the same round."""
    told(bench, people=205)
    bench.wait(hours=24)
    bench.register(300)

    assert bench.send() == 1

    assert bench.one("SELECT count(*) FROM message WHERE state = 'expired'") == 205


def test_a_denied_text_does_not_hide_the_members_next_one(bench: Any) -> None:
    """Both expired in the same round, in order."""
    told(bench, flow=TWO)
    bench.wait(hours=24)

    bench.send()

    assert bench.states() == [("expired", "expired")] * 2


@pytest.mark.parametrize("verdict", ["past", "naive", "junk", "bug"])
def test_a_plugins_gate_that_makes_no_sense_lets_nothing_through_and_hangs_nobody(
    make_bench: Any, verdict: str
) -> None:
    """Fault 61: a gate that fails denies; one that holds until yesterday is asked again a second later."""

    def gate(_message: Any, _member: Any, now: Any, /) -> Any:
        match verdict:
            case "past":
                return Hold(now - timedelta(days=1), "odd")
            case "naive":
                return Hold(now.replace(tzinfo=None), "odd")
            case "junk":
                return "yes"
        raise RuntimeError("a bug")

    bench = told(make_bench(gates=[GateType(name="odd", gate=gate)]))

    bench.drain()

    assert bench.bodies() == []
    assert bench.states() == [("ready", "odd") if verdict == "past" else ("suppressed", "gate_failed")]


def test_any_denial_wins_over_a_hold(make_bench: Any) -> None:
    """The strictest answer counts."""
    gates = [
        GateType(name="deny", gate=lambda _m, _p, _n, /: Deny("never")),
        GateType(name="hold", gate=lambda _m, _p, now, /: Hold(now + timedelta(hours=1), "later")),
    ]
    bench = told(make_bench(gates=gates))

    bench.drain()

    assert bench.states() == [("suppressed", "never")]


@pytest.mark.parametrize(
    ("fault", "state", "sent"),
    [
        (TryLater("the roof is closed"), ("ready", "try_later"), 0),
        (Unsure("the pigeon flew off"), ("unknown", "unsure"), 0),
        ((Unsure("it flew off with it"), "accepted"), ("unknown", "unsure"), 1),
        (Refused("not a phone", reason="bad_phone", code="P7"), ("failed", "bad_phone"), 0),
        (NeedsAttention("the loft is locked"), ("ready", "channel_stopped"), 0),
        (RuntimeError("a bug"), ("unknown", "channel_failed"), 0),
        ((RuntimeError("a bug"), "accepted"), ("unknown", "channel_failed"), 1),
    ],
)
def test_what_a_channel_raises_says_what_happens_next(bench: Any, fault: Any, state: Any, sent: int) -> None:
    """One call each; what may have been sent is never sent again blindly; the next member is not disturbed, unless a
    person must act first.
    """
    told(bench, people=2)
    bench.channel.next_sends.append(fault)

    bench.send()

    goes_on = not isinstance(fault, NeedsAttention)
    assert bench.states() == [state, ("sent", None) if goes_on else state]
    assert len(bench.channel.accepted) == sent + goes_on


def test_whoever_the_carrier_says_has_left_has_left(bench: Any) -> None:
    """Row A8: the carrier's word is an entry of the ledger, and the texts behind it are off."""
    told(bench, flow=TWO)
    bench.channel.next_sends.append(Refused("blocked", reason="opted_out"))

    bench.drain()

    assert bench.states() == [("failed", "opted_out"), ("suppressed", "unsubscribed")]
    assert bench.rows("SELECT state, source FROM consent_entry ORDER BY id") == [
        ("subscribed", "form"),
        ("unsubscribed", "carrier"),
    ]


def test_a_locked_channel_waits_for_a_person(bench: Any) -> None:
    """Nothing is claimed until it is connected again; then everything goes out, once."""
    told(bench, people=3)
    bench.channel.next_sends.append(NeedsAttention("the loft is locked"))

    rounds = [bench.send(), bench.send()]
    bench.connect()
    rounds.append(bench.send())

    assert rounds == [3, 0, 3]
    assert len(bench.channel.accepted) == 3


def test_a_provider_that_never_answers_is_given_up(bench: Any) -> None:
    """Surely not sent, eight times over about an hour: failed, and visible."""
    told(bench)
    bench.channel.next_sends.extend(TryLater("down") for _ in range(100))
    begun = bench.now

    for _ in range(20):
        bench.drain()
        bench.wait(minutes=5)

    assert bench.states() == [("failed", "no_provider")]
    assert 100 - len(bench.channel.next_sends) == MOST_TRIES
    assert bench.now - begun < timedelta(hours=2)


def test_texts_of_a_run_keep_their_order_when_the_first_is_tried_again(bench: Any) -> None:
    """Invariant 13: the second waits behind it, and another member does not."""
    told(bench, flow=TWO, people=2)
    bench.channel.next_sends.append(TryLater("busy"))

    bench.drain()
    first = bench.bodies()
    bench.wait(minutes=1)
    bench.drain()

    assert first == ["One", "Two"]
    assert [(each.phone, each.body) for each in bench.channel.accepted[2:]] == [
        ("+12125550100", "One"),
        ("+12125550100", "Two"),
    ]


# in doubt


def test_a_crash_between_claim_and_call_is_looked_up_and_sent_once(bench: Any) -> None:
    """Fault 3: the provider does not have it, so it is sent after all."""
    told(bench)
    claim_messages(bench.core, 10)

    recovered = recover_sends(bench.core)
    in_doubt = bench.states()
    bench.drain()
    asked_at_once = list(bench.channel.asked)
    bench.wait(minutes=2)
    bench.drain()

    assert (recovered, in_doubt, asked_at_once) == (1, [("unknown", None)], [])
    assert bench.states() == [("sent", None)]
    assert bench.bodies() == ["One"]


def test_a_claim_ahead_of_the_clock_is_in_doubt_too(bench: Any) -> None:
    """Fault 17: a clock that was set back while the process was down leaves no text behind for good."""
    told(bench)
    claim_messages(bench.core, 10)

    bench.clock.set(bench.now - timedelta(hours=1))
    recovered = recover_sends(bench.core)
    bench.wait(hours=1, minutes=2)
    bench.drain()

    assert recovered == 1
    assert bench.states() == [("sent", None)]
    assert bench.bodies() == ["One"]


def test_what_waits_behind_a_text_in_doubt_is_due_when_that_is_looked_up(bench: Any) -> None:
    """A worker does not look again and again at what cannot go yet."""
    told(bench, flow=TWO)
    bench.channel.next_sends.append((Unsure("no answer"), "accepted"))
    bench.drain()

    due = next_due(bench.core)
    bench.wait(minutes=2)
    bench.drain()

    assert due == bench.now - timedelta(minutes=2) + bench.core.options.lookup_after
    assert bench.bodies() == ["One", "Two"]


def test_a_crash_after_the_call_is_found_by_the_look_up(bench: Any) -> None:
    """Fault 4: never a second call."""
    told(bench)
    bench.channel.next_sends.append((Unsure("no answer"), "accepted"))
    bench.send()
    bench.wait(minutes=2)

    bench.drain()

    assert bench.rows("SELECT state, provider_id FROM message") == [("sent", "P1")]
    assert bench.bodies() == ["One"]


def test_what_the_provider_cannot_tell_is_held_for_a_person(bench: Any) -> None:
    """Neither sent again nor forgotten."""
    told(bench)
    bench.channel.next_sends.append(Unsure("no answer"))
    bench.channel.next_lookups.extend(Unsure("nobody knows") for _ in range(50))
    bench.send()

    for _ in range(20):
        bench.wait(minutes=16)
        look_up(bench)

    assert bench.states() == [("held", "unsure")]
    assert bench.bodies() == []
    assert len(bench.channel.asked) < MOST_TRIES


def test_a_look_up_that_fails_for_days_goes_on(bench: Any) -> None:
    """The provider is down: the text stays in doubt, is asked for every quarter of an hour, and expires unsent."""
    told(bench)
    bench.channel.next_sends.append(Unsure("no answer"))
    bench.send()
    bench.core.database.write(lambda tx: tx.exec_driver_sql("UPDATE message SET attempts = 5000"))
    bench.channel.next_lookups.append(TryLater("down"))
    bench.wait(hours=25)

    look_up(bench)
    in_doubt = bench.states()
    bench.wait(minutes=20)
    bench.drain()

    assert in_doubt == [("unknown", "unsure")]
    assert bench.states() == [("expired", "expired")]


def test_a_look_up_that_came_too_early_is_repeated_when_the_channel_says_so(bench: Any) -> None:
    """However often the text was tried before, and it uses up no try: its worker may have been killed many times."""
    told(bench)
    bench.channel.next_sends.append((Unsure("no answer"), "accepted"))
    bench.send()
    bench.core.database.write(lambda tx: tx.exec_driver_sql("UPDATE message SET attempts = 6"))
    bench.channel.next_lookups.append(TryLater("it may still turn up", after_seconds=30))
    bench.wait(minutes=5)
    look_up(bench)
    waits = bench.one("SELECT attempts FROM message"), bench.states()

    bench.wait(seconds=31)
    look_up(bench)

    assert waits == (6, [("unknown", "unsure")])
    assert bench.states() == [("sent", None)]


def test_a_channel_that_cannot_look_up_holds_every_doubt(make_bench: Any) -> None:
    """``dedupe: none``."""
    bench = told(make_bench(dedupe="none"))
    bench.channel.next_sends.append(Unsure("no answer"))
    bench.send()
    bench.wait(minutes=2)

    bench.drain()

    assert bench.states() == [("held", "unsure")]
    assert bench.channel.asked == []


def test_a_member_in_doubt_gets_nothing_else_meanwhile(bench: Any) -> None:
    """Order per member: the second text waits until the first is cleared up."""
    told(bench, flow=TWO)
    bench.channel.next_sends.append(Unsure("no answer"))

    bench.drain()
    before = bench.bodies()
    bench.wait(minutes=2)
    bench.drain()

    assert (before, bench.bodies()) == ([], ["One", "Two"])
