# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""The mistakes that each safeguard is there against, written out: the product with that safeguard taken away.

Each takes the place of one operation and is what a sensible person might have written. The suite must find every one of
them; else it could not see that the safeguard works. ``specs/reliability.md`` shows the table.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import attrs
from attrs import evolve, frozen
from msgspec.structs import replace

from ascend_core.contracts import ChannelEvent, DeliveryStatus, Inbound, Purpose, SubmissionPage
from ascend_core.errors import TryLater
from ascend_core.operations.apply_submissions import apply_page
from ascend_core.operations.batch_of_calls import BatchOfCalls
from ascend_core.operations.claim_messages import Claimed, claim_messages
from ascend_core.operations.connect import open_channel
from ascend_core.operations.core import Core, ForgetfulMark
from ascend_core.operations.doubt import recover_sends
from ascend_core.operations.receive_messages import receive_events
from ascend_core.operations.send_messages import AT_ONCE, _commit_results, _send_one
from ascend_core.runtime.drains import recover
from ascend_core.store import messages as rows
from ascend_core.store.accounts import CursorRecord, move_cursor
from ascend_core.store.bulk import table_of
from ascend_core.store.database import Tx
from ascend_core.store.messages import MessageRecord
from ascend_core.store.reading import fetch, pick
from ascend_core.store.tables import Message
from tests.simulation.product import PRODUCT, Product
from tests.simulation.story import Weather

__all__ = ["MISTAKES", "Mistake"]

_message = table_of(Message)

_QUIET_CARRIER = Weather(meanwhile=0.0, stops=0.2, silent=True, cap=10)
_LEAVING = Weather(meanwhile=0.0, stops=0.7, silent=True, cap=10, people=1, often=("write", "sign_up", "poll", "sends"))
_EVENING = Weather(meanwhile=0.0, stops=0.2, silent=True, cap=10, begins=timedelta(hours=9))


@frozen(kw_only=True)
class Mistake:
    """A safeguard, what stands in its place, and what the suite must find then."""

    safeguard: str
    instead: str
    product: Callable[[], Product]
    finds: str
    """The beginning of the problem."""
    weather: Weather | None = None
    """In which it soon does harm; None: in any."""
    script: str | None = None
    """In which it does; None: chance leads there soon enough."""


def _sql(core: Core, statement: str) -> None:
    core.database.write(lambda tx: tx.exec_driver_sql(statement))


def _send_again(core: Core) -> None:
    PRODUCT.recover(core)
    _sql(core, "UPDATE message SET state = 'ready' WHERE state IN ('sending', 'unknown')")


def _without_gate(name: str) -> Callable[[Core], Core]:
    def opened(core: Core) -> Core:
        gates = {its_name: gate for its_name, gate in core.registry.gates.items() if its_name != name}
        assert len(gates) < len(core.registry.gates), f"there is no gate {name}"
        return attrs.evolve(core, registry=evolve(core.registry, gates=gates))

    return opened


def _looking_at_once(core: Core) -> Core:
    return attrs.evolve(core, options=evolve(core.options, lookup_after=timedelta(0)))


def _calls(core: Core) -> BatchOfCalls:
    """Of a batch that was claimed this moment."""
    return BatchOfCalls(core.clock.monotonic(), core.clock.monotonic)


async def _hand_over(core: Core, claimed: Sequence[Claimed], *, asked: bool = True) -> int:
    """Call the carrier for each, and write down what came of it. Not *asked*: nobody looks whether they have left."""
    opened = open_channel(core)
    assert opened is not None
    record, type_, settings = opened
    results = []
    for each in claimed:
        # a confirmation is not asked for consent
        called = each if asked else evolve(each, message=replace(each.message, purpose=Purpose.CONFIRMATION.value))
        result = await _send_one(core, type_, settings, called, _calls(core))
        results.append(evolve(result, message=each.message))
    _commit_results(core, record, type_, settings, results)
    return len(results)


async def _call_then_claim(core: Core) -> int:
    """Read what is ready, hand it over, and write down afterwards that it was sent."""
    ready = core.database.read(lambda tx: rows.ready_messages(tx, core.clock.now(), 5, least_urgent=Purpose.BULK.value))
    return await _hand_over(core, [Claimed(message=message, valid_until=None) for message in ready])


async def _in_any_order(core: Core) -> int:
    """Claim all that is due, the newest first, whoever it is for."""

    def claim(tx: Tx) -> list[MessageRecord]:
        now = core.clock.now()
        due = (_message.c.state == "ready") & (_message.c.due_at <= now)
        newest = pick(MessageRecord, Message).where(due).order_by(_message.c.id.desc()).limit(5)
        ready = [replace(message, claim=message.claim + 1) for message in fetch(tx, MessageRecord, newest)]
        changes = [{"id": each.id, "state": "sending", "claim": each.claim, "claimed_at": now} for each in ready]
        rows.move_messages(tx, changes, from_states=("ready",))
        return ready

    claimed = core.database.write(claim)
    return await _hand_over(core, [Claimed(message=message, valid_until=None) for message in claimed])


