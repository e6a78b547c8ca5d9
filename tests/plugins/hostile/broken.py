# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""The hostile plugins: each breaks one rule and keeps every other one. ``BROKEN`` says what each is told."""

from __future__ import annotations

import itertools
from typing import Any

from attrs import frozen

from ascend_core.contracts import Secret
from ascend_core.hookspecs import AscendHooks, hookimpl
from tests.plugins.hostile.offers import action, gate, integration, trigger

__all__ = ["BROKEN"]


class Raises:
    @hookimpl
    def ascend_register_actions(self, context: Any) -> Any:
        raise RuntimeError("no water")


class Quits:
    @hookimpl
    def ascend_register_actions(self, context: Any) -> Any:
        raise SystemExit(3)


class RaisesWhileGiving:
    @hookimpl
    def ascend_register_actions(self, context: Any) -> Any:
        yield action("first")
        raise RuntimeError("no more water")


class NeverStopsGiving:
    @hookimpl
    def ascend_register_actions(self, context: Any) -> Any:
        return (action(f"drop{number}") for number in itertools.count())


class IsAsync:
    @hookimpl
    async def ascend_register_actions(self, context: Any) -> Any:
        return [action()]


class IsAsyncGenerator:
    @hookimpl
    async def ascend_register_actions(self, context: Any) -> Any:
        yield action()


class ReturnsNone:
    @hookimpl
    def ascend_register_actions(self, context: Any) -> Any:
        return None


class ReturnsText:
    @hookimpl
    def ascend_register_actions(self, context: Any) -> Any:
        return "water"


class ReturnsMapping:
    @hookimpl
    def ascend_register_actions(self, context: Any) -> Any:
        return {"water": action()}


class ReturnsOne:
    @hookimpl
    def ascend_register_actions(self, context: Any) -> Any:
        return action()


class GivesWrongType:
    @hookimpl
    def ascend_register_actions(self, context: Any) -> Any:
        return [gate()]


class GivesBadName:
    @hookimpl
    def ascend_register_actions(self, context: Any) -> Any:
        return [action("Water Plants")]


class GivesTwice:
    @hookimpl
    def ascend_register_actions(self, context: Any) -> Any:
        return [action("hose"), action("hose")]


class GivesAsyncAction:
    @hookimpl
    def ascend_register_actions(self, context: Any) -> Any:
        async def run(view: Any, params: Any) -> None:
            return None

        return [action("hose", run=run)]


class GivesParamsThatAreNoValue:
    @hookimpl
    def ascend_register_actions(self, context: Any) -> Any:
        return [action("hose", params=dict)]


class GivesGateThatCannotBeCalled:
    @hookimpl
    def ascend_register_gates(self, context: Any) -> Any:
        return [gate("fence", gate="closed")]


class GivesAccountWithoutItsKey:
    @hookimpl
    def ascend_register_integrations(self, context: Any) -> Any:
        from attrs import evolve

        return [evolve(integration("meadow"), key="nest")]


class GivesSourceWithoutMethods:
    @hookimpl
    def ascend_register_integrations(self, context: Any) -> Any:
        from attrs import evolve

        source: Any = object()
        return [evolve(integration("meadow"), source=source)]


class GivesTriggerUnderAnotherName:
    @hookimpl
    def ascend_register_triggers(self, context: Any) -> Any:
        from attrs import evolve

        return [evolve(trigger(), name="blooms")]


class Misspells(AscendHooks):
    @hookimpl
    def ascend_registr_actions(self, context: Any) -> Any:
        return [action()]


class MisspellsWithoutMark(AscendHooks):
    def ascend_register_action(self, context: Any) -> Any:
        return [action()]


class Invents:
    @hookimpl
    def ascend_plant_a_tree(self) -> Any:
        return ()


class ForgetsTheMark(AscendHooks):
    def ascend_register_actions(self, context: Any) -> Any:
        return [action()]


class PushesAhead:
    @hookimpl(tryfirst=True)
    def ascend_register_actions(self, context: Any) -> Any:
        return [action()]


class HangsBack:
    @hookimpl(trylast=True)
    def ascend_register_actions(self, context: Any) -> Any:
        return [action()]


class Wraps:
    @hookimpl(wrapper=True)
    def ascend_register_actions(self, context: Any) -> Any:
        return (yield)


class WrapsTheOldWay:
    @hookimpl(hookwrapper=True)
    def ascend_register_actions(self, context: Any) -> Any:
        yield


class IsOptional:
    @hookimpl(optionalhook=True)
    def ascend_register_flowers(self, context: Any) -> Any:
        return ()


class Renames:
    @hookimpl(specname="ascend_register_actions")
    def actions(self, context: Any) -> Any:
        return [action()]


