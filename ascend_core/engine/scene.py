"""What a step sees: the member, the form, the run and the time, as they are at that step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from attrs import frozen
from msgspec import Struct
from msgspec.structs import replace

from ascend_core.contracts import (
    AddToGroups,
    Body,
    Condition,
    Effect,
    FormView,
    Happened,
    MemberView,
    Memory,
    Moment,
    OptOut,
    RemoveFromGroups,
    RunView,
    SetFields,
    Text,
)
from ascend_core.engine.ab import choose_arm
from ascend_core.engine.field_values import FieldRule
from ascend_core.errors import FlowProblem
from ascend_core.flow.document import ABTest
from ascend_core.flow.expressions import Facts, compile_condition
from ascend_core.flow.templates import compile_template

__all__ = ["Problem", "Scene", "SceneView", "member_after"]


class Scene(Struct, frozen=True, kw_only=True, gc=False):
    """The world of one run at one moment. *now* is aware, UTC."""

    now: datetime
    member: MemberView
    form: FormView | None
    run: RunView
    rules: Callable[[], Mapping[str, FieldRule]] = dict
    """What the member fields that people defined take; asked for only when a step sets some."""


@frozen(kw_only=True)
class Problem:
    """Something an author should know; *about* is the author's own words (a path, a condition), never data."""

    problem: str
    about: str
    why: str = ""


class SceneView(Struct, kw_only=True, eq=False, gc=False):
    """The ``StepView`` of one step. It also notes what could not be worked out, for the trace."""

    scene: Scene
    happened: Happened
    memory: Memory
    reply: str | None = None
    problems: list[Problem] = []
    _facts: Facts | None = None

    @property
    def now(self) -> datetime:
        return self.scene.now

    @property
    def member(self) -> MemberView:
        return self.scene.member

    @property
    def form(self) -> FormView | None:
        return self.scene.form

    @property
    def run(self) -> RunView:
        return self.scene.run

    def render(self, text: Text) -> Body:
        """*text* filled; a place with neither value nor fallback is an ``Unfilled`` part and a noted problem."""
        scene = self.scene
        body, unfilled = compile_template(text.source).render(member=scene.member, form=scene.form, run=scene.run)
        if unfilled:
            self.problems.extend([Problem(problem="unset_value", about=path) for path in unfilled])
        return body

    def plain(self, text: Text) -> str:
        """*text* filled, as one string; empty when a place in it has neither value nor fallback."""
        before = len(self.problems)
        body = self.render(text)
        if len(self.problems) > before:
            return ""
        match body:
            case (str() as whole,):
                return whole
            case _:
                return "".join([part for part in body if isinstance(part, str)])

    def test(self, condition: Condition) -> bool:
        """Whether *condition* holds; an evaluation that fails is False, and a noted problem."""
        try:
            answer, problem = compile_condition(condition.source).test(self._known())
        except FlowProblem as error:  # published long ago, and not allowed any more
            answer, problem = False, str(error)
        if problem is not None:
            self.problems.append(Problem(problem="condition_failed", about=condition.source, why=problem))
        return answer

    def moment(self, moment: Moment) -> datetime | None:
        """The time *moment* gives: aware, UTC; None, and a noted problem where the evaluation failed."""
        try:
            answer, problem = compile_condition(moment.source).moment(self._known())
        except FlowProblem as error:  # as above
            answer, problem = None, str(error)
        if problem is not None:
            self.problems.append(Problem(problem="moment_failed", about=moment.source, why=problem))
        return answer

    def choose(self, test: str, weights: Mapping[str, int]) -> str:
        """The member's arm of *test*, drawn from the test's name and the phone."""
        return choose_arm(ABTest(name=test, arms=weights), self.scene.member.phone)

    def _known(self) -> Facts:
        if self._facts is None:
            scene = self.scene
            self._facts = Facts(
                member=scene.member, form=scene.form, run=scene.run, now=scene.now, reply=self.reply
            )  # fmt: skip
        return self._facts


def member_after(member: MemberView, effect: Effect) -> MemberView:
    """*member* as later steps of the same sprint see it, once *effect* is carried out."""
    match effect:
        case SetFields(values=values):
            return replace(member, fields={**member.fields, **values})
        case AddToGroups(names=names):
            return replace(member, groups=member.groups.union(names))
        case RemoveFromGroups(names=names):
            return replace(member, groups=member.groups.difference(names))
        case OptOut():
            return replace(member, subscribed=False)
        case _:
            return member
