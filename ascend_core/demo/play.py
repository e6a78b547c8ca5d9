"""One demo, from an empty folder to its summary."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ascend_core.demo.director import PROGRESS_FILE, Director, Tell
from ascend_core.demo.week import START
from ascend_core.errors import BadInput
from ascend_core.operations.summary import summarize
from ascend_core.runtime.file_lock import only_one
from ascend_core.store.accounts import accounts
from ascend_core.testing.world import World

__all__ = ["play_demo"]


def play_demo(folder: Path, *, seed: int, database_url: str | None, tell: Tell, faults: bool = False) -> dict[str, Any]:
    """Play the week in *folder*, or go on where a killed demo left it, and return the summary.

    With *faults* the simulated companies answer wrongly now and then; it ends in the same summary.

    Raises BadInput when the folder or the database holds something else.
    """
    folder.mkdir(parents=True, exist_ok=True)
    begun = (folder / PROGRESS_FILE).exists()
    with (
        only_one(folder / "demo.lock"),
        World(folder, start=START, seed=seed, database_url=database_url, durable=True) as world,
    ):
        if not begun and database_url is not None and _is_used(world):
            raise BadInput("that database holds data already; give the demo an empty one")
        Director(world, folder, seed, faults=faults).play(tell)
        return summarize(world.core)


def _is_used(world: World) -> bool:
    return bool(world.core.database.read(accounts))
