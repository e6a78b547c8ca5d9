"""Who may see what, and what is answered to those who ask wrongly."""

from __future__ import annotations

import pytest

_ORG = 4017
_KEPT = ("attendances", "people", "promoted_organizations", "attendances/900000", "events/50000/attendances")


@pytest.mark.parametrize("what", _KEPT)
@pytest.mark.parametrize(
    ("org", "key"), [(_ORG, None), (_ORG, "wrong"), (_ORG + 1, "simulated-key"), (9, "simulated-key")]
)
def test_people_and_attendances_need_the_organizations_own_key(mobilize, what, org, key):
    """No key, a wrong key, or the key of another organization: 403."""
    mobilize.sign_up()

    answer = mobilize.get(f"/organizations/{org}/{what}", key=key)

    assert answer.status_code == 403
    assert answer.json()["data"] is None


@pytest.mark.parametrize("what", _KEPT)
def test_the_right_key_opens_all_of_it(mobilize, what):
    """And there is no error key in the answer."""
    mobilize.sign_up()

    answer = mobilize.get(f"/organizations/{_ORG}/{what}")

    assert answer.status_code == 200
    assert "error" not in answer.json()


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/nothing",
        "/events/1",
        f"/organizations/{_ORG}/events/1",
        f"/organizations/{_ORG}/attendances/1",
        f"/organizations/{_ORG}/events/1/attendances",
        "/organizations/77/events",
        "/organizations/abc/events",
    ],
)
def test_what_does_not_exist_is_404_in_the_envelope(mobilize, path):
    """Also for the bare prefix."""
    answer = mobilize.get(path)

    assert answer.status_code == 404
    assert answer.json() == {"data": None, "error": {"detail": answer.json()["error"]["detail"]}}


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        ({"organization_id": "hello"}, {"organization_id": {"0": ["A valid integer is required."]}}),
        ({"organization_id": ["1", "x"]}, {"organization_id": {"1": ["A valid integer is required."]}}),
        ({"updated_since": "2026-01-01"}, {"updated_since": ["A valid integer is required."]}),
        (
            {"event_types": "TRAINING,FUNDRAISER"},
            {"event_types": {"0": ["TRAINING,FUNDRAISER is not a valid EventType"]}},
        ),
        ({"is_virtual": "perhaps"}, {"is_virtual": ["Must be a valid boolean."]}),
    ],
)
def test_a_parameter_that_cannot_be_read_is_400_and_named(mobilize, ask, error):
    """The shapes of Django REST framework; a comma joins nothing."""
    answer = mobilize.get("/events", **ask)

    assert (answer.status_code, answer.json()) == (400, {"data": None, "error": error})


def test_unknown_parameters_and_mistyped_times_filter_nothing(mobilize):
    """As on the real API, a typing error brings everything."""
    answer = mobilize.get(f"/organizations/{_ORG}/events", city="Nowhere", timeslot_start="gtenow")

    assert answer.json()["count"] == 1


def test_strangers_do_not_see_the_contact_nor_a_private_address(mobilize):
    """Without the key: no contact, no instructions, and only the town of a private address."""
    place = {"venue": "Attic", "address_lines": ["1 Elm Street", ""], "locality": "Troy", "location": {"latitude": 1.0}}
    event = mobilize.add_event("Secret Meeting", address_visibility="PRIVATE", location=place)

    public = mobilize.get(f"/events/{event}", key=None).json()["data"]
    own = mobilize.get(f"/organizations/{_ORG}/events/{event}").json()["data"]

    assert (public["contact"], public["instructions"], public["event_campaign"]) == (None, None, None)
    assert public["location"]["locality"] == "Troy"
    assert "location" not in public["location"]
    assert "Attic" not in str(public)
    assert own["location"] == place
    assert own["contact"]["name"] == "Robin Sample"


def test_private_events_are_for_the_owner_only(mobilize):
    """Asking for them without permission is 403; by id they do not exist."""
    event = mobilize.add_event("Board Meeting", visibility="PRIVATE")
    events = f"/organizations/{_ORG}/events"

    asked = {
        "default": [row["id"] for row in mobilize.get(events).json()["data"]],
        "owner": [row["id"] for row in mobilize.get(events, visibility="PRIVATE").json()["data"]],
        "stranger": mobilize.get(events, key=None, visibility="PRIVATE").status_code,
        "by id": mobilize.get(f"/events/{event}", key=None).status_code,
        "by id, owner": mobilize.get(f"{events}/{event}").status_code,
    }

    assert asked == {"default": [mobilize.event], "owner": [event], "stranger": 403, "by id": 404, "by id, owner": 200}


def test_deleted_private_events_are_listed_for_the_owner_who_asks(mobilize):
    """Unlike with events, a stranger who asks is not refused: there just are none."""
    private = mobilize.add_event("Board Meeting", visibility="PRIVATE")
    for event in (mobilize.event, private):
        mobilize.lever(f"/events/{event}/delete")
    path = f"/organizations/{_ORG}/events/deleted"

    asked = [
        mobilize.get(path),
        mobilize.get(path, visibility="PRIVATE"),
        mobilize.get(path, key=None, visibility=["PRIVATE", "PUBLIC"]),
    ]

    assert [[row["id"] for row in answer.json()["data"]] for answer in asked] == [
        [mobilize.event],
        [private],
        [mobilize.event],
    ]


def test_the_old_prefix_still_answers(mobilize):
    """``/api/v1`` is the same API."""
    assert mobilize.http.get("/api/v1/organizations").json()["count"] == 2
