"""Makes the picture of the outside world that one plugin gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

import httpx
from attrs import field, frozen

from ascend_core.calls.reading import ReadingTransport
from ascend_core.calls.spans import traced
from ascend_core.calls.trust import usual_trust
from ascend_core.contracts import Clock, PluginContext, Randomness, Turns
from ascend_core.host.settings import read_settings
from ascend_core.host.turns import ProcessTurns

__all__ = ["ContextFor", "ContextMaker"]


class ContextFor(Protocol):
    """Gives a plugin its context. *settings_type* is the attrs class it declares; None: it has no settings."""

    def __call__(self, plugin: str, settings_type: type[Any] | None, /) -> PluginContext: ...


@frozen(kw_only=True)
class ContextMaker:
    """Gives each plugin the same clock and chance, HTTP clients over *transport*, and its own settings.

    *transport* makes one transport per client, because a client closes its own; None: the network. Proxies and
    certificates named by environment variables are not used: what a plugin reaches is what it was told. *turns* are
    those of this process alone, unless others are given.
    """

    clock: Clock
    randomness: Randomness
    environment: Mapping[str, str] = field(factory=dict)
    transport: Callable[[], httpx.AsyncBaseTransport] | None = None
    turns: Turns = field()

    @turns.default
    def _own_turns(self) -> Turns:
        return ProcessTurns(self.clock)

    def __call__(self, plugin: str, settings_type: type[Any] | None = None, /) -> PluginContext:
        """The context of *plugin*. Raises PluginError when a setting is missing or does not fit."""
        settings = None if settings_type is None else read_settings(plugin, settings_type, self.environment)
        return PluginContext(
            plugin=plugin,
            clock=self.clock,
            randomness=self.randomness,
            http=partial(self._client, lambda: httpx.AsyncHTTPTransport(verify=usual_trust())),
            reader=partial(self._client, ReadingTransport),
            settings=settings,
            turns=self.turns,
        )

    def _client(
        self,
        network: Callable[[], httpx.AsyncBaseTransport],
        *,
        timeout: httpx.Timeout,
        follow_redirects: bool = False,
    ) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=traced((self.transport or network)()),
            timeout=timeout,
            follow_redirects=follow_redirects,
            trust_env=False,
        )
