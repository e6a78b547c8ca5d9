"""Pages that come quickly are applied together: one transaction costs the same for fifty sign-ups and five hundred.

No page waits for another for longer than ``HOLD_SECONDS``, so that what is in it is soon in the outbound queue (row
B9), and what came before a failure is handed on before the failure is.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TypeVar

from attrs import evolve, frozen

from ascend_core.contracts import SubmissionPage

__all__ = ["HOLD_SECONDS", "MOST_TOGETHER", "MOST_TOGETHER_ON_SQLITE", "Gathered", "gathered", "one_ahead"]

T = TypeVar("T")

HOLD_SECONDS = 0.3
"""A part of the second that a change may take from its page to the outbound queue; the rest is for applying it."""
MOST_TOGETHER = 500
"""Submissions in one transaction: beyond it little is saved, and the first of them must not wait for the last."""
MOST_TOGETHER_ON_SQLITE = 1_000
"""The same where it takes a third of the time (``specs/scale.md``): a third of a second in all."""


@frozen(kw_only=True)
class Gathered:
    """Some pages as one, and how many they were."""

    page: SubmissionPage
    pages: int


async def gathered(
    pages: AsyncIterator[SubmissionPage], *, most_pages: int | None = None, together: int = MOST_TOGETHER
) -> AsyncIterator[Gathered]:
    """*pages* in order, several as one where they come quickly, up to *together* submissions and what else is on the
    last of them; *most_pages* of them, then no more are asked for.
    """
    loop = asyncio.get_running_loop()
    left, held, since = most_pages, list[SubmissionPage](), 0.0
    coming: asyncio.Task[SubmissionPage | None] | None = None
    try:
        while left != 0:
            coming = coming or asyncio.create_task(_next(pages))
            patience = max(0.0, since + HOLD_SECONDS - loop.time()) if held else None
            await asyncio.wait({coming}, timeout=patience)
            if held and (not coming.done() or coming.exception() is not None or _count(held) >= together):
                yield _together(held)
                held = []
            if coming.done():
                page, coming = coming.result(), None
                if page is None:
                    break
                since = since if held else loop.time()
                held.append(page)
                left = None if left is None else left - 1
        if held:
            yield _together(held)
    finally:
        if coming is not None:
            coming.cancel()
            await asyncio.wait({coming})


async def one_ahead(things: AsyncIterator[T]) -> AsyncIterator[T]:
    """*things* in order, the next one being fetched while whoever has one waits for something."""
    coming = asyncio.create_task(_next(things))
    try:
        while (thing := await coming) is not None:
            coming = asyncio.create_task(_next(things))
            yield thing
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)  # nobody asked for what it might have failed with


async def _next(things: AsyncIterator[T]) -> T | None:
    """The next of *things*; None: there is none."""
    return await anext(things, None)


def _count(held: Sequence[SubmissionPage]) -> int:
    return sum(len(page.submissions) for page in held)


def _together(held: Sequence[SubmissionPage]) -> Gathered:
    """*held* as one page, with the last one's cursor."""
    submissions = tuple(each for page in held for each in page.submissions)
    rejected = tuple(each for page in held for each in page.rejected)
    page = evolve(held[-1], submissions=submissions, rejected=rejected)
    return Gathered(page=page, pages=len(held))
