# ruff: noqa: TID251 -- tests may lean on tests; the names are ours
"""Processes held to a share of a core by Linux's control groups: what a second one adds shows however few there are."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.benchmarks.harness import Missing

__all__ = ["Share"]

PERIOD_MICROSECONDS = 20_000
_ONE = Path("/sys/fs/cgroup/cpu")
_TWO = Path("/sys/fs/cgroup")


class Share:
    """A group of processes that together get no more than *cores* of a core. Raises Missing where that cannot be."""

    def __init__(self, name: str, cores: float) -> None:
        quota = int(cores * PERIOD_MICROSECONDS)
        if (_ONE / "cpu.cfs_quota_us").exists():
            self._folder = _ONE / name
            limits = {"cpu.cfs_period_us": str(PERIOD_MICROSECONDS), "cpu.cfs_quota_us": str(quota)}
        elif (_TWO / "cgroup.controllers").exists():
            self._folder = _TWO / name
            limits = {"cpu.max": f"{quota} {PERIOD_MICROSECONDS}"}
        else:
            raise Missing("this machine has no control groups to hold a process to a share of a core")
        try:
            self._folder.mkdir(exist_ok=True)
            for file, value in limits.items():
                (self._folder / file).write_text(value, "ascii")
        except OSError as error:
            raise Missing(f"control groups may not be made here: {error.strerror}") from error

    def add(self, pid: int) -> None:
        """Hold a process, and all that it starts from now on."""
        (self._folder / "cgroup.procs").write_text(str(pid), "ascii")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):  # a process that still ends keeps it: nothing is held by an empty group
            self._folder.rmdir()
