"""What a broadcast would do now, before anybody gets it (row I1)."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from ascend_core.contracts import LinkRef, Measure, MemberView, QuietHours
from ascend_core.engine.broadcast_text import BroadcastText, broadcast_text
from ascend_core.flow.broadcast import Broadcast, load_broadcast
from ascend_core.gates.quiet_hours import quiet_until
from ascend_core.operations.addresses import check_links_url
from ascend_core.operations.broadcasts import audience_of, form_id_of
from ascend_core.operations.core import Core
from ascend_core.operations.fan_out import view_of
from ascend_core.operations.outgoing import CODE_LENGTH
from ascend_core.operations.views import form_view
from ascend_core.store import broadcasts as rows
from ascend_core.store.channels import channels
from ascend_core.store.database import Tx
from ascend_core.store.flows import live_versions
from ascend_core.store.forms import forms_by_id

__all__ = ["SAMPLE", "Preview", "preview_broadcast"]

SAMPLE = 1_000
"""Members whose text is made to see what it costs; of a larger audience the rest is estimated from these."""


@frozen(kw_only=True)
class Preview:
    """Whom a broadcast would reach if it began now, and what it would cost."""

    name: str
    members: int
    """In the groups and not left out."""
    reachable: int
    unsubscribed: int
    """Or never subscribed: no text is sent to them."""
    quiet_now: int
    """Of the reachable: their texts would wait for the morning, or be dropped where the hours say so."""
    text: str | None
    """As the first of them would read it; None: a flow is run, or nobody is reachable."""
    unsendable: int
    """Of those looked at: their text would not be sent, because a value is missing."""
    looked_at: int
    segments_each: tuple[int, int] | None
    """The fewest and the most of one text; None: nobody can say."""
    segments: int | None
    """Of all texts; an estimate where more are reachable than were looked at."""

    def to_json(self) -> dict[str, Any]:
        """As ``--json`` prints it."""
        each = self.segments_each
        return {
            "broadcast": self.name,
            "members": self.members,
            "reachable": self.reachable,
            "unsubscribed": self.unsubscribed,
            "quiet_now": self.quiet_now,
            "text": self.text,
            "unsendable": self.unsendable,
            "looked_at": self.looked_at,
            "segments_each": None if each is None else {"fewest": each[0], "most": each[1]},
            "segments": self.segments,
        }


def preview_broadcast(core: Core, text: str, *, file: str) -> Preview:
    """What the document *text* would do now; nothing is stored. Raises as ``make_broadcast`` does."""
    document = load_broadcast(text, file=file, trackers=core.registry.link_trackers)
    check_links_url(core.options, f"broadcast '{document.name}'", document.links_url)
    return core.database.read(lambda tx: _preview(core, tx, document))


def _preview(core: Core, tx: Tx, document: Broadcast) -> Preview:
    audience = audience_of(tx, document)
    everyone, reachable = rows.audience_count(tx, audience)
    quiet, now = _quiet_hours(core, tx, document), core.clock.now()
    asleep = sum(
        count for zones, count in rows.zone_counts(tx, audience) if quiet_until(quiet, zones, now) is not None
    )  # fmt: skip
    texts: list[str] = []
    unsendable = 0
    if document.text is not None:
        forms = forms_by_id(tx, {id_ for id_ in (form_id_of(tx, document),) if id_ is not None})
        maker = broadcast_text(document, next((form_view(form) for form in forms.values()), None))
        page = rows.recipients(tx, audience, after=0, limit=SAMPLE)
        filled = [_filled(core, maker, view_of(member)) for member in page if member.consent == "subscribed"]
        texts = [each for each in filled if each is not None]
        unsendable = len(filled) - len(texts)
    measure = _measure(core, tx)
    costs = [measure(each).segments for each in texts] if measure is not None else []
    return Preview(
        name=document.name,
        members=everyone,
        reachable=reachable,
        unsubscribed=everyone - reachable,
        quiet_now=asleep,
        text=texts[0] if texts else None,
        unsendable=unsendable,
        looked_at=len(texts) + unsendable,
        segments_each=(min(costs), max(costs)) if costs else None,
        segments=round(sum(costs) / (len(texts) + unsendable) * reachable) if costs else None,
    )


def _quiet_hours(core: Core, tx: Tx, document: Broadcast) -> QuietHours:
    own = document.quiet_hours
    if document.run is not None:
        version = core.programs.by_id(tx, {each.id for each in live_versions(tx, {document.run}).values()})
        own = next((each.program.flow.quiet_hours for each in version.values()), None)
    return own or core.options.quiet_hours


def _filled(core: Core, maker: BroadcastText, member: MemberView) -> str | None:
    body, fault = maker.fill(member)
    if fault is not None:
        return None
    link = f"{core.options.links_at(maker.links_url)}/{'x' * CODE_LENGTH}"
    return "".join(link if isinstance(part, LinkRef) else part for part in body)


def _measure(core: Core, tx: Tx) -> Measure | None:
    """How the connected channel counts; where none is connected, the first that there is."""
    connected = [record.channel for record in channels(tx)]
    types = [core.registry.channels[name] for name in connected if name in core.registry.channels]
    return next((type_.measure for type_ in types or core.registry.channels.values() if type_.measure), None)
