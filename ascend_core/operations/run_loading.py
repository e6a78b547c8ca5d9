"""Runs that are under way, taken into a batch with everything the engine needs to go on."""

from __future__ import annotations

from collections.abc import Mapping

from ascend_core.operations.batch import Batch, RunDraft
from ascend_core.operations.views import form_view
from ascend_core.store.forms import forms_by_id
from ascend_core.store.members import members_by_id
from ascend_core.store.runs import RunRecord
from ascend_core.store.submissions import submissions_by_id

__all__ = ["load_runs"]


def load_runs(batch: Batch, records: Mapping[int, RunRecord]) -> dict[int, RunDraft]:
    """Take *records* into the batch, with their members, forms, slots and programs. A constant number of queries."""
    missing = {id_: record for id_, record in records.items() if id_ not in batch.runs}
    if missing:
        member_ids = {record.member_id for record in missing.values()} - set(batch.members)
        batch.load_members(members_by_id(batch.tx, member_ids))
        forms = forms_by_id(batch.tx, {record.form_id for record in missing.values() if record.form_id is not None})
        slots = submissions_by_id(
            batch.tx, {record.submission_id for record in missing.values() if record.submission_id is not None}
        )
        versions = batch.core.programs.by_id(batch.tx, {record.version_id for record in missing.values()})
        for record in missing.values():
            form = forms.get(record.form_id or 0)
            view = None if form is None else form_view(form, slots.get(record.submission_id or 0))
            batch.add_run(RunDraft(record=record, version=versions[record.version_id], form=view, fresh=False))
    return {id_: batch.runs[id_] for id_ in records}
