"""The host: finds plugins, asks each one alone, once, and freezes what they offer in a ``Registry``."""

from ascend_core.host.build import build_registry, load_registry
from ascend_core.host.context import ContextFor, ContextMaker
from ascend_core.host.core_plugin import CORE, CorePlugin, core_plugin
from ascend_core.host.discover import Discovery, FoundPlugin, discover
from ascend_core.host.registry import Provider, Registry

__all__ = [
    "CORE",
    "ContextFor",
    "ContextMaker",
    "CorePlugin",
    "Discovery",
    "FoundPlugin",
    "Provider",
    "Registry",
    "build_registry",
    "core_plugin",
    "discover",
    "load_registry",
]
