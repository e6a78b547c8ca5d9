"""What happens by itself as time passes: when, to whom, and the same however the clock is moved."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ascend_mobilize.simulator import History, Simulator, World
from ascend_mobilize.simulator.journal import Journal
from ascend_mobilize.simulator.life import Life
from ascend_mobilize.simulator.scenario import Scenario

CHICAGO = ZoneInfo("America/Chicago")
NOTHING = {each.name: 0 for each in attrs.fields(Scenario) if each.name not in {"running", "seed"}}
LIVELY = {
    "running": True,
    "sign_ups_a_day": 6.5,
    "again": 0.2,
    "promoted": 0.2,
    "masked": 0.1,
    "edits": 0.2,
    "renamed": 0.2,
    "deleted": 0.1,
    "restored": 0.5,
    "touched": 0.3,
    "synced": 0.3,
    "flips": 0.3,
}


@pytest.fixture
def shift(mobilize) -> datetime:
    """An event of an evening in Chicago, four days from now."""
    start = datetime(2026, 3, 6, 18, 0, tzinfo=CHICAGO)
    at = int(start.timestamp())
    mobilize.event = mobilize.add_event("Evening", slots=[[at, at + 7200]], timezone="America/Chicago")
    return start


def _directed(mobilize, **shares) -> None:
    answer = mobilize.lever("/scenario", **{**NOTHING, "running": True, **shares})
    assert answer.status_code == 200, answer.text


def _go(mobilize, to: datetime) -> dict:
    return mobilize.lever("/clock", to=int(to.timestamp())).json()["result"]["happened"]


def _row(mobilize, attendance: int) -> dict:
    return mobilize.world.attendance(attendance)


def test_people_are_asked_at_eleven_on_the_day_before_where_the_event_is(mobilize, shift):
    """Not a second sooner; and the change is dated then, however far the clock leapt."""
    _directed(mobilize, confirms=1)
    attendance = mobilize.sign_up()
    asked = datetime(2026, 3, 5, 11, 0, tzinfo=CHICAGO)

    assert _go(mobilize, asked.replace(hour=10, minute=59)) == {}
    assert _go(mobilize, asked.replace(day=6)) == {"confirmed": 1}

    row = _row(mobilize, attendance)
    assert (row["status"], row["modified_date"]) == ("CONFIRMED", int(asked.timestamp()))


@pytest.mark.parametrize(
    ("shares", "status", "at"),
    [
        ({"cancels": 1}, "CANCELLED", datetime(2026, 3, 5, 11, 0, tzinfo=CHICAGO)),
        ({"cancels_late": 1}, "CANCELLED", datetime(2026, 3, 6, 8, 0, tzinfo=CHICAGO)),
    ],
)
def test_people_cancel_when_they_are_asked_or_on_the_day_itself(mobilize, shift, shares, status, at):
    """Both are seen in the status alone."""
    _directed(mobilize, **shares)
    attendance = mobilize.sign_up()

    _go(mobilize, shift)

    row = _row(mobilize, attendance)
    assert (row["status"], row["attended"], row["modified_date"]) == (status, None, int(at.timestamp()))


@pytest.mark.parametrize(("attends", "rating"), [(1, {"Positive", "Negative"}), (0, {None})])
def test_the_survey_comes_an_hour_after_the_end(mobilize, shift, attends, rating):
    """It is answered within hours; the status stays what it was."""
    _directed(mobilize, answers=1, attends=attends, writes=1)
    attendance = mobilize.sign_up()
    end = int(shift.timestamp()) + 7200

    _go(mobilize, shift.replace(day=8))

    row = _row(mobilize, attendance)
    assert (row["status"], row["attended"]) == ("REGISTERED", bool(attends))
    assert row["rating"] in rating
    assert bool(row["feedback"]) is bool(attends)
    assert end + 3600 <= row["modified_date"] <= end + 9 * 3600


def test_nobody_who_cancelled_is_asked(mobilize, shift):
    """Only who was expected gets the survey; but a host may know better."""
    _directed(mobilize, cancels=1, answers=1, attends=1)
    attendance = mobilize.sign_up()
    _go(mobilize, shift.replace(day=9))
    assert _row(mobilize, attendance)["attended"] is None

    _directed(mobilize, cancels=1, cancelled_attends=1)
    later = mobilize.add_event("Later", slots=[[mobilize.history.now() + 200_000, mobilize.history.now() + 207_200]])
    other = mobilize.sign_up("Bea", event_id=later)
    mobilize.lever("/clock", days=6)

    row = _row(mobilize, other)
    assert (row["status"], row["attended"]) == ("CANCELLED", True)


def test_a_host_marks_and_turns_marks_round(mobilize, shift):
    """At ten on the day after."""
    _directed(mobilize, answers=1, attends=1, flips=1)
    attendance = mobilize.sign_up()
    _go(mobilize, shift.replace(day=7, hour=9))
    assert _row(mobilize, attendance)["attended"] is True

    assert _go(mobilize, shift.replace(day=7, hour=11)) == {"flipped": 1}

    assert _row(mobilize, attendance)["attended"] is False


def test_a_full_shift_has_a_waitlist_from_which_the_host_lets_people_in(mobilize, shift):
    """In the order they came, when somebody cancelled."""
    mobilize.lever(f"/events/{mobilize.event}", capacity=1)
    first, second, third = (mobilize.sign_up(name) for name in ("Ada", "Bea", "Cai"))
    _directed(mobilize, gets_a_seat=1)
    mobilize.lever("/clock", days=2)
    assert [_row(mobilize, each)["status"] for each in (first, second, third)] == ["REGISTERED", *["WAITLISTED"] * 2]

    mobilize.lever(f"/attendances/{first}", status="CANCELLED")
    happened = mobilize.lever("/clock", days=1).json()["result"]["happened"]

    assert happened == {"let in": 1}
    assert [_row(mobilize, each)["status"] for each in (second, third)] == ["REGISTERED", "WAITLISTED"]


def test_a_nightly_job_moves_dates_and_nothing_else(mobilize, shift):
    """Soon after midnight in New York, near the shift."""
    _directed(mobilize, touched=1)
    attendance = mobilize.sign_up()
    before = _row(mobilize, attendance)

    _go(mobilize, shift)

    row = _row(mobilize, attendance)
    assert {**row, "modified_date": 0} == {**before, "modified_date": 0}
    night = datetime.fromtimestamp(row["modified_date"], ZoneInfo("America/New_York"))
    assert night.date().day == 6
    assert (night.hour, night.minute < 21) == (0, True)


def test_a_nightly_sync_gives_statuses_and_marks(mobilize, shift):
    """Before the shift and after it."""
    _directed(mobilize, synced=1, attends=1)
    attendance = mobilize.sign_up()
    _go(mobilize, shift)
    status = _row(mobilize, attendance)["status"]

    _go(mobilize, shift.replace(day=8))

    assert status in {"CONFIRMED", "CANCELLED"}
    assert _row(mobilize, attendance)["attended"] is (True if status == "CONFIRMED" else None)


def test_an_edit_of_a_person_shows_everywhere_and_dates_no_attendance_anew(mobilize):
    """Whether it does there nobody knows; so who wants to hear of edits has to look at the people."""
    attendance = mobilize.sign_up()
    person = _row(mobilize, attendance)["person"]
    mobilize.clock.pass_time(60)

    mobilize.lever(f"/people/{person['id']}", phone="2125550177", given_name="Adam")

    row = _row(mobilize, attendance)
    assert (row["person"]["given_name"], row["person"]["phone_numbers"][0]["number"]) == ("Adam", "2125550177")
    assert row["modified_date"] == row["created_date"]
    assert row["person"]["modified_date"] == row["created_date"] + 60
    assert mobilize.get(f"/organizations/{mobilize.org}/people").json()["data"][0] == row["person"]


@pytest.mark.parametrize(
    ("kept", "gone", "back"), [("keep", 1, "REGISTERED"), ("cancel", 1, "CANCELLED"), ("vanish", 0, "REGISTERED")]
)
def test_a_deleted_event_can_come_back(mobilize, kept, gone, back):
    """What its attendances do meanwhile is a switch, since nobody knows."""
    mobilize.sign_up()
    mobilize.lever("/switches", deleted_attendances=kept)
    mobilize.lever(f"/events/{mobilize.event}/delete")
    events = f"/organizations/{mobilize.org}/events"
    assert mobilize.get(events).json()["count"] == 0
    assert mobilize.get(f"{events}/deleted").json()["data"] == [
        {"id": mobilize.event, "deleted_date": mobilize.history.now()}
    ]
    assert mobilize.attendances()["count"] == gone
    mobilize.clock.pass_time(3600)
    since = mobilize.history.now()

    mobilize.lever(f"/events/{mobilize.event}/restore")

    assert [event["id"] for event in mobilize.get(events, updated_since=since).json()["data"]] == [mobilize.event]
    assert mobilize.get(f"{events}/deleted").json()["count"] == 0
    assert [row["status"] for row in mobilize.attendances()["data"]] == [back]
    assert mobilize.lever(f"/events/{mobilize.event}/restore").status_code == 404


def test_a_sign_up_can_be_made_by_a_lever(mobilize):
    """With a key, once."""
    wish = {"event_id": mobilize.event, "email": "cleo@example.org", "phone": "2125550144", "key": "once"}

    made = [mobilize.lever("/sign_ups", **wish).json()["result"] for _ in range(2)]

    assert made[0] == made[1] == [mobilize.attendances()["data"][0]["id"]]
    assert mobilize.attendances()["data"][0]["person"]["sms_opt_in_status"] == "OPT_IN"


@pytest.mark.parametrize(
    ("path", "wish"),
    [
        ("/clock", {}),
        ("/clock", {"days": -1}),
        ("/clock", {"weeks": 1}),
        ("/clock", {"days": True}),
        ("/clock", {"to": 5}),
        ("/clock", {"days": 10**9}),
        ("/scenario", {"confirms": 2}),
        ("/scenario", {"storms": 1}),
        ("/scenario", {"running": 1}),
        ("/switches", {"paging": "random"}),
        ("/switches", {"paging": True}),
        ("/switches", {"rate_limit": "cursor"}),
        ("/switches", {"rate_limit": 1}),
        ("/sign_ups", {"event_id": 50000}),
        ("/sign_ups", {"event_id": 50000, "email": 5}),
        ("/sign_ups", {"event_id": 50000, "email": "a@example.org", "shoe_size": 44}),
    ],
)
def test_a_wrong_wish_is_answered_with_a_sentence(mobilize, path, wish):
    """And nothing has changed."""
    before = mobilize.http.get("/_sim/state").json()

    answer = mobilize.lever(path, **wish)

    assert (answer.status_code, type(answer.json()["error"])) == (400, str)
    assert mobilize.http.get("/_sim/state").json() == before


@pytest.mark.parametrize(
    ("paging", "missing", "twice"), [("cursor", 0, 0), ("newest_first", 0, 1), ("oldest_first", 1, 0)]
)
def test_pages_can_shift_while_they_are_read(mobilize, paging, missing, twice):
    """A row that changes between two pages moves the others: some come twice, or one never does."""
    made = []
    for number in range(10):
        made.append(mobilize.sign_up(f"Ada{number}"))
        mobilize.clock.pass_time(1)
    mobilize.lever("/switches", paging=paging)
    answer = mobilize.attendances(per_page=4)
    seen = [row["id"] for row in answer["data"]]
    changed = made[0] if paging == "oldest_first" else made[1]
    mobilize.lever(f"/attendances/{changed}", status="CONFIRMED")

    while answer["next"]:
        answer = mobilize.http.get(answer["next"], headers={"authorization": f"Bearer {mobilize.key}"}).json()
        seen += [row["id"] for row in answer["data"]]

    unchanged = set(made) - {changed}
    assert len(unchanged - set(seen)) == missing
    assert sum(seen.count(each) > 1 for each in unchanged) == twice


class Fixed:
    """A clock that stands: only the lever moves time."""

    def now(self) -> datetime:
        return datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0


def _opened(path: Path, seed: int) -> tuple[History, Life]:
    history = History(World(org_id=4017, seed=1, made_at=1_600_000_000), Fixed(), Journal(path))
    if not history.world.events.places:
        start = history.now() + 100_000
        for number in range(4):
            first = start + number * 100_000
            slots = [[first, first + 7200], [first + 86_400, first + 93_600]]
            event = history.perform("add_event", {"title": f"Event {number}", "slots": slots, "url_base": ""})
            history.perform("limit_slots", {"event_id": event, "capacity": 3})
        history.perform("scenario", {**LIVELY, "seed": seed})
    return history, Life(history, after_deletion=lambda: "vanish")


def _picture(history: History) -> str:
    world = history.world
    tables = (world.events, world.attendances, world.people.table, world.deleted_events)
    return json.dumps([list(table) for table in tables])


@settings(max_examples=12)
@given(
    seed=st.integers(0, 99), steps=st.lists(st.integers(1, 200_000), max_size=12), killed=st.sets(st.integers(0, 11))
)
def test_a_life_is_the_same_in_leaps_in_steps_and_over_kills(seed, steps, killed):
    """Nine days at once, or in any steps, the process killed between some: every row and date is the same."""
    with tempfile.TemporaryDirectory() as folder:
        history, life = _opened(Path(folder) / "leap", seed)
        until = history.now() + 9 * 86_400
        history.perform("advance", {"seconds": 9 * 86_400})
        happened = life.catch_up()
        at_once = _picture(history)

        history, life = _opened(Path(folder) / "steps", seed)
        for number, step in enumerate(steps):
            history.perform("advance", {"seconds": min(step, until - history.now())})
            life.catch_up()
            if number in killed:
                history, life = _opened(Path(folder) / "steps", seed)
        history.perform("advance", {"seconds": until - history.now()})
        life.catch_up()

        assert _picture(history) == at_once
        assert _picture(_opened(Path(folder) / "steps", seed)[0]) == at_once
        assert {"signed up", "confirmed", "attended", "edited"} <= set(happened)


def test_a_life_that_is_killed_in_the_middle_of_a_leap_goes_on(tmp_path):
    """Whatever part of the journal is left, the end is the same."""
    whole = tmp_path / "whole"
    history, life = _opened(whole, 7)
    set_up = len(whole.read_bytes().splitlines())
    history.perform("advance", {"seconds": 9 * 86_400})
    life.catch_up()
    picture, lines = _picture(history), whole.read_bytes().splitlines(keepends=True)
    assert len(lines) > 100

    for kept in range(set_up + 1, len(lines), 9):
        part = tmp_path / f"part{kept}"
        part.write_bytes(b"".join(lines[:kept]))
        history, life = _opened(part, 7)
        life.catch_up()
        assert _picture(history) == picture


def test_time_passes_for_the_api_as_well(mobilize, shift, serve):
    """Whoever asks sees what has happened by now, without a lever."""
    _directed(mobilize, confirms=1)
    mobilize.sign_up()
    mobilize.clock.pass_time(5 * 86_400)

    assert mobilize.attendances()["data"][0]["status"] == "CONFIRMED"


def test_a_simulator_without_a_scenario_stands_still(clock):
    """Nothing happens by itself unless it is asked for."""
    history = History(World(org_id=4017, seed=1, made_at=1_600_000_000), clock)
    Simulator(history=history, api_key="k")
    life = Life(history, after_deletion=lambda: "keep")
    clock.pass_time(86_400 * 30)

    assert life.catch_up() == {}
    assert history.scenario.running is False
