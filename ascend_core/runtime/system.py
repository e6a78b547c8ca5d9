"""The one home of real time and real chance; everybody else is handed a ``Clock`` and a ``Randomness``."""

from __future__ import annotations

import asyncio
import gc
import secrets
import time
from datetime import UTC, datetime
from functools import lru_cache

from ascend_core.contracts import Clock, Randomness

__all__ = ["SystemClock", "SystemRandomness", "settle_memory"]

_STEPS = 1 << 53
"""As many numbers as a float can tell apart between 0 and 1."""


_COLLECTED_EVERY = 50_000
"""New objects before the garbage collector looks at them. Python's usual 700 suit a small script: a large page makes as
many as this, all of which go by themselves when it is applied, and looking at them takes a tenth of its time."""


@lru_cache(maxsize=16)
def _wheel(alphabet: str) -> tuple[bytes, bytes]:
    """Which character each byte stands for, and the bytes that would favour the first characters: thrown away."""
    letters = alphabet.encode("ascii")
    fair = 256 - 256 % len(letters)
    return bytes(letters[byte % len(letters)] for byte in range(256)), bytes(range(fair, 256))


def settle_memory() -> None:
    """Let the garbage collector pass over what was loaded by now: it stays as long as the process; and come seldom.

    Else each full collection, of which a large page brings about several, walks through every module and table
    again (a fifth of the time of a first sync).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECTED_EVERY)


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
        """*length* characters of *alphabet* (ASCII), each as likely as any other."""
        # bytes at once and without a loop over characters: one by one takes twenty times as long
        wheel, unfair = _wheel(alphabet)
        drawn = b""
        while len(drawn) < length:
            left = length - len(drawn)
            drawn += secrets.token_bytes(left + left // 4 + 2).translate(wheel, unfair)
        return drawn[:length].decode("ascii")

    def fraction(self) -> float:
        """A number in [0, 1)."""
        return secrets.randbelow(_STEPS) / _STEPS
