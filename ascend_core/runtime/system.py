"""The one home of real time and real chance; everybody else is handed a ``Clock`` and a ``Randomness``."""

from __future__ import annotations

import asyncio
import secrets
import time
from datetime import UTC, datetime

from ascend_core.contracts import Clock, Randomness

__all__ = ["SystemClock", "SystemRandomness"]

_STEPS = 1 << 53
"""As many numbers as a float can tell apart between 0 and 1."""


class SystemClock(Clock):
    """The clock of the machine."""

    def now(self) -> datetime:
        """The calendar time: aware, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait *seconds*."""
        await asyncio.sleep(seconds)


class SystemRandomness(Randomness):
    """The operating system's source of chance: nobody can guess what it gives."""

    def token(self, length: int, alphabet: str) -> str:
        """*length* characters of *alphabet*, each as likely as any other."""
        # one draw for all characters: drawing each by itself takes eight times as long
        drawn = secrets.randbelow(len(alphabet) ** length)
        characters = []
        for _ in range(length):
            drawn, place = divmod(drawn, len(alphabet))
            characters.append(alphabet[place])
        return "".join(characters)

    def fraction(self) -> float:
        """A number in [0, 1)."""
        return secrets.randbelow(_STEPS) / _STEPS
