"""Which events a request asks for, and how much of each."""

from __future__ import annotations

from attrs import frozen
from starlette.datastructures import QueryParams

from ascend_mobilize.simulator import query as read
from ascend_mobilize.simulator.enums import APPROVALS, EVENT_TYPES, VISIBILITIES
from ascend_mobilize.simulator.query import Bound, within
from ascend_mobilize.simulator.table import Record, members, section

__all__ = ["SEARCH_LIMIT", "EventQuery"]

SEARCH_LIMIT = 1000
"""``results_limited_to`` when the search backend answers."""

_NEAR_ZIP_DIGITS = 3
"""There is no map in here: zips that begin alike are near."""


@frozen(kw_only=True)
class EventQuery:
    """The filters of one request; hashable, so that the next page finds the answer again."""

    owners: tuple[int, ...]
    updated_since: int | None
    starts: tuple[Bound, ...]
    ends: tuple[Bound, ...]
    visibility: tuple[str, ...]
    approval: tuple[str, ...]
    types: tuple[str, ...]
    tags: tuple[int, ...]
    campaign: int | None
    virtual: bool | None
    priority_only: bool
    no_full: bool
    state: str | None
    zipcode: str | None
    max_dist: int | None

    @classmethod
    def read(cls, query: QueryParams, *, now: int) -> EventQuery:
        """From a query string. Raises ErrorAnswer(400)."""
        return cls(
            owners=read.integers(query, "organization_id"),
            updated_since=read.integer(query, "updated_since"),
            starts=read.bounds(query, "timeslot_start", now),
            ends=read.bounds(query, "timeslot_end", now),
            visibility=read.choices(query, "visibility", VISIBILITIES, "EventVisibility") or ("PUBLIC",),
            approval=read.choices(query, "approval_status", APPROVALS, "EventApprovalStatus") or ("APPROVED",),
            types=read.choices(query, "event_types", EVENT_TYPES, "EventType"),
            tags=read.integers(query, "tag_id"),
            campaign=read.integer(query, "event_campaign_id"),
            virtual=read.flag(query, "is_virtual"),
            priority_only=read.flag(query, "high_priority_only") or False,
            no_full=read.flag(query, "exclude_full") or False,
            state=query.get("state"),
            zipcode=query.get("zipcode"),
            max_dist=read.integer(query, "max_dist"),
        )

    @property
    def is_search(self) -> bool:
        """Whether the search backend has to answer, which does not show everything."""
        return self.zipcode is not None or self.max_dist is not None or self.no_full or bool(self.tags)

    def keeps(self, event: Record) -> bool:
        """Whether *event* is asked for. What an event does not say counts as the ordinary."""
        return (
            (event.get("visibility") or "PUBLIC") in self.visibility
            and (event.get("approval_status") or "APPROVED") in self.approval
            and (not self.owners or section(event, "sponsor").get("id") in self.owners)
            and (self.updated_since is None or within(event.get("modified_date"), (Bound("gte", self.updated_since),)))
            and (not self.types or event.get("event_type") in self.types)
            and (self.virtual is None or bool(event.get("is_virtual")) is self.virtual)
            and (not self.priority_only or event.get("high_priority") is True)
            and (self.campaign is None or section(event, "event_campaign").get("id") == self.campaign)
            and (not self.tags or any(tag.get("id") in self.tags for tag in members(event, "tags")))
            and self._is_there(section(event, "location"))
            and (not self._picks_slots or any(self._keeps_slot(slot) for slot in members(event, "timeslots")))
        )

    def shown(self, event: Record) -> Record:
        """*event* with only the slots that are asked for."""
        if not self._picks_slots:
            return event
        return {**event, "timeslots": [slot for slot in members(event, "timeslots") if self._keeps_slot(slot)]}

    @property
    def _picks_slots(self) -> bool:
        return bool(self.starts or self.ends or self.no_full)

    def _keeps_slot(self, slot: Record) -> bool:
        return (
            within(slot.get("start_date"), self.starts)
            and within(slot.get("end_date"), self.ends)
            and not (self.no_full and slot.get("is_full"))
        )

    def _is_there(self, place: Record) -> bool:
        postal_code = str(place.get("postal_code") or "")
        return (self.state is None or place.get("region") == self.state) and (
            self.zipcode is None or postal_code[:_NEAR_ZIP_DIGITS] == self.zipcode[:_NEAR_ZIP_DIGITS]
        )
