"""``ascend flows fmt``: a document in its one layout. Comments, order and meaning stay; blanks and quotes follow rules.

Keys and steps are indented by two; short lists and mappings that were written on one line stay there; texts of several
lines stand behind ``|``; quotes are written where YAML, or a reader of it, would take a word for something else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache

import yaml
from attrs import define, field

from ascend_core.errors import FlowProblem
from ascend_core.flow.comments import Notes, notes_of
from ascend_core.flow.migrations import MIGRATIONS, Migration, migrate
from ascend_core.flow.nodes import is_nothing, parse
from ascend_core.flow.problems import Problems

__all__ = ["WIDTH", "laid_out"]

WIDTH = 100
"""Columns; a list or mapping on one line that would be longer is spread over several. Texts are never broken."""

_STEP = "  "
_TAKEN_ELSEWHERE = re.compile(r"[-+.]?\d[\d.,:_eExXoO+-]*|[yYnN]")
"""What some reader of YAML takes for a number, a time or a truth: who quoted it had a reason."""
_UNPRINTABLE = re.compile(r"[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


def laid_out(text: str, *, file: str, migrations: Mapping[int, Migration] = MIGRATIONS) -> str:
    """*text* in the one layout, in the newest version of the language.

    Raises FlowProblem when it is no YAML of ours; whether it makes sense is not asked.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    problems = Problems(file)
    root = parse(text, problems, migrations={})
    if root is None:
        problems.raise_errors()
        raise FlowProblem(f"{file}: this is no document")
    notes = notes_of(text, sorted(_starts(root)))
    migrate(root, migrations)
    writer = _Writer(notes)
    lines = writer.mapping(root, 0)
    return "\n".join([*lines, *notes.end]).rstrip("\n") + "\n"


def _starts(node: yaml.Node) -> set[int]:
    """Where entries begin: each key, and what each item of a list holds."""
    found: set[int] = set()
    todo = [node]
    while todo:
        part = todo.pop()
        if isinstance(part, yaml.MappingNode):
            found.update(key.start_mark.index for key, _ in part.value)
            todo.extend(value for _, value in part.value)
        elif isinstance(part, yaml.SequenceNode):
            found.update(item.start_mark.index for item in part.value)
            todo.extend(part.value)
    return found


@define
class _Writer:
    """Writes nodes as lines without the indentation of what they stand in."""

    notes: Notes
    told: set[int] = field(factory=set)
    """Entries whose comments are written."""

    def mapping(self, node: yaml.MappingNode, depth: int) -> list[str]:
        """Each key on a line of its own."""
        lines: list[str] = []
        for key, value in node.value:
            lines.extend(self.above(key, first=not lines))
            lines.extend(self.entry(f"{_scalar(key, flow=False)}:", value, depth, self.beside(key)))
        return lines

    def sequence(self, node: yaml.SequenceNode, depth: int) -> list[str]:
        """Each item behind a hyphen."""
        lines: list[str] = []
        for item in node.value:
            lines.extend(self.above(item, first=not lines))
            if isinstance(item, yaml.ScalarNode) or self.fits(item, depth + 2):
                lines.extend(self.entry("-", item, depth, self.beside(item)))
                continue
            first, *rest = self.inner(item, depth + 2)
            lines.extend([f"- {first}", *(f"  {line}" if line else "" for line in rest)])
        return lines

    def entry(self, head: str, value: yaml.Node, depth: int, comment: str) -> list[str]:
        """*head* with its value beside or below it."""
        if isinstance(value, yaml.ScalarNode):
            if _goes_below(value):
                chomp, body = _literal(value.value)
                lines = [f"{_STEP}{line}" if line else "" for line in body]
                return [f"{head} |{chomp}{comment}", *lines]
            written = _scalar(value, flow=False)
            return [f"{head} {written}{comment}" if written else f"{head}{comment}"]
        if self.fits(value, depth + len(head) + 1):
            return [f"{head} {_flow(value)}{comment}"]
        inner = self.inner(value, depth + 2)
        return [f"{head}{comment}", *(f"{_STEP}{line}" if line else "" for line in inner)]

    def inner(self, node: yaml.Node, depth: int) -> list[str]:
        """A mapping or a list, spread over lines."""
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, depth)
        assert isinstance(node, yaml.SequenceNode)  # noqa: S101 -- scalars stand beside their keys
        return self.sequence(node, depth)

    def fits(self, node: yaml.Node, column: int) -> bool:
        """Whether *node* stays on one line: it was written so, is short enough, and holds no comment."""
        if not node.value:
            return True
        if not getattr(node, "flow_style", False) or self.notes.within(node):
            return False
        flow = _flow(node)
        return "\n" not in flow and column + len(flow) <= WIDTH

    def above(self, node: yaml.Node, *, first: bool) -> list[str]:
        """The comments over an entry, and an empty line over them where there was one."""
        start = node.start_mark.index
        if start in self.told:
            return []
        self.told.add(start)
        apart = [""] if start in self.notes.apart and not first else []
        return [*apart, *self.notes.before.get(start, [])]

    def beside(self, node: yaml.Node) -> str:
        comment = self.notes.beside.pop(node.start_mark.index, "")
        return f"  {comment}" if comment else ""


