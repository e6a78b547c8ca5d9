"""How many statements a piece of work sends to the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from attrs import define
from sqlalchemy import Engine

__all__ = ["Statements", "count_on", "counted"]


@define
class Statements:
    """The statements of one piece of work, so far."""

    count: int = 0


_COUNTED: ContextVar[Statements | None] = ContextVar("counted statements", default=None)


@contextmanager
def counted() -> Iterator[Statements]:
    """Count what the block sends, with the tasks and threads that it waits for; not what others send meanwhile."""
    statements = Statements()
    token = _COUNTED.set(statements)
    try:
        yield statements
    finally:
        _COUNTED.reset(token)


def count_on(engine: Engine) -> None:
    """Let statements on *engine* be counted where somebody asks for it.

    In its dialect, not by an event: an engine that somebody listens to takes the long way with every statement.
    """
    own = vars(engine.dialect)
    for name in ("do_execute", "do_executemany", "do_execute_no_params"):
        if name not in own:
            own[name] = _counting(getattr(engine.dialect, name))


def _counting(execute: Callable[..., None]) -> Callable[..., None]:
    def counts(*statement: Any) -> None:
        counted_here = _COUNTED.get()
        if counted_here is not None:
            counted_here.count += 1
        execute(*statement)

    return counts
