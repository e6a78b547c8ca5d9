"""A PostgreSQL server of our own that may be killed, started again and frozen."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ascend_core.errors import DatabaseProblem
from ascend_core.testing import PostgresServer

__all__ = ["FragilePostgres"]

GONE_WITHIN_SECONDS = 20.0
TRIES = 5


class FragilePostgres(PostgresServer):
    """Whatever ``DATABASE_URL`` says, this one is private: nobody else's work is lost with it."""

    def __init__(self) -> None:
        super().__init__(environment={})

    def kill(self) -> None:
        """SIGKILL for every process of the server at once, as when a machine loses its power."""
        processes = self.processes()
        _signal(processes, signal.SIGCONT)
        _signal(processes, signal.SIGKILL)
        for _ in range(int(GONE_WITHIN_SECONDS / 0.05)):
            if not any(_lives(pid) for pid in processes):
                return
            select.select([], [], [], 0.05)
        raise DatabaseProblem("the killed server does not go away")

    def start_again(self) -> None:
        """Start it on the data that is there; it recovers by itself."""
        if self._home is None:
            raise DatabaseProblem("the server was never started")
        for left in range(TRIES - 1, -1, -1):
            try:
                self._begin(self._home)
            except DatabaseProblem:  # a process of the former server still holds its shared memory
                if not left:
                    raise
                select.select([], [], [], 0.5)
            else:
                return

    def freeze(self) -> None:
        """Stop every process where it stands: connections stay open, and nothing answers."""
        _signal(self.processes(), signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        _signal(self.processes(), signal.SIGCONT)

    def end_connections(self) -> None:
        """End every session, as an administrator or a failover does."""
        self._tell(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )

    def processes(self) -> list[int]:
        """The server's first process and its children."""
        if self._home is None:
            return []
        try:
            first = int((self._home / "data" / "postmaster.pid").read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return []
        running = [int(each.name) for each in Path("/proc").iterdir() if each.name.isdecimal()]
        return [first, *(pid for pid in running if _parent(pid) == first)]


def _parent(pid: int) -> int:
    """The process that started *pid*; 0: it is gone."""
    try:
        return int((Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0


def _lives(pid: int) -> bool:
    """Whether *pid* runs; a process that only waits to be counted does not."""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return False


def _signal(processes: Sequence[int], number: signal.Signals) -> None:
    for pid in processes:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