async def _without_a_last_look(core: Core) -> int:
    """Claim a batch and hand it over, whatever happens to its people meanwhile."""
    return await _hand_over(core, claim_messages(core, 5), asked=False)


async def _whatever_claim(core: Core) -> int:
    """What did not go well is written down for the text, whichever claim it is about."""
    opened = open_channel(core)
    assert opened is not None
    record, type_, settings = opened
    for each in claim_messages(core, 5):
        result = await _send_one(core, type_, settings, each, _calls(core))
        if isinstance(result.error, TryLater):
            row = {"id": each.message.id, "state": "ready", "due_at": core.clock.now()}
            core.database.write(lambda tx, row=row: rows.move_messages(tx, [row], from_states=("sending",)))  # type: ignore[misc]  # -- bound to this round
        else:
            _commit_results(core, record, type_, settings, [result])
    return 1


async def _however_late(core: Core) -> int:
    """Call for each text that was claimed, however long ago that was."""
    opened = open_channel(core)
    assert opened is not None
    record, type_, settings = opened
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(each: Claimed) -> Any:
        async with turn:
            return await _send_one(core, type_, settings, each, _calls(core))

    results = await asyncio.gather(*(one(each) for each in claim_messages(core, 100)))
    _commit_results(core, record, type_, settings, results)
    return len(results)


def _fire_anew(core: Core) -> int:
    """Every text has an intent of its own, whatever it is for."""
    _sql(core, "UPDATE message SET intent = intent || ':' || id")
    return PRODUCT.fire(core)


def _drop_early(core: Core, events: Sequence[ChannelEvent]) -> None:
    """A status that is about no text we know is none."""
    receive_events(core, "pigeon", [event for event in events if isinstance(event, Inbound) or event.message_key])


def _forget_claims(core: Core) -> Core:
    return attrs.evolve(core, mark=ForgetfulMark())


def _deaf_at_once(core: Core) -> None:
    """Nothing is written down."""


async def _deaf(core: Core) -> None:
    """Nothing is fetched."""


def _cursor_first(core: Core, page: SubmissionPage, seen: CursorRecord) -> None:
    """Move the cursor, then apply the page."""
    if core.database.write(lambda tx: move_cursor(tx, seen, page.cursor, now=core.clock.now())):
        apply_page(core, 1, page)


class _AnswerFirst:
    """Answers the provider at once, and keeps what it said in memory until there is time."""

    def __init__(self) -> None:
        self._waiting: list[ChannelEvent] = []

    def receive(self, core: Core, events: Sequence[ChannelEvent]) -> None:
        self._waiting.extend(events)

    def handle(self, core: Core) -> int:
        waiting, self._waiting = self._waiting, []
        if waiting:
            receive_events(core, "pigeon", waiting)
        return PRODUCT.handle(core)

    def forget(self, core: Core) -> None:
        self._waiting = []
        PRODUCT.recover(core)


def _answer_first() -> Product:
    memory = _AnswerFirst()
    return Product(receive=memory.receive, handle=memory.handle, recover=memory.forget)


def _every_text_is_new() -> Product:
    """Give each text that comes an id of our own."""
    count = iter(range(1_000_000))

    def receive(core: Core, events: Sequence[ChannelEvent]) -> None:
        new = [evolve(e, provider_id=f"{e.provider_id}/{next(count)}") if isinstance(e, Inbound) else e for e in events]
        receive_events(core, "pigeon", new)

    return Product(receive=receive)


def _status_as_it_comes(core: Core, events: Sequence[ChannelEvent]) -> None:
    """Write down each status as the newest."""
    for event in events:
        if isinstance(event, DeliveryStatus) and event.state is not None:
            _sql(core, f"UPDATE message SET state = '{event.state.value}' WHERE key = '{event.message_key}'")
    receive_events(core, "pigeon", [event for event in events if isinstance(event, Inbound)])


def _stop_when_handled(core: Core, events: Sequence[ChannelEvent]) -> None:
    """Keep texts, and leave what they mean for consent to whoever handles them."""

    def keep(tx: Tx) -> None:
        receive_events(attrs.evolve(core, database=_Inside(tx)), "pigeon", events)
        tx.exec_driver_sql("UPDATE consent SET state = 'subscribed'")

    core.database.write(keep)


