"""A sprint: what a run does between two waits. Pure: the same run, happening and scene give the same effects."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal, get_args

from attrs import frozen
from msgspec import Struct
from msgspec.structs import replace

from ascend_core.contracts import (
    AddToGroups,
    Answered,
    BotActionType,
    Effect,
    EndRun,
    FieldValue,
    Happened,
    MemberView,
    Memory,
    Outcome,
    Reached,
    RemoveFromGroups,
    Replied,
    SendText,
    SetFields,
    StartTimer,
    TimedOut,
    Trace,
)
from ascend_core.engine.field_values import ZONE, fit
from ascend_core.engine.messages import fault_of
from ascend_core.engine.runs import RunState
from ascend_core.engine.scene import Problem, Scene, SceneView, member_after
from ascend_core.flow.document import Step, Unread
from ascend_core.flow.program import Node, Program

__all__ = ["MOST_SPRINTS", "MOST_STEPS_A_SPRINT", "ArmNudge", "Placed", "Sprint", "resume", "start"]

MOST_STEPS_A_SPRINT = 100
"""Steps before a run must wait or end: more is a flow that never comes to rest (rule 6 of the flow language)."""
MOST_SPRINTS = 500
"""Sprints of one run: more is a conversation that never ends (rule 6)."""


@frozen(kw_only=True)
class ArmNudge:
    """Decide this nudge at *due_at*; never send it after *expires_at*. Both aware, UTC."""

    step: str
    index: int
    """Among the step's nudges, from 0."""
    type: str
    due_at: datetime
    expires_at: datetime | None = None


class Placed(Struct, frozen=True, gc=False):
    """An effect and the path of the step that asked for it; None: the run itself."""

    step: str | None
    effect: Effect | ArmNudge


class Sprint(Struct, frozen=True, kw_only=True, gc=False):
    """What came of it: the run as it stands now, the member as changed, and the effects in order."""

    run: RunState
    member: MemberView
    effects: tuple[Placed, ...]


Actions = Mapping[str, BotActionType[Any]]


def start(program: Program, scene: Scene, actions: Actions) -> Sprint:
    """Begin a run of *program*. Total: whatever goes wrong is in the effects."""
    return _Sprinter(program=program, scene=scene, actions=actions, number=1).go(program.first, _REACHED, {})


def resume(
    program: Program, run: RunState, happened: Replied | TimedOut | Answered, scene: Scene, actions: Actions
) -> Sprint:
    """Go on with *run* after what *happened*. Total.

    A run that does not wait for it (ended, or deaf to replies) stays as it is, without effects.
    """
    if run.ended is not None or not run.waiting or (isinstance(happened, Replied) and not run.hears_replies):
        return Sprint(run=run, member=scene.member, effects=())
    reply = happened.text if isinstance(happened, Replied) else None
    sprinter = _Sprinter(program=program, scene=scene, actions=actions, number=run.sprint + 1, reply=reply)
    if run.sprint >= MOST_SPRINTS:
        return sprinter.give_up("too_many_steps", run.position, {"limit": "sprints", "most": MOST_SPRINTS})
    return sprinter.go(run.position, happened, run.memory)


