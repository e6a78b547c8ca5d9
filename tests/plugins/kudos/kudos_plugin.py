"""Somebody else's plugin, as it would be installed: a bot action and a nudge type the core has never heard of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from attrs import frozen

from ascend_core.contracts import (
    BotActionType,
    NotOwed,
    NudgeType,
    NudgeView,
    Outcome,
    Owed,
    PluginContext,
    SendText,
    SetFields,
    Steps,
    StepView,
    main,
    param,
)
from ascend_core.hookspecs import AscendHooks, hookimpl

__all__ = ["Kudos"]


@frozen(kw_only=True)
class Thanks:
    """What an author writes under ``kudos.thank``."""

    times: int = main(default=1, help="How often.")
    many: Steps | None = param(default=None, help="What to do for members who were thanked three times or more.")  # noqa: RUF009 -- it makes an attrs field


def thank(view: StepView, params: Thanks, /) -> Outcome:
    """Thank the member, and count it."""
    before = view.member.fields.get("thanks")
    count = (int(before) if isinstance(before, (int, str)) else 0) + params.times
    effects = (SendText(body=(" ".join(["Thank you!"] * params.times),)), SetFields(values={"thanks": str(count)}))
    return Outcome(effects=effects, exit=params.many if count >= 3 else None, why=f"thanked {count} times")


def unmoved(view: NudgeView, /) -> Owed | NotOwed:
    """Owed by whoever neither wrote nor opened anything within a day."""
    moved = [at for at in (view.clicked_at, view.replied_at) if at is not None]
    return NotOwed("moved") if any(at - view.reached_at < timedelta(days=1) for at in moved) else Owed()


class Kudos(AscendHooks):
    """One bot action, one nudge type."""

    @hookimpl
    def ascend_register_actions(self, context: PluginContext) -> Iterable[BotActionType[Any]]:
        yield BotActionType(name="kudos.thank", label="Thank", params=Thanks, run=thank, help="Thanks the member.")

    @hookimpl
    def ascend_register_nudges(self, context: PluginContext) -> Iterable[NudgeType]:
        yield NudgeType(name="kudos.unmoved", label="Did nothing for a day", still_owed=unmoved)
