"""``ask``: text the member a question and wait for the answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import field, frozen
from attrs.validators import ge, le

from ascend_core.actions.links import text_with_links
from ascend_core.actions.matching import answers
from ascend_core.contracts import (
    Answered,
    BotActionType,
    Duration,
    Effect,
    LinkSpec,
    Memory,
    Outcome,
    QuietHours,
    Reached,
    Replied,
    StartTimer,
    Steps,
    StepView,
    Text,
    TimedOut,
    main,
    named,
)

__all__ = ["ASK", "AskParams", "Choice", "NoReply", "Otherwise", "ask"]

MOST_RETRIES = 10
"""Asking again more often is pestering."""

_TRIES = "tries"
_NO_REPLY_AT = "no_reply_at"


@frozen(kw_only=True)
class Choice:
    """An answer the author foresaw."""

    match: tuple[str, ...]
    then: Steps | None = None

    def __attrs_post_init__(self) -> None:
        if not self.match:
            raise ValueError("'match' names no word")


@frozen(kw_only=True)
class Otherwise:
    """What happens to any other answer: it is asked again, up to *retries* times, and then given up."""

    text: Text = named("else")  # noqa: RUF009 -- it makes an attrs field
    retries: int = field(default=1, validator=(ge(0), le(MOST_RETRIES)))
    then: Steps | None = None


@frozen(kw_only=True)
class NoReply:
    """What happens when no answer comes."""

    after: Duration
    then: Steps | None = None


@frozen(kw_only=True)
class AskParams:
    """What an author writes under ``ask``."""

    id: str = main(help="The step's id.")
    text: Text
    replies: tuple[Choice | Otherwise, ...] = ()
    no_reply: NoReply | None = None
    links: Mapping[str, LinkSpec] = field(factory=dict)
    quiet_hours: QuietHours | None = None

    def __attrs_post_init__(self) -> None:
        if any(isinstance(reply, Otherwise) for reply in self.replies[:-1]):
            raise ValueError("'else' comes last among the replies, and once")


def ask(view: StepView, params: AskParams, /) -> Outcome:
    """Ask; then take the first answer that fits, in the author's order."""
    match view.happened:
        case Reached():
            return _ask(view, params, params.text, tries=0)
        case Replied(text=text):
            return _hear(view, params, text)
        case TimedOut() | Answered():
            return Outcome(exit=params.no_reply.then if params.no_reply is not None else None, why="no reply")


def _hear(view: StepView, params: AskParams, reply: str) -> Outcome:
    """Go where *reply* leads; without foreseen answers, any reply is one."""
    choices = [choice for choice in params.replies if isinstance(choice, Choice)]
    for choice in choices:
        word = answers(reply, choice.match)
        if word is not None:
            return Outcome(exit=choice.then, why=f"matched '{word}'")
    otherwise = next((reply for reply in params.replies if isinstance(reply, Otherwise)), None)
    if otherwise is None:
        return _wait_on(view) if choices else Outcome(why="any reply")
    tries = int(view.memory.get(_TRIES) or 0)
    if tries >= otherwise.retries:
        return Outcome(exit=otherwise.then, why=f"not understood, asked again {tries} times")
    return _ask(view, params, otherwise.text, tries=tries + 1)


def _ask(view: StepView, params: AskParams, text: Text, *, tries: int) -> Outcome:
    effects: list[Effect] = [text_with_links(view, text, params.links, params.quiet_hours)]
    memory: dict[str, str | int] = {_TRIES: tries}
    if params.no_reply is not None:
        due_at = view.now + params.no_reply.after.length
        effects.append(StartTimer(due_at=due_at))
        memory[_NO_REPLY_AT] = due_at.isoformat()
    why = f"not understood, asked again ({tries})" if tries else ""
    return Outcome(effects=tuple(effects), wait=True, hears_replies=True, memory=memory, why=why)


def _wait_on(view: StepView) -> Outcome:
    """Nothing it can use: wait for the rest of the time. The old timer belongs to the sprint that is over."""
    timers = tuple(StartTimer(due_at=due_at) for due_at in _due(view.memory))
    return Outcome(effects=timers, wait=True, hears_replies=True, memory=view.memory, why="not understood")


def _due(memory: Memory) -> tuple[datetime, ...]:
    kept = memory.get(_NO_REPLY_AT)
    return (datetime.fromisoformat(kept),) if isinstance(kept, str) else ()


ASK = BotActionType(
    name="ask",
    label="Ask a question",
    params=AskParams,
    run=ask,
    help="Texts a question and waits for the answer.",
    waits=True,
)
