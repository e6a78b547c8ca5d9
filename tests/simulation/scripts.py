# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Schedules that chance would hardly ever draw, written out: each is one race or accident, step by step.

Nothing else goes wrong in them. They are played with the product, and once more with the safeguard taken away that
they are about.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import attrs
from sqlalchemy.exc import IntegrityError

from ascend_core.contracts import DeliveryState, DeliveryStatus, Inbound
from ascend_core.errors import TryLater
from ascend_core.operations.core import Core
from ascend_core.operations.doubt import recover_sends
from tests.operations.test_restored import copy_of, put_back
from tests.simulation.story import PEOPLE, Story, whole

__all__ = ["SCRIPTS", "Script"]

Script = Callable[[Story], None]

LONG = timedelta(minutes=20)
"""After so long without a sign of life a worker counts as dead, and what it was sending is looked up."""
PATIENCE_SECONDS = 20.0
"""For what should happen at once."""
CROWD = 21
"""One more than the calls that are made at once."""


def _ready(story: Story, people: int = 1) -> None:
    """The process runs, and a text to each of these people may go out."""
    story.fate.calm = True
    story.start()
    opted_in = [person for person in range(people + 1) if person != PEOPLE][:people]
    story.bench.source.log.extend(story.bench.submission(person, key=f"s{person}") for person in opted_in)
    story.poll()
    asyncio.run(whole(story.product.listen(story.core)))


def _another(story: Story, name: str) -> Core:
    """Another process over the same database."""
    return attrs.evolve(story.core, worker=name)


def _writes_stop(story: Story, person: int) -> Inbound:
    text = attrs.evolve(story.new_text(), keyword="stop", body="stop", phone=story.bench.submission(person).phone or "")
    story.texts[-1] = story.untold[-1] = text
    return text


def _never_arrives(gate: asyncio.Event, hangs: asyncio.Semaphore) -> Callable[[], Awaitable[None]]:
    """A call that *hangs* until the *gate* opens."""

    async def hang() -> None:
        hangs.release()
        await gate.wait()
        raise TryLater("it never arrived")

    return hang


async def _taken(hangs: asyncio.Semaphore) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        await hangs.acquire()


async def _takes_over(story: Story, name: str) -> Core:
    """Another process finds the first one dead, and looks up what that one was sending."""
    other = _another(story, name)
    story.bench.clock.advance(LONG)
    recover_sends(other)
    story.look()
    story.bench.clock.advance(LONG)
    await story.product.resolve(other)
    story.look()
    return other


def two_claims(story: Story) -> None:
    """A call hangs so long that the text is looked up and claimed anew; then the first call fails for good."""
    _ready(story)

    async def play() -> None:
        gate, hangs = asyncio.Event(), asyncio.Semaphore(0)
        story.carrier.on_the_way.append(_never_arrives(gate, hangs))
        first = asyncio.create_task(whole(story.product.send(story.core)))
        await _taken(hangs)
        second = await _takes_over(story, "second")

        async def meanwhile() -> None:
            story.carrier.meanwhile = None
            gate.set()
            await first
            story.bench.clock.advance(LONG)
            await story.product.send(_another(story, "third"))

        story.carrier.meanwhile = meanwhile
        await story.product.send(second)

    asyncio.run(play())
    story.look()


def called_too_late(story: Story) -> None:
    """A worker is held up between its claim and a call; another has looked the text up by then, and sent it."""
    _ready(story, CROWD)

    async def play() -> None:
        gate, hangs = asyncio.Event(), asyncio.Semaphore(0)
        story.carrier.meanwhile = None
        story.carrier.on_the_way.extend(_never_arrives(gate, hangs) for _ in range(CROWD - 1))
        first = asyncio.create_task(whole(story.product.send_all(story.core)))
        for _ in range(CROWD - 1):
            await _taken(hangs)
        await story.product.send_all(await _takes_over(story, "second"))
        gate.set()
        await first

    asyncio.run(play())
    story.look()


def an_old_copy(story: Story) -> None:
    """The database is put back to how it was before a text was sent."""
    _ready(story)
    copy = copy_of(story.bench)
    asyncio.run(whole(story.product.send(story.core)))
    put_back(story.bench, copy)
    story.start()
    story.bench.clock.advance(timedelta(minutes=5))
    story.sends()


def a_timer_twice(story: Story) -> None:
    """What is due is done, and is due once more: somebody forgot that it was done."""
    _ready(story)
    for _ in range(3):
        asyncio.run(story.drain())
    story.bench.clock.advance(timedelta(hours=3))
    for _ in range(2):
        try:
            story.product.fire(story.core)
        except IntegrityError:
            break
        asyncio.run(story.drain())
        story.bench.clock.advance(timedelta(hours=2))
        story.bench.core.database.write(lambda tx: tx.exec_driver_sql("UPDATE timer SET settled_at = NULL"))
    if [each.text.body for each in story.carrier.taken].count("Five?") != 1:
        story.wrong.append("4: a nudge came twice")


def a_status_too_early(story: Story) -> None:
    """The carrier tells how a text fared by its own id alone, before we know that id."""
    _ready(story)

    async def meanwhile() -> None:
        story.carrier.meanwhile = None
        status = DeliveryStatus(provider_id="P1", message_key=None, state=DeliveryState.DELIVERED)
        story.product.receive(story.core, [status])

    story.carrier.meanwhile = meanwhile
    asyncio.run(whole(story.product.send(story.core)))
    story.look()
    if story.bench.column("SELECT state FROM message WHERE provider_id = 'P1'") != ["delivered"]:
        story.wrong.append("53: a status that came early was lost")


def left_in_a_batch(story: Story) -> None:
    """Two texts are claimed together; while the first is handed over, whom the second is for says STOP."""
    _ready(story, 2)

    async def meanwhile() -> None:
        story.carrier.meanwhile = None
        story.hear(_writes_stop(story, 1))

    story.carrier.meanwhile = meanwhile
    asyncio.run(whole(story.product.send(story.core)))


def a_short_restart(story: Story) -> None:
    """Somebody says STOP while the process is away for a moment."""
    _ready(story, 2)
    story.product.tick(story.core)
    story.left_unheard.add(_writes_stop(story, 0).phone)
    story.bench.clock.advance(timedelta(seconds=5))
    story.start()
    story.sends()


SCRIPTS: Mapping[str, Script] = {
    "two claims": two_claims,
    "called too late": called_too_late,
    "an old copy": an_old_copy,
    "a timer twice": a_timer_twice,
    "a status too early": a_status_too_early,
    "a short restart": a_short_restart,
    "left in a batch": left_in_a_batch,
}
