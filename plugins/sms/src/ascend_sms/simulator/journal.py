"""The journal: what happened at once is one JSON line, so that a killed carrier comes back with all it knew."""

from __future__ import annotations

import json
from pathlib import Path

from ascend_core.errors import BadInput
from ascend_sms.simulator.events import Event, event_from_json, event_to_json

__all__ = ["Journal"]


class Journal:
    """An append-only file. Without a path it remembers nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def read(self) -> list[Event]:
        """All events, oldest first. A last line that was not written to its end never happened: it is cut off.

        Raises BadInput: a line in the middle is no event.
        """
        if self._path is None or not self._path.exists():
            return []
        whole, _, torn = self._path.read_bytes().rpartition(b"\n")
        if torn:
            self._cut(len(whole) + 1 if whole else 0)
        lines = whole.splitlines() if whole else []
        return [event for number, line in enumerate(lines, start=1) for event in self._events(line, number)]

    def append(self, events: tuple[Event, ...]) -> None:
        """Write *events*, all or none of which come back.

        They are with the operating system when this returns, so that a killed process keeps them.
        There is no fsync: the journal outlives the process, not the machine.
        """
        if self._path is None or not events:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            file.write(json.dumps([event_to_json(event) for event in events]).encode("ascii") + b"\n")

    def _cut(self, length: int) -> None:
        assert self._path is not None  # noqa: S101 -- only called with a file
        with self._path.open("r+b") as file:
            file.truncate(length)

    def _events(self, line: bytes, number: int) -> list[Event]:
        try:
            return [event_from_json(row) for row in json.loads(line)]
        except (KeyError, TypeError, ValueError) as error:
            raise BadInput(
                f"line {number} of the simulated carrier's journal {self._path} cannot be read: move the file away"
            ) from error
