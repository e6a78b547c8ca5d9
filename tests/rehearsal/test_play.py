"""A flow test says whether a flow does what its author meant, and where it does not."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest

from ascend_core.host.registry import Registry
from ascend_core.operations.programs import read_flow
from ascend_core.rehearsal.load import check_tests
from ascend_core.rehearsal.play import Played, fits, play_test

Play = Callable[..., Played]

FIRST = "- expect: Hi Ana! *"
COMING = "- expect: Coming? YES or NO"
ANA = 'member: {first_name: Ana, zip: "10001"}'


def problem(played: Played) -> str | None:
    """What did not hold."""
    return None if played.failure is None else played.failure.problem


def test_a_whole_story_holds(play: Play) -> None:
    """Every kind of entry, over days, in a moment."""
    played = play(
        f"""
        {FIRST}
        {COMING}
        - click: form
        - reply: "Sí!!"
        - expect: See you!
        - state:
            groups: [Confirmed, Saturday Canvass]
            not_in_groups: [Needs a call]
            fields: {{rsvp: confirmed, zip: "10001", email: }}
        - ends: finished
        - wait: 1d
        - expect: "Finish it: <form> Please."
        - submit: form
        - quiet: 7d
        """,
        head=ANA,
    )

    assert played.failure is None
    assert next(line.text for line in played.lines if line.who == "us") == (
        "Hi Ana! Saturday Canvass is on Sat, May 9 at 10:00 AM: <form> STOP to leave."
    )


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("- expect: Hello*", "another text came"),
        (f"{FIRST}\n- click: form", "a text came that nothing expected before the script goes on"),
        (FIRST, "a text came that nothing expected before the test ends"),
        (f"{FIRST}\n{COMING}\n- expect: More", "no text came"),
        (f"{FIRST}\n{COMING}\n- click: map", "no text with a link 'map' has come; links that came: form"),
        (f"{FIRST}\n{COMING}\n- ends: finished", "the run goes on: it waits at step 1"),
        (f"{FIRST}\n{COMING}\n- state: {{groups: [Confirmed]}}", "the member is not as expected"),
        (f"{FIRST}\n{COMING}\n- state: {{not_in_groups: [Saturday Canvass]}}", "the member is not as expected"),
        (f"{FIRST}\n{COMING}\n- state: {{fields: {{rsvp: confirmed}}}}", "the member is not as expected"),
        (
            f"{FIRST}\n{COMING}\n- click: form\n- quiet: 2d",
            "a text came that nothing expected before this much time has passed quietly",
        ),
        (f"{FIRST}\n{COMING}\n- happens: mobilize.cancels\n- ends: finished", "the run ended for another reason"),
    ],
)
def test_what_does_not_hold_is_said_at_its_entry(play: Play, script: str, expected: str) -> None:
    """The last entry of each script is the one that is wrong."""
    played = play(script, head=ANA)

    assert problem(played) == expected
    assert played.failure is not None
    assert played.failure.entry == played.test.script[-1]


def test_a_text_that_waits_for_the_morning_is_named_as_the_reason(play: Play) -> None:
    """At nine in the evening nothing comes, and the author sees why; in the morning it comes."""
    late = "at: 2026-11-05T21:00-05:00\n" + ANA
    held = play(FIRST, head=late)
    waited = play(f"- wait: 2026-11-06T09:00-05:00\n{FIRST}\n{COMING}", head=late)

    assert held.failure is not None
    assert held.failure.hints == (
        "a text is held until Fri, Nov 6 · 9:00 AM: quiet_hours",
        "a text is held until Fri, Nov 6 · 9:00 AM: it waits for another",
    )
    assert waited.failure is None


def test_stop_ends_everything(play: Play) -> None:
    """As in production: one confirmation, and nothing after it."""
    played = play(
        f"""
        {FIRST}
        {COMING}
        - click: form
        - reply: Please stop texting me
        - expect: You are unsubscribed*
        - ends: unsubscribed
        - quiet: 30d
        """,
        head=ANA,
    )

    assert played.failure is None


def test_the_trigger_that_stops_the_flow_stops_it(play: Play) -> None:
    """``happens`` fires what Mobilize would."""
    played = play(
        f"{FIRST}\n{COMING}\n- click: form\n- happens: mobilize.cancels\n- ends: stop_when\n- quiet: 7d", head=ANA
    )

    assert played.failure is None


def test_entering_again_is_what_reentry_says(play: Play) -> None:
    """``skip`` is the default: who is inside already is left to it."""
    skipped = play(f"{FIRST}\n{COMING}\n- enter:\n- quiet: 1d", head=ANA)
    again = play(
        f"{FIRST}\n{COMING}\n- wait: 2d\n- enter:\n{FIRST}\n{COMING}", head=ANA, flow=INVITE_AGAIN
    )  # fmt: skip

    assert (skipped.failure, again.failure) == (None, None)


INVITE_AGAIN = """
    flow: invite
    reentry: restart
    steps:
      - send: "Hi ${member.first_name|there}! Again."
      - ask: coming
        text: Coming? YES or NO
