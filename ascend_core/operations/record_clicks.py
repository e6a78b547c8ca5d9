"""Clicks: classified, kept one row each, and summed up on their links (row F3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import frozen

from ascend_core.engine.clicks import RULES_VERSION, classify_click
from ascend_core.operations.core import Core
from ascend_core.store.links import LinkTarget, link_by_code, record_clicks

__all__ = ["MOST_AGENT_CHARACTERS", "Hit", "find_link", "keep_clicks"]

MOST_AGENT_CHARACTERS = 300


@frozen(kw_only=True)
class Hit:
    """One request for a short link."""

    link_id: int
    at: datetime
    method: str
    user_agent: str
    purpose: str = ""
    """What prefetch headers said."""


def find_link(core: Core, code: str) -> LinkTarget | None:
    """Where the short link with *code* leads; None: there is none."""
    return core.database.read(lambda tx: link_by_code(tx, code))


def keep_clicks(core: Core, hits: Sequence[Hit]) -> None:
    """Keep *hits* in one transaction."""
    rows = [
        {
            "link_id": hit.link_id,
            "clicked_at": hit.at,
            "kind": classify_click(hit.method, hit.user_agent, hit.purpose).value,
            "method": hit.method,
            "user_agent": hit.user_agent[:MOST_AGENT_CHARACTERS],
            "rules": RULES_VERSION,
        }
        for hit in hits
    ]
    core.database.write(lambda tx: record_clicks(tx, rows))
