"""What goes wrong, drawn from a seed: the process dies around any commit, and around the call to the carrier."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

from attrs import define, field
from sqlalchemy.engine import Connection

from ascend_core.store.database import Database

__all__ = ["PLACES", "Crash", "Fate", "MortalDatabase"]

T = TypeVar("T")

PLACES = ("before commit", "after commit", "before the call", "after the call")
"""Where a process may die."""


class Crash(BaseException):
    """The process is dead. Nothing may catch this."""


@define
class Fate:
    """Draws what goes wrong. ``calm``: nothing does any more."""

    dice: random.Random
    calm: bool = False
    dead: bool = False
    deaths: Counter[str] = field(factory=Counter)

    def may_kill(self, place: str, chance: float = 0.07) -> None:
        """Perhaps the process dies here; once dead it does nothing more."""
        if self.dead:
            raise Crash
        if not self.calm and self.dice.random() < chance:
            self.deaths[place] += 1
            self.dead = True
            raise Crash

    def happens(self, chance: float) -> bool:
        """Whether something goes wrong."""
        return not self.calm and self.dice.random() < chance


class MortalDatabase(Database):
    """A database whose process may die before and after every commit."""

    def __init__(self, engine: Any, fate: Fate) -> None:
        super().__init__(engine)
        self._fate = fate
        self.commits = 0

    def write(self, work: Callable[[Connection], T]) -> T:
        """As ever, or the end."""

        def mortal(tx: Connection) -> T:
            done = work(tx)
            self._fate.may_kill("before commit")
            return done

        done = super().write(mortal)
        self.commits += 1
        self._fate.may_kill("after commit")
        return done
