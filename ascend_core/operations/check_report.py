"""Whether reports tell the truth: every counter is counted again, fact by fact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from attrs import frozen

from ascend_core.engine.figures import FIGURES, Cell, MemberFacts, add_up
from ascend_core.errors import BadInput
from ascend_core.operations.core import Core
from ascend_core.operations.count_clicks import count_clicks
from ascend_core.store.database import Tx
from ascend_core.store.figures import add_to_cells, facts_of, members_with_links, read_links
from ascend_core.store.reports import all_cells
from ascend_core.store.settings import put_setting, settings_named

__all__ = ["Difference", "check_report", "mend_report"]

_MENDING, _MENDED = "report_mending", "report_mended"

MEMBERS_AT_ONCE = 1_000
"""Memory stays flat however many there are."""


@frozen(kw_only=True, order=True)
class Difference:
    """A counter that is not what the facts say."""

    cell: Cell
    figure: str
    kept: int
    counted: int


def check_report(core: Core) -> tuple[int, list[Difference]]:
    """Count again from messages, clicks and submissions: how many counters there should be, and those that differ."""
    count_clicks(core)
    return core.database.read(_check)


def mend_report(core: Core) -> list[Difference]:
    """Make every counter what the facts say; what was wrong.

    It is counted on one picture of the data while everything goes on: what a counter lacks there it lacks afterwards
    too, whatever was added to it meanwhile. Raises BadInput when somebody else mended meanwhile: it would be added
    twice.
    """
    count_clicks(core)
    times, differences = core.database.read(lambda tx: (_times_mended(tx), _check(tx)[1]))
    if not differences:
        return []
    changes: dict[Cell, list[int]] = {}
    for each in differences:
        row = changes.setdefault(each.cell, [0] * len(FIGURES))
        row[FIGURES.index(each.figure)] = each.counted - each.kept

    def work(tx: Tx) -> None:
        put_setting(tx, _MENDING, {})  # whoever comes second waits here, and then sees that it is the second
        if _times_mended(tx) != times:
            raise BadInput("somebody else mended the report meanwhile; nothing was changed by this. Check it again.")
        add_to_cells(tx, {cell: tuple(row) for cell, row in changes.items()})
        put_setting(tx, _MENDED, {"times": times + 1})

    core.database.write(work)
    return differences


def _times_mended(tx: Tx) -> int:
    return int(settings_named(tx, _MENDED)[_MENDED].get("times", 0))


def _check(tx: Tx) -> tuple[int, list[Difference]]:
    counted = _recount(tx)
    kept = all_cells(tx)
    nothing: Sequence[int] = (0,) * len(FIGURES)
    differences = [
        Difference(cell=cell, figure=figure, kept=was, counted=is_)
        for cell in sorted({*counted, *kept})
        for figure, was, is_ in zip(FIGURES, kept.get(cell, nothing), counted.get(cell, nothing), strict=True)
        if was != is_
    ]
    return len(counted), differences


def _recount(tx: Tx) -> dict[Cell, tuple[int, ...]]:
    sums: dict[Cell, list[int]] = {}
    after = 0
    while members := members_with_links(tx, after=after, limit=MEMBERS_AT_ONCE):
        alike: Counter[MemberFacts] = Counter(facts_of(read_links(tx, members, from_rows=True)).values())
        for cell, figures in add_up(alike).items():
            total = sums.setdefault(cell, [0] * len(FIGURES))
            for place, value in enumerate(figures):
                total[place] += value
        after = members[-1]
    return {cell: tuple(total) for cell, total in sums.items() if any(total)}
