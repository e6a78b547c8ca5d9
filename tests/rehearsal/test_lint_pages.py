"""``specs/lint`` is true: every code has a section, its bad example gives the code, and the good one does not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from attrs import frozen

from ascend_core.flow.codes import CODES
from ascend_core.host.registry import Registry
from ascend_core.rehearsal.check import check_document

PAGES = Path(__file__).parents[2] / "specs" / "lint"
SECTION = re.compile(r"^## (F\d+) (.+?)$(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
EXAMPLE = re.compile(r"^```yaml (bad|good)$\n(.*?)^```$", re.MULTILINE | re.DOTALL)
THERE = {"confirm", "confirm_short", "ladder", "thanks"}
"""The flows that the examples may start."""
TIMES = re.compile(r"\{(\d+)×(.*?)\}(?![\]}])", re.DOTALL)


@frozen
class Page:
    """What is said of one code."""

    code: str
    title: str
    examples: dict[str, str]


def pages() -> list[Page]:
    """Every section of every page, in order."""
    return [
        Page(code, title, {kind: repeated(text) for kind, text in EXAMPLE.findall(body)})
        for file in sorted(PAGES.glob("*.md"))
        for code, title, body in SECTION.findall(file.read_text("utf-8"))
    ]


def repeated(text: str) -> str:
    """*text* with its repetitions written out."""
    return TIMES.sub(lambda found: found.group(2).replace("⏎", "\n") * int(found.group(1)), text)


def test_every_code_has_one_section() -> None:
    """With the words of the table of codes."""
    assert sorted((page.code, page.title) for page in pages()) == sorted(CODES.items())


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.code)
def test_the_bad_example_gives_the_code_and_the_good_one_nothing(page: Page, registry: Registry) -> None:
    """Nothing at all for the good one, but for what it is long or deep on purpose."""
    bad = check_document(registry, page.examples["bad"].encode(), file="bad.yaml", flows=THERE)
    good = check_document(registry, page.examples["good"].encode(), file="good.yaml", flows=THERE)

    assert page.code in {problem.code for problem in bad}
    assert {problem.code for problem in good} <= {"F103"} - {page.code}
