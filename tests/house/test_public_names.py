# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Public names are exported on purpose."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.house.sources import modules, shown, tree_of


def _has_code(module: Path) -> bool:
    """Whether *module* holds more than a sentence about itself."""
    return len(tree_of(module).body) > 1


WITH_CODE = tuple(module for module in modules() if _has_code(module) and "migrations" not in module.parts)
"""Migrations are read by Alembic, which says what they define."""


def exported(tree: ast.Module) -> list[str] | None:
    """What ``__all__`` of *tree* says; None when there is none."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(getattr(target, "id", "") == "__all__" for target in targets):
            names: list[str] = ast.literal_eval(node.value)
            return names
    return None


def defined(tree: ast.Module) -> set[str]:
    """The public classes and functions that *tree* makes."""
    kinds = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    return {node.name for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")}


def named(tree: ast.Module) -> set[str]:
    """The constants and aliases of *tree*: a module may export them, or keep them as names for its own readers."""
    found: set[str] = set()
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                found.add(name)
    return found


def imported(tree: ast.Module) -> set[str]:
    """The names that *tree* imports from elsewhere."""
    return {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module != "__future__"
        for alias in node.names
    }


@pytest.mark.parametrize("module", WITH_CODE, ids=shown)
def test_a_module_exports_what_it_makes_and_nothing_else(module: Path) -> None:
    """A reader sees at the top what a module is for; a package may pass on what it imports."""
    tree = tree_of(module)
    names = exported(tree)

    assert names is not None, f"{shown(module)} has no __all__"
    assert len(names) == len(set(names))
    made = defined(tree)
    allowed = made | named(tree) | (imported(tree) if module.name == "__init__.py" else set())
    assert made - set(names) == set(), f"{shown(module)} makes these public names without exporting them"
    assert set(names) - allowed == set(), f"{shown(module)} exports these names without making them"


@pytest.mark.parametrize("module", WITH_CODE, ids=shown)
def test_a_module_says_what_it_is_for(module: Path) -> None:
    """The first line of every file is a sentence about it."""
    assert ast.get_docstring(tree_of(module))