"""


def test_fields_of_a_kind_are_typed(registry: Registry) -> None:
    """A condition compares numbers as numbers when the file says that the field is one."""
    flow = """
        flow: invite
        steps:
          - branch:
              - if: member.age >= 65
                then: [{send: Senior.}]
              - else: [{send: Other.}]
    """
    story = "flow: invite\ntests: [{test: s, member: {age: '70'}, script: [{expect: EXPECTED}]}]\n"
    flows = (read_flow(registry, dedent(flow), file="invite.yaml"),)
    for head, expected in (("", "Other."), ("fields: {age: number}\n", "Senior.")):
        tests, found = check_tests(head + story.replace("EXPECTED", expected), file="t.yaml")
        assert tests is not None, found

        assert play_test(registry, flows, tests.tests[0]).failure is None


@pytest.mark.parametrize(
    ("pattern", "text", "does"),
    [
        ("Hi*", "Hi Ana", True),
        ("*Ana", "Hi Ana", True),
        ("Hi", "Hi Ana", False),
        ("Hi  Ana\nSee you", "Hi Ana See\nyou", True),
        ("[a-z]?", "b", False),
        ("a*c*e", "a b c d e", True),
        ("(YES*", "(YES or NO)", True),
    ],
)
def test_only_the_star_is_special(pattern: str, text: str, does: bool) -> None:
    """Authors write what they would read; line breaks do not matter."""
    assert fits(pattern, text) is does


CALLING = """
    flow: calling
    steps:
      - webhook: https://crm.example.org/people
        set: {crm_id: person.id}
        then: [{send: "Your number is ${member.crm_id|none}."}]
        failed: [{send: We could not look you up.}]
"""


def test_a_webhook_answers_as_the_test_says(play: Play) -> None:
    """Nobody is called."""
    head = "webhooks:\n  https://crm.example.org/people: {answer: {person.id: A-7}}"
    played = play("- expect: Your number is A-7.", flow=CALLING, head=head)

    assert played.failure is None
    assert [line.text for line in played.lines if "calls" in line.text] == ["calls https://crm.example.org/people: 200"]


def test_a_webhook_may_answer_with_numbers_and_lists(play: Play) -> None:
    """As the server writes it."""
    head = """webhooks:\n  https://crm.example.org/people: {json: '{"person": {"id": 7}, "tags": []}'}"""

    assert play("- expect: Your number is 7.", flow=CALLING, head=head).failure is None


def test_a_webhook_may_fail_in_a_test(play: Play) -> None:
    """By its status, or because the test says nothing about it."""
    head = "webhooks:\n  https://crm.example.org/people: {status: 404}"

    assert play("- expect: We could not look you up.", flow=CALLING, head=head).failure is None
    assert play("- expect: We could not look you up.", flow=CALLING).failure is None
