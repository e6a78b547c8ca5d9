"""The comments of a YAML document, and the entries they belong to. The parser of YAML throws them away."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

import yaml
from attrs import define, field, frozen

__all__ = ["Comment", "Notes", "notes_of"]

_COMMENT = re.compile(r"#[^\n]*")
_HEADER = re.compile(r"[|>][^\n#]*(#[^\n]*)")


@frozen
class Comment:
    """One comment, with its ``#``."""

    text: str
    index: int
    """Of its first character in the document."""
    line: int
    """From 0."""
    alone: bool
    """Whether nothing stands before it on its line."""


@define
class Notes:
    """What stands around the entries of a document; an entry is known by where it begins."""

    before: dict[int, list[str]] = field(factory=dict)
    """Comments on lines of their own, above an entry."""
    beside: dict[int, str] = field(factory=dict)
    """A comment behind the first line of an entry."""
    apart: set[int] = field(factory=set)
    """Entries with an empty line above them."""
    end: list[str] = field(factory=list)
    """Comments behind everything."""
    places: list[int] = field(factory=list)
    """Where comments stand, in order."""

    def within(self, node: yaml.Node) -> bool:
        """Whether there is a comment inside *node*."""
        at = bisect_left(self.places, node.start_mark.index)
        return at < len(self.places) and self.places[at] < node.end_mark.index


def notes_of(text: str, starts: list[int]) -> Notes:
    """The comments of *text*, given to the entries that begin at *starts* (ascending). None is left out."""
    notes = Notes()
    lines = text.split("\n")
    line_of = {start: text.count("\n", 0, start) for start in starts}
    firsts: dict[int, int] = {}
    for start in starts:
        firsts.setdefault(line_of[start], start)
    above: dict[int, int] = {}
    for comment in _comments(text):
        notes.places.append(comment.index)
        beside = None if comment.alone else firsts.get(comment.line)
        if beside is not None and beside not in notes.beside:
            notes.beside[beside] = comment.text
            continue
        after = bisect_right(starts, comment.index)
        if after == len(starts):
            notes.end.append(comment.text)
        else:
            owner = firsts[line_of[starts[after]]]
            notes.before.setdefault(owner, []).append(comment.text)
            if comment.alone:
                above.setdefault(owner, comment.line)
    for start in firsts.values():
        line = above.get(start, line_of[start])
        if line > 0 and not lines[line - 1].strip():
            notes.apart.add(start)
    return notes


def _comments(text: str) -> Iterator[Comment]:
    end = 0
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        yield from _found(text, end, token.start_mark.index)
        if isinstance(token, yaml.ScalarToken) and token.style in ("|", ">"):
            header = _HEADER.match(text, token.start_mark.index)
            if header is not None:
                yield _comment(text, header.start(1), header.group(1))
        end = max(end, token.end_mark.index)
    yield from _found(text, end, len(text))


def _found(text: str, start: int, end: int) -> Iterator[Comment]:
    for found in _COMMENT.finditer(text, start, end):
        yield _comment(text, found.start(), found.group(0))


def _comment(text: str, index: int, comment: str) -> Comment:
    line_start = text.rfind("\n", 0, index) + 1
    return Comment(
        text=comment.rstrip(),
        index=index,
        line=text.count("\n", 0, index),
        alone=not text[line_start:index].strip(),
    )
