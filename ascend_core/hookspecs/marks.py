"""The two marks of the project: one for what can be hooked, one for what hooks in."""

from __future__ import annotations

import pluggy

__all__ = ["PROJECT", "hookimpl", "hookspec"]

PROJECT = "ascend"
"""Name of the pluggy project and of the entry point group."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Put it on each hook a plugin implements. Options of the mark (order, wrappers) have no meaning and are refused."""
