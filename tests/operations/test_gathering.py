"""Pages that come quickly are one transaction; none waits long for another, and none is lost to a failure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ascend_core.contracts import SubmissionPage
from ascend_core.errors import TryLater
from ascend_core.operations.gathering import MOST_TOGETHER, gathered, one_ahead


def pages_of(bench: Any, count: int, size: int = 1) -> list[SubmissionPage]:
    """So many pages of so many submissions, each with a cursor of its own."""
    people = iter(range(count * size))
    return [
        bench.page(*(bench.submission(next(people) % 1000) for _ in range(size)), cursor=str(number + 1))
        for number in range(count)
    ]


def gather(pages: AsyncIterator[SubmissionPage], **options: Any) -> list[tuple[int, int, str]]:
    """What they are gathered to: pages, submissions, cursor. A failure is the last entry."""
    found: list[Any] = []

    async def go() -> None:
        nonlocal found
        try:
            async for some in gathered(pages, **options):
                found += [(some.pages, len(some.page.submissions), some.page.cursor)]
        except TryLater as error:
            found += [str(error)]

    asyncio.run(go())
    return found


async def at_once(pages: list[SubmissionPage]) -> AsyncIterator[SubmissionPage]:
    """One after the other, without delay."""
    for page in pages:
        yield page


def test_pages_that_come_at_once_are_one(bench: Any) -> None:
    """With the cursor of the last."""
    assert gather(at_once(pages_of(bench, 3, 2))) == [(3, 6, "3")]


def test_no_more_are_gathered_than_a_transaction_bears(bench: Any) -> None:
    """A first sync of a million is no transaction of a million."""
    size = MOST_TOGETHER // 2

    assert gather(at_once(pages_of(bench, 5, size))) == [
        (2, MOST_TOGETHER, "2"),
        (2, MOST_TOGETHER, "4"),
        (1, size, "5"),
    ]


def test_a_page_does_not_wait_for_a_slow_one(bench: Any) -> None:
    """Row B9: what is in it is soon in the outbound queue, however long the source takes for the rest."""
    first, second = pages_of(bench, 2)

    async def go() -> list[str]:
        handed_on, seen = asyncio.Event(), []

        async def slow() -> AsyncIterator[SubmissionPage]:
            yield first
            await handed_on.wait()
            yield second

        async for some in gathered(slow()):
            seen += [some.page.cursor]
            handed_on.set()
        return seen

    assert asyncio.run(asyncio.wait_for(go(), timeout=30)) == ["1", "2"]


def test_what_came_before_a_failure_is_handed_on(bench: Any) -> None:
    """The failure comes after it."""

    async def failing() -> AsyncIterator[SubmissionPage]:
        for page in pages_of(bench, 2):
            yield page
        raise TryLater("jammed")

    assert gather(failing()) == [(2, 2, "2"), "jammed"]


@pytest.mark.parametrize(("most", "expected"), [(2, [(2, 2, "2")]), (9, [(3, 3, "3")])])
def test_a_slice_asks_for_no_more_pages_than_it_may(bench: Any, most: int, expected: list[Any]) -> None:
    """The sweep's: the next slice goes on behind it."""
    assert gather(at_once(pages_of(bench, 3)), most_pages=most) == expected


def test_nothing_is_nothing() -> None:
    """No page at all."""
    assert gather(at_once([])) == []


def test_the_next_is_fetched_while_one_is_looked_at() -> None:
    """In order; and what was fetched for nobody is let go."""

    async def go() -> list[Any]:
        said: list[Any] = []

        async def counting() -> AsyncIterator[int]:
            try:
                for number in range(1, 5):
                    said.append(f"fetched {number}")
                    yield number
                    await asyncio.sleep(0)
            finally:
                said.append("closed")

        numbers = counting()
        coming = one_ahead(numbers)
        async for number in coming:
            await asyncio.sleep(0)  # whoever looks at it waits for something
            await asyncio.sleep(0)
            said.append(number)
            if number == 2:
                break
        await coming.aclose()  # type: ignore[attr-defined]  # -- an async generator
        await numbers.aclose()  # type: ignore[attr-defined]  # -- an async generator
        return said

    assert asyncio.run(go()) == ["fetched 1", "fetched 2", 1, "fetched 3", 2, "closed"]


def test_a_failure_comes_after_what_was_before_it() -> None:
    """However early the failing one was asked for."""

    async def failing() -> AsyncIterator[int]:
        yield 1
        raise TryLater("jammed")

    seen: list[int] = []

    async def go() -> None:
        async for number in one_ahead(failing()):
            await asyncio.sleep(0)
            seen.append(number)

    with pytest.raises(TryLater):
        asyncio.run(go())

    assert seen == [1]
