"""Halving what cannot be done whole, until the one thing that breaks is alone (architecture: the unit of work)."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from ascend_core.errors import DatabaseProblem

__all__ = ["halves", "in_pieces", "where_it_broke"]

T = TypeVar("T")
R = TypeVar("R")


def in_pieces(things: Sequence[T], do: Callable[[Sequence[T], str | None], R]) -> Iterator[R]:
    """What *do* gives for *things*: for all at once if it can be, else for ever smaller pieces.

    *do* gets a piece and None. A single thing that breaks it is given once more, with the place where it broke, to be
    set aside. DatabaseProblem is raised on: a smaller piece would not mend it.
    """
    if not things:
        return
    try:
        whole = do(things, None)
    except DatabaseProblem:
        raise
    except Exception as error:  # noqa: BLE001 -- a fence: one thing must not hold up the others
        if len(things) == 1:
            yield do(things, where_it_broke(error))
            return
    else:
        yield whole
        return
    for half in halves(things):
        yield from in_pieces(half, do)


def halves(things: Sequence[T]) -> tuple[Sequence[T], Sequence[T]]:
    """The first half and the second, the middle one in the second."""
    middle = len(things) // 2
    return things[:middle], things[middle:]


def where_it_broke(error: BaseException) -> str:
    """The kind of *error* and the line it comes from. Never its message: that may quote somebody's data."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return type(error).__name__
    last = frames[-1]
    return f"{type(error).__name__} in {last.name} ({Path(last.filename).name}:{last.lineno})"
