"""Conditions: a known small language that never raises and never sees more than it should."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ascend_core.contracts import FieldValue, FormView, MemberView, RunView
from ascend_core.errors import FlowProblem
from ascend_core.flow.expressions import Facts, compile_condition
from ascend_core.flow.trial import fault_of

NOW = datetime(2026, 11, 5, 20, tzinfo=UTC)
FACTS = Facts(
    member=MemberView(
        id=1,
        phone="+12025550101",
        fields={"rsvp": "confirmed", "age": 30, "empty": None, "t shirt": "M"},
        groups=frozenset({"June"}),
    ),
    form=FormView(id=1, key="e1", name="Canvass", url=None, starts_at=NOW + timedelta(days=1)),
    run=RunView(id=7, flow="confirm", started_at=NOW - timedelta(days=2)),
    now=NOW,
    reply="It was great",
)


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ('member.rsvp == "confirmed"', True),
        ('member.unknown == "confirmed"', False),
        ("member.unknown == null && member.empty == null", True),
        ('has(member.unknown) || member.unknown == "x"', False),
        ("has(member.rsvp) && !has(member.empty)", True),
        ('member["t shirt"] == "M"', True),
        ("member.age >= 18", True),
        ("member.id == 1", True),
        ('"June" in groups && !("July" in groups)', True),
        ('groups.exists(g, g.startsWith("Ju"))', True),
        ('event.start - now > duration("6h")', True),
        ("event.end == null", True),
        ('event.title == "member.nobody"', False),
        ('run.flow == "confirm" && now - run.started_at > duration("47h")', True),
        ('reply.contains("great")', True),
        ("now < timestamp('2027-01-01T00:00:00Z')", True),
    ],
)
def test_a_condition_says_yes_or_no(source: str, answer: bool) -> None:
    """Over the member, their groups, the event, the run, the reply and the time."""
    assert compile_condition(source).test(FACTS) == (answer, None)


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("member.unknown > 3", "TypeError"),
        ('member["unknown"] == 1', "KeyError"),
        ("member.age / 0 > 1", None),
        ("member.rsvp", "not_yes_or_no"),
        ('int(reply) > 3', None),
    ],
)  # fmt: skip
def test_a_condition_that_fails_is_false_and_says_why(source: str, problem: str | None) -> None:
    """The branch is not taken, and the trace shows the kind of failure, never the data."""
    answer, found = compile_condition(source).test(FACTS)

    assert answer is False
    assert found is not None
    assert found == problem or problem is None
    assert "great" not in found


def test_a_moment_is_aware() -> None:
    """A wait until a moment knows which one."""
    moment = compile_condition('event.start - duration("3h")').moment(FACTS)

    assert moment == (NOW + timedelta(hours=21), None)
    assert compile_condition("event.end").moment(FACTS) == (None, None)
    assert compile_condition("member.age").moment(FACTS) == (None, "not_a_time")
    assert compile_condition("event.start").moment(evolve(FACTS, form=None))[0] is None


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("member.rsvp ==", "this is not a CEL expression: at 1:15: Syntax error: mismatched input '<EOF>'"),
        ("memer.rsvp == 1", "'memer' is unknown here; an expression may use member, groups, event, run, reply, now"),
        ('event.start - duration("3d") > now', "duration '3d' is none; write hours, minutes, seconds: 72h, 1h30m"),
        ("event.titel == 'x'", "there is no 'event.titel'; did you mean 'event.title'?"),
        ("run.member == 1", "there is no 'run.member'; run has id, flow, started_at"),
        (
            "groups.all(a, groups.exists(b, a == b))",
            "a loop (all, exists, exists_one, map, filter) holds another one; one is enough",
        ),
        ("x" * 1001, "the expression has 1001 characters; at most 1000 are allowed"),
    ],
)
def test_a_wrong_condition_is_refused_with_a_sentence(source: str, said: str) -> None:
    """An author sees what is wrong before anybody gets a text."""
    with pytest.raises(FlowProblem) as refused:
        compile_condition(source)

    assert str(refused.value) == said


def test_a_function_that_does_not_exist_is_found_before_it_runs() -> None:
    """CEL itself would only notice on the day."""
    with pytest.raises(FlowProblem, match="there is no function 'lower'"):
        compile_condition('lower(reply) == "yes"')


PIECES = [*"()[]!-+<>=&|?:.,\"' 0123", "member", ".rsvp", "groups", "now", " in "]


@given(
    source=st.lists(st.sampled_from(PIECES)).map("".join),
    value=st.text() | st.integers() | st.floats() | st.booleans() | st.none(),
)
def test_no_condition_ever_raises(source: str, value: FieldValue) -> None:
    """It is refused at lint, or answers."""
    try:
        expression = compile_condition(source)
    except FlowProblem:
        return
    facts = evolve(FACTS, member=replace(FACTS.member, fields={"rsvp": value}))
    assert isinstance(expression.test(facts)[0], bool)
    expression.moment(facts)


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("event.start > 5", "it compares or joins values of different types"),
        ("now - event.start", "it gives a length of time, not yes or no"),
        ('event.start - "3h" > now', "it compares or joins values of different types"),
        ("groups", "it gives something else, not yes or no"),
        ("event.title", "it gives a text, not yes or no"),
        ("reply.contains(3)", "a function in it does not take these values"),
        ("groups.exists(g, g > 3)", "it compares or joins values of different types"),
    ],
)
def test_an_expression_that_never_gives_yes_or_no_is_found_at_lint(source: str, fault: str) -> None:
    """CEL checks types when it runs, which is when somebody should have got a text."""
    assert fault_of(compile_condition(source), "yes or no") == fault


@pytest.mark.parametrize(
    "source",
    [
        "member.age >= 18", 'member.rsvp == "confirmed"', "member.vip", "!member.vip && member.age > 3", "true",
        'timestamp(member.born) < now', 'int(member.count) > 3', 'member["t shirt"] == "M"', "member.a == member.b",
        "member.a > member.b && member.c && member.d == null", 'reply == "x" || event.end == null',
    ],
)  # fmt: skip
def test_an_expression_that_may_give_yes_or_no_is_let_through(source: str) -> None:
    """What a field holds is not known at lint: whatever works for some type works."""
    assert fault_of(compile_condition(source), "yes or no") is None


def test_a_moment_is_tried_as_one() -> None:
    """A wait until a condition is a slip."""
    assert fault_of(compile_condition('event.start - duration("3h")'), "a time") is None
    assert fault_of(compile_condition("member.callback"), "a time") is None
    assert fault_of(compile_condition("event.start > now"), "a time") == "it gives yes or no, not a time"
