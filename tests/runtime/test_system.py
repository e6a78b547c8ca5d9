"""What a process settles when it begins."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from ascend_core.runtime.system import settle_memory


@pytest.fixture
def collector() -> Iterator[None]:
    """The garbage collector, afterwards as it was."""
    usual = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*usual)


@pytest.mark.usefixtures("collector")
def test_a_large_page_is_not_looked_through_again_and_again() -> None:
    """Nothing of what a page makes is garbage before it is applied; to look for some takes time."""
    settle_memory()
    before = [generation["collections"] for generation in gc.get_stats()]

    page = [[number] for number in range(40_000)]

    collections = [generation["collections"] for generation in gc.get_stats()]
    assert len(page) == 40_000
    assert collections == before
