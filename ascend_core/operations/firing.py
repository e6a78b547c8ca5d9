"""What happened to the submissions of a page: each activity becomes a row, and what starts automations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ascend_core.contracts import IntegrationType, TriggerType
from ascend_core.operations.batch import Batch
from ascend_core.operations.judging import Item
from ascend_core.operations.start_runs import Fired
from ascend_core.store import submissions as submission_rows
from ascend_core.store.submissions import ActivityRecord

__all__ = ["fire"]


def fire(batch: Batch, integration: IntegrationType, items: Sequence[Item]) -> list[Fired]:
    """Everything that *items*, which were applied, tell of: each activity at most once per change (row D1)."""
    counts = submission_rows.fired_counts(batch.tx, {item.row_id for item in items if item.known is not None})
    types = _by_activity(batch, integration)
    drafts = [(item, trigger) for item in items for trigger in _triggers(types, integration, item, counts)]
    ids = submission_rows.reserve_activity_ids(batch.tx, len(drafts))
    records = {record.id: record for record in (*batch.new_submissions, *batch.changed_submissions)}
    fired = []
    for id_, (item, trigger) in zip(ids, drafts, strict=True):
        if item.member_id is None or item.form is None:
            raise AssertionError("only an applied submission fires")
        occurrence = counts.get((item.row_id, trigger), 0) + 1
        activity = ActivityRecord(
            id=id_,
            submission_id=item.row_id,
            member_id=item.member_id,
            form_id=item.form.id,
            trigger=trigger,
            occurrence=occurrence,
            happened_at=item.submission.modified_at,
        )
        fired.append(Fired(activity=activity, submission=records[item.row_id], form=item.form))
    batch.activities.extend(each.activity for each in fired)
    return fired


def _by_activity(batch: Batch, integration: IntegrationType) -> Mapping[str, Sequence[TriggerType]]:
    """The triggers of *integration* by what makes them fire."""
    found: dict[str, list[TriggerType]] = {}
    for type_ in batch.core.registry.triggers.values():
        if type_.integration == integration.name:
            found.setdefault(type_.activity, []).append(type_)
    return found


def _triggers(
    types: Mapping[str, Sequence[TriggerType]],
    integration: IntegrationType,
    item: Item,
    counts: Mapping[tuple[int, str], int],
) -> list[str]:
    if item.reason is not None or item.form is None or item.form.fires_from is None:
        return []
    if not _happened_since(item, item.form.fires_from):
        return []
    before = None if item.first_sight or item.known is None else item.known.state
    return [
        type_.name
        for activity in integration.source.activities(before, item.state)
        for type_ in types.get(activity, ())
        if type_.repeats or not counts.get((item.row_id, type_.name))
    ]


def _happened_since(item: Item, since: datetime) -> bool:
    """Whether what is told happened at *since* or later. A source may forget to date a change; then it happened after
    the row was looked at last."""
    seen_before = item.known is not None and not item.first_sight and item.known.seen_at >= since
    return seen_before or item.submission.modified_at >= since
