# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""The fakes as a plugin: they come through the same hooks as everybody's."""

from __future__ import annotations

from collections.abc import Iterable

from ascend_core.contracts import (
    ChannelType,
    FieldMapperType,
    GateType,
    IntegrationType,
    LinkTrackerType,
    NudgeType,
    PluginContext,
    TriggerType,
)
from ascend_core.hookspecs import AscendHooks, hookimpl
from ascend_core.host import ContextMaker, FoundPlugin, Registry, build_registry, core_plugin
from ascend_core.testing import SeededRandomness, VirtualClock
from tests.fakes.forms import FakeSource, box_integration, box_mapper, box_nudge, box_tracker, box_triggers
from tests.fakes.texts import FakeChannel, pigeon_channel

__all__ = ["registry_with"]


class Fakes(AscendHooks):
    """A box to sign up at, and pigeons."""

    def __init__(self, source: FakeSource, channel: ChannelType, gates: Iterable[GateType] = ()) -> None:
        self._source, self._channel, self._gates = source, channel, tuple(gates)

    @hookimpl
    def ascend_register_integrations(self, context: PluginContext) -> Iterable[IntegrationType]:
        return [box_integration(self._source)]

    @hookimpl
    def ascend_register_triggers(self, context: PluginContext) -> Iterable[TriggerType]:
        return box_triggers()

    @hookimpl
    def ascend_register_link_trackers(self, context: PluginContext) -> Iterable[LinkTrackerType]:
        return [box_tracker]

    @hookimpl
    def ascend_register_field_mappers(self, context: PluginContext) -> Iterable[FieldMapperType]:
        return [box_mapper]

    @hookimpl
    def ascend_register_nudges(self, context: PluginContext) -> Iterable[NudgeType]:
        return [box_nudge]

    @hookimpl
    def ascend_register_channels(self, context: PluginContext) -> Iterable[ChannelType]:
        return [self._channel]

    @hookimpl
    def ascend_register_gates(self, context: PluginContext) -> Iterable[GateType]:
        return self._gates


def registry_with(
    source: FakeSource,
    channel: FakeChannel,
    clock: VirtualClock,
    randomness: SeededRandomness,
    *,
    dedupe: str = "lookup",
    gates: Iterable[GateType] = (),
) -> Registry:
    """The core's offers and the fakes'; a problem of either fails the test."""
    plugin = Fakes(source, pigeon_channel(channel, dedupe), gates)  # type: ignore[arg-type]  # -- one of three words
    found = FoundPlugin(name="fakes", plugin=plugin, version="1.0")
    registry = build_registry((core_plugin(), found), ContextMaker(clock=clock, randomness=randomness))
    assert registry.problems == ()
    return registry
