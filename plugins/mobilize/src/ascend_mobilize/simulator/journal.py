"""The simulator's memory on disk: one JSON line per action, so that a killed process comes back as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ascend_core.errors import BadInput

__all__ = ["Journal"]


class Journal:
    """An append-only file. A last line that was only half written when the process died never happened."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    def read(self) -> list[dict[str, Any]]:
        """Every whole line, in order; a torn last one is cut off. Raises BadInput for a broken line before it."""
        raw = self._path.read_bytes()
        whole, _, torn = raw.rpartition(b"\n")
        if torn:
            with self._path.open("r+b") as file:
                file.truncate(len(raw) - len(torn))
        return [self._entry(number, line) for number, line in enumerate(whole.splitlines(), start=1)]

    def append(self, entry: dict[str, Any]) -> None:
        """Add one line and hand it to the operating system."""
        with self._path.open("ab") as file:
            file.write(json.dumps(entry, separators=(",", ":")).encode() + b"\n")

    def _entry(self, number: int, line: bytes) -> dict[str, Any]:
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        if not isinstance(entry, dict):
            raise BadInput(
                f"line {number} of the journal {self._path} cannot be read; move the file away to start anew"
            )
        return entry
