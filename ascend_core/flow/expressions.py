"""Conditions and moments: CEL, compiled once, evaluated without ever raising."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

import cel
from attrs import frozen

from ascend_core.contracts import FormView, MemberView, RunView
from ascend_core.errors import FlowProblem

__all__ = ["FUNCTIONS", "LONGEST_EXPRESSION", "VARIABLES", "Expression", "Facts", "compile_condition"]

VARIABLES = ("member", "groups", "event", "run", "reply", "now")
"""What a condition may speak of (rule 5 of the flow language)."""

FUNCTIONS = frozenset(
    {"size", "contains", "startsWith", "endsWith", "matches", "string", "int", "uint", "double", "bytes", "type", "dyn"}
    | {"timestamp", "duration", "getFullYear", "getMonth", "getDayOfMonth", "getDayOfWeek"}
    | {"getHours", "getMinutes", "getSeconds"}
)
"""What the CEL package offers (tried on common-expression-language 0.10); an unknown one would only fail when run."""

LONGEST_EXPRESSION = 1_000
"""Characters. An author's condition fits into a hundred; the limit bounds the time a condition can take."""

_STRINGS = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')""")
_LOOP_NAMES = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(\s*([A-Za-z_]\w*)\s*,")
_FIELD = re.compile(r"(?<![\w.])member\s*\.\s*([A-Za-z_]\w*)\b(?!\s*\()")
# ``has`` of a field asks whether it is set, and an unset field is null here
_HAS_FIELD = re.compile(r"(?<![\w.])has\s*\(\s*member\s*\.\s*([A-Za-z_]\w*)\s*\)")
_MEMBER = re.compile(r"(?<![\w.])member(?!\w)(?!\s*\.\s*[A-Za-z_])")
_LOOP_OR_BRACKET = re.compile(r"(\.\s*(?:all|exists|exists_one|map|filter)\s*)?\(|\)")
_ATTRIBUTE = re.compile(r"(?<![\w.])(event|run)\s*\.\s*([A-Za-z_]\w*)")
_ATTRIBUTES = {
    "event": ("id", "title", "url", "start", "end", "location", "timezone"),
    "run": ("id", "flow", "started_at"),
}
_DURATIONS = re.compile(r"""(?<![\w.])duration\(\s*(?:"([^"]*)"|'([^']*)')\s*\)""")


_SLIPS = (
    (re.compile(r"\d\s*[mhdw]\b"), "a length of time as duration('3h')"),
    (re.compile(r"(?<![=!<>])=(?!=)"), "== to compare"),
    (re.compile(r"\b(?:and|or|not)\b", re.IGNORECASE), "&& for and, || for or, ! for not"),
    (re.compile(r"\d{4}-\d\d-\d\d"), "a moment as timestamp('2026-11-08T10:00:00-05:00')"),
)
"""Slips, and what was meant."""


@frozen(kw_only=True)
class Facts:
    """What an expression is evaluated against."""

    member: MemberView
    form: FormView | None
    run: RunView
    now: datetime
    reply: str | None = None


@frozen(kw_only=True, eq=False)
class Expression:
    """A compiled expression. Its answers come with the problem that kept it from giving a better one."""

    source: str
    program: cel.Program
    needs: frozenset[str]
    """The variables it names."""
    fields: frozenset[str]
    """The member's fields it reads; an unset one is null, so that comparing it is simply false."""
    whole_member: bool
    """Whether it reaches into the member in a way that cannot be seen beforehand (``member["…"]``)."""

    def test(self, facts: Facts) -> tuple[bool, str | None]:
        """Whether it holds; False and a problem when the evaluation fails or gives neither yes nor no."""
        answer, problem = self._evaluate(facts)
        if problem is None and not isinstance(answer, bool):
            problem = "not_yes_or_no"
        return answer is True, problem

    def moment(self, facts: Facts) -> tuple[datetime | None, str | None]:
        """The time it gives: aware, UTC; None and a problem when it gives none. null is None without a problem."""
        answer, problem = self._evaluate(facts)
        if problem is not None or answer is None:
            return None, problem
        if not isinstance(answer, datetime):
            return None, "not_a_time"
        aware = answer if answer.tzinfo is not None else answer.replace(tzinfo=UTC)
        return aware.astimezone(UTC), None

    def evaluate(self, facts: Facts) -> Any:
        """What it gives. Raises whatever the CEL package raises."""
        return self.program.execute(self._context(facts))

    def _evaluate(self, facts: Facts) -> tuple[Any, str | None]:
        try:
            return self.evaluate(facts), None
        except Exception as error:  # noqa: BLE001 -- the fence of an expression: its failure is False and a trace line
            return None, type(error).__name__

    def _context(self, facts: Facts) -> dict[str, Any]:
        context: dict[str, Any] = {}
        for name in self.needs:
            match name:
                case "member":
                    context[name] = self._member(facts.member)
                case "groups":
                    context[name] = sorted(facts.member.groups)
                case "event":
                    context[name] = _event(facts.form)
                case "run":
                    context[name] = {
                        "id": facts.run.id, "flow": facts.run.flow, "started_at": facts.run.started_at,
                    }  # fmt: skip
                case "reply":
                    context[name] = facts.reply
                case "now":
                    context[name] = facts.now
        return context

    def _member(self, member: MemberView) -> dict[str, Any]:
        known: Mapping[str, Any] = {**member.fields, "id": member.id, "phone": member.phone}
        seen: dict[str, Any] = {name: known.get(name) for name in self.fields}
        return {**known, **seen} if self.whole_member else seen


def _event(form: FormView | None) -> dict[str, Any] | None:
    if form is None:
        return None
    return {
        "id": form.key,
        "title": form.name,
        "url": form.url,
        "start": form.starts_at,
        "end": form.ends_at,
        "location": form.location,
        "timezone": form.timezone,
    }


@lru_cache(maxsize=4096)
def compile_condition(source: str) -> Expression:
    """Compile *source*; the same text is compiled once.

    Raises FlowProblem, with one sentence, when it is no CEL, names something unknown, or holds a wrong duration.
    """
    if len(source) > LONGEST_EXPRESSION:
        raise FlowProblem(f"the expression has {len(source)} characters; at most {LONGEST_EXPRESSION} are allowed")
    pieces = _STRINGS.split(source)  # code and string literals in turn
    pieces[::2] = [_HAS_FIELD.sub(r"(member.\1 != null)", code) for code in pieces[::2]]
    try:
        program = cel.compile("".join(pieces))
    except Exception as error:
        said, hint = _first_line(str(error)), _hint('""'.join(pieces[::2]))
        raise FlowProblem(f"this is not a CEL expression: {said}{hint}") from error
    bare = '""'.join(pieces[::2])
    loops = set(_LOOP_NAMES.findall(bare))
    needs = frozenset(program.variables()) - loops
    _check_names(needs, program.functions())
    _check_attributes(bare)
    _check_loops(bare)
    _check_durations(source)
    return Expression(
        source=source,
        program=program,
        needs=needs,
        fields=frozenset(_FIELD.findall(bare)),
        whole_member=bool(_MEMBER.search(bare)),
    )


def _check_names(needs: frozenset[str], functions: list[str]) -> None:
    for name in sorted(needs - set(VARIABLES)):
        raise FlowProblem(f"'{name}' is unknown here; an expression may use {', '.join(VARIABLES)}")
    for name in functions:
        if name[0].isalpha() and name not in FUNCTIONS:
            raise FlowProblem(f"there is no function '{name}'; the functions are {', '.join(sorted(FUNCTIONS))}")


def _check_attributes(bare: str) -> None:
    """``event`` and ``run`` have a few names each; a wrong one would fail on the day."""
    for root, name in _ATTRIBUTE.findall(bare):
        if name not in _ATTRIBUTES[root]:
            near = get_close_matches(name, _ATTRIBUTES[root], n=1)
            hint = f"did you mean '{root}.{near[0]}'?" if near else f"{root} has {', '.join(_ATTRIBUTES[root])}"
            raise FlowProblem(f"there is no '{root}.{name}'; {hint}")


def _check_loops(bare: str) -> None:
    """A loop in a loop over a member's groups takes their number squared: a budget of time, kept by form."""
    inside: list[bool] = []
    for found in _LOOP_OR_BRACKET.finditer(bare):
        match found.group(0)[-1], bool(found.group(1)):
            case "(", True if any(inside):
                raise FlowProblem("a loop (all, exists, exists_one, map, filter) holds another one; one is enough")
            case "(", loop:
                inside.append(loop)
            case ")", _ if inside:
                inside.pop()


def _check_durations(source: str) -> None:
    for found in _DURATIONS.finditer(source):
        written = found.group(1) if found.group(1) is not None else found.group(2)
        try:
            cel.compile(found.group(0)).execute({})
        except Exception as error:
            raise FlowProblem(f"duration '{written}' is none; write hours, minutes, seconds: 72h, 1h30m") from error


def _hint(bare: str) -> str:
    """What people write who know another language better."""
    for slip, meant in _SLIPS:
        if slip.search(bare):
            return f" (write {meant})"
    return ""


def _first_line(message: str) -> str:
    said = message.partition("\n")[0].partition("ERROR: <input>:")[2]
    return f"at {said.partition(' expecting ')[0]}" if said else "it cannot be read"