class _Inside:
    """Lets an operation work inside a transaction that is open already."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    def write(self, work: Callable[[Tx], Any]) -> Any:
        return work(self._tx)


MISTAKES: Mapping[str, Mistake] = {
    "restart sends again": Mistake(
        safeguard="After a crash, what was being sent is in doubt",
        instead="what was being sent counts as not sent",
        product=lambda: Product(recover=_send_again),
        finds="1: accepted",
        weather=_QUIET_CARRIER,
    ),
    "lost answer is tried again": Mistake(
        safeguard="An answer that was lost leaves a text in doubt",
        instead="the channel says that it was surely not sent",
        product=lambda: Product(unsure=TryLater),
        finds="1: accepted",
        weather=_QUIET_CARRIER,
    ),
    "looks at once": Mistake(
        safeguard="A text in doubt is looked up only when the provider surely lists it",
        instead="it is looked up at once",
        product=lambda: Product(opened=_looking_at_once),
        finds="1: accepted",
        weather=_QUIET_CARRIER,
    ),
    "call before claim": Mistake(
        safeguard="The claim is committed before the call",
        instead="the call comes first, and then one commit says that it was sent",
        product=lambda: Product(send=_call_then_claim),
        finds="2: sent without a committed claim",
    ),
    "no consent gate": Mistake(
        safeguard="Consent is asked at the claim, and again right before the call",
        instead="a text that was planned is sent",
        product=lambda: Product(opened=_without_gate("consent"), send=_without_a_last_look),
        finds="5: sent after STOP",
        weather=_LEAVING,
    ),
    "no last look": Mistake(
        safeguard="Consent is asked once more right before each call of a batch",
        instead="what was claimed is handed over",
        product=lambda: Product(send=_without_a_last_look),
        finds="5: sent after STOP",
        script="left in a batch",
    ),
    "STOP waits for the handler": Mistake(
        safeguard="STOP counts in the transaction that keeps the text",
        instead="it counts when the text is handled",
        product=lambda: Product(receive=_stop_when_handled),
        finds="5: sent after STOP",
        weather=_LEAVING,
    ),
    "answer before keeping": Mistake(
        safeguard="A webhook is answered when its text is stored",
        instead="it is answered at once, and the text is kept in memory until there is time",
        product=_answer_first,
        finds="5: sent after STOP",
        weather=_LEAVING,
    ),
    "no quiet hours": Mistake(
        safeguard="Quiet hours are asked at the claim",
        instead="a text goes out when it is due",
        product=lambda: Product(opened=_without_gate("quiet_hours")),
        finds="7: sent at night",
        weather=_EVENING,
    ),
    "no expiry": Mistake(
        safeguard="A text that is too late expires",
        instead="it goes out however late",
        product=lambda: Product(opened=_without_gate("expiry")),
        finds="8: sent after it had expired",
    ),
    "statuses as they come": Mistake(
        safeguard="The state of a text only moves up",
        instead="each status is written down as the newest",
        product=lambda: Product(receive=_status_as_it_comes),
        finds="10:",
    ),
    "any order": Mistake(
        safeguard="One text of a member at a time, the oldest first",
        instead="all that is due is claimed, the newest first",
        product=lambda: Product(send=_in_any_order),
        finds="13: out of order",
    ),
    "cursor first": Mistake(
        safeguard="The cursor moves in the transaction of the page",
        instead="it moves first, in a transaction of its own",
        product=lambda: Product(apply=_cursor_first),
        finds="25: the submissions",
    ),
    "nobody listened": Mistake(
        safeguard="After a time in which nobody listened, the provider is asked what people wrote",
        instead="sending goes on",
        product=lambda: Product(recover=recover_sends, tick=_deaf_at_once, listen=_deaf),
        finds="56: sent",
    ),
    "no event gate": Mistake(
        safeguard="Whether the event still takes place is asked at the claim",
        instead="a text that was planned is sent",
        product=lambda: Product(opened=_without_gate("event")),
        finds="9: sent for an event that is off",
    ),
    "no cap": Mistake(
        safeguard="Nobody gets more texts in 24 hours than the cap says",
        instead="there is no cap",
        product=lambda: Product(opened=_without_gate("frequency")),
        finds="14:",
    ),
    "no memory of words": Mistake(
        safeguard="The same words do not go to the same number twice within a while",
        instead="they do",
        product=lambda: Product(opened=_without_gate("repeats")),
        finds="15:",
    ),
    "every text is new": Mistake(
        safeguard="A text is known by the provider's id",
        instead="each one that comes is another",
        product=_every_text_is_new,
        finds="54:",
    ),
    "a restart is no gap": Mistake(
        safeguard="However short a process was away, it asks for what people wrote meanwhile",
        instead="only a longer time counts",
        product=lambda: Product(recover=recover),
        finds="56: sent",
        script="a short restart",
    ),
    "any claim": Mistake(
        safeguard="What a worker learns of an older claim changes no newer one",
        instead="it is written down for the text",
        product=lambda: Product(send=_whatever_claim),
        finds="1: accepted",
        script="two claims",
    ),
    "however late": Mistake(
        safeguard="A worker that was held up after its claim does not call any more",
        instead="it calls",
        product=lambda: Product(send_all=_however_late),
        finds="1: accepted",
        script="called too late",
    ),
    "no claim mark": Mistake(
        safeguard="The machine remembers beside the database how much was claimed",
        instead="it remembers nothing",
        product=lambda: Product(opened=_forget_claims),
        finds="1: accepted",
        script="an old copy",
    ),
    "intents repeat": Mistake(
        safeguard="There is one text for one intent",
        instead="each text has an intent of its own",
        product=lambda: Product(fire=_fire_anew),
        finds="4: a nudge came twice",
        script="a timer twice",
    ),
    "early statuses are dropped": Mistake(
        safeguard="A status that comes before its text is known is kept for it",
        instead="it is dropped",
        product=lambda: Product(receive=_drop_early),
        finds="53: a status",
        script="a status too early",
    ),
}
