"""Classifying clicks again, after the rules have changed: nothing was dropped, so nothing is lost (row F3)."""

from __future__ import annotations

from collections import Counter

from attrs import frozen

from ascend_core.engine.clicks import COMPARED, RULES_VERSION, ClickClass, classify_click
from ascend_core.operations.attribution import explain_again
from ascend_core.operations.core import Core
from ascend_core.operations.count_clicks import count_clicks
from ascend_core.store import clicks as rows
from ascend_core.store.database import Tx
from ascend_core.store.figures import figures_kept
from ascend_core.store.types import from_micros

__all__ = ["Reclassified", "reclassify_clicks"]

AT_ONCE = 1_000


@frozen(kw_only=True)
class Reclassified:
    """What came of it: how many clicks were looked at, and how many changed, by ``(from, to)``."""

    looked_at: int
    changed: Counter[tuple[str, str]]


def reclassify_clicks(core: Core, *, everything: bool = False) -> Reclassified:
    """Apply the rules of today to clicks that older ones were applied to (*everything*: to all), reports included.

    Clicks whose browser asked not to be remembered keep their class: nothing else is known of them.
    """
    changed: Counter[tuple[str, str]] = Counter()
    below = RULES_VERSION + 1 if everything else RULES_VERSION
    total, after = 0, 0
    count_clicks(core)
    while True:
        last, looked_at, some = core.database.write(lambda tx, start=after: _some(tx, start, below))  # type: ignore[misc]  # -- bound by default
        if not looked_at:
            break
        total, after = total + looked_at, last
        changed.update(some)
    count_clicks(core)
    return Reclassified(looked_at=total, changed=changed)


def _some(tx: Tx, after: int, below: int) -> tuple[int, int, Counter[tuple[str, str]]]:
    clicks = rows.clicks_to_classify(tx, after=after, below=below, limit=AT_ONCE)
    if not clicks:
        return after, 0, Counter()
    kinds: list[tuple[int, str, str | None]] = []
    changed: Counter[tuple[str, str]] = Counter()
    touched = []
    for click in clicks:
        kind = classify_click(click.method, click.user_agent, click.purpose)
        if kind.value != click.kind and not (kind is ClickClass.PERSON and click.kind in COMPARED):
            kinds.append((click.id, kind.value, None))
            changed[click.kind, kind.value] += 1
            touched.append(click)
    with figures_kept(tx, "link", {click.link_id for click in touched}):
        rows.change_clicks(tx, [], kinds)
        links = {click.link_id for click in touched}
        rows.refresh_links(tx, links | explain_again(tx, links, since=from_micros(0)))
    # what counts as company has changed for those around them
    rows.compare_around(tx, [click.id for click in touched])
    rows.set_rules(tx, [click.id for click in clicks], RULES_VERSION)
    return clicks[-1].id, len(clicks), changed