class _Sprinter(Struct, kw_only=True, eq=False, gc=False):
    """One sprint under way."""

    program: Program
    scene: Scene
    actions: Actions
    number: int
    reply: str | None = None
    placed: list[Placed] = []

    def go(self, position: str | None, happened: Happened, memory: Memory) -> Sprint:
        """Take steps until the run waits or ends."""
        for _ in range(MOST_STEPS_A_SPRINT):
            if position is None:
                return self.end(EndRun(reason="finished"))
            node = self.program.nodes.get(position)
            if node is None:
                return self.give_up("failed", position, {"problem": "no_such_step"})
            taken = self.take(node, happened, memory)
            if isinstance(taken, Sprint):
                return taken
            position, happened, memory = taken.position, _REACHED, {}
        return self.give_up("too_many_steps", position, {"limit": "steps", "most": MOST_STEPS_A_SPRINT})

    def take(self, node: Node, happened: Happened, memory: Memory) -> Sprint | _GoOn:
        """One step: what it leads to, its effects placed; none of them when it fails."""
        step = node.step
        action = self.actions.get(step.action)
        if action is None:
            return self.give_up("failed", step.path, {"problem": "no_such_action", "action": step.action})
        if isinstance(step.params, Unread):
            said: dict[str, FieldValue] = {"problem": "cannot_be_read", "action": step.action, "why": step.params.why}
            return self.give_up("failed", step.path, said)
        view = SceneView(scene=self.scene, happened=happened, memory=memory, reply=self.reply)
        try:
            outcome = _fitted(_checked(action.run(view, step.params), node), view)
            member = self.scene.member
            for effect in outcome.effects:
                if not isinstance(effect, SendText):  # most are
                    member = member_after(member, effect)
        except Exception as error:  # noqa: BLE001 -- the fence of a step: a plugin's bug ends this run and no other
            detail: dict[str, FieldValue] = {"problem": "action_failed", "action": step.action}
            return self.give_up("failed", step.path, {**detail, "error": type(error).__name__})
        self.place_trace(step, happened, outcome, view)
        self.place_effects(step, outcome)
        if isinstance(happened, Reached):
            self.place_nudges(step)
        if member is not self.scene.member:
            self.scene = replace(self.scene, member=member)
        return self.leave(node, outcome)

    def leave(self, node: Node, outcome: Outcome) -> Sprint | _GoOn:
        """Where the run goes after the step."""
        for effect in outcome.effects:
            if isinstance(effect, EndRun):
                return self.end(effect)
        if not outcome.wait:
            return _GoOn(node.exits[outcome.exit.exit] if outcome.exit is not None else node.next)
        return self.sprint(
            RunState(
                position=node.step.path,
                waiting=True,
                hears_replies=outcome.hears_replies,
                sprint=self.number,
                memory=dict(outcome.memory),
            )
        )

    def place_trace(self, step: Step, happened: Happened, outcome: Outcome, view: SceneView) -> None:
        """One line for the step, and one for each problem it met."""
        more: dict[str, FieldValue] = {}
        if outcome.exit is not None:
            more["exit"] = outcome.exit.exit
        if outcome.why:
            more["why"] = outcome.why
        for effect in outcome.effects:
            if not isinstance(effect, SendText):
                more.update(_changes(self.scene.member, effect))
        detail = {**_of_action(step.action), **more} if more else _of_action(step.action)
        self.place(step.path, Trace(kind=_kind(happened, outcome), step=step.path, detail=detail))
        for problem in view.problems:
            said: dict[str, FieldValue] = {"problem": problem.problem, "about": problem.about}
            if problem.why:
                said["why"] = problem.why
            self.place(step.path, Trace(kind="problem", step=step.path, detail=said))

    def place_effects(self, step: Step, outcome: Outcome) -> None:
        """The step's effects in their order; a text that cannot go out becomes a problem in the trace."""
        for effect in outcome.effects:
            match effect:
                case EndRun():
                    continue
                case SendText():
                    fault = fault_of(effect)
                    if fault is None:
                        self.place(step.path, self.as_sent(effect))
                    else:
                        detail: dict[str, FieldValue] = {"problem": fault, "action": step.action, "not_sent": True}
                        self.place(step.path, Trace(kind="problem", step=step.path, detail=detail))
                case Trace():
                    detail = dict(effect.detail)  # the action's own, which it may use again
                    its_step = step.path if effect.step is None else effect.step
                    self.place(step.path, replace(effect, step=its_step, detail=detail))
                case _:
                    self.place(step.path, effect)

    def as_sent(self, text: SendText) -> SendText:
        """*text* with the flow's quiet hours, marked as an answer when the sprint answers the member."""
        quiet = text.quiet_hours if text.quiet_hours is not None else self.program.flow.quiet_hours
        reply = text.reply or self.reply is not None
        if quiet is text.quiet_hours and reply == text.reply:
            return text
        return replace(text, quiet_hours=quiet, reply=reply)

    def place_nudges(self, step: Step) -> None:
        """Arm the nudges of a step that the run has just reached."""
        now = self.scene.now
        for index, nudge in enumerate(step.nudges):
            if not nudge.type:
                self.place(step.path, Trace(kind="problem", step=step.path, detail={"problem": "nudge_cannot_be_read"}))
                continue
            expires_at = now + nudge.expires if isinstance(nudge.expires, timedelta) else nudge.expires
            armed = ArmNudge(
                step=step.path, index=index, type=nudge.type, due_at=now + nudge.after, expires_at=expires_at
            )  # fmt: skip
            self.place(step.path, armed)

    def give_up(self, reason: str, step: str | None, detail: Mapping[str, FieldValue]) -> Sprint:
        """End the run because it cannot go on; its nudges die with it."""
        self.place(step, Trace(kind="problem", step=step, detail=dict(detail)))
        return self.end(EndRun(reason=reason, cancel_nudges=True))

    def end(self, ending: EndRun) -> Sprint:
        """The run is over. No line in the trace: its row says when and why."""
        self.place(None, ending)
        return self.sprint(RunState.over(ending.reason, sprint=self.number))

    def sprint(self, run: RunState) -> Sprint:
        """The sprint is over."""
        return Sprint(run=run, member=self.scene.member, effects=tuple(self.placed))

    def place(self, step: str | None, effect: Effect | ArmNudge) -> None:
        self.placed.append(Placed(step, effect))


