"""Never run: every ``type: ignore`` here marks a mistake that ``mypy --strict`` must keep finding.

An ignore that is no longer needed is an error of its own, so the file fails the day a mistake slips through.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import frozen
from typing_extensions import override

from ascend_core.contracts import (
    BotActionType,
    GateType,
    NudgeType,
    Outcome,
    PluginContext,
    StepView,
    TriggerType,
)
from ascend_core.hookspecs import AscendHooks, hookimpl


@frozen(kw_only=True)
class Params:
    times: int = 1


@frozen(kw_only=True)
class OtherParams:
    colour: str


def wave(view: StepView, params: Params, /) -> Outcome:
    return Outcome()


async def wave_later(view: StepView, params: Params, /) -> Outcome:
    return Outcome()


class BadPlugin(AscendHooks):
    @hookimpl
    def ascend_register_triggers(self, context: PluginContext) -> Iterable[GateType]:  # type: ignore[override]  # -- offers of another kind
        return ()

    @hookimpl
    def ascend_register_gates(self, context: PluginContext, more: int) -> Iterable[GateType]:  # type: ignore[override]  # -- an argument nobody passes
        return ()

    @hookimpl
    async def ascend_register_nudges(self, context: PluginContext) -> Iterable[NudgeType]:  # type: ignore[override]  # -- async
        return ()

    @hookimpl
    def ascend_register_observers(self, context: PluginContext) -> None:  # type: ignore[override]  # -- offers None
        return None

    @hookimpl
    def ascend_register_commands(self, context: str) -> Iterable[Any]:  # type: ignore[override]  # -- another argument type
        return ()

    @hookimpl
    @override
    def ascend_registr_actions(self, context: PluginContext) -> Iterable[BotActionType[Any]]:  # type: ignore[misc]  # -- misspelt
        return ()


BotActionType[OtherParams](name="wave", label="Wave", params=OtherParams, run=wave)  # type: ignore[arg-type]  # -- other parameters
BotActionType[Params](name="wave", label="Wave", params=Params, run=wave_later)  # type: ignore[arg-type]  # -- async
TriggerType("garden.blooms", "Blooms", "garden", "blooms")  # type: ignore[call-arg]  # -- without names
TriggerType(name="garden.blooms", label="Blooms", integration="garden", activity="blooms").name = "x"  # type: ignore[misc]  # -- frozen