def _flow(node: yaml.Node) -> str:
    match node:
        case yaml.MappingNode():
            pairs = (f"{_scalar(key, flow=True)}: {_flow(value)}" for key, value in node.value)
            return "{" + ", ".join(pairs) + "}"
        case yaml.SequenceNode():
            return "[" + ", ".join(_flow(item) for item in node.value) + "]"
        case _:
            return _scalar(node, flow=True)


def _scalar(node: yaml.Node, *, flow: bool) -> str:
    """A single value on one line."""
    if not isinstance(node, yaml.ScalarNode) or is_nothing(node):
        return ""
    value = str(node.value)
    if _plain_works(value, flow=flow, quoted=node.style is not None):
        return value
    if '"' in value and "'" not in value and "\\" not in value and value.isprintable():
        return f"'{value}'"
    written = json.dumps(value, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found.group(0)):04x}", written)


@lru_cache(maxsize=8192)
def _plain_works(value: str, *, flow: bool, quoted: bool) -> bool:
    """Whether *value* means itself without quotes. What was quoted stays so where other readers of YAML would err."""
    if not value or "\n" in value or len(value) > 2_000:
        return False
    try:
        node = yaml.compose(f"[k: {value}, x]" if flow else f"k: {value}\nx: x", Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return False
    found = _only(node, flow=flow)
    if found is None or found.value != value or found.style is not None:
        return False
    return not quoted or (found.tag == "tag:yaml.org,2002:str" and not _TAKEN_ELSEWHERE.fullmatch(value))


def _only(node: yaml.Node | None, *, flow: bool) -> yaml.ScalarNode | None:
    """The value that was put into the frame, if it is still one, and the frame too."""
    if flow:
        if not isinstance(node, yaml.SequenceNode) or len(node.value) != 2:
            return None
        node = node.value[0]
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    if len(pairs) != (1 if flow else 2) or pairs[0][0].value != "k":
        return None
    return pairs[0][1] if isinstance(pairs[0][1], yaml.ScalarNode) else None


def _goes_below(node: yaml.ScalarNode) -> bool:
    """Whether a text stands behind ``|``: it has several lines, and nothing that the layout would change."""
    value = node.value
    lines = value.split("\n")
    plain = all(line.isprintable() and "\ufeff" not in line for line in lines)
    return (
        "\n" in value.rstrip("\n") + "\n" * value.endswith("\n")
        and plain
        and not value.startswith((" ", "\n"))
        and bool(value.strip())
    )


def _literal(value: str) -> tuple[str, list[str]]:
    """How ``|`` ends, and the lines behind it."""
    body = value.rstrip("\n")
    ends = len(value) - len(body)
    if ends == 0:
        return "-", body.split("\n")
    return ("", body.split("\n")) if ends == 1 else ("+", value[:-1].split("\n"))
