"""Where a run stands: all that is kept of it between two sprints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from ascend_core.contracts import FieldValue
from ascend_core.errors import BadInput

__all__ = ["RunState"]


class RunState(Struct, frozen=True, kw_only=True, gc=False):
    """A run between two sprints."""

    position: str | None
    """The path of the step it waits at; None once it has ended."""
    waiting: bool
    hears_replies: bool
    """Whether the member's next reply belongs to it."""
    sprint: int
    """How many sprints it has had. Timers carry it: one of an earlier sprint does nothing."""
    memory: Mapping[str, FieldValue] = {}
    """What the step keeps while it waits."""
    ended: str | None = None
    """Why it ended (``finished``, ``stopped_by_flow``, ``failed``, ``too_many_steps``, …); None: it goes on."""

    @classmethod
    def over(cls, reason: str, *, sprint: int) -> RunState:
        """A run that ended in its *sprint*."""
        return cls(position=None, waiting=False, hears_replies=False, sprint=sprint, ended=reason)

    def to_json(self) -> dict[str, Any]:
        """Plain values only: what ``from_json`` reads."""
        return {
            "position": self.position,
            "waiting": self.waiting,
            "hears_replies": self.hears_replies,
            "sprint": self.sprint,
            "memory": dict(self.memory),
            "ended": self.ended,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> RunState:
        """Read what ``to_json`` wrote. Raises BadInput, naming the field, when it is something else."""
        kinds: dict[str, type | tuple[type, ...]] = {
            "position": (str, type(None)),
            "waiting": bool,
            "hears_replies": bool,
            "sprint": int,
            "memory": dict,
            "ended": (str, type(None)),
        }
        for name, kind in kinds.items():
            if name not in stored or not isinstance(stored[name], kind):
                raise BadInput(f"a stored run has no proper '{name}'; the row was not written by this product")
        return cls(**{name: stored[name] for name in kinds})
