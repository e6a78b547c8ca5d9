# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""What is done to the product: every so often something is killed, frozen or cut off, drawn by a seeded chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from attrs import define, field

from ascend_core.testing import SeededRandomness
from tests.soak.installation import Installation

__all__ = ["Troubles"]

LONGEST_AWAY_SECONDS = 3.0


@define
class Troubles:
    """Draws what goes wrong next, and when."""

    at: Installation
    chance: SeededRandomness
    every: tuple[float, float]
    done: Counter[str] = field(factory=Counter)
    _next_at: float = 0.0
    _mend: tuple[float, Callable[[], None]] | None = None
    """When the database is brought back, and how."""

    def begin(self, now: float) -> None:
        """The first trouble comes after a while."""
        self._next_at = now + self._between(*self.every)

    def step(self, now: float) -> None:
        """Do what is due."""
        if self._mend is not None and now >= self._mend[0]:
            self.over()
        if now >= self._next_at and self._mend is None:
            self._next_at = now + self._between(*self.every)
            self._strike(now)

    def over(self) -> None:
        """Bring back what is away."""
        if self._mend is not None:
            mend, self._mend = self._mend[1], None
            mend()

    def _strike(self, now: float) -> None:
        kinds = [f"kill {service.name}" for service in self.at.services]
        if self.at.postgres is not None:
            kinds += ["kill database", "freeze database", "end connections"]
        kind = kinds[int(self.chance.fraction() * len(kinds))]
        away = self.chance.fraction() * LONGEST_AWAY_SECONDS
        self.done[kind] += 1
        database = self.at.postgres
        for service in self.at.services:
            if kind == f"kill {service.name}":
                service.kill(after_seconds=away)
        if database is not None and kind == "kill database":
            database.kill()
            self._mend = (now + away, database.start_again)
        elif database is not None and kind == "freeze database":
            database.freeze()
            self._mend = (now + 2 * away, database.thaw)
        elif database is not None and kind == "end connections":
            database.end_connections()

    def _between(self, least: float, most: float) -> float:
        return least + self.chance.fraction() * (most - least)
