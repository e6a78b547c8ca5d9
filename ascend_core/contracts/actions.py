"""Bot actions: what a flow is a tree of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from attrs import frozen
from msgspec import Struct
from msgspec.structs import force_setattr

from ascend_core.contracts.effects import Body, Effect
from ascend_core.contracts.flows import Condition, Moment, StepRef, Steps, Text
from ascend_core.contracts.members import FieldValue, FormView, MemberView, RunView

__all__ = [
    "Answered",
    "BotAction",
    "BotActionType",
    "Happened",
    "Memory",
    "Outcome",
    "Reached",
    "Replied",
    "StepView",
    "TimedOut",
]

Memory = Mapping[str, FieldValue]
"""What a step keeps while it waits. Plain values only: it is stored."""


@frozen
class Reached:
    """The run came to this step."""


@frozen
class Replied:
    """The member answered while this step waited."""

    text: str


@frozen
class TimedOut:
    """The timer this step started is due."""


@frozen(kw_only=True)
class Answered:
    """The other server answered the call this step asked for, or the call was given up."""

    ok: bool
    """Whether it answered with a 2xx status."""
    status: int | None = None
    """Of HTTP; None: there was no answer."""
    document: Any = None
    """What its JSON says; None: nothing, or no JSON."""


Happened = Reached | Replied | TimedOut | Answered


class StepView(Protocol):
    """What a bot action may look at. It changes nothing: what it wants done, it returns."""

    @property
    def happened(self) -> Happened: ...
    @property
    def now(self) -> datetime: ...
    @property
    def member(self) -> MemberView: ...
    @property
    def form(self) -> FormView | None: ...
    @property
    def run(self) -> RunView: ...
    @property
    def memory(self) -> Memory: ...

    def render(self, text: Text) -> Body:
        """*text* with its places filled; links stay places. An unset value takes its fallback."""
        ...

    def plain(self, text: Text) -> str:
        """*text* with its places filled, where no link can be (the URL of a link)."""
        ...

    def test(self, condition: Condition) -> bool:
        """Whether *condition* holds. An evaluation that fails is False, and a line in the trace."""
        ...

    def moment(self, moment: Moment) -> datetime | None:
        """The time *moment* gives: aware, UTC; None when it gives none."""
        ...

    def choose(self, test: str, weights: Mapping[str, int]) -> str:
        """The member's arm of the A/B test *test*: always the same one, each as often as its weight says."""
        ...


class Outcome(Struct, frozen=True, kw_only=True, gc=False):
    """What a bot action decided.

    ``wait`` False: the run goes on, into *exit* or, without one, to what follows. ``wait`` True: the run stays
    here, keeps *memory*, and the action is asked again when the member replies or its timer is due. Timers it started
    earlier are dead by then: one that must still ring is started again.
    """

    effects: tuple[Effect, ...] = ()
    exit: Steps | StepRef | None = None
    wait: bool = False
    hears_replies: bool = False
    """While it waits: whether the member's replies belong to this step."""
    memory: Memory = {}
    why: str = ""
    """For the trace: what decided, in a few words of the author's or ours. Nothing the member wrote."""

    def __post_init__(self) -> None:
        if type(self.effects) is not tuple:
            force_setattr(self, "effects", tuple(self.effects))


P = TypeVar("P", contravariant=True)
Params = TypeVar("Params")


class BotAction(Protocol[P]):
    """The behaviour of a bot action: pure."""

    def __call__(self, view: StepView, params: P, /) -> Outcome: ...


@frozen(kw_only=True)
class BotActionType(Generic[Params]):
    """A bot action as authors meet it. *params* is an attrs class of the types in ``contracts.flows``.

    Its exits are the ``Steps`` and ``StepRef`` among the parameters.
    """

    name: str
    label: str
    params: type[Params]
    run: BotAction[Params]
    help: str = ""
    goes_on: bool = True
    """False: what stands behind it in its list is never reached from it. Lint uses it."""
    waits: bool = False
    """Whether a run may rest here. Lint refuses a loop in which no step does."""
