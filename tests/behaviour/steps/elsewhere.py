# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Steps: What happens elsewhere: the clock, Mobilize and the carrier."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from pytest_bdd import parsers, then, when

from tests.behaviour.story import Story

__all__: list[str] = []

UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


@when(parsers.re(r"(?P<number>\d+) (?P<unit>minute|hour|day)s? (?:pass|passes)"))
def _time_passes(story: Story, number: str, unit: str) -> None:
    story.go_to(story.world.clock.now() + int(number) * UNITS[unit])


@when(parsers.parse("the clock reaches {day:S} {hour:d}:{minute:d} in {place}"))
def _clock_reaches(story: Story, day: str, hour: int, minute: int, place: str) -> None:
    zone = ZoneInfo(f"America/{place.replace(' ', '_')}")
    story.go_to(datetime.fromisoformat(day).replace(hour=hour, minute=minute, tzinfo=zone).astimezone(UTC))


@when(parsers.parse('the form "{form}" is renamed to "{name}" in Mobilize'))
def _renamed(story: Story, form: str, name: str) -> None:
    story.control(story.world.forms_url, f"events/{story.event_id(form)}", {"title": name})
    story.form_urls[name] = story.form_urls[form]


@when(parsers.parse('the form "{form}" is deleted in Mobilize'))
def _deleted(story: Story, form: str) -> None:
    story.control(story.world.forms_url, f"events/{story.event_id(form)}/delete", {})


@when(parsers.parse('Mobilize answers the next {times:d} requests with "{kind}"'))
def _mobilize_fails(story: Story, times: int, kind: str) -> None:
    story.control(story.world.forms_url, "faults", {"kind": kind, "times": times, "path": "/v1"})


@when(parsers.parse('Mobilize holds an odd row: "{kind}"'))
def _odd_row(story: Story, kind: str) -> None:
    story.control(story.world.forms_url, "oddities", {"kind": kind})


@when(parsers.parse('the carrier does "{kind}" once'))
def _carrier_fails(story: Story, kind: str) -> None:
    story.control(story.world.carrier_url, "faults", {"kind": kind})


@then(parsers.parse("the server was asked {times:d} times"))
@then(parsers.parse("the server was asked {times:d} time"))
def _asked(story: Story, times: int) -> None:
    assert story.elsewhere is not None
    assert len(story.elsewhere.asked) == times


@when(parsers.parse("the server answers {status:d} from now on"))
def _answers(story: Story, status: int) -> None:
    assert story.elsewhere is not None
    story.elsewhere.status = status
