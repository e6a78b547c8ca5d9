# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Nobody silences a tool without saying why."""

from __future__ import annotations

import io
import re
import tokenize
from pathlib import Path

import pytest

from tests.house.sources import shown, texts

PYTHON = tuple(path for path in texts() if path.suffix == ".py")
SILENCER = re.compile(r"#\s*(?:ruff:\s*)?noqa\b|#\s*type:\s*ignore\b")
REASON = re.compile(r"(?:noqa|ignore)\S*.*? -- \S")


def silenced_without_reason(source: str) -> list[int]:
    """Lines of *source* with a ``noqa`` or ``type: ignore`` and no `` -- reason`` behind it."""
    comments = (
        token
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT and SILENCER.search(token.string)
    )
    return [token.start[0] for token in comments if not REASON.search(token.string)]


@pytest.mark.parametrize("path", PYTHON, ids=shown)
def test_every_silenced_warning_has_a_reason(path: Path) -> None:
    """Whoever meets it later can tell whether the reason still holds."""
    assert silenced_without_reason(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("x = 1  # noqa: A001\n", [1]),
        ("x = 1  # noqa: A001 -- the word authors read\n", []),
        ("x = 1  # type: ignore[misc]\n", [1]),
        ("x = 1  # type: ignore[misc]  # -- frozen\n", []),
        ("# ruff: noqa: T201\n", [1]),
        ("x = '# noqa'\n", []),
    ],
)
def test_the_rule_itself(source: str, lines: list[int]) -> None:
    """The rule is tried on examples."""
    assert silenced_without_reason(source) == lines
