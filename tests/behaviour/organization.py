"""Another organization on Mobilize, beside the one that every story has: other people's events on another server."""

from __future__ import annotations

from ascend_core.contracts import Clock
from ascend_core.web.serving import ThreadedServer, bind
from ascend_mobilize.simulator import MobilizeSandbox

__all__ = ["Organization"]


class Organization:
    """A simulated Mobilize on loopback. Close it."""

    def __init__(self, clock: Clock, *, key: str) -> None:
        """With *key* as its Org Id."""
        self.key = key
        self.sandbox = MobilizeSandbox(clock=clock, seed=2, journal=None, org_id=int(key))
        self._server = ThreadedServer(self.sandbox.app, bind())

    @property
    def url(self) -> str:
        """Where it is reached."""
        return self._server.url

    def has(self, page: str) -> bool:
        """Whether the sign-up page at the address *page* is one of its own."""
        return page.startswith(f"{self.url}/")

    def close(self) -> None:
        """End it."""
        self._server.close()
