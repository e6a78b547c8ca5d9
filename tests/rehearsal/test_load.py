"""A mistake in a flow test is said at its line and column, as in a flow."""

from __future__ import annotations

import pytest

from ascend_core.rehearsal.load import check_tests

GOOD = """\
flow: invite
tests:
  - test: story
    member: {first_name: Ana, phone: "646 555 0134", zone: America/Chicago}
    groups: [June]
    event: {title: Canvass, start: 2026-11-08T10:00-05:00, zone: America/Chicago}
    at: 2026-11-05T15:00-05:00
    script:
      - expect: Hi*
      - submit:
"""


def problems(text: str) -> list[str]:
    """What is wrong with a file."""
    _, found = check_tests(text, file="t.yaml", triggers={"mobilize.cancels"})
    return [str(problem) for problem in found]


def test_a_good_file_is_read() -> None:
    """With its event moved, its member's phone in one form, and each entry at its place."""
    tests, found = check_tests(GOOD, file="t.yaml")

    assert found == ()
    assert tests is not None
    cast = tests.tests[0].cast
    assert (cast.phone, cast.zone, cast.groups) == ("+16465550134", "America/Chicago", ("June",))
    assert cast.event.starts_at is not None
    assert cast.event.ends_at is not None
    assert (cast.event.name, cast.event.starts_at.isoformat()) == ("Canvass", "2026-11-08T10:00:00-05:00")
    assert cast.event.ends_at.isoformat() == "2026-11-08T13:00:00-05:00"
    assert [(entry.line, entry.column) for entry in tests.tests[0].script] == [(9, 9), (10, 9)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("expect:", "expct:"), "t.yaml:9:9: F012 unknown entry 'expct' (did you mean 'expect'?)"),
        (("- submit:", "- wait: soon"), "t.yaml:10:15: F014 'wait' is 'soon'; a length of time is written 15m, 48h"),
        (("- submit:", "- happens: mobilize.cancel"), "t.yaml:10:18: F016 there is no trigger 'mobilize.cancel' (did"),
        (("- submit:", "- submit"), "t.yaml:10:9: F005 an entry is one word and what it is about ('click: form')"),
        (("flow: invite", "flo: invite"), "t.yaml:1:1: F013 the key 'flow' is missing"),
        (
            ("America/Chicago}\n    groups", "Mars/City}\n    groups"),
            "t.yaml:3:5: F014 the member's zone is 'Mars/City'",
        ),
        (("646 555 0134", "12"), "t.yaml:3:5: F014 the member's phone cannot be texted"),
        (("    script:", "    scrip:"), "t.yaml:3:5: F013 the key 'script' is missing"),
        (("tests:\n", "fields: {age: choice}\ntests:\n"), "t.yaml:2:9: F014 the field 'age' is 'choice'; one of text"),
    ],
)
def test_a_mistake_is_said_where_it_is(change: tuple[str, str], said: str) -> None:
    """With the nearest right name."""
    found = problems(GOOD.replace(*change))

    assert any(line.startswith(said) for line in found), found