class _GoOn(Struct, frozen=True, gc=False):
    """The run goes on at *position*; None: it is finished."""

    position: str | None


@lru_cache(maxsize=1_000)
def _of_action(name: str) -> dict[str, FieldValue]:
    """What the trace says of any step with this action. One for all, and changed by nobody: where every run of a batch
    takes the same step, it travels to the database once."""
    return {"action": name}


def _changes(member: MemberView, effect: Effect) -> dict[str, FieldValue]:
    """What *effect* changes on the member, and nothing that stays as it is: ``member.rsvp``, ``joins``, ``leaves``."""
    match effect:
        case SetFields(values=values):
            changed = {name: value for name, value in values.items() if member.fields.get(name) != value}
            return {f"member.{name}": value for name, value in changed.items()}
        case AddToGroups(names=names) if new := [name for name in names if name not in member.groups]:
            return {"joins": ", ".join(new)}
        case RemoveFromGroups(names=names) if old := [name for name in names if name in member.groups]:
            return {"leaves": ", ".join(old)}
        case _:
            return {}


def _kind(happened: Happened, outcome: Outcome) -> Literal["action", "branch", "wait", "reply", "timer", "answer"]:
    match happened:
        case Replied():
            return "reply"
        case TimedOut():
            return "timer"
        case Answered():
            return "answer"
        case Reached():
            if outcome.wait:
                return "wait"
            return "branch" if outcome.exit is not None else "action"


def _checked(outcome: object, node: Node) -> Outcome:
    """*outcome*, if it is one this step can have. Raises TypeError or LookupError: the action has a bug."""
    if not isinstance(outcome, Outcome):
        raise TypeError("a bot action returns an Outcome")
    for effect in outcome.effects:
        if isinstance(effect, SendText):
            continue
        if not isinstance(effect, _EFFECTS):
            raise TypeError("a bot action returns the effects of contracts.effects and nothing else")
        if isinstance(effect, StartTimer) and effect.due_at.tzinfo is None:
            raise TypeError("a timer's time is aware")
    for value in outcome.memory.values():
        if not isinstance(value, _PLAIN):
            raise TypeError("a step remembers plain values only: they are stored")
    if outcome.exit is not None and outcome.exit.exit not in node.exits:
        raise LookupError("this step has no such exit")
    return outcome


def _fitted(outcome: Outcome, view: SceneView) -> Outcome:
    """*outcome*, without the values that do not fit their fields; those become problems in the trace."""
    written = {name for effect in outcome.effects if isinstance(effect, SetFields) for name in effect.values}
    if not written:
        return outcome
    rules = view.scene.rules()
    if not rules and ZONE not in written:
        return outcome
    effects: list[Effect] = []
    for effect in outcome.effects:
        if isinstance(effect, SetFields):
            fitted = fit(rules, effect.values)
            view.problems.extend(Problem(problem="does_not_fit", about=problem) for problem in fitted.problems)
            effects.append(SetFields(values=fitted.values))
        else:
            effects.append(effect)
    return replace(outcome, effects=tuple(effects))


_REACHED = Reached()
_EFFECTS = get_args(Effect)
_PLAIN = (str, int, float, bool, type(None))
