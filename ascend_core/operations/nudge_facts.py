"""What is known of the members whose nudges are due: three queries, however many there are."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from attrs import frozen

from ascend_core.contracts import NudgeView
from ascend_core.operations.batch import RunDraft
from ascend_core.store.database import Tx
from ascend_core.store.inbound import latest_replies
from ascend_core.store.links import RunLink, links_of_runs
from ascend_core.store.runs import TimerRecord
from ascend_core.store.submissions import submitted_times

__all__ = ["NudgeFacts", "load_nudge_facts"]


@frozen(kw_only=True)
class NudgeFacts:
    """Links, submissions and replies of a batch's members."""

    links: dict[int, list[RunLink]]
    submitted: dict[tuple[int, int], list[datetime]]
    replied: dict[int, datetime]

    def view(self, timer: TimerRecord, run: RunDraft) -> NudgeView:
        """What a nudge's condition looks at. It belongs to a link by name, or to every link of its step."""
        if timer.step is None or timer.nudge_index is None:
            raise AssertionError("a nudge's timer names its step and its place there")
        name = run.version.program.nodes[timer.step].step.nudges[timer.nudge_index].link
        links = [
            link
            for link in self.links.get(run.record.id, [])
            if link.step == timer.step and (name is None or name in link.name.split())
        ]
        since = timer.reached_at
        replied = self.replied.get(run.record.member_id)
        return NudgeView(
            reached_at=since,
            clicked_at=min((link.first_click_at for link in links if link.first_click_at is not None), default=None),
            submitted_at=min(self._submissions(links, run.record.member_id, since), default=None),
            replied_at=replied if replied is not None and replied >= since else None,
        )

    def _submissions(self, links: Sequence[RunLink], member_id: int, since: datetime) -> list[datetime]:
        by_token = [link.submitted_at for link in links if link.submitted_at is not None]
        forms = {link.form_id for link in links if link.form_id is not None}
        by_form = [at for form_id in forms for at in self.submitted.get((member_id, form_id), []) if at > since]
        return by_token + by_form


def load_nudge_facts(tx: Tx, runs: Collection[RunDraft]) -> NudgeFacts:
    """Load what the nudges of these runs are decided from."""
    members = {run.record.member_id for run in runs}
    links: dict[int, list[RunLink]] = {}
    if runs:
        for link in links_of_runs(tx, {run.record.id for run in runs}):
            links.setdefault(link.run_id, []).append(link)
    return NudgeFacts(
        links=links,
        submitted=submitted_times(tx, members) if members else {},
        replied=latest_replies(tx, members) if members else {},
    )
