"""Who sends: the key under which texts leave, so that each sender has a drain of its own."""

from __future__ import annotations

from hashlib import blake2b

from ascend_core.errors import AscendError
from ascend_core.operations.connect import OpenChannel, open_channel
from ascend_core.operations.core import Core
from ascend_core.store.channels import channels
from ascend_core.store.database import Tx

__all__ = ["SenderKeys", "sender_key"]


def sender_key(opened: OpenChannel) -> str:
    """Channel and sender: ``sms/6f1c02ab``. The number itself has no business in a queue or a log."""
    _, type_, settings = opened
    sender = type_.name if type_.sender is None else type_.sender(settings).key
    return f"{type_.name}/{blake2b(sender.encode(), digest_size=4).hexdigest()}"


class SenderKeys:
    """The key of the sender that texts leave from now. Secrets are opened again only when they have changed."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._known: tuple[object, str] | None = None

    def now(self, tx: Tx | None = None) -> str | None:
        """None: no channel is connected. *tx*: look within it."""
        found = self._core.database.read(channels) if tx is None else channels(tx)
        if not found:
            return None
        seen = (found[0].channel, found[0].settings, found[0].sealed)
        if self._known is None or self._known[0] != seen:
            try:
                opened = open_channel(self._core, found[0].channel)
            except AscendError:
                return f"{found[0].channel}/unknown"  # whoever sends is told why it cannot be opened
            if opened is None:
                return None
            self._known = (seen, sender_key(opened))
        return self._known[1]
