# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Stages to play schedules on."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.simulation.stage import Stage


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage over a SQLite file, in memory where the machine has a place for it."""
    memory = Path("/dev/shm")  # noqa: S108 -- mkdtemp makes a folder of our own in it
    folder = Path(mkdtemp(dir=memory)) if memory.is_dir() else tmp_path_factory.mktemp("stage")
    stage = Stage(folder)
    yield stage
    stage.close()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def postgres_stage(new_database: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A stage over PostgreSQL."""
    stage = Stage(tmp_path_factory.mktemp("stage"), new_database("postgresql"))
    yield stage
    stage.close()
