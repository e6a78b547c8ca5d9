"""The world outside of a rehearsal: its clock, its chance, its secrets. Nothing real in any of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import blake2b

from ascend_core.calls.call import Call, Called, Caller
from ascend_core.contracts import Clock, Randomness
from ascend_core.errors import Refused
from ascend_core.store.vault import Vault

__all__ = ["NoSecrets", "ScriptedCaller", "StageChance", "StageClock"]


class StageClock(Clock):
    """A clock that stands still until the script moves it. Sleeping moves only the monotonic side."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)
        self._slept = 0.0

    def now(self) -> datetime:
        """The calendar time: aware, UTC."""
        return self._now

    def set(self, moment: datetime) -> None:
        """Make it *moment* (aware)."""
        self._now = moment.astimezone(UTC)

    def monotonic(self) -> float:
        """Seconds slept."""
        return self._slept

    async def sleep(self, seconds: float) -> None:
        """Let the monotonic side pass at once, and others run meanwhile."""
        self._slept += seconds
        await asyncio.sleep(0)


class StageChance(Randomness):
    """The same tokens in every rehearsal, so that its output can be compared."""

    def __init__(self) -> None:
        self._drawn = 0

    def token(self, length: int, alphabet: str) -> str:
        """*length* characters of *alphabet*, other ones each time."""
        number = self._draw()
        letters = []
        for _ in range(length):
            number, letter = divmod(number, len(alphabet))
            letters.append(alphabet[letter])
        return "".join(letters)

    def fraction(self) -> float:
        """A number in [0, 1)."""
        return (self._draw() % 2**53) / 2**53

    def _draw(self) -> int:
        self._drawn += 1
        return int.from_bytes(blake2b(str(self._drawn).encode(), digest_size=32).digest())


class ScriptedCaller(Caller):
    """Answers webhooks from a script, and tells what was called."""

    def __init__(self, answers: Mapping[str, Called], tell: Callable[[str], None]) -> None:
        self._answers, self._tell = answers, tell

    async def __call__(self, call: Call, /) -> Called:
        """The scripted answer. Raises Refused when there is none: a rehearsal calls nobody."""
        answer = self._answers.get(call.url)
        if answer is None:
            self._tell(f"calls {call.url}: nobody answers, for no answer is written down")
            raise Refused("no answer is scripted for this webhook", reason="not_scripted")
        self._tell(f"calls {call.url}: {answer.status}")
        return answer


class NoSecrets(Vault):
    """A vault for what has no secrets: no key, nothing sealed."""

    def __init__(self) -> None:
        """Needs no file."""

    def seal(self, secrets: Mapping[str, str]) -> str:
        """Nothing is kept."""
        return ""

    def open(self, sealed: str) -> dict[str, str]:
        """There was nothing."""
        return {}
