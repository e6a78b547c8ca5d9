"""The documents as authors write them: what is read into these classes is what ``specs/flow.schema.json`` allows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from attrs import frozen

from ascend_core.contracts import Condition, Duration, LinkSpec, QuietHours, Steps, Text, named, param

__all__ = ["DOCUMENTS", "SPEC", "WrittenAutomation", "WrittenBroadcast", "WrittenFlow", "WrittenNudge", "WrittenTest"]

SPEC = 1
"""The version of the syntax this release reads."""


@frozen(kw_only=True)
class WrittenFlow:
    """A flow."""

    flow: str = param(help="The flow's name: letters, digits, - and _.")
    steps: Steps = param(help="What happens, in order; each step begins with its bot action.")  # noqa: RUF009 -- it makes an attrs field
    spec: int = param(default=SPEC, help="The version of the language.")
    title: str | None = param(default=None, help="What people call it.")
    expires: Duration | None = param(default=None, help="A run lapses this long after it started.")  # noqa: RUF009 -- it makes an attrs field
    reentry: Literal["skip", "restart", "parallel"] = param(
        default="skip", help="What happens to somebody who is in this flow already."
    )
    stop_when: tuple[str, ...] | None = param(
        default=None, help="A trigger, or several, that end the run at once; pending nudges die with it."
    )
    quiet_hours: QuietHours | None = param(default=None, help="Hours in which this flow texts nobody.")  # noqa: RUF009 -- it makes an attrs field
    min_gap: Duration | None = param(default=None, help="The least time between two nudges to one member.")  # noqa: RUF009 -- it makes an attrs field
    links_url: str | None = param(
        default=None, help="Which of your addresses its short links have (ASCEND_LINKS_URL); else the first."
    )


@frozen(kw_only=True)
class WrittenNudge:
    """A nudge."""

    nudge: str = param(help="The nudge's type.")
    after: Duration = param(help="How long after the member reached the bot action.")  # noqa: RUF009 -- it makes an attrs field
    text: Text = param(help="What to say.")  # noqa: RUF009 -- it makes an attrs field
    link: str | None = param(default=None, help="The link of the bot action that it is about.")
    condition: Condition | None = named("if", default=None, help="Only for members of whom this holds.")  # noqa: RUF009 -- it makes an attrs field
    quiet_hours: QuietHours | None = param(default=None, help="Its own quiet hours.")  # noqa: RUF009 -- it makes an attrs field
    expires: Duration | datetime | None = param(default=None, help="A length or a moment after which it is never sent.")  # noqa: RUF009 -- it makes an attrs field


@frozen(kw_only=True)
class WrittenTest:
    """An A/B test over flows."""

    name: str = param(help="The test's name. One name means one choice for a member.")
    arms: Mapping[str, int] = param(help="The flows, and how often each is taken against the others.")


@frozen(kw_only=True)
class WrittenAutomation:
    """An automation."""

    automation: str = param(help="The automation's name.")
    trigger: str = param(help="What starts it.")
    spec: int = param(default=SPEC, help="The version of the language.")
    form: str = param(default="any", help="'any', or a form's key, URL or exact name.")
    once_per: tuple[Literal["member", "form"], ...] = param(
        default=("member", "form"), help="What it starts only once for."
    )
    run: str | None = param(default=None, help="The flow to run.")
    ab_test: WrittenTest | None = param(default=None, help="Several flows to compare, instead of one.")  # noqa: RUF009 -- it makes an attrs field
    add_to_groups: tuple[str, ...] = param(default=(), help="Groups the member is added to.")


@frozen(kw_only=True)
class WrittenBroadcast:
    """A broadcast."""

    broadcast: str = param(help="The broadcast's name.")
    to: tuple[str, ...] = param(help="Groups; whoever is in one of them gets it, once.")
    spec: int = param(default=SPEC, help="The version of the language.")
    excluded: tuple[str, ...] = named("except", default=(), help="Groups; whoever is in one of them does not get it.")
    at: datetime | None = param(default=None, help="When it begins; without it, when it is sent.")  # noqa: RUF009 -- it makes an attrs field
    form: str | None = param(default=None, help="What ${event…} speaks of: a form's key, URL or exact name.")
    send: Text | None = param(default=None, help="The message.")  # noqa: RUF009 -- it makes an attrs field
    links: Mapping[str, LinkSpec] = param(factory=dict, help="The links that the message places, by name.")
    run: str | None = param(default=None, help="A flow to start, instead of a message.")
    quiet_hours: QuietHours | None = param(default=None, help="Hours in which it waits.")  # noqa: RUF009 -- it makes an attrs field
    expires: Duration | None = param(default=None, help="Nothing of it is sent later than this after its beginning.")  # noqa: RUF009 -- it makes an attrs field
    links_url: str | None = param(
        default=None, help="Which of your addresses its short links have (ASCEND_LINKS_URL); else the first."
    )


DOCUMENTS: Mapping[str, type[Any]] = {
    "flow": WrittenFlow,
    "automation": WrittenAutomation,
    "broadcast": WrittenBroadcast,
    "nudge": WrittenNudge,
}
"""By their first key."""
