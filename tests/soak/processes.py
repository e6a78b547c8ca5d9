"""Processes of the product, started by the commands that a person types, and kept up as a service manager does."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from attrs import define, field, frozen

__all__ = ["Life", "Service"]

ASCEND = (sys.executable, "-c", "from ascend_core.cli import main; main()")
UP = re.compile(b"^Ascend (?:works|listens)", re.MULTILINE)
RESTART_SECONDS = 2.0
"""As ``RestartSec`` of the units in ``deploy``."""
MEBIBYTE = 2**20


@frozen(kw_only=True)
class Sample:
    """What a process held at some age, counted from when it was up."""

    age: float
    resident_mib: float
    handles: int


@define
class Life:
    """One life of a process, from start to end."""

    up_at: float | None = None
    samples: list[Sample] = field(factory=list)
    ended_by: str = "lives"

    def growth(self, since: float) -> tuple[float, int] | None:
        """How many MiB and handles it holds more at its end than when it was *since* seconds old; None: too short."""
        grown_up = [sample for sample in self.samples if sample.age >= since]
        if len(grown_up) < 2:
            return None
        first, last = grown_up[0], grown_up[-1]
        return last.resident_mib - first.resident_mib, last.handles - first.handles


@define
class Service:
    """One unit: what is to run, and how often it had to be started."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    lives: list[Life] = field(factory=list)
    gave_up: int = 0
    """How often it ended by itself: it could not be started, or a fault of its own."""
    _running: subprocess.Popen[bytes] | None = None
    _not_before: float = 0.0
    _said_before: int = 0
    """How much of the log is of former lives."""

    def start(self) -> None:
        """Start it, whatever was before."""
        with self.log.open("ab") as said:
            self._said_before = said.tell()
            self._running = subprocess.Popen(
                [*ASCEND, *self.arguments],
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
            )
        self.lives.append(Life())

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._running is not None and self._running.poll() is None

    @property
    def pid(self) -> int:
        """The process; 0: there is none."""
        return 0 if self._running is None else self._running.pid

    @property
    def is_up(self) -> bool:
        """Whether it runs and has said so in this life."""
        return self.is_alive and UP.search(self.log.read_bytes()[self._said_before :]) is not None

    def kill(self, after_seconds: float = 0.0) -> None:
        """SIGKILL; ``keep`` starts it again no sooner than *after_seconds* from now."""
        if self._running is not None and self.is_alive:
            self._running.kill()
            self._running.wait()
            self.lives[-1].ended_by = "SIGKILL"
        self._running = None
        self._not_before = time.monotonic() + after_seconds

    def end(self, within_seconds: float) -> int:
        """SIGTERM, and its exit status."""
        if self._running is None:
            raise AssertionError("it does not run")
        self._running.send_signal(signal.SIGTERM)
        return self._running.wait(within_seconds)

    def keep(self) -> None:
        """Start it again when it has ended, after a pause."""
        if self.is_alive:
            return
        if self._running is not None:
            self.gave_up += 1
            self.lives[-1].ended_by = f"exit {self._running.returncode}"
            self._running = None
            self._not_before = time.monotonic() + RESTART_SECONDS
        elif time.monotonic() >= self._not_before:
            self.start()

    def sample(self) -> None:
        """Note what it holds now."""
        if self._running is None or not self.is_up:
            return
        process = Path("/proc") / str(self._running.pid)
        try:
            pages = int((process / "statm").read_text().split()[1])
            handles = len(list((process / "fd").iterdir()))
        except (OSError, IndexError):
            return
        life = self.lives[-1]
        life.up_at = life.up_at or time.monotonic()
        resident = pages * os.sysconf("SC_PAGE_SIZE") / MEBIBYTE
        life.samples.append(Sample(age=time.monotonic() - life.up_at, resident_mib=resident, handles=handles))
