"""How many batches were claimed, in a small file beside the database: an older copy of the database knows of fewer."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

__all__ = ["ClaimFile"]


class ClaimFile:
    """A ``ClaimMark`` in a file. It is read anew each time: another process of this machine may have written it.

    It is not forced to the disk: after a power cut it may remember a little less, and then an older copy of the
    database that is only a little older is not noticed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def newest(self, outbox: str) -> int:
        """The most that is remembered for *outbox*; a file that cannot be read remembers nothing."""
        claims = self._read().get(outbox, 0)
        return claims if isinstance(claims, int) else 0

    def note(self, outbox: str, claims: int) -> None:
        """Remember *claims*, if it is more than is remembered."""
        known = self._read()
        if claims <= self.newest(outbox):
            return
        fresh = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        fresh.write_text(json.dumps({**known, outbox: claims}), "utf-8")
        fresh.replace(self._path)

    def _read(self) -> dict[str, Any]:
        try:
            known = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}
