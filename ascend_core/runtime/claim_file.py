"""How many batches were claimed, in a small file beside the database: an older copy of the database knows of fewer."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ascend_core.runtime.file_lock import alone

__all__ = ["ClaimFile"]


class ClaimFile:
    """A ``ClaimMark`` in a file. It is read anew each time: another process of this machine may have written it.

    Whoever writes it does so alone, or one sender's claims could be written over with what was known before them.

    It is forced to the disk before a text of the batch leaves, as the database's own commits are. Else a power cut
    could leave it behind, or empty, and an older copy of the database that is put back after that would send again. It
    costs about as much as one commit more for each batch that is claimed (7 ms on an ordinary cloud disk).
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def newest(self, outbox: str) -> int:
        """The most that is remembered for *outbox*; a file that cannot be read remembers nothing."""
        claims = self._read().get(outbox, 0)
        return claims if isinstance(claims, int) else 0

    def note(self, outbox: str, claims: int) -> None:
        """Remember *claims*, if it is more than is remembered."""
        with alone(self._path.with_name(f"{self._path.name}.lock")):
            known = self._read()
            if claims <= self.newest(outbox):
                return
            fresh = self._path.with_name(f"{self._path.name}.new")
            with fresh.open("w", encoding="utf-8") as file:
                file.write(json.dumps({**known, outbox: claims}))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
            _force(self._path.parent)

    def _read(self) -> dict[str, Any]:
        try:
            known = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}


def _force(folder: Path) -> None:
    """The new name of a file in *folder* outlives a power cut, where folders can be forced to the disk."""
    if os.name != "posix":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
