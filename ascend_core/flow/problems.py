"""What is wrong with a file, collected as it is read, with the place of each problem."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

import yaml
from attrs import define, field, frozen

from ascend_core.errors import FlowProblem
from ascend_core.flow.codes import CODES, is_warning
from ascend_core.flow.limits import MOST_PROBLEMS

__all__ = ["Problem", "Problems", "nearest", "shown"]

_LONGEST_SHOWN = 60
"""Characters of a wrong value that a message repeats."""


@frozen(kw_only=True, order=True)
class Problem:
    """One thing wrong in a file. Shown as ``file:line:column: F012 message``; both count from 1."""

    file: str
    line: int
    column: int
    code: str
    message: str

    @property
    def warning(self) -> bool:
        """Whether it stops nothing."""
        return is_warning(self.code)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.code} {self.message}"


@define
class Problems:
    """The problems of one file so far."""

    file: str
    found: set[Problem] = field(factory=set)

    def add(self, code: str, at: yaml.Node | yaml.Mark | None, message: str) -> None:
        """Note *message* at the start of *at*; None: the start of the file."""
        mark = at.start_mark if isinstance(at, yaml.Node) else at
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        assert code in CODES  # noqa: S101 -- a code that is not in the table is our own mistake
        self.found.add(Problem(file=self.file, line=line, column=column, code=code, message=message))

    def in_order(self) -> tuple[Problem, ...]:
        """All of them by their place in the file."""
        return tuple(sorted(self.found))

    def any_errors(self) -> bool:
        """Whether one of them is more than a warning."""
        return any(not problem.warning for problem in self.found)

    def raise_errors(self) -> None:
        """Raise FlowProblem with one line for each problem that is more than a warning, if there is one."""
        errors = [str(problem) for problem in self.in_order() if not problem.warning]
        if len(errors) > MOST_PROBLEMS:
            left = len(errors) - MOST_PROBLEMS
            errors[MOST_PROBLEMS:] = [f"{self.file}: and {left} more"]
        if errors:
            raise FlowProblem("\n".join(errors))


def nearest(word: str, choices: Iterable[str]) -> str:
    """`` (did you mean 'x'?)`` with the choice nearest to *word*; without a near one, the few there are, or nothing."""
    known = sorted(set(choices))
    near = get_close_matches(word, known, n=1)
    if near:
        return f" (did you mean '{near[0]}'?)"
    return f" (known: {', '.join(known)})" if 0 < len(known) <= 12 else ""


def shown(value: str) -> str:
    """*value* in quotes, shortened, on one line."""
    short = value if len(value) <= _LONGEST_SHOWN else value[: _LONGEST_SHOWN - 1] + "…"
    return "'" + " ".join(short.split()) + "'"
