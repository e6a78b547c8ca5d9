"""Field mappers: how submissions' fields are read."""

from __future__ import annotations

from collections.abc import Iterable

from ascend_core.contracts import FieldMapperType, PluginContext
from ascend_core.hookspecs.marks import hookspec

__all__ = ["FieldHooks"]


class FieldHooks:
    """Field mappers: how submissions' fields are read."""

    @hookspec
    def ascend_register_field_mappers(self, context: PluginContext) -> Iterable[FieldMapperType]:
        """What this plugin offers, each under a name no other plugin uses. Asked once, at start."""
        return ()
