# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""``specs/scale.md`` reckons with what it measured, and names benchmarks that exist."""

from __future__ import annotations

import ast
import operator
import re

import pytest

from tests.house.sources import ROOT

PAGE = (ROOT / "specs" / "scale.md").read_text("utf-8")
MEASURED = {name: float(value) for name, value in re.findall(r"^\| `(\w+)` \| ([\d.]+) \|", PAGE, re.MULTILINE)}
RECKONED = re.findall(r"^\| ([^|`]+) \| `([^`]+)` \| ([\d.]+) \|$", PAGE, re.MULTILINE)
SIGNS = {ast.Mult: operator.mul, ast.Div: operator.truediv, ast.Add: operator.add, ast.Sub: operator.sub}


def value_of(node: ast.expr) -> float:
    """What a formula of names, numbers and the four signs gives."""
    match node:
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.Name(id=name):
            return MEASURED[name]
        case ast.BinOp(left=left, op=sign, right=right):
            return float(SIGNS[type(sign)](value_of(left), value_of(right)))
    raise AssertionError(f"'{ast.unparse(node)}' is no sum of figures")


@pytest.mark.parametrize(("what", "formula", "shown"), RECKONED)
def test_what_is_reckoned_follows_from_what_was_measured(what: str, formula: str, shown: str) -> None:
    """Whoever changes a figure changes what follows from it."""
    assert float(shown) == pytest.approx(value_of(ast.parse(formula, mode="eval").body), rel=0.05), what


def test_the_figures_come_from_benchmarks_that_exist() -> None:
    """And every measured figure says from which."""
    there = {path.stem.split("_")[0].upper() for path in (ROOT / "tests" / "benchmarks").glob("p[0-9]*_*.py")}

    assert len(MEASURED) >= 10
    assert len(RECKONED) >= 15
    assert set(re.findall(r"bench -- (P\d+)", PAGE)) <= there
