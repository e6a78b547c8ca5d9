# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Steps: What happens elsewhere: the clock, Mobilize and the carrier."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from pytest_bdd import parsers, then, when

from tests.behaviour.story import Story

__all__: list[str] = []

SPAN = r"(?P<number>\d+) (?P<unit>minute|hour|day)s?"
UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


@when(parsers.re(rf"{SPAN} (?:pass|passes)"))
def _time_passes(story: Story, number: str, unit: str) -> None:
    story.go_to(story.world.clock.now() + int(number) * UNITS[unit])


@when(parsers.re(rf"we are away for {SPAN}, and (?P<name>\w+) replies \"(?P<text>[^\"]*)\" in vain"))
def _away(story: Story, number: str, unit: str, name: str, text: str) -> None:
    """The provider gives up telling us; then we start again."""
    _carrier_fails(story, "lose_inbound")
    story.world.carrier.reply(story.key(), story.phone(name), text)
    story.world.be_away(int(number) * UNITS[unit])


@when(parsers.parse("the clock reaches {day:S} {hour:d}:{minute:d} in {place}"))
def _clock_reaches(story: Story, day: str, hour: int, minute: int, place: str) -> None:
    zone = ZoneInfo(f"America/{place.replace(' ', '_')}")
    story.go_to(datetime.fromisoformat(day).replace(hour=hour, minute=minute, tzinfo=zone).astimezone(UTC))


@when(parsers.parse('the form "{form}" is renamed to "{name}" in Mobilize'))
def _renamed(story: Story, form: str, name: str) -> None:
    story.control(story.world.forms_url, f"events/{story.event_id(form)}", {"title": name})
    story.form_urls[name] = story.form_urls[form]


@when(parsers.parse('the form "{form}" is moved to {day:S} {hour:d}:{minute:d} in {place} in Mobilize'))
def _moved(story: Story, form: str, day: str, hour: int, minute: int, place: str) -> None:
    """The event is dated anew; its sign-ups show the new time and are not."""
    zone = ZoneInfo(f"America/{place.replace(' ', '_')}")
    starts_at = int(datetime.fromisoformat(day).replace(hour=hour, minute=minute, tzinfo=zone).timestamp())
    times = {"start_date": starts_at, "end_date": starts_at + 10_800}
    event_id = story.event_id(form)
    (event,) = (each for each in story.records("events") if each["id"] == event_id)
    moved = {"timeslots": [{**slot, **times} for slot in event["timeslots"]]}
    moved["modified_date"] = int(story.world.clock.now().timestamp())
    story.control(story.world.forms_url, f"events/{event_id}", moved)
    for row in story.records("attendances"):
        if row["event"]["id"] == event_id:
            undated = {"timeslot": {**row["timeslot"], **times}, "modified_date": row["modified_date"]}
            story.control(story.world.forms_url, f"attendances/{row['id']}", undated)


@when(parsers.parse('the form "{form}" is deleted in Mobilize'))
def _deleted(story: Story, form: str) -> None:
    story.control(story.world.forms_url, f"events/{story.event_id(form)}/delete", {})


@when(parsers.parse('the form "{form}" is restored in Mobilize'))
def _restored(story: Story, form: str) -> None:
    story.control(story.world.forms_url, f"events/{int(story.form(form).key)}/restore", {})


@when(parsers.parse("{name:w} changes in Mobilize"))
def _person_changes(story: Story, name: str, datatable: list[list[str]]) -> None:
    """The profile alone: no sign-up is touched."""
    words = {"SMS opt-in": "sms_opt_in_status", "first name": "given_name", "last name": "family_name"}
    changes = {words.get(field, field): value for field, value in datatable}
    story.control(story.world.forms_url, f"people/{story.person_in_mobilize(name)['id']}", changes)


@when(parsers.parse("Mobilize blocks {name:w}"))
def _blocked(story: Story, name: str) -> None:
    at = int(story.world.clock.now().timestamp())
    person_id = story.person_in_mobilize(name)["id"]
    story.control(story.world.forms_url, f"people/{person_id}", {"blocked_date": at})


@when(parsers.parse("{name:w} is {status} by now, which Mobilize does not date"))
def _undated(story: Story, name: str, status: str) -> None:
    email = story.people[name].email
    row = next(
        each for each in story.records("attendances") if each["person"]["email_addresses"][0]["address"] == email
    )
    undated = {"status": status, "modified_date": row["modified_date"]}
    story.control(story.world.forms_url, f"attendances/{row['id']}", undated)


@when(parsers.parse('Mobilize answers the next {times:d} requests with "{kind}"'))
def _mobilize_fails(story: Story, times: int, kind: str) -> None:
    story.control(story.world.forms_url, "faults", {"kind": kind, "times": times, "path": "/v1"})


@when(parsers.parse('Mobilize answers whoever asks for its {things:w} with "{kind}"'))
def _mobilize_fails_in_one_list(story: Story, things: str, kind: str) -> None:
    path = f"/v1/organizations/{story.account().key}/{things}"
    story.control(story.world.forms_url, "faults", {"kind": kind, "times": None, "path": path})


@when(parsers.parse('Mobilize holds an odd row: "{kind}"'))
def _odd_row(story: Story, kind: str) -> None:
    story.control(story.world.forms_url, "oddities", {"kind": kind})


@when(parsers.parse('the carrier does "{kind}" once'))
def _carrier_fails(story: Story, kind: str) -> None:
    story.control(story.world.carrier_url, "faults", {"kind": kind})


@when(parsers.parse('the carrier does "{kind}" {times:d} times'))
def _carrier_fails_often(story: Story, kind: str, times: int) -> None:
    story.control(story.world.carrier_url, "faults", {"kind": kind, "times": times})


@then(parsers.parse('the server was shown "{key}"'))
def _shown(story: Story, key: str) -> None:
    assert story.elsewhere is not None
    assert story.elsewhere.keys[-1] == key


@then(parsers.parse("the server was asked {times:d} times"))
@then(parsers.parse("the server was asked {times:d} time"))
def _asked(story: Story, times: int) -> None:
    assert story.elsewhere is not None
    assert len(story.elsewhere.asked) == times


@when(parsers.parse("the server answers {status:d} from now on"))
def _answers(story: Story, status: int) -> None:
    assert story.elsewhere is not None
    story.elsewhere.status = status
