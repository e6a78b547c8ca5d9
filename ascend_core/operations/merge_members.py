"""Two members who turn out to be one person become one member, in one transaction.

Nothing is doubled and nobody is texted against their will: what waits for the number that is given up is called off, a
STOP of either holds for both, and what an automation did once for either it has done for both. What happened to either
stays known, and reports count one person where they counted two.
"""

from __future__ import annotations

from datetime import datetime

from attrs import frozen
from msgspec.structs import replace

from ascend_core.engine.zones import candidate_zones
from ascend_core.errors import BadInput, NotFound
from ascend_core.operations.attribution import explain_again
from ascend_core.operations.core import Core
from ascend_core.operations.count_clicks import count_clicks
from ascend_core.operations.leaving import members_leave
from ascend_core.store import clicks as click_rows
from ascend_core.store.consents import NewConsent, consent_states, record_consents
from ascend_core.store.database import Tx
from ascend_core.store.figures import figures_kept
from ascend_core.store.members import CORE_FIELDS, MemberRecord, members_by_phone, update_members
from ascend_core.store.merging import broadcast_between, clicks_of_members, move_everything, unread_texts
from ascend_core.store.types import from_micros

__all__ = ["Merged", "merge_members"]

MERGED = "merged"
"""Why what waited for the number that was given up is not sent."""


@frozen(kw_only=True)
class Merged:
    """What came of it: the member who is left, the one who is gone, and whether a STOP of the latter holds for both."""

    kept: int
    gone: int
    unsubscribed: bool


def merge_members(core: Core, keep: str, other: str) -> Merged:
    """The member with the phone *other* becomes part of the one with the phone *keep*, whose number it is from now on.

    Values that *keep* has stay; empty ones are filled. Raises NotFound for a phone that no member has, BadInput for one
    phone twice, a broadcast that has reached one and not yet the other, or a text of theirs that is unread.
    """
    count_clicks(core)
    merged = core.database.write(lambda tx: _merge(core, tx, keep, other))
    count_clicks(core)
    return merged


def _merge(core: Core, tx: Tx, keep: str, other: str) -> Merged:
    now = core.clock.now()
    kept, gone = _both(tx, keep, other)
    under_way = broadcast_between(tx, kept.id, gone.id)
    if under_way is not None:
        raise BadInput(
            f"the broadcast '{under_way}' has been decided for one of them and not yet for the other, who would get it "
            "twice; merge them when it has been decided for all, or cancel it"
        )
    states = consent_states(tx, {keep, other}, lock=True)
    if unread_texts(tx, (keep, other)):
        raise BadInput("a text of theirs has not been read yet; try again in a moment")
    stopped = "unsubscribed" in states.values()
    clicks = clicks_of_members(tx, (kept.id, gone.id))
    with figures_kept(tx, "member", {kept.id, gone.id}):
        members_leave(tx, {gone.id}, MERGED, now=now)
        links = move_everything(tx, keep=kept.id, other=gone.id, now=now)
        # a click of the one may have brought a sign-up of the other
        links |= explain_again(tx, click_rows.links_of_member(tx, kept.id), since=from_micros(0))
        click_rows.confirm_clicks(tx, links)
    # who was one of a crowd may be in company no more
    click_rows.compare_around(tx, clicks)
    update_members(tx, [_filled(kept, gone, now)])
    if stopped:
        if states.get(keep) != "unsubscribed":
            proof = {"merged": gone.id}
            entry = NewConsent(phone=keep, state="unsubscribed", source="operator", evidence=proof)
            record_consents(tx, [entry], now=now)
        members_leave(tx, {kept.id}, "unsubscribed", now=now)
    return Merged(kept=kept.id, gone=gone.id, unsubscribed=stopped and states.get(keep) != "unsubscribed")


def _both(tx: Tx, keep: str, other: str) -> tuple[MemberRecord, MemberRecord]:
    if keep == other:
        raise BadInput("these are one member already: it is the same phone")
    known = members_by_phone(tx, {keep, other})
    for which, phone in (("first", keep), ("second", other)):
        if phone not in known:
            raise NotFound(f"no member has the {which} phone; see: ascend members list")
    return known[keep], known[other]


def _filled(kept: MemberRecord, gone: MemberRecord, now: datetime) -> MemberRecord:
    """*kept*, with *gone*'s values where it has none."""
    values = {name: getattr(kept, name) or getattr(gone, name) for name in (*CORE_FIELDS, "zone")}
    fields = {**gone.fields, **{name: value for name, value in kept.fields.items() if value not in (None, "")}}
    zones = list(candidate_zones(own=values["zone"], zip_code=values["zip"], phone=kept.phone))
    return replace(kept, **values, zones=zones, fields=fields, updated_at=now)
