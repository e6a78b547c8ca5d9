"""YAML as nodes that know their line: every scalar is a string until a parameter's type says otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import yaml

from ascend_core.flow.limits import MOST_BYTES, MOST_DEPTH
from ascend_core.flow.migrations import MIGRATIONS, Migration, migrate
from ascend_core.flow.problems import Problems, shown

__all__ = ["Entry", "entries", "is_nothing", "kind_of", "parse", "scalar"]

Entry = tuple[yaml.ScalarNode, yaml.Node]
"""A key and its value."""

_HALF = re.compile("[\ud800-\udfff]")

_PLAIN_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "timestamp", "merge", "value", "seq", "map")
)
"""What a node without a tag gets. Only a tag that somebody wrote gives another one."""


def parse(
    text: str | bytes, problems: Problems, *, migrations: Mapping[int, Migration] = MIGRATIONS
) -> yaml.MappingNode | None:
    """The mapping that *text* holds, in the newest version of the language; None, and a problem, when it holds none."""
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "replace"))
    if size > MOST_BYTES:
        problems.add("F002", None, f"the file has {size:,} bytes; at most {MOST_BYTES:,} are read. Split it")
        return None
    try:
        root = yaml.compose(text.decode("utf-8") if isinstance(text, bytes) else text, Loader=yaml.SafeLoader)
    except UnicodeDecodeError as error:
        problems.add("F001", None, f"byte {error.start + 1} is not UTF-8; save the file as UTF-8")
    except yaml.MarkedYAMLError as error:
        problems.add("F001", error.problem_mark or error.context_mark, _said(error))
    except yaml.YAMLError as error:  # a character that no YAML may hold: it knows its place only as an offset
        problems.add("F001", None, f"the file is not readable: {str(error).partition(chr(10))[0]}")
    except RecursionError:
        problems.add("F041", None, f"lists and mappings are nested too deep; at most {MOST_DEPTH} levels are read")
    else:
        checked = _checked(root, problems)
        if checked is not None:
            migrate(checked, migrations)
        return checked
    return None


def _checked(root: yaml.Node | None, problems: Problems) -> yaml.MappingNode | None:
    if not isinstance(root, yaml.MappingNode):
        problems.add("F007", root, f"expected keys and values, found {kind_of(root)}")
        return None
    return root if all(_is_plain(node, depth, seen, problems) for node, depth, seen in _walk(root)) else None


def _walk(root: yaml.Node) -> Iterator[tuple[yaml.Node, int, bool]]:
    """Every node once more than it is new: its depth, and whether it was met before (an alias)."""
    met: set[int] = set()
    todo: list[tuple[yaml.Node, int]] = [(root, 1)]
    while todo:
        node, depth = todo.pop()
        again = id(node) in met
        met.add(id(node))
        yield node, depth, again
        if again:
            continue
        if isinstance(node, yaml.MappingNode):
            todo.extend((part, depth + 1) for pair in node.value for part in pair)
        elif isinstance(node, yaml.SequenceNode):
            todo.extend((part, depth + 1) for part in node.value)


def _is_plain(node: yaml.Node, depth: int, again: bool, problems: Problems) -> bool:
    if again:
        problems.add("F003", node, "anchors (&) and aliases (*) are not part of the language; write it out")
    elif node.tag not in _PLAIN_TAGS:
        problems.add("F003", node, f"the tag {shown(node.tag)} is not part of the language; leave it out")
    elif isinstance(node, yaml.ScalarNode) and _HALF.search(node.value):
        problems.add("F001", node, "half of a character, which no text can hold; leave it out")
    elif depth > MOST_DEPTH:
        problems.add("F041", node, f"lists and mappings are nested too deep; at most {MOST_DEPTH} levels are read")
    else:
        return True
    return False


def _said(error: yaml.MarkedYAMLError) -> str:
    """The parser's complaint in words for an author."""
    problem = error.problem or "the file is not readable"
    if "'\\t'" in problem:
        return "a tab; YAML is indented with blanks"
    if "mapping values are not allowed" in problem:
        return "a ': ' inside a value; put the text in quotes, or on lines of its own behind '|'"
    if problem.startswith(("expected ',' or", "did not find expected ',' or")):
        return f"inside {{ }} and [ ], a text with , ? : [ ] {{ or }} in it stands in quotes ({problem})"
    if "single document" in (error.context or ""):
        return "a second document ('---'); one file holds one"
    if "undefined alias" in problem:
        return "anchors (&) and aliases (*) are not part of the language; write it out"
    return f"{error.context}: {problem}" if error.context else problem


def entries(node: yaml.MappingNode, problems: Problems) -> list[Entry]:
    """The keys of *node* with their values, in order; a key that is no word or is there twice is a problem."""
    found: dict[str, Entry] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            problems.add("F005", key, f"a key is one word, this is {kind_of(key)}")
        elif key.value in found:
            first = found[key.value][0].start_mark.line + 1
            problems.add("F004", key, f"the key {shown(key.value)} is already there, on line {first}")
        else:
            found[key.value] = (key, value)
    return list(found.values())


def is_nothing(node: yaml.Node) -> bool:
    """Whether nothing was written (``stop:``); a quoted empty text is something."""
    return isinstance(node, yaml.ScalarNode) and node.value == "" and node.style is None


def scalar(node: yaml.Node) -> str | None:
    """What was written, if it is a single value."""
    return str(node.value) if isinstance(node, yaml.ScalarNode) else None


def kind_of(node: yaml.Node | None) -> str:
    """What *node* is, in an author's words."""
    match node:
        case yaml.MappingNode():
            return "keys and values"
        case yaml.SequenceNode():
            return "a list"
        case yaml.ScalarNode() if not is_nothing(node):
            return f"the value {shown(node.value)}"
        case _:
            return "nothing"
