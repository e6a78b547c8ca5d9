"""A text together with the links it places, rendered."""

from __future__ import annotations

from collections.abc import Mapping

from ascend_core.contracts import LinkRef, LinkSpec, QuietHours, SendText, StepView, Text, TrackedUrl

__all__ = ["text_with_links"]


def text_with_links(
    view: StepView, text: Text, links: Mapping[str, LinkSpec], quiet_hours: QuietHours | None = None
) -> SendText:
    """*text* as it goes out, with those of *links* that it places, each once, in the order of their first place."""
    body = view.render(text)
    if not links:
        return SendText(body=body, quiet_hours=quiet_hours)
    placed = dict.fromkeys([part.name for part in body if isinstance(part, LinkRef)])
    urls = [
        TrackedUrl(name=name, url=view.plain(links[name].url), tracker=links[name].track)
        for name in placed
        if name in links
    ]
    return SendText(body=body, links=tuple(urls), quiet_hours=quiet_hours)
