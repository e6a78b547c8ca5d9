"""Requests that are safe become clicks that count (row F3): compared with what happened around them, added to their
links and to the reports, and taken for the cause of submissions, all in one transaction.

Facts come in any order: a receipt after the click it explains, a submission before the click that caused it, the third
of three hits that makes a crowd. Whatever may change by something new is looked at again, so that the same facts end in
the same figures.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from attrs import define, field

from ascend_core.engine.clicks import COMPARED, ClickAround, ClickClass, doubt_about
from ascend_core.engine.figures import Cell, Figures, merged
from ascend_core.operations.attribution import explain_again
from ascend_core.operations.core import Core
from ascend_core.store import clicks as rows
from ascend_core.store.click_requests import TakenClick, requests_wait, take_requests
from ascend_core.store.clicks_around import clicks_beside, doubtful_clicks, links_of_clicks
from ascend_core.store.database import Tx
from ascend_core.store.figures import LinkRow, add_to_cells, difference, hits_of, hold_members, lock_members, read_links
from ascend_core.store.submissions import unexplained_submissions
from ascend_core.store.types import from_micros, to_micros

__all__ = ["clicks_wait", "count_clicks"]

AT_ONCE = 4_000
PERSON, UNSURE = ClickClass.PERSON.value, ClickClass.UNSURE.value


def clicks_wait(tx: Tx) -> bool:
    """Whether there are requests to count, or clicks to compare again."""
    return requests_wait(tx) or bool(rows.clicks_to_compare(tx, 1))


def count_clicks(core: Core) -> int:
    """Count everything that waits. Returns how many requests and clicks were looked at."""
    total = 0
    if not core.database.read(clicks_wait):
        return 0
    while done := core.database.write(_count_some):
        total += done
        if done < AT_ONCE:
            break
    return total


def _count_some(tx: Tx) -> int:
    taken, new = take_requests(tx, AT_ONCE)
    again = rows.clicks_to_compare(tx, AT_ONCE)
    _Counting(tx, new, again).count()
    return max(taken, len(again))


@define(eq=False)
class _Counting:
    tx: Tx
    new: Sequence[TakenClick]
    again: Sequence[int]
    doubts: dict[int, str] = field(factory=dict, init=False)
    """New clicks that are none of a person's, though they look like it; and why."""
    changed: list[ClickAround] = field(factory=list, init=False)
    """Older clicks that are now taken for something else."""

    def count(self) -> None:
        human = [click for click in self.new if click.kind in COMPARED]
        beside = clicks_beside(self.tx, human)
        others = beside.others.union(self.again).difference(click.id for click in self.new)
        links = links_of_clicks(self.tx, others).union(click.link_id for click in self.new)
        if not links:
            return
        hold_members(self.tx, "link", links)
        since = min((click.micros for click in human), default=None)
        late = since is not None and unexplained_submissions(self.tx, links, since=from_micros(since))
        if others or late:
            members = lock_members(self.tx, "link", links)
            before = read_links(self.tx, members)
            self._compare({*others, *beside.suspects}, beside.alone)
            self._sum_up()
            self._attribute(links)
            changes = difference(before, read_links(self.tx, members))
        else:
            self._compare(beside.suspects, beside.alone)
            changes = self._add()
        add_to_cells(self.tx, changes)

    def _add(self) -> dict[Cell, Figures]:
        """Nothing changes but what the new clicks add. Only a link's first click by a person makes a member another
        than they were; all others are added up without looking at members."""
        sums = self._sums()
        first = rows.add_to_links(self.tx, [(link, *its) for link, its in sums.items()])
        after = read_links(self.tx, lock_members(self.tx, "link", first)) if first else []
        whole = {row.id for row in after}
        hits = hits_of(self.tx, [(link, *its[:3]) for link, its in sums.items() if link not in whole])
        return merged(difference(_without(after, sums), after), hits)

    def _compare(self, suspects: Collection[int], alone: Collection[int]) -> None:
        fresh = {click.id for click in self.new}
        kinds = []
        for click in doubtful_clicks(self.tx, suspects, alone):
            reason = doubt_about(click)
            kind = PERSON if reason is None else UNSURE
            if (kind, reason) != (click.kind, click.reason):
                kinds.append((click.id, kind, reason))
                if click.id not in fresh:
                    self.changed.append(click)
                elif reason is not None:
                    self.doubts[click.id] = reason
        rows.change_clicks(self.tx, self.again, kinds)

    def _sum_up(self) -> None:
        anew = {click.link_id for click in self.changed}
        rows.add_to_links(self.tx, [(link, *sums) for link, sums in self._sums().items() if link not in anew])
        rows.refresh_links(self.tx, anew)

    def _sums(self) -> dict[int, tuple[int, int, int, int | None]]:
        """What the new clicks add to each link: persons', machines', unsure ones, and a person's first time."""
        sums: dict[int, tuple[int, int, int, int | None]] = {}
        for click in self.new:
            person, machine, unsure, first = sums.get(click.link_id, (0, 0, 0, None))
            if click.kind != PERSON:
                sums[click.link_id] = (person, machine + 1, unsure, first)
            elif click.id in self.doubts:
                sums[click.link_id] = (person, machine, unsure + 1, first)
            else:
                sums[click.link_id] = (
                    person + 1,
                    machine,
                    unsure,
                    click.micros if first is None else min(first, click.micros),
                )
        return sums

    def _attribute(self, links: Collection[int]) -> None:
        """Look again at what brought the submissions that came after these clicks and brought no token."""
        moments = [click.micros for click in self.new if click.kind == PERSON and click.id not in self.doubts]
        moments += [to_micros(click.clicked_at) for click in self.changed]
        if moments:
            rows.refresh_links(self.tx, explain_again(self.tx, links, since=from_micros(min(moments))))


def _without(after: Sequence[LinkRow], sums: Mapping[int, tuple[int, int, int, int | None]]) -> list[LinkRow]:
    """*after*, without what was added to the links."""
    before = []
    for row in after:
        if row.id in sums:
            person, machine, unsure, _ = sums[row.id]
            row = row._replace(person=row.person - person, machine=row.machine - machine, unsure=row.unsure - unsure)  # noqa: PLW2901 -- the same row, earlier
        before.append(row)
    return before
