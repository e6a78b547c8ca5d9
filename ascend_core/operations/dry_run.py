"""An automation played over what has happened already: whom it would have texted, and why not the others (row D7).

Nothing is written. It decides with what production decides with: the key of ``once_per``, the arm of an A/B test, the
flow's ``reentry``. Two things it cannot know: how long the runs that it imagines would have lasted (they count as over
at once), and who has left since (whoever is unsubscribed now would not be texted now either).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

from attrs import define, field, frozen

from ascend_core.flow.document import Automation
from ascend_core.operations.core import Core
from ascend_core.operations.programs import Version
from ascend_core.operations.publish import form_of_automation
from ascend_core.operations.start_runs import arm_for, once_key
from ascend_core.store.consents import consent_states
from ascend_core.store.database import Tx
from ascend_core.store.explaining import Stay, activities_since, ignored_since, stays_in
from ascend_core.store.flows import automations
from ascend_core.store.forms import first_of_same
from ascend_core.store.members import members_by_id
from ascend_core.store.runs import arms_shown
from ascend_core.store.submissions import ActivityRecord, submissions_by_id

__all__ = ["DryRun", "dry_run"]

CHUNK = 1_000
"""Activities looked at together: memory does not grow with the past."""


@frozen(kw_only=True)
class DryRun:
    """What would have come of it. *members*: how many people would have been texted."""

    happened: int
    members: int
    started: Mapping[str, int]
    """By flow."""
    skipped: Mapping[str, int]
    """By reason."""
    ignored: Mapping[str, int]
    """Sign-ups of that time that fire nothing for anybody, by reason."""


def dry_run(core: Core, document: Automation, *, since: datetime) -> DryRun:
    """Play *document* over everything that fired its trigger at *since* (aware) or later, in one picture of the data.

    Raises BadInput when its form is unknown.
    """

    def look(tx: Tx) -> DryRun:
        form_id = form_of_automation(tx, core, document)
        flows = {document.run} if document.run else set(document.ab_test.arms if document.ab_test else ())
        known = {record.id for record in automations(tx) if record.name == document.name}
        play = _Play(document=document, versions=core.programs.live(tx, flows), known=known)
        after = 0
        while True:
            chunk = activities_since(
                tx, document.trigger, since=since, form_id=form_id, after=after, limit=CHUNK
            )  # fmt: skip
            play.take(tx, chunk)
            if len(chunk) < CHUNK:
                return play.result(ignored_since(tx, since=since, form_id=form_id))
            after = chunk[-1].id

    return core.database.read(look)


@define(kw_only=True)
class _Play:
    document: Automation
    versions: Mapping[str, Version]
    known: AbstractSet[int]
    """The automation of that name, where there is one: whoever was shown an arm of its test stays with it."""
    taken: set[str] = field(factory=set)
    members: set[int] = field(factory=set)
    started: Counter[str] = field(factory=Counter)
    skipped: Counter[str] = field(factory=Counter)
    happened: int = 0

    def take(self, tx: Tx, activities: Sequence[ActivityRecord]) -> None:
        """Decide on some activities, in their order."""
        if not activities:
            return
        members = members_by_id(tx, {each.member_id for each in activities})
        consents = consent_states(tx, {member.phone for member in members.values()})
        same = first_of_same(tx, {each.form_id for each in activities})
        submissions = submissions_by_id(tx, {each.submission_id for each in activities})
        stays: dict[int, list[Stay]] = {}
        for stay in stays_in(tx, set(self.versions), set(members)):
            stays.setdefault(stay.member_id, []).append(stay)
        arms = {member_id: arm for (_, member_id), arm in arms_shown(tx, self.known, set(members)).items()}
        for each in activities:
            phone = members[each.member_id].phone
            form_id, submission_key = same.get(each.form_id, each.form_id), submissions[each.submission_id].key
            key = once_key(self.document.once_per, each, form_id, submission_key)
            flow = self._flow(phone, arms.get(each.member_id))
            reason = "unsubscribed" if consents.get(phone) != "subscribed" else self._why_not(each, key, flow, stays)
            self._note(each, key, flow, reason)

    def _flow(self, phone: str, shown: str | None) -> str:
        return arm_for(self.document.ab_test, phone, shown) or self.document.run or ""

    def _why_not(self, each: ActivityRecord, key: str, flow: str, stays: Mapping[int, list[Stay]]) -> str | None:
        if key in self.taken:
            return "once_per"
        version = self.versions.get(flow)
        if version is None:
            return "flow_not_live"
        inside = any(
            stay.flow == flow
            and stay.started_at < each.happened_at
            and (stay.ended_at is None or stay.ended_at > each.happened_at)
            for stay in stays.get(each.member_id, ())
        )
        return "already_in_flow" if inside and version.program.flow.reentry == "skip" else None

    def _note(self, each: ActivityRecord, key: str, flow: str, reason: str | None) -> None:
        self.happened += 1
        if reason is not None:
            self.skipped[reason] += 1
            return
        self.taken.add(key)
        self.members.add(each.member_id)
        self.started[flow] += 1

    def result(self, ignored: Mapping[str, int]) -> DryRun:
        """What came of all."""
        return DryRun(
            happened=self.happened,
            members=len(self.members),
            started=dict(sorted(self.started.items())),
            skipped=dict(sorted(self.skipped.items())),
            ignored=dict(sorted(ignored.items())),
        )
