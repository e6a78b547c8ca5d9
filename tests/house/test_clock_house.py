# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Real time and real chance have one home; everything else can be played again."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.sources import ROOT, modules, shown, tree_of

HOMES = {
    ROOT / "ascend_core/runtime/system.py": "the one home",
    ROOT / "ascend_core/testing/clock.py": "chance from a seed, for tests",
}
MODULES_OF_CHANCE = {"random", "secrets"}
CALLS = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "time": {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "sleep", "localtime", "gmtime"},
    "uuid": {"uuid1", "uuid4"},
    "asyncio": {"sleep"},
    "os": {"urandom", "getrandom"},
}
HARMLESS = {("asyncio", "sleep", "0")}
"""Letting others run is no waiting."""


def uses(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Lines of *tree* that read a clock or draw chance by themselves, and how."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names if alias.name in MODULES_OF_CHANCE)
            case ast.ImportFrom(module=str(module), names=names):
                if module in MODULES_OF_CHANCE:
                    yield node.lineno, module
                yield from (
                    (node.lineno, f"{module}.{alias.name}")
                    for alias in names
                    if module != "datetime" and alias.name in CALLS.get(module, ())
                )
            case ast.Call(func=ast.Attribute(value=value, attr=attribute), args=arguments):
                owner = value.attr if isinstance(value, ast.Attribute) else getattr(value, "id", "")
                given = ", ".join(ast.unparse(argument) for argument in arguments)
                if attribute in CALLS.get(owner, ()) and (owner, attribute, given) not in HARMLESS:
                    yield node.lineno, f"{owner}.{attribute}"


@pytest.mark.parametrize("module", modules(), ids=shown)
def test_nobody_reads_the_clock_or_draws_chance_by_themselves(module: Path) -> None:
    """A demo, a test and the simulation rule time and chance, because all of it is handed in."""
    if module in HOMES:
        return

    assert [f"{shown(module)}:{line}: {what}" for line, what in uses(tree_of(module))] == []


@pytest.mark.parametrize(
    "source",
    [
        "import random",
        "from secrets import choice",
        "datetime.now(UTC)",
        "datetime.datetime.utcnow()",
        "date.today()",
        "time.monotonic()",
        "from time import time",
        "uuid.uuid4()",
        "asyncio.sleep(1)",
    ],
)
def test_each_way_of_doing_so_is_found(source: str) -> None:
    """The rule itself is tried."""
    assert list(uses(ast.parse(source)))


@pytest.mark.parametrize(
    "source", ["clock.now()", "await asyncio.sleep(0)", "randomness.token(9, a)", "datetime(1, 1, 1)"]
)
def test_what_is_handed_in_is_fine(source: str) -> None:
    """The rule asks for nothing but the hand-over."""
    assert not list(uses(ast.parse(source)))
