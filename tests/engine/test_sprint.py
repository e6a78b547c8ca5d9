"""What a run does between two waits."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from attrs import frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ascend_core.contracts import (
    AddToGroups,
    BotActionType,
    Effect,
    EndRun,
    LinkRef,
    Memory,
    Outcome,
    Replied,
    SendText,
    SetFields,
    StartTimer,
    Steps,
    StepView,
    TimedOut,
    Trace,
    TrackedUrl,
    main,
)
from ascend_core.engine.runs import RunState
from ascend_core.engine.scene import Scene
from ascend_core.engine.sprint import MOST_SPRINTS, ArmNudge, Placed, Sprint, resume, start
from ascend_core.flow.load import load_flow
from ascend_core.flow.program import Program, compile_flow

Compiled = Callable[[str], Program]


def problems_of(sprint: Sprint) -> list[dict[str, Any]]:
    return [
        dict(placed.effect.detail)
        for placed in sprint.effects
        if isinstance(placed.effect, Trace) and placed.effect.kind == "problem"
    ]


def texts_of(sprint: Sprint) -> list[SendText]:
    return [placed.effect for placed in sprint.effects if isinstance(placed.effect, SendText)]


def test_the_example_starts(program: Program, scene: Scene, registered: dict[str, Any]) -> None:
    """It greets, arms the nudges of both steps, asks, and waits for the answer."""
    sprint = start(program, scene, registered["actions"])

    quiet, now, day = program.flow.quiet_hours, scene.now, timedelta(days=1)
    hello = "Hi Ana! You're down for Canvass on Sun, Nov 8 at 3:00 PM.\nFinish your sign-up: "
    asked_until = now + 2 * day
    assert sprint.effects == (
        Placed("0", Trace(kind="action", step="0", detail={"action": "send"})),
        Placed(
            "0",
            SendText(
                body=(hello, LinkRef("form"), " Reply STOP to opt out."),
                links=(TrackedUrl(name="form", url="https://example.org/event/1", tracker="mobilize"),),
                quiet_hours=quiet,
            ),
        ),
        Placed(
            "0",
            ArmNudge(
                step="0",
                index=0,
                type="mobilize.link_clicked_no_submission",
                due_at=now + day,
                expires_at=now + 3 * day,
            ),
        ),
        Placed("0", ArmNudge(step="0", index=1, type="no_link_click", due_at=now + day)),
        Placed("1", Trace(kind="wait", step="1", detail={"action": "ask"})),
        Placed("1", SendText(body=("Can you still make it? YES or NO",), quiet_hours=quiet)),
        Placed("1", StartTimer(due_at=asked_until)),
        Placed("1", ArmNudge(step="1", index=0, type="no_reply", due_at=now + day)),
    )
    memory: Memory = {"tries": 0, "no_reply_at": asked_until.isoformat()}
    assert sprint.run == RunState(position="1", waiting=True, hears_replies=True, sprint=1, memory=memory)
    assert sprint.member == scene.member


def test_an_answer_moves_the_example_on(program: Program, scene: Scene, registered: dict[str, Any]) -> None:
    """Yes: the field, the group, and a wait until three hours before; no nudge is armed twice."""
    actions = registered["actions"]
    asked = start(program, scene, actions)
    answered = resume(program, asked.run, Replied("Yes!!"), scene, actions)

    assert [placed.effect for placed in answered.effects if not isinstance(placed.effect, Trace)] == [
        SetFields(values={"rsvp": "confirmed"}),
        AddToGroups(names=("Confirmed",)),
        StartTimer(due_at=scene.now + timedelta(hours=69), follows_event=True),
    ]
    until = {"until": (scene.now + timedelta(hours=69)).isoformat()}
    assert answered.run == RunState(position="2", waiting=True, hears_replies=False, sprint=2, memory=until)
    assert answered.member.fields["rsvp"] == "confirmed"
    assert answered.member.groups == {"Confirmed"}

    later = replace(scene, now=scene.now + timedelta(hours=69), member=answered.member)
    reminded = resume(program, answered.run, TimedOut(), later, actions)
    assert [text.body for text in texts_of(reminded)] == [("See you at Town Hall!",)]
    assert reminded.run == RunState(position=None, waiting=False, hears_replies=False, sprint=3, ended="finished")
    assert reminded.effects[-1] == Placed(None, EndRun(reason="finished", cancel_nudges=False))


def test_a_run_hears_only_what_it_waits_for(program: Program, scene: Scene, registered: dict[str, Any]) -> None:
    """A stale timer, a reply to a wait, anything to an ended run: nothing happens."""
    actions = registered["actions"]
    waiting = RunState(position="2", waiting=True, hears_replies=False, sprint=2)
    ended = RunState(position=None, waiting=False, hears_replies=False, sprint=3, ended="finished")

    for run, happened in ((waiting, Replied("hello")), (ended, Replied("hello")), (ended, TimedOut())):
        assert resume(program, run, happened, scene, actions) == Sprint(run=run, member=scene.member, effects=())


def test_an_answer_is_marked_as_one(compiled: Compiled, scene: Scene, registered: dict[str, Any]) -> None:
    """Who writes at night gets the answer at night; a text after a timer does not count as one."""
    program = compiled("- ask: a\n  text: How?\n  no_reply: {after: 1d}\n- send: Thanks")
    actions = registered["actions"]
    asked = start(program, scene, actions)

    assert [text.reply for text in texts_of(resume(program, asked.run, Replied("ok"), scene, actions))] == [True]
    assert [text.reply for text in texts_of(resume(program, asked.run, TimedOut(), scene, actions))] == [False]


@frozen(kw_only=True)
class AnyParams:
    what: str = main(default="")
    then: Steps | None = None


def acting(run: Callable[[StepView, AnyParams], Any]) -> dict[str, BotActionType[Any]]:
    return {"odd": BotActionType(name="odd", label="Odd", params=AnyParams, run=run)}


def odd_program(registered: dict[str, Any], actions: dict[str, BotActionType[Any]], steps: str) -> Program:
    known = {**registered, "actions": {**registered["actions"], **actions}}
    return compile_flow(load_flow(f"flow: odd\nsteps:\n{steps}", file="f", **known))


def fails(_view: StepView, _params: AnyParams) -> Outcome:
    raise ZeroDivisionError("Ana, +12025550101")


def half_an_effect(_view: StepView, _params: AnyParams) -> Outcome:
    effects: list[Effect] = [AddToGroups(names=("A",)), "no effect"]  # type: ignore[list-item]  # -- the bug it stands for
    return Outcome(effects=effects)


def forgetful(_view: StepView, _params: AnyParams) -> Outcome:
    memory: Any = {"a": []}
    return Outcome(wait=True, memory=memory)


@pytest.mark.parametrize(
    ("run", "error"),
    [
        (fails, "ZeroDivisionError"),
        (lambda _view, _params: None, "TypeError"),
        (half_an_effect, "TypeError"),
        (lambda _view, _params: Outcome(exit=Steps("nowhere")), "LookupError"),
        (forgetful, "TypeError"),
        (lambda view, _params: Outcome(effects=[StartTimer(due_at=view.now.replace(tzinfo=None))]), "TypeError"),
    ],
)
def test_a_bug_in_an_action_ends_its_run_alone(
    run: Callable[..., Any], error: str, scene: Scene, registered: dict[str, Any]
) -> None:
    """The trace names the action and the kind of error, never the data; nothing of the step is done by half."""
    actions = acting(run)
    nudge = "{nudge: no_reply, after: 1d, text: Hi}"
    program = odd_program(registered, actions, f"- send: Hi\n- odd: x\n  nudges: [{nudge}]\n- send: Never")
    sprint = start(program, scene, {**registered["actions"], **actions})

    assert [placed.effect for placed in sprint.effects[1:]] == [
        SendText(body=("Hi",)),
        Trace(kind="problem", step="1", detail={"problem": "action_failed", "action": "odd", "error": error}),
        EndRun(reason="failed", cancel_nudges=True),
    ]
    assert sprint.run.ended == "failed"


def test_what_an_action_traced_stays_as_it_was_then(scene: Scene, registered: dict[str, Any]) -> None:
    """An action may say the next thing in the same dictionary."""
    said: dict[str, Any] = {}

    def counts(_view: StepView, _params: AnyParams) -> Outcome:
        said["times"] = said.get("times", 0) + 1
        return Outcome(effects=[Trace(kind="action", step=None, detail=said)])

    actions = acting(counts)
    program = odd_program(registered, actions, "- odd: x\n- odd: y")
    sprint = start(program, scene, {**registered["actions"], **actions})

    lines = [placed.effect for placed in sprint.effects if isinstance(placed.effect, Trace)]
    assert [(line.step, line.detail) for line in lines] == [
        ("0", {"action": "odd"}),
        ("0", {"times": 1}),
        ("1", {"action": "odd"}),
        ("1", {"times": 2}),
    ]


def test_an_action_that_is_gone_ends_the_run(compiled: Compiled, scene: Scene) -> None:
    """A plugin was removed while its flow runs: the trace says so."""
    sprint = start(compiled("- send: Hi"), scene, {})

    assert problems_of(sprint) == [{"problem": "no_such_action", "action": "send"}]
    assert sprint.run.ended == "failed"


def test_a_step_that_is_gone_ends_the_run(compiled: Compiled, scene: Scene, registered: dict[str, Any]) -> None:
    """It cannot happen to a run that is pinned to its version; if it does, it is no crash."""
    run = RunState(position="9.then.1", waiting=True, hears_replies=True, sprint=1)
    sprint = resume(compiled("- send: Hi"), run, TimedOut(), scene, registered["actions"])

    assert problems_of(sprint) == [{"problem": "no_such_step"}]


def test_a_sprint_has_at_most_a_hundred_steps(compiled: Compiled, scene: Scene, registered: dict[str, Any]) -> None:
    """A flow that never comes to rest is ended, and says why."""
    enough = start(compiled("- set: {a: b}\n" * 99), scene, registered["actions"])
    too_many = start(compiled("- set: {a: b}\n" * 101), scene, registered["actions"])

    assert enough.run.ended == "finished"
    assert too_many.run.ended == "too_many_steps"
    assert problems_of(too_many) == [{"limit": "steps", "most": 100}]


def test_a_run_has_at_most_five_hundred_sprints(compiled: Compiled, scene: Scene, registered: dict[str, Any]) -> None:
    """A conversation that never ends is ended."""
    program = compiled("- ask: a\n  text: How?\n  replies: [{match: well}]")
    run = start(program, scene, registered["actions"]).run
    for _ in range(MOST_SPRINTS - 1):
        run = resume(program, run, Replied("hm"), scene, registered["actions"]).run
    assert (run.sprint, run.ended) == (MOST_SPRINTS, None)

    assert resume(program, run, Replied("hm"), scene, registered["actions"]).run.ended == "too_many_steps"


def test_the_ending_an_action_asks_for_is_carried_out(
    compiled: Compiled, scene: Scene, registered: dict[str, Any]
) -> None:
    """A handoff cancels what is pending; a stop does not."""
    for steps, ending in (
        ("- handoff: inbox\n- send: Never", EndRun(reason="handed_off", cancel_nudges=True)),
        ("- stop:\n- send: Never", EndRun(reason="stopped_by_flow", cancel_nudges=False)),
    ):
        sprint = start(compiled(steps), scene, registered["actions"])
        assert sprint.effects[-1] == Placed(None, ending)
        assert texts_of(sprint) == []
        assert sprint.run.ended == ending.reason


HAPPENINGS = st.lists(
    st.tuples(
        st.sampled_from(["yes", "No", "maybe", "", "STOPPED", "sí, claro"]).map(Replied) | st.just(TimedOut()),
        st.integers(0, 60),
    ),
    max_size=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(happenings=HAPPENINGS)
def test_a_stored_run_goes_on_as_if_it_had_never_been_stored(
    happenings: list[tuple[Replied | TimedOut, int]], program: Program, scene: Scene, registered: dict[str, Any]
) -> None:
    """Written down and read back between any two sprints, a run has the same effects; each sprint waits or ends."""
    actions = registered["actions"]
    kept = start(program, scene, actions)
    stored = kept
    for happened, hours in happenings:
        scene = replace(scene, now=scene.now + timedelta(hours=hours), member=kept.member)
        reread = RunState.from_json(json.loads(json.dumps(stored.run.to_json())))
        before = kept.run.sprint
        kept = resume(program, kept.run, happened, scene, actions)
        stored = resume(program, reread, happened, scene, actions)

        assert stored == kept
        assert kept.run.waiting is (kept.run.ended is None) is (kept.run.position is not None)
        assert kept.run.sprint == before + bool(kept.effects)
