"""Real answers in a file, served back."""

from __future__ import annotations

import json

import httpx
import pytest

from ascend_core.errors import BadInput
from ascend_mobilize.simulator import History, Simulator, World
from ascend_mobilize.simulator.loading import put_into, read_file

_SPONSOR = {"id": 88, "slug": "elm-street", "name": "Elm Street"}
_EVENTS = [
    {"id": 7659, "title": "One", "sponsor": _SPONSOR, "timeslots": [{"id": 1, "start_date": 2}], "brand_new": [1, {}]},
    {"id": None, "title": None, "timeslots": None, "sponsor": None, "modified_date": None},
    {"id": 7659, "title": "One again", "contact": {"name": "Sam"}, "location": {"venue": "V"}, "tags": [None, "x"]},
    {"timeslots": 5, "tags": {}, "modified_date": "soon", "visibility": None, "id": "seven", "sponsor": "x"},
    {},
]
_ATTENDANCES = [
    {"id": 961149, "status": "REGISTERED", "modified_date": 50, "person": {"id": 3, "given_name": "A\ud800"}},
    {"id": None, "status": None, "event": {"id": None}, "timeslot": {"id": None}, "person": None},
    {"id": 961149, "status": ["odd"], "timeslot": {"id": 1}, "person": {"id": 3}, "event": {"id": 7659}},
    {"id": "x", "modified_date": None, "sponsor": _SPONSOR},
]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "real.json"
    path.write_text(json.dumps({"events": _EVENTS, "attendances": _ATTENDANCES, "_note": "ignored"}))
    return path


@pytest.fixture
def http(file, clock, direct):
    world = World(org_id=88, seed=1, made_at=0)
    put_into(world, read_file(file))
    simulator = Simulator(history=History(world, clock), api_key="k")
    headers = {"authorization": "Bearer k"}
    with httpx.Client(transport=direct(simulator.app), base_url="http://example.org", headers=headers) as client:
        yield client


def test_every_row_comes_back_as_it_was(http):
    """Extra fields, missing fields, null ids, doubled ids: all unchanged, in the file's order."""
    assert http.get("/v1/organizations/88/events").json()["data"] == _EVENTS
    assert http.get("/v1/organizations/88/attendances").json()["data"] == _ATTENDANCES
    assert http.get("/v1/organizations/88/events/7659/attendances").json()["data"] == [_ATTENDANCES[2]]


def test_strangers_see_loaded_events_as_they_were_recorded(http):
    """A recorded answer is already what somebody was shown."""
    del http.headers["authorization"]

    assert http.get("/v1/events").json()["data"] == _EVENTS


@pytest.mark.parametrize(
    "ask",
    [
        "updated_since=5",
        "timeslot_start=gte_now",
        "tag_id=1",
        "zipcode=10001",
        "state=NY",
        "exclude_full=true",
        "event_campaign_id=1",
        "organization_id=88",
        "is_virtual=false",
    ],
)
def test_no_filter_chokes_on_odd_rows(http, ask):
    """What cannot be compared does not match."""
    assert http.get(f"/v1/organizations/88/events?{ask}").status_code == 200
    assert http.get(f"/v1/organizations/88/attendances?{ask}").status_code == 200


def test_people_come_from_the_attendances(http):
    """One record for each person."""
    assert http.get("/v1/organizations/88/people").json()["data"] == [_ATTENDANCES[0]["person"]]


def test_new_rows_begin_behind_the_loaded_ids(http):
    """People can sign up for a loaded event."""
    form = {"first_name": "Ada", "last_name": "Sample", "email": "ada@example.org"}

    answer = http.post("/elm-street/event/7659/?utm_content=t", data=form)

    rows = http.get("/v1/organizations/88/attendances").json()["data"]
    assert answer.status_code == 200
    assert rows[:-1] == _ATTENDANCES
    assert rows[-1]["id"] > 961149
    assert rows[-1]["referrer"]["utm_content"] == "t"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "is not JSON"),
        ("[]", "has to hold"),
        ('{"rows": []}', "has to hold"),
        ('{"events": {}}', "events has to be a list"),
        ('{"attendances": [{}, 5]}', "attendances[1] has to be an object"),
        ("[" * 100_000, "is not JSON"),
    ],
)
def test_a_bad_file_is_one_sentence(tmp_path, text, problem):
    """It names the file and the place."""
    path = tmp_path / "bad.json"
    path.write_text(text)

    with pytest.raises(BadInput) as caught:
        read_file(path)

    assert str(path) in str(caught.value)
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 4


def test_a_missing_file_is_one_sentence(tmp_path):
    """So is one that is a folder."""
    with pytest.raises(BadInput, match="cannot read"):
        read_file(tmp_path / "none.json")
    with pytest.raises(BadInput, match="cannot read"):
        read_file(tmp_path)
