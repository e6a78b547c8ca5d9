"""Never run: ``mypy --strict`` must find nothing here. It is how a plugin is written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import frozen

from ascend_core.contracts import (
    BotActionType,
    NudgeType,
    NudgeView,
    Outcome,
    Owed,
    PluginContext,
    Secret,
    StepView,
    TriggerType,
)
from ascend_core.hookspecs import AscendHooks, hookimpl


@frozen(kw_only=True)
class Params:
    times: int = 1


@frozen(kw_only=True)
class Settings:
    key: Secret


def wave(view: StepView, params: Params, /) -> Outcome:
    return Outcome()


def still_owed(view: NudgeView, /) -> Owed:
    return Owed()


class GoodPlugin(AscendHooks):
    @hookimpl
    def ascend_settings_type(self) -> type[Settings]:
        return Settings

    @hookimpl
    def ascend_register_triggers(self, context: PluginContext) -> list[TriggerType]:
        return [TriggerType(name="garden.blooms", label="Blooms", integration="garden", activity="blooms")]

    @hookimpl
    def ascend_register_actions(self, context: PluginContext) -> Iterable[BotActionType[Any]]:
        yield BotActionType(name="wave", label="Wave", params=Params, run=wave)

    @hookimpl
    def ascend_register_nudges(self, context: PluginContext) -> Iterable[NudgeType]:
        return (NudgeType(name="no_wave", label="No wave", still_owed=still_owed),)