class HasDefault:
    @hookimpl
    def ascend_register_actions(self, context: Any = None) -> Any:
        return [action()]


class WantsKeyword:
    @hookimpl
    def ascend_register_actions(self, *, context: Any) -> Any:
        return [action()]


class WantsMore:
    @hookimpl
    def ascend_register_actions(self, context: Any, database: Any) -> Any:
        return [action()]


@frozen(kw_only=True)
class Needy:
    """Settings that are not there."""

    water_key: Secret


class NeedsSetting:
    @hookimpl
    def ascend_settings_type(self) -> Any:
        return Needy


class HasSettingsOfNoType:
    @hookimpl
    def ascend_settings_type(self) -> Any:
        return {"water_key": "str"}


class StealsFromTheCore:
    @hookimpl
    def ascend_register_gates(self, context: Any) -> Any:
        return [gate("consent")]


class HidesFromInspection:
    def __dir__(self) -> list[str]:
        raise RuntimeError("nothing to see")


_ACTIONS = "ascend_register_actions"
BROKEN: dict[type[Any], str] = {
    Raises: f"failed in {_ACTIONS}: RuntimeError: no water",
    Quits: f"failed in {_ACTIONS}: SystemExit: 3",
    RaisesWhileGiving: f"failed in {_ACTIONS}: RuntimeError: no more water",
    NeverStopsGiving: f"gives more than 1000 offers in {_ACTIONS}",
    IsAsync: f"has an async {_ACTIONS}; hooks are asked without awaiting, write a plain def",
    IsAsyncGenerator: f"has an async {_ACTIONS}; hooks are asked without awaiting, write a plain def",
    ReturnsNone: f"returns None from {_ACTIONS}; return the offers, or () for none",
    ReturnsText: f"returns a str from {_ACTIONS}, not several offers",
    ReturnsMapping: f"returns a dict from {_ACTIONS}, not several offers",
    ReturnsOne: f"returns a BotActionType from {_ACTIONS}, not several offers",
    GivesWrongType: f"in {_ACTIONS} gives a GateType, not a BotActionType",
    GivesBadName: (
        f"in {_ACTIONS} gives the name 'Water Plants'; a name is lower-case letters, digits, underscores and dots"
    ),
    GivesTwice: f"in {_ACTIONS} gives the name 'hose' twice",
    GivesAsyncAction: f"in {_ACTIONS} gives 'hose', whose run is async; it must decide without awaiting",
    GivesParamsThatAreNoValue: f"in {_ACTIONS} gives 'hose', whose params is not an attrs class",
    GivesGateThatCannotBeCalled: "in ascend_register_gates gives 'fence', whose gate cannot be called",
    GivesAccountWithoutItsKey: (
        "in ascend_register_integrations gives 'meadow', whose key 'nest' is no field of its account"
    ),
    GivesSourceWithoutMethods: (
        "in ascend_register_integrations gives 'meadow', whose source lacks check, forms, submissions, activities"
    ),
    GivesTriggerUnderAnotherName: (
        "in ascend_register_triggers gives 'blooms', whose name must be its integration and activity, 'garden.blooms'"
    ),
    Misspells: f"implements ascend_registr_actions, which is no hook; did you mean {_ACTIONS}?",
    MisspellsWithoutMark: f"has ascend_register_action, which is no hook; did you mean {_ACTIONS}?",
    Invents: "implements ascend_plant_a_tree, which is no hook",
    ForgetsTheMark: f"has {_ACTIONS} without @hookimpl, so it would never be asked; add the mark",
    PushesAhead: f"marks {_ACTIONS} with tryfirst; options of hookimpl have no meaning",
    HangsBack: f"marks {_ACTIONS} with trylast; options of hookimpl have no meaning",
    Wraps: f"marks {_ACTIONS} with wrapper; options of hookimpl have no meaning",
    WrapsTheOldWay: f"marks {_ACTIONS} with hookwrapper; options of hookimpl have no meaning",
    IsOptional: "marks ascend_register_flowers with optionalhook; options of hookimpl have no meaning",
    Renames: "marks actions with specname; options of hookimpl have no meaning",
    HasDefault: f"has {_ACTIONS} with a default for context, so pluggy never passes it; remove it",
    WantsKeyword: f"has {_ACTIONS} with context, which pluggy never passes: it passes by position",
    WantsMore: "does not fit its hooks:",
    NeedsSetting: "needs ASCEND_HOSTILE_WATER_KEY; set it",
    HasSettingsOfNoType: "answers ascend_settings_type with {'water_key': 'str'}, which is not an attrs class",
    StealsFromTheCore: "offers gates/consent, which the core has; rename it",
    HidesFromInspection: "cannot be asked: RuntimeError: nothing to see",
}
"""What each of them is told, behind ``plugin 'hostile' `` (the beginning of it)."""
