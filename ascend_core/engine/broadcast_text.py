"""The text of a broadcast, compiled once and filled for each member. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from attrs import frozen

from ascend_core.contracts import Body, FormView, LinkRef, MemberView, QuietHours, RunView, SendText, TrackedUrl
from ascend_core.engine.messages import fault_of
from ascend_core.flow.broadcast import Broadcast
from ascend_core.flow.templates import Template, compile_template

__all__ = ["BroadcastText", "broadcast_text"]

_NO_RUN = RunView(id=0, flow="", started_at=datetime(1970, 1, 1, tzinfo=UTC))
"""A broadcast's text has no run: its document may not name one."""


@frozen(kw_only=True)
class BroadcastText:
    """What everybody gets, but for the places that speak of the member."""

    template: Template
    links: tuple[TrackedUrl, ...]
    """Those that the text places: the same for everybody, until each gets a code of its own."""
    form: FormView | None
    quiet_hours: QuietHours | None
    links_url: str | None = None

    def fill(self, member: MemberView) -> tuple[Body, str | None]:
        """The text for *member*, and why it must not be sent; None: it may."""
        body, _unfilled = self.template.render(member=member, form=self.form, run=_NO_RUN)
        return body, fault_of(SendText(body=body, links=self.links))


def broadcast_text(document: Broadcast, form: FormView | None) -> BroadcastText:
    """The text of *document*, which has one."""
    if document.text is None:
        raise AssertionError("a broadcast that runs a flow has no text of its own")
    template = compile_template(document.text.source)
    placed = dict.fromkeys(part.name for part in template.parts if isinstance(part, LinkRef))
    nobody = MemberView(id=0, phone="", fields={}, groups=frozenset(), zones=(), subscribed=False)
    links = []
    for name in placed:
        spec = document.links[name]
        body, unfilled = compile_template(spec.url.source).render(member=nobody, form=form, run=_NO_RUN)
        url = "" if unfilled else "".join(part for part in body if isinstance(part, str))
        links.append(TrackedUrl(name=name, url=url, tracker=spec.track))
    return BroadcastText(
        template=template,
        links=tuple(links),
        form=form,
        quiet_hours=document.quiet_hours,
        links_url=document.links_url,
    )
