"""Reads the steps of a flow: each one's action, parameters, nudges and nested steps."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

import yaml
from attrs import define, field

from ascend_core.contracts import (
    BotActionType,
    ChannelType,
    Duration,
    LinkSpec,
    NudgeType,
    Text,
)
from ascend_core.flow.document import Nudge, Step, Unread
from ascend_core.flow.field_names import FieldNames
from ascend_core.flow.limits import MOST_LEVELS, MOST_NUDGES, MOST_STEPS
from ascend_core.flow.lint import (
    lint_expression,
    lint_flow_names,
    lint_link,
    lint_nudge_link,
    lint_outward,
    lint_text,
    lint_words,
    placed_links,
)
from ascend_core.flow.nodes import Entry, entries, is_nothing, kind_of
from ascend_core.flow.params import BROKEN, Reading, params_of, read_params
from ascend_core.flow.paths import check_paths
from ascend_core.flow.problems import Problems, nearest, shown
from ascend_core.flow.values import NAME_RULE, is_name
from ascend_core.flow.written import WrittenNudge

__all__ = ["StepReader"]

_NUDGE = "nudge"
_NUDGES = "nudges"
_ID = "id"


@define(kw_only=True)
class StepReader:
    """Reads steps against what the plugins registered; counts them, and keeps their ids apart."""

    problems: Problems
    actions: Mapping[str, BotActionType[Any]]
    nudges: Mapping[str, NudgeType]
    trackers: Collection[str]
    channels: Collection[ChannelType] = ()
    flows: Collection[str] | None = None
    stored: bool = False
    """Whether this is what members are inside already: no limit holds, and nothing loses its place."""
    fields: FieldNames = field(factory=FieldNames)
    count: int = 0
    ids: dict[str, int] = field(factory=dict)
    refs: list[tuple[str, yaml.Node]] = field(factory=list)
    places: dict[str, yaml.Node] = field(factory=dict)
    """Where each step stands, by its path."""

    def check(self, steps: tuple[Step, ...]) -> None:
        """What can be said once every step is read: do jumps lead to a step, is every step reached."""
        for id_, node in self.refs:
            if id_ not in self.ids:
                self.problems.add("F019", node, f"no step has the id {shown(id_)}{nearest(id_, self.ids)}")
        self.fields.check(self.problems)
        if not self.problems.any_errors():
            check_paths(steps, self.actions, self.places, self.problems)

    def read(self, node: yaml.SequenceNode, path: str = "", level: int = 1) -> tuple[Step, ...]:
        """The steps of one list. *path* is that of the step and exit they are nested in, with its dot.

        A step that could not be read is left out, and its problems are noted.
        """
        if level > MOST_LEVELS and not self.stored:
            self.problems.add("F041", node, f"steps are nested too deep; at most {MOST_LEVELS} levels are possible")
            return ()
        drafts: list[_Draft] = []
        for part in node.value:
            given = self._entries(part)
            if given and given[0][0].value == _NUDGE:
                self._attach(part, given, drafts)
            elif given and self._may_add(part):
                drafts.append(self._step(part, given, f"{path}{len(drafts)}", level))
        finished = (draft.finished(self._unread(draft)) for draft in drafts)
        return tuple(step for step in finished if step is not None)

    def _unread(self, draft: _Draft) -> Unread | None:
        """What stands for a step that cannot be read; None: it is left out, and so is the whole file."""
        if not self.stored or draft.params is not BROKEN:
            return None
        errors = [problem for problem in self.problems.in_order() if not problem.warning]
        here = [problem for problem in errors if problem.line >= draft.line] or errors
        return Unread(f"{here[0].code} {here[0].message}")

    def _entries(self, part: yaml.Node) -> list[Entry]:
        if not isinstance(part, yaml.MappingNode):
            problem = f"a step begins with its bot action and a colon ('send: …'); this is {kind_of(part)}"
            self.problems.add("F017", part, problem)
            return []
        given = entries(part, self.problems)
        if not given:
            self.problems.add("F017", part, "a step names a bot action ('send: …'); this one is empty")
        return given

    def _may_add(self, part: yaml.Node) -> bool:
        self.count += 1
        if self.count == MOST_STEPS + 1:
            self.problems.add("F040", part, f"a flow has at most {MOST_STEPS:,} steps; this is one more")
        return self.stored or self.count <= MOST_STEPS

    def _step(self, part: yaml.Node, given: list[Entry], path: str, level: int) -> _Draft:
        key, value = given[0]
        draft = _Draft(path=path, action=key.value, line=key.start_mark.line + 1)
        action = self.actions.get(key.value)
        if action is None:
            meant = next((word.value for word, _ in given[1:] if word.value in self.actions), None)
            hint = nearest(key.value, self.actions) if meant is None else f"; '{meant}' comes first in its step"
            self.problems.add("F010", key, f"there is no bot action {shown(key.value)}{hint}")
            return draft
        reading = Reading(problems=self.problems)
        common = self._common(action, given)
        own = [(word, node) for word, node in given if word.value not in common]
        params = params_of(action.params)
        if not any(param.main for param in params):
            own = own[1:]
            if not is_nothing(value):
                self.problems.add("F005", value, f"'{key.value}' takes no value; nothing stands behind its colon")
        draft.params = read_params(action.params, own, reading, main_key=key.value, whole=part)
        draft.links = _links(draft.params)
        draft.id = self._id(common.get(_ID), draft, part)
        draft.refs = {exit_name: id_ for exit_name, (id_, _) in reading.refs.items()}
        self.refs.extend(reading.refs.values())
        self.places[path] = part
        self._lint(reading, draft.links)
        draft.placed = placed_links(text for text, _ in reading.texts)
        if _NUDGES in common:
            self._nudges(common[_NUDGES], draft)
        for exit_name, node in reading.inner.items():
            assert isinstance(node, yaml.SequenceNode)  # noqa: S101 -- the reader of parameters saw to it
            draft.inner[exit_name] = self.read(node, f"{path}.{exit_name}.", level + 1)
        return draft

    def _common(self, action: BotActionType[Any], given: list[Entry]) -> dict[str, yaml.Node]:
        """What every step may have, unless its action has a parameter of that name."""
        own = {param.key for param in params_of(action.params)}
        return {key.value: node for key, node in given[1:] if key.value in {_ID, _NUDGES} - own}

    def _id(self, written: yaml.Node | None, draft: _Draft, part: yaml.Node) -> str | None:
        """The step's id: its own key, or the parameter of that name (the value behind ``ask``)."""
        if written is not None and not isinstance(written, yaml.ScalarNode):
            self.problems.add("F005", written, f"'{_ID}' holds {kind_of(written)}; a single value belongs there")
        given = written.value if isinstance(written, yaml.ScalarNode) else getattr(draft.params, _ID, None)
        if not isinstance(given, str):
            return None
        if not is_name(given):
            self.problems.add("F014", written or part, f"the id {shown(given)} is no name: {NAME_RULE}")
        elif given in self.ids:
            problem = f"the id '{given}' is already taken on line {self.ids[given]}"
            self.problems.add("F018", written or part, problem)
        else:
            self.ids[given] = draft.line
        return given

    def _lint(self, reading: Reading, links: Mapping[str, LinkSpec] | None) -> None:
        for text, node in reading.texts:
            lint_text(text, node, links, self.problems, self.channels)
        for link, node in reading.urls:
            lint_link(link, node, self.trackers, self.problems)
        for key, written, node in reading.outward:
            lint_outward(key, written, node, self.problems)
        lint_flow_names(reading.flows, self.flows, self.problems)
        lint_words(reading.heard, self.channels, self.problems)
        for expression, node in reading.expressions:
            lint_expression(expression, node, self.problems)
        self.fields.note(reading)

    def _attach(self, part: yaml.Node, given: list[Entry], drafts: list[_Draft]) -> None:
        """A nudge written as a step belongs to the step before it (row H1)."""
        if not drafts:
            self.problems.add("F017", part, "a nudge follows the bot action it belongs to; nothing is before this one")
        else:
            self._nudge(part, given, drafts[-1])

    def _nudges(self, node: yaml.Node, draft: _Draft) -> None:
        if not isinstance(node, yaml.SequenceNode):
            self.problems.add("F005", node, f"'{_NUDGES}' holds {kind_of(node)}; a list belongs there")
            return
        for part in node.value:
            if isinstance(part, yaml.MappingNode):
                self._nudge(part, entries(part, self.problems), draft)
            else:
                self.problems.add("F017", part, f"a nudge begins with 'nudge: <type>'; this is {kind_of(part)}")

    def _nudge(self, part: yaml.Node, given: list[Entry], draft: _Draft) -> None:
        reading = Reading(problems=self.problems)
        written = read_params(WrittenNudge, given, reading, whole=part)
        self._lint(reading, draft.links)
        draft.tried_nudges += 1
        if draft.tried_nudges == MOST_NUDGES + 1:
            self.problems.add("F042", part, f"a step has at most {MOST_NUDGES} nudges; this is one more")
        if isinstance(written, WrittenNudge):
            self._check_nudge(part, written, draft)
            draft.nudges.append(_nudge(written, f"{draft.path}.{_NUDGES}.{len(draft.nudges)}"))
        elif self.stored:
            path = f"{draft.path}.{_NUDGES}.{len(draft.nudges)}"
            draft.nudges.append(Nudge(path=path, type="", after=timedelta(0), text=Text("")))

    def _check_nudge(self, part: yaml.Node, nudge: WrittenNudge, draft: _Draft) -> None:
        links = draft.links
        kind = self.nudges.get(nudge.nudge)
        if kind is None:
            problem = f"there is no nudge type {shown(nudge.nudge)}{nearest(nudge.nudge, self.nudges)}"
            self.problems.add("F011", part, problem)
            return
        if kind.needs_link and nudge.link is None:
            self.problems.add("F050", part, f"'{kind.name}' needs 'link': the name of a link of its step")
        if nudge.link is not None and links is not None and nudge.link not in links:
            problem = f"the link '{nudge.link}' is not declared under 'links' of this step{nearest(nudge.link, links)}"
            self.problems.add("F024", part, problem)
        elif nudge.link is not None and links is not None:
            lint_nudge_link(part, kind, nudge.link, links[nudge.link], draft.placed, self.problems)
        if isinstance(nudge.expires, Duration) and nudge.expires.length <= nudge.after.length:
            self.problems.add("F051", part, "'expires' is not later than 'after'; both count from reaching the step")
        if nudge.after.length < timedelta(days=kind.least_days):
            problem = f"'{kind.name}' is recommended after at least {kind.least_days}d, not sooner"
            self.problems.add("F101", part, problem)


