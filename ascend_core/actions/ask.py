"""``ask``: text the member a question and wait for the answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from attrs import field, frozen
from attrs.validators import ge, le

from ascend_core.actions.links import text_with_links
from ascend_core.actions.matching import answers
from ascend_core.actions.meanings import meaning_of, number_in
from ascend_core.contracts import (
    BEHIND,
    HEARD,
    WRITES,
    Answered,
    BotActionType,
    Duration,
    Effect,
    FieldValue,
    LinkSpec,
    Memory,
    Outcome,
    QuietHours,
    Reached,
    Replied,
    SetFields,
    StartTimer,
    Steps,
    StepView,
    Text,
    TimedOut,
    main,
    named,
    param,
)

__all__ = ["ASK", "AskParams", "Choice", "Meant", "NoReply", "Otherwise", "ask"]

MOST_RETRIES = 10
"""Asking again more often is pestering."""

LONGEST_ANSWER = 500
"""Characters of an answer that a member field takes; the rest is cut off."""

_TRIES = "tries"
_NO_REPLY_AT = "no_reply_at"


@frozen(kw_only=True)
class Choice:
    """An answer the author foresaw, word for word."""

    match: tuple[str, ...] = field(metadata={BEHIND: "Words or phrases; case and accents do not count.", HEARD: True})
    then: Steps | None = param(default=None, help="The steps to take.")  # noqa: RUF009 -- it makes an attrs field

    def __attrs_post_init__(self) -> None:
        if not self.match:
            raise ValueError("'match' names no word")


@frozen(kw_only=True)
class Meant:
    """An answer the author foresaw by what it means, in whatever spelling or language."""

    meaning: Literal["yes", "no", "number"] = named("is", help="What the reply means: yes, no, or one number.")
    least: int | None = named("from", default=None, help="The least number that counts.")
    most: int | None = named("to", default=None, help="The greatest number that counts.")
    then: Steps | None = param(default=None, help="The steps to take.")  # noqa: RUF009 -- it makes an attrs field

    def __attrs_post_init__(self) -> None:
        if self.meaning != "number" and (self.least is not None or self.most is not None):
            raise ValueError("'from' and 'to' belong to 'is: number'")
        if self.least is not None and self.most is not None and self.least > self.most:
            raise ValueError("'from' is greater than 'to'")


@frozen(kw_only=True)
class Otherwise:
    """What happens to any other answer: it is asked again, up to *retries* times, and then given up."""

    text: Text = named("else", help="The text that asks again.")  # noqa: RUF009 -- it makes an attrs field
    retries: int = field(default=1, validator=(ge(0), le(MOST_RETRIES)), metadata={BEHIND: "How often to ask again."})
    then: Steps | None = param(default=None, help="The steps to take when that did not help.")  # noqa: RUF009 -- it makes an attrs field


@frozen(kw_only=True)
class NoReply:
    """What happens when no answer comes."""

    after: Duration = param(help="How long to wait for one.")  # noqa: RUF009 -- it makes an attrs field
    then: Steps | None = param(default=None, help="The steps to take then.")  # noqa: RUF009 -- it makes an attrs field


@frozen(kw_only=True)
class AskParams:
    """What an author writes under ``ask``."""

    id: str = main(help="The step's id.")
    text: Text = param(help="The question.")  # noqa: RUF009 -- it makes an attrs field
    replies: tuple[Choice | Meant | Otherwise, ...] = param(
        default=(), help="The answers to tell apart, in order; {else: …} at the end. None: any reply is an answer."
    )
    save_as: str | None = field(
        default=None, metadata={BEHIND: "The member field that takes the answer.", WRITES: True}
    )
    no_reply: NoReply | None = param(default=None, help="What happens when no answer comes.")  # noqa: RUF009 -- it makes an attrs field
    links: Mapping[str, LinkSpec] = param(factory=dict, help="The links that the text places, by name.")
    quiet_hours: QuietHours | None = param(default=None, help="Hours in which the question waits.")  # noqa: RUF009 -- it makes an attrs field

    def __attrs_post_init__(self) -> None:
        if any(isinstance(reply, Otherwise) for reply in self.replies[:-1]):
            raise ValueError("'else' comes last among the replies, and once")
        if self.save_as is not None and not self.save_as.isidentifier():
            raise ValueError(f"'{self.save_as}' is no field's name: letters, digits and _ only")


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
    choices = [choice for choice in params.replies if not isinstance(choice, Otherwise)]
    for choice in choices:
        heard = _heard(choice, reply)
        if heard is not None:
            value, why = heard
            return Outcome(effects=_saved(params, value), exit=choice.then, why=why)
    otherwise = next((reply for reply in params.replies if isinstance(reply, Otherwise)), None)
    if otherwise is None:
        return _wait_on(view) if choices else Outcome(effects=_saved(params, reply.strip()), why="any reply")
    tries = int(view.memory.get(_TRIES) or 0)
    if tries >= otherwise.retries:
        return Outcome(exit=otherwise.then, why=f"not understood, asked again {tries} times")
    return _ask(view, params, otherwise.text, tries=tries + 1)


def _heard(choice: Choice | Meant, reply: str) -> tuple[FieldValue, str] | None:
    """What of *reply* is kept, and a word for the trace, where it is this answer."""
    if isinstance(choice, Choice):
        word = answers(reply, choice.match)
        return None if word is None else (word, f"matched '{word}'")
    if choice.meaning != "number":
        fits = meaning_of(reply) == choice.meaning
        return (choice.meaning == "yes", f"means {choice.meaning}") if fits else None
    number = number_in(reply)
    if number is None:
        return None
    too_small = choice.least is not None and number < choice.least
    return None if too_small or (choice.most is not None and number > choice.most) else (number, "a number")


def _saved(params: AskParams, value: FieldValue) -> tuple[Effect, ...]:
    if params.save_as is None:
        return ()
    return (SetFields(values={params.save_as: value[:LONGEST_ANSWER] if isinstance(value, str) else value}),)


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
