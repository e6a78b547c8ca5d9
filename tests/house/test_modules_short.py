# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""A module fits into a head."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house.sources import modules, shown

MOST_LINES = 400
"""A module is about 300 lines; a third more is the end of it."""


SHORT = tuple(module for module in modules() if "versions" not in module.parts)
"""A migration is as long as the tables it makes."""


@pytest.mark.parametrize("module", SHORT, ids=shown)
def test_a_module_is_short(module: Path) -> None:
    """One kind of thing a file: a longer one holds two."""
    assert len(module.read_text("utf-8").splitlines()) <= MOST_LINES
