"""How much waits: counted by partial indexes, so that the cost follows what waits and not what was ever sent."""

from __future__ import annotations

from sqlalchemy import func, select, text
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import table_of
from ascend_core.store.tables import ClickRequest, InboundText, Message

__all__ = ["queue_sizes"]

_inbound = table_of(InboundText)
_message = table_of(Message)
_request = table_of(ClickRequest)

_TEXTS = {
    "ready": "state = 'ready'",
    "sending": "state IN ('sending', 'unknown') AND state = 'sending'",
    "unknown": "state IN ('sending', 'unknown') AND state = 'unknown'",
    "held": "state = 'held'",
}
"""Each with the words of its partial index, so that it is used."""


def queue_sizes(tx: Connection) -> dict[str, int]:
    """Texts of ours by state, ``inbound`` texts not handled yet, and ``clicks`` not counted yet; in one statement."""
    parts = {name: select(func.count()).select_from(_message).where(text(where)) for name, where in _TEXTS.items()}
    parts["inbound"] = select(func.count()).select_from(_inbound).where(_inbound.c.handled_at.is_(None))
    parts["clicks"] = select(func.count()).select_from(_request)
    row = tx.execute(select(*(part.scalar_subquery().label(name) for name, part in parts.items()))).one()
    return {name: int(getattr(row, name)) for name in parts}
