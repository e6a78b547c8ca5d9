# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Whoever asks what happened gets sentences in order, and what to do (row D7)."""

from __future__ import annotations

from typing import Any

import pytest

from ascend_core.errors import NotFound
from ascend_core.operations.explain import explain, explain_member
from tests.fakes.bench import phone

NUDGED = """
    flow: welcome
    steps:
      - send: "Hi! ${link.form}"
        links: {form: {url: "${event.url}", track: box}}
        nudges:
          - {nudge: no_link_click, link: form, after: 24h, text: "Look: ${link.form}"}
"""


def said(bench: Any, subject: str) -> list[str]:
    """The sentences."""
    return [fact.said for fact in explain(bench.core, subject)]


def test_the_whole_way_of_a_sign_up_is_told(bench: Any) -> None:
    """Consent, sign-up, trigger, automation, run, nudge to come, text, next look."""
    bench.set_up(flow=NUDGED)
    bench.register(0)
    bench.drain()

    told = said(bench, phone(0))

    assert told == [
        "subscribed (said by: form)",
        "Signed up for 'Canvass f0' (attendance s0-f0).",
        "It fired box.registers.",
        "'Welcome' started run 1.",
        "Run 1 of 'welcome' v1 ended: finished.",
        "Text 1 was sent.",
        "The next look at the box account north.",
        "The nudge no_link_click of run 1 is decided.",
    ]
    assert explain_member(bench.core, 1) == explain(bench.core, phone(0))


@pytest.mark.parametrize(
    ("change", "hint"),
    [({"opted_in": None}, "no_opt_in"), ({"phone": "12"}, "bad_phone"), ({"form_key": "nowhere"}, "form_unknown")],
)
def test_an_attendance_that_was_ignored_says_why(bench: Any, change: dict[str, Any], hint: str) -> None:
    """With the word that a person's advice hangs on."""
    bench.set_up()
    bench.apply(bench.submission(0, key="77", **change))

    facts = explain(bench.core, "77")

    assert facts[0].hint == hint
    assert f"was ignored ({hint})" in facts[0].said


def test_a_form_that_is_not_synced(bench: Any) -> None:
    """Is the most common reason of all."""
    bench.set_up()
    bench.unsync()
    bench.apply(bench.submission(0, key="77"))

    assert explain(bench.core, "77")[0].hint == "form_not_synced"


@pytest.mark.parametrize(
    ("before", "sentence"),
    [
        ("pause", "'Welcome' started nothing: it was paused."),
        ("twice", "'Welcome' started nothing: it had started for this person and form before (once_per)."),
        ("other", "No automation waited for box.confirms of this form."),
    ],
)
def test_why_an_automation_started_nothing(bench: Any, before: str, sentence: str) -> None:
    """Paused, once_per, or none there."""
    from ascend_core.store.flows import set_paused

    bench.set_up()
    if before == "pause":
        bench.core.database.write(lambda tx: set_paused(tx, "Welcome", True))
    bench.register(0)
    if before == "twice":
        bench.register(0, key="again")
    if before == "other":
        bench.wait(minutes=1)
        bench.apply(bench.submission(0, status="confirms"))

    assert sentence in said(bench, phone(0))


def test_a_text_held_for_the_morning_says_until_when(bench: Any) -> None:
    """And one that was not sent says why."""
    bench.set_up()
    bench.wait(hours=10)  # ten in the evening in New York
    bench.register(0)
    bench.drain()
    held = next(fact for fact in explain(bench.core, phone(0)) if "held" in fact.said)
    bench.hear(0, "stop", keyword="stop")
    bench.drain()

    assert held.said == "Text 1 is held: it is quiet where they are; it is decided again"
    assert held.at is not None
    assert held.at.isoformat() == "2026-06-04T13:00:00+00:00"
    assert "Text 1 was not sent (suppressed): they have unsubscribed" in said(bench, phone(0))
    assert "They wrote a text that means STOP." in said(bench, phone(0))


def test_an_automation_says_what_it_did_and_what_keeps_it(bench: Any) -> None:
    """By its name."""
    from ascend_core.store.flows import set_paused

    bench.set_up()
    bench.register(0, 1)
    bench.core.database.write(lambda tx: set_paused(tx, "Welcome", True))
    bench.register(2)

    told = said(bench, "Welcome")

    assert told[:2] == ["It waits for: registers.", "It is paused: it starts nothing."]
    assert "2 times it started its flow." in told
    assert "1 times it did not start: it was paused." in told


def test_whom_nobody_knows(bench: Any) -> None:
    """A phone without a member, an attendance that was never seen, and nonsense."""
    bench.set_up()

    assert said(bench, phone(5))[0] == "No member has this phone."
    assert said(bench, "4711")[0].startswith("This attendance was never seen")
    with pytest.raises(NotFound):
        explain(bench.core, "nonsense")
    with pytest.raises(NotFound):
        explain_member(bench.core, 99)
