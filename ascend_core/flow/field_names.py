"""Names of member fields that look like slips of the keyboard. Nobody has to declare a field before it is used."""

from __future__ import annotations

from difflib import get_close_matches

import yaml
from attrs import define, field

from ascend_core.errors import FlowProblem
from ascend_core.flow.expressions import compile_condition
from ascend_core.flow.params import Reading
from ascend_core.flow.problems import Problems
from ascend_core.flow.templates import compile_template

__all__ = ["FieldNames"]

CORE = frozenset({"first_name", "last_name", "email", "zip", "phone", "id", "zone"})

CLOSE = 0.75
"""From here on, of 1, two names are taken for one: fist_name and first_name, rvsp and rsvp."""


@define
class FieldNames:
    """The member fields that one document reads and writes."""

    written: set[str] = field(factory=set)
    read: list[tuple[str, yaml.Node]] = field(factory=list)

    def note(self, reading: Reading) -> None:
        """Keep what one step reads and writes."""
        self.written |= reading.written
        for text, node in reading.texts:
            self.read.extend((name, node) for name in _read_by_text(text.source))
        for expression, node in reading.expressions:
            self.read.extend((name, node) for name in _read_by_expression(expression.source))

    def check(self, problems: Problems) -> None:
        """Note each name that is known nowhere else and close to one that is."""
        known = sorted(CORE | self.written)
        for name, node in self.read:
            if name not in known:
                for near in get_close_matches(name, known, n=1, cutoff=CLOSE):
                    problem = f"nothing gives 'member.{name}' a value here (did you mean 'member.{near}'?)"
                    problems.add("F107", node, problem)


def _read_by_text(source: str) -> list[str]:
    try:
        places = compile_template(source).places
    except FlowProblem:
        return []
    return [place.path.removeprefix("member.") for place in places if place.path.startswith("member.")]


def _read_by_expression(source: str) -> list[str]:
    try:
        return sorted(compile_condition(source).fields)
    except FlowProblem:
        return []
