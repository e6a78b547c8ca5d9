"""``ascend flows fmt``: one layout, the same meaning, no comment lost, and nothing to do the second time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ascend_core.errors import FlowProblem
from ascend_core.flow.comments import notes_of
from ascend_core.flow.layout import WIDTH, laid_out
from ascend_core.flow.load import load_flow

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    path.read_text("utf-8")
    for path in (
        ROOT / "tests/flow/example.yaml",
        *sorted((ROOT / "ascend_core/demo/documents").glob("*.yaml")),
        *sorted((ROOT / "specs/flows").glob("*.yaml")),
    )
]


def tree(node: yaml.Node | None) -> Any:
    """What a document says: its keys and values, nothing of how they are written."""
    match node:
        case yaml.MappingNode():
            return {tree(key): tree(value) for key, value in node.value}
        case yaml.SequenceNode():
            return [tree(item) for item in node.value]
        case yaml.ScalarNode():
            return None if node.value == "" and node.style is None else node.value
    return None


def said(text: str) -> Any:
    """What *text* says."""
    return tree(yaml.compose(text, Loader=yaml.SafeLoader))


def comments(text: str) -> list[str]:
    """Every comment of *text*, sorted."""
    notes = notes_of(text, [])
    return sorted(notes.end)


def test_the_layout(example: str) -> None:
    """Blanks, quotes and comments follow rules; what fits on one line and was there stays there."""
    document = """\
flow:    'hello'   # a name


# what happens
steps:
- send: "Hi!
    You"
  links: { a: {url: "https://example.org/", track: mobilize},   b: {url: "https://example.org/b/c", track: mobilize} }
- set: {zip: "02134", from: '20:00', rsvp: 'yes', name: 'Ana', "odd: one": 'a "b"'}   # values
-   # the end
  stop:
- send: >
   Two
   lines.

   And a third.
# done
"""
    assert (
        laid_out(document, file="f")
        == """\
flow: hello  # a name

# what happens
steps:
  - send: Hi! You
    links:
      a: {url: https://example.org/, track: mobilize}
      b: {url: https://example.org/b/c, track: mobilize}
  - set: {zip: "02134", from: "20:00", rsvp: "yes", name: Ana, "odd: one": a "b"}  # values
  # the end
  - stop:
  - send: |
      Two lines.
      And a third.
# done
"""
    )


@pytest.mark.parametrize("document", DOCUMENTS)
def test_our_documents_say_the_same_afterwards(document: str) -> None:
    """And have their comments still."""
    once = laid_out(document, file="f")

    assert said(once) == said(document)
    assert comments(once) == comments(document)
    assert laid_out(once, file="f") == once


def test_the_digest_stays(registered: dict[str, Any], example: str) -> None:
    """Publishing a file that was only laid out anew makes no version."""
    once = laid_out(example, file="f")

    assert load_flow(once, file="f", **registered).digest == load_flow(example, file="f", **registered).digest
    assert max(len(line) for line in once.splitlines()) <= WIDTH + 25


@given(data=st.data())
@settings(max_examples=150)
def test_whatever_an_author_writes_between_the_lines(data: st.DataObject) -> None:
    """Comments and empty lines anywhere, behind anything: none is lost, and the second time changes nothing."""
    lines = data.draw(st.sampled_from(DOCUMENTS)).splitlines()
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(lines) - 1))
        blanks = " " * data.draw(st.integers(0, 12))
        what = data.draw(st.sampled_from(["alone", "beside", "empty"]))
        if what == "beside":
            lines[at] = f"{lines[at]}{blanks or ' '}# n{at}"
        else:
            lines.insert(at, f"{blanks}# n{at}" if what == "alone" else "")
    document = "\n".join(lines)
    try:
        before = said(document)
        once = laid_out(document, file="f")
    except (yaml.YAMLError, FlowProblem):
        return

    assert said(once) == before
    assert comments(once) == comments(document)
    assert laid_out(once, file="f") == once


@given(
    value=st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0")),
    style=st.sampled_from([None, "'", '"', "|", ">"]),
    flow=st.booleans(),
)
def test_any_value_survives(value: str, style: Any, flow: bool) -> None:
    """In any way YAML can write it, on a line of its own or in a list."""
    document = yaml.safe_dump({"flow": "a", "steps": [{"send": value}]}, default_style=style, default_flow_style=flow)
    once = laid_out(document, file="f")

    assert said(once) == said(document)
    assert laid_out(once, file="f") == once


def test_what_is_no_document_is_refused() -> None:
    """Nothing is written."""
    with pytest.raises(FlowProblem, match="F001"):
        laid_out("flow: [", file="f")
