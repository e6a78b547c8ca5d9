"""What becomes of a nudge that is due: sent, held, or skipped for a reason."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from ascend_core.contracts import (
    LinkRef,
    LinkSpec,
    NotOwed,
    NudgeType,
    NudgeView,
    QuietHours,
    Reached,
    SendText,
    TrackedUrl,
)
from ascend_core.engine.messages import fault_of
from ascend_core.engine.scene import Problem, Scene, SceneView
from ascend_core.flow.document import Nudge, Step
from ascend_core.flow.program import Program
from ascend_core.gates.quiet_hours import quiet_until

__all__ = ["HoldNudge", "NudgeDecision", "SendNudge", "SkipNudge", "decide_nudge"]


@frozen
class SendNudge:
    """Send it now."""

    text: SendText


@frozen
class HoldNudge:
    """Decide again at *until* (aware, UTC)."""

    until: datetime
    why: str


@frozen
class SkipNudge:
    """Never send it; *reason* is one word for the trace and the counts."""

    reason: str
    problem: Problem | None = None
    """What could not be worked out, for the trace."""


NudgeDecision = SendNudge | HoldNudge | SkipNudge


def decide_nudge(
    program: Program,
    step: str,
    index: int,
    *,
    type: NudgeType,  # noqa: A002 -- the word authors and callers use for it
    view: NudgeView,
    scene: Scene,
    expires_at: datetime | None,
    default_quiet_hours: QuietHours | None,
    clear_at: datetime | None = None,
) -> NudgeDecision:
    """Decide nudge *index* of *step* at ``scene.now``.

    The first that applies: cannot_be_read, expired, event_gone, unsubscribed, what the condition says,
    condition_failed (its ``if`` has no answer), filtered (it does not hold), min_gap (held until *clear_at*, when the
    member's last nudge is long enough ago), quiet hours (its own, else the flow's, else the default: held, or skipped
    as quiet_hours), a text that cannot be sent. Total for a nudge that exists; LookupError for one that does not.
    """
    place = program.nodes[step].step
    nudge = place.nudges[index]
    if (skipped := _why_not(nudge, type, view, scene, expires_at)) is not None:
        return skipped
    if clear_at is not None and clear_at > scene.now:
        return HoldNudge(clear_at, "min_gap")
    quiet = nudge.quiet_hours or program.flow.quiet_hours or default_quiet_hours
    until = quiet_until(quiet, scene.member.zones, scene.now) if quiet is not None else None
    if quiet is not None and until is not None:
        return SkipNudge("quiet_hours") if quiet.then == "drop" else HoldNudge(until, "quiet_hours")
    text = _text(place, nudge, scene, quiet, expires_at)
    fault = fault_of(text)
    return SendNudge(text) if fault is None else SkipNudge(fault)


def _why_not(
    nudge: Nudge, type: NudgeType, view: NudgeView, scene: Scene, expires_at: datetime | None  # noqa: A002 -- as above
) -> SkipNudge | None:  # fmt: skip
    if not nudge.type:
        return SkipNudge("cannot_be_read")
    if expires_at is not None and expires_at <= scene.now:
        return SkipNudge("expired")
    if scene.form is not None and scene.form.deleted:
        return SkipNudge("event_gone")
    if not scene.member.subscribed:
        return SkipNudge("unsubscribed")
    owed = type.still_owed(view)
    if isinstance(owed, NotOwed):
        return SkipNudge(owed.reason)
    if nudge.condition is not None:
        seen = _seen(scene)
        if not seen.test(nudge.condition):
            failed = next(iter(seen.problems), None)
            return SkipNudge("filtered") if failed is None else SkipNudge("condition_failed", failed)
    return None


def _seen(scene: Scene) -> SceneView:
    return SceneView(scene=scene, happened=Reached(), memory={})


def _text(step: Step, nudge: Nudge, scene: Scene, quiet: QuietHours | None, expires_at: datetime | None) -> SendText:
    view = _seen(scene)
    body = view.render(nudge.text)
    declared: Mapping[str, LinkSpec] = getattr(step.params, "links", None) or {}
    placed = dict.fromkeys(part.name for part in body if isinstance(part, LinkRef))
    links = tuple(
        TrackedUrl(name=name, url=view.plain(declared[name].url), tracker=declared[name].track)
        for name in placed
        if name in declared
    )
    return SendText(body=body, links=links, quiet_hours=quiet, expires_at=expires_at)
