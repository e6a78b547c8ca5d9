"""Reads files of flow tests, with the same care and the same kind of problems as flows."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

import yaml
from attrs import evolve, field, frozen

from ascend_core.calls.call import Called
from ascend_core.contracts import Duration, Form
from ascend_core.engine.field_values import FieldKind
from ascend_core.engine.phones import BadPhone, parse_phone
from ascend_core.flow.nodes import entries, kind_of, parse
from ascend_core.flow.params import BROKEN, Reading, read_params, read_value
from ascend_core.flow.problems import Problem, Problems, nearest, shown
from ascend_core.flow.values import is_zone
from ascend_core.rehearsal.cast import DEFAULT_AT, DEFAULT_PHONE, Cast, event_at
from ascend_core.rehearsal.script import (
    Action,
    Click,
    Ends,
    Enter,
    Entry,
    Expect,
    FlowTest,
    FlowTests,
    Happens,
    Quiet,
    Reply,
    State,
    Submit,
    Wait,
)

__all__ = ["ENTRIES", "WrittenStory", "check_tests"]


_AS_USUAL = ""
"""A place that nobody can write: the usual one. A key without a value says that there is none."""


@frozen(kw_only=True)
class _WrittenEvent:
    title: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    zone: str | None = None
    location: str | None = _AS_USUAL
    url: str | None = None


@frozen(kw_only=True)
class _WrittenAnswer:
    status: int = 200
    answer: Mapping[str, str] = field(factory=dict)
    json: str | None = None
    """The answer as the server writes it, with numbers and lists; instead of *answer*."""

    def __attrs_post_init__(self) -> None:
        if self.json is not None:
            try:
                json.loads(self.json)
            except ValueError as error:
                raise ValueError(f"'json' is no JSON: {error}") from error
        if self.json is not None and self.answer:
            raise ValueError("a webhook has 'answer' or 'json', one of them")


@frozen(kw_only=True)
class WrittenStory:
    test: str
    member: Mapping[str, str] = field(factory=dict)
    groups: tuple[str, ...] = ()
    event: _WrittenEvent = _WrittenEvent()
    webhooks: Mapping[str, _WrittenAnswer] = field(factory=dict)
    at: datetime | None = None


@frozen(kw_only=True)
class _WrittenState:
    groups: tuple[str, ...] = ()
    not_in_groups: tuple[str, ...] = ()
    fields: Mapping[str, str | None] = field(factory=dict)


_LENGTH = timedelta(hours=3)
"""Of an event whose test says only when it starts."""

ENTRIES: Mapping[str, Any] = {
    "expect": str,
    "click": str | None,
    "submit": str | None,
    "reply": str,
    "wait": Duration | datetime,
    "quiet": Duration,
    "ends": str | None,
    "happens": str,
    "enter": None | Literal["again"],
    "state": _WrittenState,
}
"""What each entry of a script holds."""


def check_tests(
    text: str | bytes, *, file: str, triggers: Collection[str] | None = None
) -> tuple[FlowTests | None, tuple[Problem, ...]]:
    """The flow tests that *text* holds, None when it has errors; and all problems in order."""
    problems = Problems(file)
    root = parse(text, problems)
    if root is None:
        return None, problems.in_order()
    found = _Reader(problems, triggers).read(root)
    return (None if problems.any_errors() else found), problems.in_order()


class _Reader:
    def __init__(self, problems: Problems, triggers: Collection[str] | None) -> None:
        self.problems = problems
        self.reading = Reading(problems=problems)
        self.triggers = triggers

    def read(self, root: yaml.MappingNode) -> FlowTests | None:
        given = {key.value: (key, node) for key, node in entries(root, self.problems)}
        for name in sorted(set(given) - {"flow", "tests", "fields", "spec"}):
            hint = nearest(name, ("flow", "tests", "fields"))
            self.problems.add("F012", given[name][0], f"unknown key {shown(name)}{hint}")
        for name in ("flow", "tests"):
            if name not in given:
                self.problems.add("F013", root, f"the key '{name}' is missing")
        if "flow" not in given or "tests" not in given:
            return None
        flow = read_value(str, given["flow"][1], self.reading, at=("flow",))
        kinds = self._kinds(given["fields"][1]) if "fields" in given else {}
        listed = given["tests"][1]
        if not isinstance(listed, yaml.SequenceNode) or not listed.value:
            self.problems.add("F005", listed, f"'tests' holds {kind_of(listed)}; a list of tests belongs there")
            return None
        tests = [self._test(node, kinds) for node in listed.value]
        at = given["flow"][1].start_mark
        return FlowTests(
            file=self.problems.file,
            flow=str(flow),
            tests=tuple(test for test in tests if test is not None),
            line=at.line + 1,
            column=at.column + 1,
        )

    def _kinds(self, node: yaml.Node) -> dict[str, str]:
        kinds = read_value(Mapping[str, str], node, self.reading, at=("fields",))
        if kinds is BROKEN:
            return {}
        known = [kind.value for kind in FieldKind if kind is not FieldKind.CHOICE]
        for name, kind in kinds.items():
            if kind not in known:
                self.problems.add("F014", node, f"the field '{name}' is {shown(kind)}; one of {', '.join(known)}")
        return dict(kinds)

    def _test(self, node: yaml.Node, kinds: Mapping[str, str]) -> FlowTest | None:
        if not isinstance(node, yaml.MappingNode):
            self.problems.add("F005", node, f"a test begins with its name ('test: …'); this is {kind_of(node)}")
            return None
        given = entries(node, self.problems)
        script = next((value for key, value in given if key.value == "script"), None)
        rest = [entry for entry in given if entry[0].value != "script"]
        written = read_params(WrittenStory, rest, self.reading, whole=node)
        if script is None:
            self.problems.add("F013", node, "the key 'script' is missing")
            return None
        played = self._script(script)
        if not isinstance(written, WrittenStory):
            return None
        cast = self._cast(written, kinds, node)
        return FlowTest(name=written.test, cast=cast, script=played, line=node.start_mark.line + 1)

    def _cast(self, written: WrittenStory, kinds: Mapping[str, str], node: yaml.Node) -> Cast:
        member = dict(written.member)
        typed, zone = member.pop("phone", DEFAULT_PHONE), member.pop("zone", None)
        phone = parse_phone(typed)
        if isinstance(phone, BadPhone):
            self.problems.add("F014", node, f"the member's phone cannot be texted: {phone.detail}")
        if zone is not None and not is_zone(zone):
            self.problems.add("F014", node, f"the member's zone is {shown(zone)}; an IANA name (America/Chicago)")
        return Cast(
            phone=DEFAULT_PHONE if isinstance(phone, BadPhone) else phone.e164,
            zone=zone,
            fields=member,
            groups=written.groups,
            kinds=kinds,
            event=self._event(written, node),
            answers={url: _called(answer) for url, answer in written.webhooks.items()},
            at=written.at or DEFAULT_AT,
        )

    def _event(self, written: WrittenStory, node: yaml.Node) -> Form:
        event, form = written.event, event_at(written.at or DEFAULT_AT)
        if event.zone is not None and not is_zone(event.zone):
            self.problems.add("F014", node, f"the event's zone is {shown(event.zone)}; an IANA name (America/Chicago)")
            return form
        starts_at = event.start or form.starts_at
        ends_at = event.end or (None if starts_at is None else starts_at + _LENGTH)
        return evolve(
            form,
            name=event.title or form.name,
            starts_at=starts_at,
            ends_at=ends_at,
            timezone=event.zone or form.timezone,
            location=form.location if event.location == _AS_USUAL else event.location or "",
            url=event.url or form.url,
        )

    # scripts

    def _script(self, node: yaml.Node) -> tuple[Entry, ...]:
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            self.problems.add("F005", node, f"'script' holds {kind_of(node)}; a list of entries belongs there")
            return ()
        found = [self._entry(part) for part in node.value]
        return tuple(entry for entry in found if entry is not None)

    def _entry(self, node: yaml.Node) -> Entry | None:
        given = entries(node, self.problems) if isinstance(node, yaml.MappingNode) else []
        if len(given) != 1:
            self.problems.add(
                "F005", node, f"an entry is one word and what it is about ('click: form'), one of {_WORDS}"
            )
            return None
        key, value = given[0]
        kind = ENTRIES.get(key.value, BROKEN)
        if kind is BROKEN:
            self.problems.add("F012", key, f"unknown entry {shown(key.value)}{nearest(key.value, ENTRIES)}")
            return None
        read = read_value(kind, value, self.reading, at=(key.value,))
        if read is BROKEN:
            return None
        action = _action(key.value, read)
        if isinstance(action, Happens) and self.triggers is not None and action.trigger not in self.triggers:
            hint = nearest(action.trigger, self.triggers)
            self.problems.add("F016", value, f"there is no trigger {shown(action.trigger)}{hint}")
        return Entry(action=action, line=key.start_mark.line + 1, column=key.start_mark.column + 1)


_WORDS = ", ".join(ENTRIES)


def _called(written: _WrittenAnswer) -> Called:
    """The answer as JSON: ``person.id: 7`` stands for ``{"person": {"id": "7"}}``."""
    if written.json is not None:
        return Called(status=written.status, document=json.loads(written.json))
    document: dict[str, Any] = {}
    for path, value in written.answer.items():
        *outer, last = path.split(".")
        inside = document
        for part in outer:
            inside = inside.setdefault(part, {})
        inside[last] = value
    return Called(status=written.status, document=document)


def _action(word: str, value: Any) -> Action:
    match word:
        case "expect":
            return Expect(value)
        case "click":
            return Click(value)
        case "submit":
            return Submit(value)
        case "reply":
            return Reply(value)
        case "wait":
            return Wait(value.length if isinstance(value, Duration) else value)
        case "quiet":
            return Quiet(value.length)
        case "ends":
            return Ends(value)
        case "happens":
            return Happens(value)
        case "enter":
            return Enter()
        case _:
            return State(groups=value.groups, not_in_groups=value.not_in_groups, fields=value.fields)
