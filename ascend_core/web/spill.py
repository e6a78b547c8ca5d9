"""The spill file: where clicks go while the database cannot take them, and where they are fetched from afterwards.

Its room is taken when it is made, so that a full disk does not stop it. A line is there once the write has returned:
the operating system keeps it, however this process ends. Telling the database the same click twice does no harm, so a
line that may have been told is told again.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from ascend_core.operations.record_clicks import Hit
from ascend_core.store.types import from_micros, to_micros

__all__ = ["NAME", "Spill"]

NAME = "clicks-{number}.spill"
RESERVED_BYTES = 1_000_000
"""Some 4,000 clicks fit onto a full disk; with room on it there is no limit."""
MOST_FILES = 64
GONE = -1
"""No file has this number: writing to it is an OSError."""
AT_ONCE = 500
"""Clicks told to the database in one transaction."""


class Spill:
    """One process's spill file, held by a lock as long as the process lives."""

    def __init__(self, folder: Path) -> None:
        """Take the first file in *folder* that no living process has, with what the dead one left in it.

        OSError: there is none to be had.
        """
        self._lock = threading.Lock()
        self._folder = folder
        for number in range(1, MOST_FILES + 1):
            path = folder / NAME.format(number=number)
            handle = _locked(path, create=True)
            if handle is not None:
                self._path, self._handle = path, handle
                break
        else:
            raise OSError(f"all {MOST_FILES} spill files in {folder} are in use")
        self._end = len(_lines_in(self._handle))
        if os.fstat(self._handle).st_size < RESERVED_BYTES:
            os.pwrite(self._handle, bytes(RESERVED_BYTES - self._end), self._end)

    @property
    def holds_clicks(self) -> bool:
        """Whether there is something to fetch."""
        return self._end > 0

    def add(self, hits: Sequence[Hit]) -> None:
        """Keep *hits*. OSError: they are not kept."""
        lines = b"".join(_line(hit) for hit in hits)
        with self._lock:
            written = 0
            while written < len(lines):
                written += os.pwrite(self._handle, lines[written:], self._end + written)
            self._end += written

    def empty_into(self, keep: Callable[[Sequence[Hit]], object]) -> None:
        """Tell *keep* every click, and forget them; a click that comes meanwhile stays for the next time.

        What *keep* raises ends it, and everything stays.
        """
        told = _lines_in(self._handle)[: self._end]
        _tell(told, keep)
        with self._lock:
            rest = os.pread(self._handle, self._end - len(told), len(told))
            # the old end is blanked before the rest moves up, so that a kill in between leaves lines twice, never half
            os.pwrite(self._handle, rest + bytes(max(0, self._end - len(rest))), 0)
            self._end = len(rest)

    def adopt_orphans(self, keep: Callable[[Sequence[Hit]], object]) -> None:
        """Tell *keep* what processes that died have left in files of their own, and remove those."""
        for path in sorted(self._folder.glob(NAME.format(number="*"))):
            if path == self._path:
                continue
            handle = _locked(path, create=False)
            if handle is not None:
                try:
                    _tell(_lines_in(handle), keep)
                    path.unlink()
                finally:
                    os.close(handle)

    def close(self) -> None:
        """Let the file go; removed when it is empty. What comes later is told that it is not kept."""
        with self._lock:
            if self._handle == GONE:
                return
            if not self.holds_clicks:
                self._path.unlink(missing_ok=True)
            os.close(self._handle)
            self._handle = GONE  # else what is opened next may get its number, and clicks be written there


def _locked(path: Path, *, create: bool) -> int | None:
    """The open file, locked for this process; None: another one has it, or it is gone."""
    try:
        handle = os.open(path, os.O_RDWR | (os.O_CREAT if create else 0), 0o600)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def _lines_in(handle: int) -> bytes:
    """Every whole line: what is behind them is blank, or was never finished."""
    content = os.pread(handle, os.fstat(handle).st_size, 0).partition(b"\0")[0]
    return content[: content.rfind(b"\n") + 1]


def _tell(lines: bytes, keep: Callable[[Sequence[Hit]], object]) -> None:
    each = lines.splitlines(keepends=True)
    for first in range(0, len(each), AT_ONCE):
        some = each[first : first + AT_ONCE]
        keep([hit for hit in map(_hit, some) if hit is not None])


def _line(hit: Hit) -> bytes:
    values = (
        hit.link_id,
        to_micros(hit.at),
        hit.tag,
        hit.method,
        hit.user_agent,
        hit.purpose,
        hit.ip_hash,
        hit.withheld,
    )
    return json.dumps(values, separators=(",", ":")).encode() + b"\n"


def _hit(line: bytes) -> Hit | None:
    """The click of a line; None: the line was damaged."""
    try:
        link_id, micros, tag, method, agent, purpose, ip_hash, withheld = json.loads(line)
        return Hit(
            link_id=link_id,
            at=from_micros(micros),
            tag=tag,
            method=method,
            user_agent=agent,
            purpose=purpose,
            ip_hash=ip_hash,
            withheld=withheld,
        )
    except (ValueError, TypeError):
        return None
