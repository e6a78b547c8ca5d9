"""Creating attendances over the API."""

from __future__ import annotations

import pytest

_PERSON = {
    "given_name": "Ada",
    "family_name": "Sample",
    "email_address": "ada@example.org",
    "phone_number": "",
    "postal_code": "10001",
}


def _post(mobilize, body, *, event=None, key="simulated-key"):
    path = f"/v1/organizations/{mobilize.org}/events/{event or mobilize.event}/attendances"
    return mobilize.http.post(path, json=body, headers={"authorization": f"Bearer {key}"})


def _body(mobilize, **changes):
    (slot,) = mobilize.world.event(mobilize.event)["timeslots"]
    return {"person": _PERSON, "sms_opt_in": "OPT_IN", "timeslots": [{"timeslot_id": slot["id"]}], **changes}


def test_a_created_attendance_is_answered_with_201_and_error_null(mobilize):
    """Only successful writes hold the key ``error``; an empty referrer value comes back as null."""
    answer = _post(mobilize, _body(mobilize, referrer={"utm_source": "", "utm_content": "Abc"}))

    (row,) = answer.json()["data"]
    assert (answer.status_code, answer.json()["error"]) == (201, None)
    assert (row["referrer"]["utm_source"], row["referrer"]["utm_content"]) == (None, "Abc")
    assert mobilize.attendances()["data"] == [row]


def test_without_the_grant_even_the_right_key_may_not_write(mobilize):
    """Creating is restricted."""
    mobilize.lever("/switches", may_write=False)

    assert _post(mobilize, _body(mobilize)).status_code == 403
    assert mobilize.attendances()["count"] == 0


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"person": None}, {"person": ["This field is required."]}),
        (
            {"person": {**_PERSON, "postal_code": " "}},
            {"person": {"postal_code": ["This field may not be blank."]}},
        ),
        ({"sms_opt_in": "MAYBE"}, {"sms_opt_in": ["MAYBE is not a valid SMSOptInStatus"]}),
        ({"timeslots": []}, {"timeslots": ["This field is required."]}),
        (
            {"timeslots": [{"timeslot_id": 70_000}, {"timeslot_id": 1}]},
            {"timeslots": [{}, {"timeslot_id": ["This timeslot does not belong to the event."]}]},
        ),
    ],
)
def test_a_wrong_body_is_400_and_names_the_field(mobilize, changes, error):
    """Nested errors stand where the wrong value stands."""
    answer = _post(mobilize, _body(mobilize, **changes))

    assert (answer.status_code, answer.json()) == (400, {"data": None, "error": error})
    assert mobilize.attendances()["count"] == 0


@pytest.mark.parametrize("body", [[], "x", None])
def test_a_body_that_is_no_object_is_400(mobilize, body):
    """Never a crash."""
    assert _post(mobilize, body).status_code == 400


def test_an_unknown_event_is_400(mobilize):
    """As documented, not 404."""
    answer = _post(mobilize, _body(mobilize), event=1)

    assert (answer.status_code, answer.json()["error"]) == (400, {"event": ["Event 1 does not exist."]})
