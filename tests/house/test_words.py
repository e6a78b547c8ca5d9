# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""What must not stand in the repository: paths of a machine, registry hosts, unfinished work, real people's numbers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.sources import ROOT, shown, texts

# Written in pieces, so that this file does not hold what it forbids.
FORBIDDEN = {
    "a path of somebody's machine": re.compile(r"(?<![\w.])/(?:work|root|home/\w+|Users/\w+)/\w"),
    "a package registry": re.compile(
        r"files\.pythonhosted\." + r"org|pypi\." + r"org/simple|index" + r"-url\s*=", re.IGNORECASE
    ),
    "unfinished work": re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b"),
}
NUMBER = re.compile(
    r"(?<![\w.+-])(?:\+1|\+?1[ .-])?\(?([2-9]\d\d)\)?[ .-]?([2-9]\d\d)[ .-]?(\d{4})(?![\w-]|\.\d)", re.ASCII
)
E164 = re.compile(r"\+1([2-9]\d\d)([2-9]\d\d)(\d{4})(?!\d)", re.ASCII)
INVENTED = re.compile(r"\d{3} 555 01\d\d|500 555 00\d\d")
"""Numbers kept for stories, and those the provider keeps for its tests."""
NOT_ABOUT_PEOPLE = {
    "tests/engine/test_phones.py": "numbers that cannot be anybody's",
    "tests/house/test_words.py": "the examples below",
    "plugins/sms/tests/test_signature.py": "the provider's published example, which a signature must match",
}
"""Files with North American numbers that are not 555-01xx, and why that is fine."""


def real_numbers(text: str) -> list[str]:
    """North American numbers in *text* that may be somebody's: all but 555-01xx. Bare runs of digits are none."""
    return [
        "".join(found.groups())
        for pattern in (NUMBER, E164)
        for found in pattern.finditer(text)
        if not found[0].isdigit() and not INVENTED.fullmatch(" ".join(found.groups()))
    ]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_the_repository_is_free_of(what: str) -> None:
    """It can be built, read and published anywhere, by anybody."""
    pattern = FORBIDDEN[what]

    found = [
        f"{shown(path)}:{number}: {line.strip()}"
        for path in texts()
        if not _is_licence(path)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if pattern.search(line)
    ]

    assert found == []


def test_phone_numbers_are_invented() -> None:
    """Examples are copied and texted: 555-01xx reaches nobody."""
    found = [
        f"{shown(path)}:{number}"
        for path in texts()
        if shown(path) not in NOT_ABOUT_PEOPLE and not _is_licence(path)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if real_numbers(line)
    ]

    assert found == []


@pytest.mark.parametrize("text", ["+12125551234", "(212) 736-5000", "212-736-5000", "+1 212 736 5000", "212.736.5000"])
def test_a_number_that_may_be_somebodys_is_found(text: str) -> None:
    """The rule itself is tried."""
    assert real_numbers(f"call {text} now")


@pytest.mark.parametrize(
    "text", ["+12025550123", "(202) 555-0100", "202-555-0199", "1234567890123", "2026-11-24", "1.2.3", "2127365000"]
)
def test_what_is_invented_or_no_number_is_fine(text: str) -> None:
    """Dates, versions and ids are no phone numbers."""
    assert not real_numbers(f"see {text} there")


def _is_licence(path: Path) -> bool:
    return path.name.startswith("LICENSE") or path.parent.name == "licenses" or path == ROOT / "constraints.txt"
