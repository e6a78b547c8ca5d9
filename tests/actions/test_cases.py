"""Every built-in bot action does what its case file says. A type without a case file fails."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec.structs import replace

from ascend_core.actions import BUILT_IN_ACTIONS
from ascend_core.contracts import (
    AddToGroups,
    Answered,
    CallWebhook,
    EndRun,
    FormView,
    HandOff,
    LinkRef,
    MemberView,
    OptOut,
    RemoveFromGroups,
    Replied,
    RunView,
    SendText,
    SetFields,
    StartFlow,
    StartTimer,
    TakeArm,
    TimedOut,
    Trace,
)
from ascend_core.engine.scene import Scene
from ascend_core.engine.sprint import Placed, Sprint, resume, start
from ascend_core.errors import FlowProblem
from ascend_core.flow.load import load_flow
from ascend_core.flow.program import compile_flow

CASES = Path(__file__).parent / "cases"
ACTIONS = {action.name: action for action in BUILT_IN_ACTIONS}
NOW = datetime(2026, 11, 5, 20, tzinfo=UTC)
SCENE = Scene(
    now=NOW,
    member=MemberView(
        id=1, phone="+12025550101", fields={"first_name": "Ana"}, groups=frozenset({"Old"}), zones=("America/New_York",)
    ),
    form=FormView(
        id=1,
        key="e1",
        name="Canvass",
        url="https://example.org/event/1",
        starts_at=NOW + timedelta(days=3),
        timezone="America/New_York",
    ),
    run=RunView(id=7, flow="tried", started_at=NOW),
)
load = partial(load_flow, file="case", actions=ACTIONS, nudges={}, trackers={"mobilize"})


def cases_of(name: str) -> list[dict[str, Any]]:
    """The cases of one action; a file that is missing is an error that names it."""
    cases: list[dict[str, Any]] = yaml.load((CASES / f"{name}.yaml").read_text("utf-8"), yaml.BaseLoader)  # noqa: S506 -- it makes strings and nothing else
    return cases


def test_every_action_has_a_case_file_and_every_file_an_action() -> None:
    """A bot action without cases is not finished."""
    assert sorted(path.stem for path in CASES.iterdir()) == sorted(ACTIONS)
    assert all(len(cases_of(name)) > 1 for name in ACTIONS)


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{name}: {case['case']}") for name in ACTIONS for case in cases_of(name)]
)
def test_the_action_does_what_its_case_says(case: dict[str, Any]) -> None:
    """The texts, timers, changes and problems, in order, from the start through everything that happens."""
    document = f"flow: tried\nsteps:\n{case['steps']}"
    if "refused" in case:
        with pytest.raises(FlowProblem) as refused:
            load(document)
        assert str(refused.value).splitlines() == case["refused"]
        return
    program = compile_flow(load(document))

    scene = SCENE
    sprint = start(program, scene, ACTIONS)
    seen = told(sprint, scene.now)
    for happening in case.get("then", []):
        (what, value), *_ = happening.items()
        passed = timedelta(hours=int(happening.get("hours", 0)))
        scene = replace(scene, now=scene.now + passed, member=sprint.member)
        happened = happening_of(what, value)
        sprint = resume(program, sprint.run, happened, scene, ACTIONS)
        seen += [f"-- {what}{': ' + value if value else ''}", *told(sprint, scene.now)]

    assert seen == case["expect"]


def happening_of(what: str, value: str) -> Replied | TimedOut | Answered:
    """One entry of a case's ``then``."""
    match what:
        case "timer":
            return TimedOut()
        case "answer":
            return Answered(ok=True, status=200, document=json.loads(value) if value else None)
        case "failure":
            return Answered(ok=False, status=int(value))
        case _:
            return Replied(value)


def told(sprint: Sprint, now: datetime) -> list[str]:
    """The effects as a case file writes them, and where the run waits."""
    lines = [line for line in (line_of(placed, now) for placed in sprint.effects) if line]
    return [*lines, f"waits at {sprint.run.position}"] if sprint.run.waiting else lines


def line_of(placed: Placed, now: datetime) -> str:
    """One effect in a line."""
    match placed.effect:
        case SendText() as text:
            body = "".join(f"<{part.name}>" if isinstance(part, LinkRef) else part for part in text.body)
            links = "".join(f" [{link.name} {link.url} {link.tracker}]" for link in text.links)
            return f"{'answer' if text.reply else 'send'}: {body}{links}"
        case SetFields(values=values):
            return f"set: {dict(values)}"
        case AddToGroups(names=names):
            return f"add: {', '.join(names)}"
        case RemoveFromGroups(names=names):
            return f"remove: {', '.join(names)}"
        case StartTimer(due_at=due_at):
            return f"timer: {due_at - now}"
        case CallWebhook() as call:
            asked = f" secrets {', '.join(call.secrets)}" if call.secrets else ""
            sent = call.document and dict(call.document)
            return f"call: {call.method} {call.url} {dict(call.headers)} {sent}{asked}"
        case StartFlow(flow=flow):
            return f"start: {flow}"
        case TakeArm(test=test, arm=arm):
            return f"arm: {test} {arm}"
        case HandOff(note=note):
            return f"hand off: {note}"
        case OptOut():
            return "opt out"
        case EndRun(reason=reason, cancel_nudges=cancelled):
            return f"end: {reason}{', nudges cancelled' if cancelled else ''}"
        case Trace(kind="problem", detail=detail):
            return f"problem: {detail['problem']}"
        case Trace(detail={"why": why}):
            return f"why: {why}"
    return ""
