"""A nudge is decided when it is due: sent, held, or skipped for a reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from ascend_core.contracts import LinkRef, NudgeType, NudgeView, QuietHours, SendText, TrackedUrl
from ascend_core.engine.nudging import HoldNudge, NudgeDecision, SendNudge, SkipNudge, decide_nudge
from ascend_core.engine.scene import Scene
from ascend_core.flow.program import Program

FORM = TrackedUrl(name="form", url="https://example.org/event/1", tracker="mobilize")
DAYTIME = QuietHours(start=time(12), end=time(18))


@pytest.fixture
def decide(program: Program, scene: Scene, registered: dict[str, Any]) -> Callable[..., NudgeDecision]:
    """Decides the example's 'no_link_click' nudge (1), or the one before it (0), a day later."""

    def decide_one(index: int = 1, **changes: Any) -> NudgeDecision:
        nudge = program.nodes["0"].step.nudges[index]
        kind: NudgeType = registered["nudges"][nudge.type]
        asked: dict[str, Any] = {
            "view": NudgeView(reached_at=scene.now),
            "scene": replace(scene, now=scene.now + timedelta(days=1)),
            "expires_at": None,
            "default_quiet_hours": None,
            **changes,
        }
        return decide_nudge(program, "0", index, type=kind, **asked)

    return decide_one


def at(scene: Scene, moment: str) -> Scene:
    return replace(scene, now=datetime.fromisoformat(moment))


def test_an_owed_nudge_is_sent_with_the_links_of_its_step(
    decide: Callable[..., NudgeDecision], program: Program, scene: Scene
) -> None:
    """Its own text, the bot action's links, the hours it lives under, and its end."""
    end = scene.now + timedelta(days=3)

    assert decide(0, expires_at=end) == SendNudge(
        SendText(
            body=(
                "Looks like you opened the form but didn't finish. ",
                LinkRef("form"),
                " It takes a minute.",
            ),
            links=(FORM,),
            quiet_hours=program.flow.quiet_hours,
            expires_at=end,
        )
    )


def test_a_nudge_says_why_it_is_not_sent(decide: Callable[..., NudgeDecision], scene: Scene) -> None:
    """Too late, the event gone, the member gone, already done, or not for this member."""
    tomorrow = replace(scene, now=scene.now + timedelta(days=1))
    assert scene.form is not None
    gone = replace(tomorrow, form=replace(scene.form, deleted=True))
    soon = replace(tomorrow, form=replace(scene.form, starts_at=tomorrow.now + timedelta(hours=5)))
    left = replace(tomorrow, member=replace(scene.member, subscribed=False))
    clicked = NudgeView(reached_at=scene.now, clicked_at=scene.now)

    assert decide(expires_at=tomorrow.now) == SkipNudge("expired")
    assert decide(scene=gone, expires_at=tomorrow.now) == SkipNudge("expired")
    assert decide(scene=gone, view=clicked) == SkipNudge("event_gone")
    assert decide(scene=left, view=clicked) == SkipNudge("unsubscribed")
    assert decide(view=clicked) == SkipNudge("clicked")
    assert decide(0, scene=soon) == SkipNudge("filtered")
    assert decide(1, scene=replace(tomorrow, form=None)) == SkipNudge("unset_value")


def test_a_filter_without_an_answer_says_so(decide: Callable[..., NudgeDecision], scene: Scene) -> None:
    """It is not the member who was not meant: there is no event, so its start is none."""
    decision = decide(0, scene=replace(scene, now=scene.now + timedelta(days=1), form=None))

    assert isinstance(decision, SkipNudge)
    assert decision.reason == "condition_failed"
    assert decision.problem is not None
    assert decision.problem.about == 'event.start - now > duration("6h")'
    assert decision.problem.why


def test_its_own_quiet_hours_come_before_the_flows(decide: Callable[..., NudgeDecision], scene: Scene) -> None:
    """The first nudge is held by the flow's hours, the second dropped by its own."""
    night = at(scene, "2026-11-06T21:00-05:00")
    early = at(scene, "2026-11-07T09:30-05:00")

    assert decide(0, scene=night) == HoldNudge(datetime.fromisoformat("2026-11-07T09:00-05:00"), "quiet_hours")
    assert decide(1, scene=night) == SkipNudge("quiet_hours")
    assert isinstance(decide(0, scene=early), SendNudge)
    assert decide(1, scene=early) == SkipNudge("quiet_hours")


def test_the_default_quiet_hours_hold_where_nobody_said_otherwise(
    compiled: Callable[[str], Program], scene: Scene, registered: dict[str, Any]
) -> None:
    """A flow without quiet hours lives under the product's."""
    program = compiled("- send: Hi\n  nudges: [{nudge: no_reply, after: 1d, text: Hello again}]")
    asked: dict[str, Any] = {"type": registered["nudges"]["no_reply"], "scene": scene, "expires_at": None}
    view = NudgeView(reached_at=scene.now - timedelta(days=1))

    held = decide_nudge(program, "0", 0, view=view, default_quiet_hours=DAYTIME, **asked)
    sent = decide_nudge(program, "0", 0, view=view, default_quiet_hours=None, **asked)

    assert held == HoldNudge(datetime.fromisoformat("2026-11-05T18:00-05:00"), "quiet_hours")
    assert sent == SendNudge(SendText(body=("Hello again",)))
