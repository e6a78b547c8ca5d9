"""Requests for links: classified and made safe before they are answered (row F3); ``count_clicks`` counts them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from ascend_core.engine.clicks import LONGEST_AGENT, RULES_VERSION, classify_click
from ascend_core.operations.core import Core
from ascend_core.store.click_requests import NewRequest, add_requests
from ascend_core.store.links import LinkTarget, links_by_code
from ascend_core.store.types import to_micros

__all__ = ["MOST_AGENT_CHARACTERS", "Hit", "find_link", "find_links", "keep_clicks"]

MOST_AGENT_CHARACTERS = 300

_KEPT = 4_096
"""Kinds of visitors remembered: user agents repeat."""


class Hit(NamedTuple):
    """One request for a short link. Link, time and tag are its name: it is kept once, however often it is told.

    Built for every click, hence a tuple.
    """

    link_id: int
    at: datetime
    method: str
    user_agent: str
    tag: int = 0
    """Tells requests of one moment apart."""
    purpose: str = ""
    """What prefetch headers said."""
    ip_hash: int | None = None
    withheld: bool = False
    """The browser asked not to be remembered: nothing is kept of it but its class."""


def find_link(core: Core, code: str) -> LinkTarget | None:
    """Where the short link with *code* leads; None: there is none."""
    return find_links(core, [code]).get(code)


def find_links(core: Core, codes: Collection[str]) -> dict[str, LinkTarget]:
    """Where short links lead, by code: one query. Unknown codes are left out."""
    return core.database.read(lambda tx: links_by_code(tx, codes))


def keep_clicks(core: Core, hits: Sequence[Hit]) -> None:
    """Make *hits* safe in one transaction. To keep one that is kept already changes nothing once they are counted."""
    requests = [_request(hit) for hit in hits]
    core.database.write(lambda tx: add_requests(tx, requests))


def _request(hit: Hit) -> NewRequest:
    link_id, at, method, agent, tag, purpose, ip_hash, withheld = hit
    kind, agent, purpose = _visitor(method, agent[:LONGEST_AGENT], purpose[:LONGEST_AGENT])
    if withheld:
        agent, purpose, ip_hash = "", "", None
    return NewRequest(link_id, to_micros(at), tag, kind, method, agent, purpose, ip_hash, int(withheld), RULES_VERSION)


@lru_cache(maxsize=_KEPT)
def _visitor(method: str, user_agent: str, purpose: str) -> tuple[str, str, str]:
    """The class of a request that comes like this, and how much is kept of what it says about itself."""
    kind = classify_click(method, user_agent, purpose).value
    return kind, user_agent[:MOST_AGENT_CHARACTERS], purpose[:MOST_AGENT_CHARACTERS]
