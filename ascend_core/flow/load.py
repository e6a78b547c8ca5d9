"""Reads flow and automation documents. Every problem of a file is found before it is refused."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

import yaml

from ascend_core.contracts import BotActionType, ChannelType, NudgeType
from ascend_core.errors import FlowProblem
from ascend_core.flow.canonical import digest_of
from ascend_core.flow.document import ABTest, Automation, Flow, Step, all_steps
from ascend_core.flow.limits import LONGEST_NAME
from ascend_core.flow.lint import lint_address, lint_flow_names
from ascend_core.flow.migrations import MIGRATIONS, Migration
from ascend_core.flow.nodes import entries, parse
from ascend_core.flow.params import Reading, read_params
from ascend_core.flow.problems import Problem, Problems, nearest, shown
from ascend_core.flow.steps import StepReader
from ascend_core.flow.values import NAME_RULE, is_name
from ascend_core.flow.written import SPEC, WrittenAutomation, WrittenFlow

__all__ = [
    "check_automation",
    "check_flow",
    "load_automation",
    "load_flow",
    "load_stored_automation",
    "load_stored_flow",
]

T = TypeVar("T")


def load_flow(
    text: str | bytes,
    *,
    file: str,
    actions: Mapping[str, BotActionType[Any]],
    nudges: Mapping[str, NudgeType],
    trackers: Collection[str],
    triggers: Collection[str] | None = None,
    channels: Collection[ChannelType] = (),
) -> Flow:
    """The flow that *text* holds.

    *actions* and *nudges* are what is registered, by name; *trackers* and *triggers* are names. Without *triggers*,
    ``stop_when`` is not checked. *channels* say what texts cost and which words they take.
    Raises FlowProblem with one line for each problem, as ``file:line:column: F012 …``.
    """
    flow, problems = check_flow(
        text, file=file, actions=actions, nudges=nudges, trackers=trackers, triggers=triggers, channels=channels
    )  # fmt: skip
    return _whole(flow, problems, file)


def check_flow(
    text: str | bytes,
    *,
    file: str,
    actions: Mapping[str, BotActionType[Any]],
    nudges: Mapping[str, NudgeType],
    trackers: Collection[str],
    triggers: Collection[str] | None = None,
    channels: Collection[ChannelType] = (),
    flows: Collection[str] | None = None,
    migrations: Mapping[int, Migration] = MIGRATIONS,
) -> tuple[Flow | None, tuple[Problem, ...]]:
    """The flow that *text* holds, None when it has errors; and all problems in order, warnings included.

    *flows* are the names of those it may start; None: nobody knows.
    """
    problems = Problems(file)
    root = parse(text, problems, migrations=migrations)
    if root is None:
        return None, problems.in_order()
    reading = Reading(problems=problems)
    written = read_params(WrittenFlow, entries(root, problems), reading, whole=root)
    reader = StepReader(
        problems=problems, actions=actions, nudges=nudges, trackers=trackers, channels=channels, flows=flows
    )
    listed = reading.inner.get("steps")
    steps = reader.read(listed) if isinstance(listed, yaml.SequenceNode) else ()
    reader.check(steps)
    _check_lifetime(written, steps, reader.places, problems)
    if isinstance(listed, yaml.SequenceNode) and not listed.value:
        problems.add("F013", listed, "a flow has at least one step")
    if not isinstance(written, WrittenFlow):
        return None, problems.in_order()
    _check_head(root, written.flow, written.spec, written.title, problems)
    _check_triggers(root, "stop_when", written.stop_when or (), triggers, problems)
    lint_address(written.links_url, _at(root, "links_url"), problems)
    if not is_name(written.flow):
        problems.add("F014", _at(root, "flow"), f"{shown(written.flow)} is no name for a flow: {NAME_RULE}")
    if problems.any_errors():
        return None, problems.in_order()
    said = _said(written, steps)
    return Flow(**said, source=_as_text(text), digest=_digest(said)), problems.in_order()


def load_stored_flow(
    text: str,
    *,
    file: str,
    digest: str,
    actions: Mapping[str, BotActionType[Any]],
    nudges: Mapping[str, NudgeType],
    trackers: Collection[str],
) -> Flow:
    """The flow that was published as *text*, whose digest was *digest*: lint is for authors, not for who is inside.

    What today's rules refuse stays as it was published. A step that cannot be read at all, because its plugin is gone
    or wants other parameters now, keeps its place, and a run that comes to it fails there. Raises FlowProblem when the
    whole makes no sense to this release.
    """
    problems = Problems(file)
    root = parse(text, problems)
    if root is not None:
        reading = Reading(problems=problems)
        written = read_params(WrittenFlow, entries(root, problems), reading, whole=root)
        listed = reading.inner.get("steps")
        if isinstance(written, WrittenFlow) and written.spec == SPEC and isinstance(listed, yaml.SequenceNode):
            reader = StepReader(problems=problems, actions=actions, nudges=nudges, trackers=trackers, stored=True)
            return Flow(**_said(written, reader.read(listed)), source=text, digest=digest)
    problems.raise_errors()
    raise FlowProblem(f"{file}: this release cannot read it")


def _said(written: WrittenFlow, steps: tuple[Step, ...]) -> dict[str, Any]:
    said: dict[str, Any] = {
        "name": written.flow,
        "title": written.title or written.flow,
        "spec": written.spec,
        "steps": steps,
        "expires": written.expires.length if written.expires is not None else None,
        "reentry": written.reentry,
        "stop_when": written.stop_when or (),
        "quiet_hours": written.quiet_hours,
    }
    if written.min_gap is not None:
        said["min_gap"] = written.min_gap.length
    if written.links_url is not None:
        said["links_url"] = written.links_url.rstrip("/")
    return said


def _digest(said: Mapping[str, Any]) -> str:
    """Of what a flow says. One trigger that stops it counts as it did when there could be only one."""
    stops = said["stop_when"]
    return digest_of(**{**said, "stop_when": sorted(set(stops)) if len(set(stops)) > 1 else next(iter(stops), None)})


def load_automation(text: str | bytes, *, file: str, triggers: Collection[str] | None = None) -> Automation:
    """The automation that *text* holds. Without *triggers*, its trigger is not checked. Raises as ``load_flow``."""
    automation, problems = check_automation(text, file=file, triggers=triggers)
    return _whole(automation, problems, file)


def check_automation(
    text: str | bytes,
    *,
    file: str,
    triggers: Collection[str] | None = None,
    flows: Collection[str] | None = None,
) -> tuple[Automation | None, tuple[Problem, ...]]:
    """The automation that *text* holds, None when it has errors; and all problems in order. *flows*: as above."""
    problems = Problems(file)
    root = parse(text, problems)
    if root is None:
        return None, problems.in_order()
    written = read_params(WrittenAutomation, entries(root, problems), Reading(problems=problems), whole=root)
    if not isinstance(written, WrittenAutomation):
        return None, problems.in_order()
    _check_head(root, written.automation, written.spec, None, problems)
    _check_triggers(root, "trigger", (written.trigger,), triggers, problems)
    _check_choice(root, written, problems)
    named = [written.run] if written.run else written.ab_test.arms if written.ab_test else ()
    at = _at(root, "run" if written.run else "ab_test")
    lint_flow_names([(name, at) for name in named], flows, problems)
    if problems.any_errors():
        return None, problems.in_order()
    return _automation(written, text), problems.in_order()


def load_stored_automation(text: str, *, file: str) -> Automation:
    """The automation that was stored as *text*, whatever today's rules say of it.

    Raises FlowProblem when it makes no sense to this release.
    """
    problems = Problems(file)
    root = parse(text, problems)
    if root is not None:
        written = read_params(WrittenAutomation, entries(root, problems), Reading(problems=problems), whole=root)
        if isinstance(written, WrittenAutomation):
            doubts = Problems(file)
            _check_choice(root, written, doubts)
            doubts.raise_errors()
            return _automation(written, text)
    problems.raise_errors()
    raise FlowProblem(f"{file}: this release cannot read it")


def _automation(written: WrittenAutomation, text: str | bytes) -> Automation:
    test = written.ab_test
    return Automation(
        name=written.automation,
        trigger=written.trigger,
        form=written.form,
        once_per=written.once_per,
        run=written.run,
        ab_test=ABTest(name=test.name, arms=dict(test.arms)) if test is not None else None,
        add_to_groups=written.add_to_groups,
        source=_as_text(text),
    )


def _whole(document: T | None, found: tuple[Problem, ...], file: str) -> T:
    if document is None:
        problems = Problems(file, set(found))
        problems.raise_errors()
    assert document is not None  # noqa: S101 -- a document is missing only where an error was found
    return document


def _check_head(root: yaml.MappingNode, name: str, spec: int, title: str | None, problems: Problems) -> None:
    if spec != SPEC:
        problems.add("F006", _at(root, "spec"), f"'spec' is {spec}; this release reads {SPEC}")
    for word in (name, title or ""):
        if len(word) > LONGEST_NAME:
            problems.add("F014", root, f"{shown(word)} has {len(word)} characters; a name has at most {LONGEST_NAME}")


def _check_triggers(
    root: yaml.MappingNode, key: str, names: tuple[str, ...], triggers: Collection[str] | None, problems: Problems
) -> None:
    at = _at(root, key)
    places = at.value if isinstance(at, yaml.SequenceNode) else [at]
    for name, place in zip(names, places, strict=False):
        if triggers is not None and name not in triggers:
            problems.add("F016", place, f"there is no trigger {shown(name)}{nearest(name, triggers)}")


def _check_choice(root: yaml.MappingNode, written: WrittenAutomation, problems: Problems) -> None:
    if (written.run is None) == (written.ab_test is None):
        problems.add("F060", root, "an automation has 'run' or 'ab_test', one of them")
    if written.ab_test is not None:
        weights = written.ab_test.arms.values()
        if not any(weight > 0 for weight in weights) or any(weight < 0 for weight in weights):
            at = _at(root, "ab_test")
            problems.add("F061", at, "the arms' weights are whole numbers from 0, and one of them is above 0")


def _check_lifetime(
    written: object, steps: tuple[Step, ...], places: Mapping[str, yaml.Node], problems: Problems
) -> None:
    """A nudge that is due when its flow's texts have expired is never sent."""
    if not isinstance(written, WrittenFlow) or written.expires is None:
        return
    for step in all_steps(steps):
        if any(nudge.after >= written.expires.length for nudge in step.nudges):
            problem = "a nudge comes when the flow has expired; its 'after' is sooner than the flow's 'expires'"
            problems.add("F051", places[step.path], problem)


def _at(root: yaml.MappingNode, key: str) -> yaml.Node:
    """Where the value of *key* stands; the whole, where it is not written."""
    return next((value for word, value in root.value if word.value == key), root)


def _as_text(text: str | bytes) -> str:
    return text.decode("utf-8") if isinstance(text, bytes) else text
