"""The product as the simulation plays it: its operations, each of which a mistake may take the place of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from attrs import frozen

from ascend_core.contracts import ChannelEvent, SubmissionPage
from ascend_core.operations.apply_submissions import apply_page
from ascend_core.operations.core import Core
from ascend_core.operations.doubt import resolve_unknown
from ascend_core.operations.fire_timers import fire_timers
from ascend_core.operations.listening import begin_hearing, note_heard
from ascend_core.operations.receive_messages import handle_inbound, receive_events
from ascend_core.operations.send_messages import send_messages
from ascend_core.runtime.drains import listen_again, recover
from ascend_core.store.accounts import CursorRecord

__all__ = ["PRODUCT", "Product"]

BATCH = 5
"""Texts a round of sending takes: few, so that a schedule meets the borders of batches."""


def _recover(core: Core) -> None:
    """The web and the worker start."""
    begin_hearing(core)
    recover(core)


def _apply(core: Core, page: SubmissionPage, seen: CursorRecord) -> Any:
    return apply_page(core, 1, page, seen=seen)


def _receive(core: Core, events: Sequence[ChannelEvent]) -> Any:
    return receive_events(core, "pigeon", events)


async def _send(core: Core) -> int:
    return await send_messages(core, BATCH)


async def _resolve(core: Core) -> int:
    return await resolve_unknown(core)


@frozen(kw_only=True)
class Product:
    """What the product does, one operation each."""

    opened: Callable[[Core], Core] = lambda core: core
    """Changes what is opened at each start: gates, options."""
    recover: Callable[[Core], Any] = _recover
    tick: Callable[[Core], Any] = note_heard
    listen: Callable[[Core], Awaitable[Any]] = listen_again
    apply: Callable[[Core, SubmissionPage, CursorRecord], Any] = _apply
    receive: Callable[[Core, Sequence[ChannelEvent]], Any] = _receive
    handle: Callable[[Core], int] = handle_inbound
    fire: Callable[[Core], int] = fire_timers
    resolve: Callable[[Core], Awaitable[int]] = _resolve
    send: Callable[[Core], Awaitable[int]] = _send
    send_all: Callable[[Core], Awaitable[int]] = send_messages
    """As many as a round of the real product may take."""
    unsure: type[Exception] | None = None
    """What the channel raises when an answer was lost; None: ``Unsure``, as it should."""


PRODUCT = Product()
