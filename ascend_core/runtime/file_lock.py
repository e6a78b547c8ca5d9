"""One process per SQLite file: a second one refuses to start instead of doing the work twice. One writer per file."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ascend_core.errors import DatabaseProblem

__all__ = ["alone", "only_one"]


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold the lock file *path* while the block runs. Raises DatabaseProblem when another process holds it.

    The lock is the operating system's: it is gone with the process, however it ends.
    """
    with _opened(path) as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DatabaseProblem(
                f"another process works on this database already ({path}); stop it first, or use PostgreSQL"
            ) from error
        yield


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Wait for the lock file *path*, and hold it while the block runs: no thread of any process is in it beside."""
    with _opened(path) as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield handle
    finally:
        os.close(handle)
