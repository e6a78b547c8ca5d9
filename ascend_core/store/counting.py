"""How many statements a piece of work sends to the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from attrs import define
from sqlalchemy import Engine, event

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
    """Let statements on *engine* be counted where somebody asks for it."""
    event.listen(engine, "before_cursor_execute", _note)


def _note(*_statement: Any) -> None:
    statements = _COUNTED.get()
    if statements is not None:
        statements.count += 1
