"""``send``: text the member and go on."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from ascend_core.actions.links import text_with_links
from ascend_core.contracts import BotActionType, LinkSpec, Outcome, QuietHours, StepView, Text, main, param

__all__ = ["SEND", "SendParams", "send"]


@frozen(kw_only=True)
class SendParams:
    """What an author writes under ``send``."""

    text: Text = main(help="The message.")  # noqa: RUF009 -- it makes an attrs field
    links: Mapping[str, LinkSpec] = param(factory=dict, help="The links that the text places, by name.")
    quiet_hours: QuietHours | None = param(default=None, help="Hours in which the text waits.")  # noqa: RUF009 -- it makes an attrs field


def send(view: StepView, params: SendParams, /) -> Outcome:
    """Send the text with the links it places."""
    return Outcome(effects=(text_with_links(view, params.text, params.links, params.quiet_hours),))


SEND = BotActionType(
    name="send", label="Send a message", params=SendParams, run=send, help="Texts the member and goes on at once."
)