@define(kw_only=True)
class _Draft:
    """A step while it is read."""

    path: str
    action: str
    line: int
    id: str | None = None
    params: object = BROKEN
    links: Mapping[str, LinkSpec] | None = None
    """Declared on it; None: it could not be read."""
    placed: frozenset[str] = frozenset()
    """The names of the links in its own texts."""
    nudges: list[Nudge] = field(factory=list)
    tried_nudges: int = 0
    inner: dict[str, tuple[Step, ...]] = field(factory=dict)
    refs: dict[str, str] = field(factory=dict)

    def finished(self, unread: Unread | None) -> Step | None:
        if self.params is BROKEN and unread is None:
            return None
        return Step(
            path=self.path,
            id=self.id,
            action=self.action,
            params=self.params if unread is None else unread,
            nudges=tuple(self.nudges),
            inner=self.inner,
            refs=self.refs,
            line=self.line,
        )


def _links(params: object) -> Mapping[str, LinkSpec] | None:
    if params is BROKEN:
        return None
    links: Mapping[str, LinkSpec] = getattr(params, "links", None) or {}
    return links


def _nudge(written: WrittenNudge, path: str) -> Nudge:
    expires = written.expires
    return Nudge(
        path=path,
        type=written.nudge,
        after=written.after.length,
        text=written.text,
        link=written.link,
        condition=written.condition,
        quiet_hours=written.quiet_hours,
        expires=expires.length if isinstance(expires, Duration) else expires,
    )
