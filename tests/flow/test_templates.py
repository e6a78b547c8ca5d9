"""Texts are filled from the member's data, and nothing in that data is ever evaluated."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ascend_core.contracts import Body, FieldValue, FormView, LinkRef, MemberView, RunView
from ascend_core.errors import FlowProblem
from ascend_core.flow.templates import FORMATS, Unfilled, compile_template

MEMBER = MemberView(
    id=1,
    phone="+12025550101",
    fields={
        "first_name": "Ana Lucía",
        "shifts": 3.0,
        "driver": True,
        "born": "1990-05-04",
        "dawn": "0001-01-01T00:00:00+00:00",
        "blank": " ",
        "none": None,
    },
)
FORM = FormView(
    id=1,
    key="e1",
    name="Canvass",
    url="https://example.org/event/1",
    starts_at=datetime(2026, 11, 8, 17, 5, tzinfo=UTC),
    timezone="America/New_York",
    location="Town Hall",
)
RUN = RunView(id=7, flow="confirm", started_at=datetime(2026, 11, 5, tzinfo=UTC))


def render(source: str, form: FormView | None = FORM, **fields: FieldValue) -> Body:
    member = replace(MEMBER, fields={**MEMBER.fields, **fields})
    return compile_template(source).render(member=member, form=form, run=RUN)[0]


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("Hi ${member.first_name|there}!", "Hi Ana Lucía!"),
        ("Hi ${member.first_name|first_word}!", "Hi Ana!"),
        ("Hi ${member.first_name|upper|there}!", "Hi ANA LUCÍA!"),
        ("Hi ${member.nick|there}!", "Hi there!"),
        ("Hi ${member.blank|there}!", "Hi there!"),
        ("Hi ${member.none|there}!", "Hi there!"),
        ("Hi ${member.nick|you | there}!", "Hi you | there!"),
        ("Hi${member.nick|}!", "Hi!"),
        ("${member.shifts|} ${member.driver|}", "3 yes"),
        ("${member.phone}", "+12025550101"),
        ("${event.title} ${event.start|day_time}", "Canvass Sun, Nov 8 at 12:05 PM"),
        ("${event.start}", "Sun, Nov 8 at 12:05 PM"),
        ("${event.start|date} / ${event.start|time}", "Sun, Nov 8 / 12:05 PM"),
        ("${event.end|time|late}", "late"),
        ("${event.id} ${event.timezone} ${event.location} ${event.url}", "e1 America/New_York Town Hall https://example.org/event/1"),
        ("${member.born|date|}", "Fri, May 4"),
        ("${member.first_name|date|no date}", "no date"),
        ("${member.dawn|date|}", "Mon, Jan 1"),
        ("${run.id} ${run.flow}", "7 confirm"),
        ("a $5 {b} $", "a $5 {b} $"),
    ],
)  # fmt: skip
def test_a_place_shows_what_it_names(source: str, shown: str) -> None:
    """Formats, fallbacks, and times in the event's own zone."""
    assert render(source) == (shown,)


@pytest.mark.parametrize(
    ("hour", "shown"), [(0, "12:05 AM"), (1, "1:05 AM"), (11, "11:05 AM"), (12, "12:05 PM"), (23, "11:05 PM")]
)
def test_the_hours_are_those_of_a_twelve_hour_clock(hour: int, shown: str) -> None:
    """Midnight is 12 AM and noon is 12 PM."""
    form = replace(FORM, starts_at=datetime(2026, 11, 8, hour, 5, tzinfo=UTC), timezone="Not/A_Zone")

    assert render("${event.start|time}", form) == (shown,)


def test_a_link_stays_a_place() -> None:
    """Its short URL is made when the message is."""
    assert render("Go ${link.form} now") == ("Go ", LinkRef("form"), " now")


def test_a_missing_value_is_never_a_hole() -> None:
    """Without an event and without a fallback, the text says that it cannot be sent."""
    body, unfilled = compile_template("On ${event.start}!").render(member=MEMBER, form=None, run=RUN)

    assert unfilled == ("event.start",)
    assert [type(part) for part in body] == [str, Unfilled, str]


@given(data=st.text() | st.sampled_from(["${member.phone}", "${link.form}", "{{7*7}}", "%(phone)s", "$ {", "{0}"]))
def test_nothing_in_a_members_data_is_evaluated(data: str) -> None:
    """Whatever somebody calls themselves, it is shown as it is (without NULs and outer blanks)."""
    shown = data.replace("\0", "").strip() or "there"

    assert render("Hi ${member.nick|there}", nick=data) == (f"Hi {shown}",)


@given(form=st.sampled_from(FORMATS), value=st.text() | st.floats() | st.integers() | st.booleans() | st.none())
def test_every_format_takes_every_value(form: str, value: FieldValue) -> None:
    """A value that does not fit a format takes the fallback, and never fails a message."""
    assert "".join(str(part) for part in render(f"${{member.x|{form}|-}}", x=value)) != ""


@pytest.mark.parametrize(
    "source", ["${", "${}", "${member}", "${member.}", "${a b.c}", "${member.x", "${${member.x}}", "${link.form|x}"]
)
def test_a_malformed_place_is_refused(source: str) -> None:
    """Better an error to the author than a strange text to a member."""
    with pytest.raises(FlowProblem):
        compile_template(source)


@given(source=st.text(st.sampled_from("${}|. abmember.first_name|day_time"), max_size=40))
def test_any_text_is_read_or_refused(source: str) -> None:
    """No text breaks the reader, and what it reads it can render."""
    try:
        template = compile_template(source)
    except FlowProblem:
        return
    template.render(member=MEMBER, form=FORM, run=RUN)
