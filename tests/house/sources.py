"""The product's own files, for rules that hold in all of them."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

__all__ = ["ROOT", "modules", "shown", "texts", "tree_of"]

ROOT = Path(__file__).parents[2]
_PRODUCT = (ROOT / "ascend_core", *sorted(ROOT.glob("plugins/*/src")))
_NOT_OURS = ("vendor", "__pycache__", "egg-info", "node_modules")
_TEXT = {".py", ".toml", ".md", ".txt", ".ini", ".yaml", ".yml", ".html", ".feature", ".cfg", ".sh", ".json", ""}
_HIDDEN = {".ci"}


@cache
def modules() -> tuple[Path, ...]:
    """Every Python module of the core and of the plugins, in order."""
    found = (path for folder in _PRODUCT for path in folder.rglob("*.py"))
    return tuple(sorted(path for path in found if not _is_foreign(path)))


@cache
def texts() -> tuple[Path, ...]:
    """Every text file of the repository, in order; what is built, fetched or cached is left out."""
    return tuple(sorted(path for path in _tracked() if path.suffix in _TEXT and not _is_foreign(path)))


@cache
def tree_of(module: Path) -> ast.Module:
    """The syntax tree of *module*."""
    return ast.parse(module.read_text("utf-8"), str(module))


def shown(path: Path) -> str:
    """*path* as people write it."""
    return path.relative_to(ROOT).as_posix()


def _tracked() -> list[Path]:
    """What belongs to the repository, by git's word; without git, every file outside hidden and built folders."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        every = (path for path in ROOT.rglob("*") if path.is_file())
        return [path for path in every if not any(_is_built(part) for part in path.relative_to(ROOT).parts)]
    return [path for name in listed.decode().split("\0") if name and (path := ROOT / name).is_file()]


def _is_built(part: str) -> bool:
    return part in {"build", "dist"} or (part.startswith(".") and part not in _HIDDEN)


def _is_foreign(path: Path) -> bool:
    return any(mark in part for part in path.relative_to(ROOT).parts for mark in _NOT_OURS)
