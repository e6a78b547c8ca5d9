"""What the objects look like and which of them a filter lets through."""

from __future__ import annotations

import pytest

_ORG = 4017


def _event_ids(mobilize, **ask) -> list[int]:
    return [row["id"] for row in mobilize.get(f"/organizations/{_ORG}/events", **ask).json()["data"]]


def test_an_attendance_has_the_shape_of_real_ones(mobilize):
    """The documented fields and the undocumented ones; no slots or tags inside its event."""
    made = mobilize.sign_up(answers={"Can you drive?": True, "T-shirt": "M"})

    row = mobilize.get(f"/organizations/{_ORG}/attendances/{made}").json()["data"]

    start = mobilize.history.now() + 86_400
    assert (row["event"]["id"], row["event"]["timeslots"], row["event"]["tags"]) == (mobilize.event, None, None)
    assert (row["status"], row["attended"], row["rating"], row["feedback"]) == ("REGISTERED", None, None, None)
    assert row["created_date"] == row["modified_date"] == mobilize.history.now()
    assert row["timeslot"] == {
        "id": 70_000,
        "start_date": start,
        "end_date": start + 7_200,
        "is_full": False,
        "instructions": None,
    }
    assert row["referrer"] == dict.fromkeys(
        ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "url")
    )
    assert row["custom_signup_field_values"] == [
        {"custom_field_id": 50, "custom_field_name": "Can you drive?", "text_value": None, "boolean_value": True},
        {"custom_field_id": 51, "custom_field_name": "T-shirt", "text_value": "M", "boolean_value": None},
    ]
    assert row["person"] == {
        "id": 300_000,
        "person_id": 300_000,
        "user_id": 410_000,
        "created_date": mobilize.history.now(),
        "modified_date": mobilize.history.now(),
        "given_name": "Ada",
        "family_name": "Sample",
        "email_addresses": [{"primary": True, "address": "ada@example.org"}],
        "phone_numbers": [{"primary": True, "number": "2125550100"}],
        "postal_addresses": [{"primary": True, "postal_code": "10001"}],
        "sms_opt_in_status": "OPT_IN",
        "blocked_date": None,
    }


def test_an_event_never_says_how_many_people_it_takes(mobilize):
    """Only whether a slot is full."""
    mobilize.lever(f"/events/{mobilize.event}", capacity=1)
    mobilize.sign_up()

    (slot,) = mobilize.get(f"/events/{mobilize.event}").json()["data"]["timeslots"]

    assert set(slot) == {"id", "start_date", "end_date", "is_full", "instructions"}
    assert slot["is_full"] is True


def test_updated_since_brings_what_changed_then_or_later(mobilize):
    """The only cheap way to follow along; the second itself is included."""
    early, late = mobilize.sign_up("Ada"), mobilize.sign_up("Bo")
    mobilize.clock.pass_time(60)
    mobilize.lever(f"/attendances/{late}", status="CONFIRMED")
    now = mobilize.history.now()

    found = {
        since: [row["id"] for row in mobilize.attendances(updated_since=since)["data"]]
        for since in (now - 60, now, now + 1)
    }

    assert found == {now - 60: [early, late], now: [late], now + 1: []}


def test_a_time_filter_shows_only_the_matching_slots(mobilize):
    """``gte_now`` and a range, by repeating the parameter."""
    now = mobilize.history.now()
    past, soon, later = ([now + days * 86_400, now + days * 86_400 + 60] for days in (-3, 3, 9))
    event = mobilize.add_event("Long Series", slots=[past, soon, later])

    shown = {}
    for name, bounds in {"coming": ["gte_now"], "range": ["gt_0", f"lt_{soon[0]}"]}.items():
        rows = mobilize.get(f"/organizations/{_ORG}/events", timeslot_start=bounds).json()["data"]
        shown[name] = [s["start_date"] for row in rows if row["id"] == event for s in row["timeslots"]]

    assert shown == {"coming": [soon[0], later[0]], "range": [past[0]]}


@pytest.mark.parametrize(
    ("ask", "found"),
    [
        ({}, "abc"),
        ({"event_types": "TRAINING"}, "b"),
        ({"event_types": ["TRAINING", "CANVASS"]}, "bc"),
        ({"is_virtual": "true"}, "b"),
        ({"high_priority_only": "true"}, "c"),
        ({"state": "TX"}, "c"),
        ({"tag_id": "5"}, "b"),
        ({"zipcode": "73301"}, "c"),
        ({"organization_id": "4018"}, ""),
        ({"updated_since": "9999999999"}, ""),
    ],
)
def test_events_are_filtered_by_what_they_are(mobilize, ask, found):
    """Each documented filter does something."""
    names = {"a": mobilize.event}
    names["b"] = mobilize.add_event("Training", event_type="TRAINING", is_virtual=True, tags=[{"id": 5, "name": "new"}])
    place = {"region": "TX", "postal_code": "73344"}
    names["c"] = mobilize.add_event("Canvass", event_type="CANVASS", high_priority=True, location=place)

    assert _event_ids(mobilize, **ask) == [names[name] for name in found]


def test_a_search_says_that_it_is_limited(mobilize):
    """``results_limited_to`` appears when the search backend answered, and only then."""
    searched = mobilize.get(f"/organizations/{_ORG}/events", zipcode="10001").json()

    assert searched["results_limited_to"] == 1000
    assert "results_limited_to" not in mobilize.get(f"/organizations/{_ORG}/events").json()


@pytest.mark.parametrize(("wish", "statuses"), [("keep", ["REGISTERED"]), ("cancel", ["CANCELLED"]), ("vanish", [])])
def test_a_deleted_event_leaves_the_list_and_its_sign_ups_do_as_told(mobilize, wish, statuses):
    """Nobody says what Mobilize does with them, so all three ways can be had."""
    mobilize.sign_up()
    mobilize.clock.pass_time(60)

    mobilize.lever(f"/events/{mobilize.event}/delete", attendances=wish)

    deleted = mobilize.get(f"/organizations/{_ORG}/events/deleted", key=None).json()["data"]
    assert deleted == [{"id": mobilize.event, "deleted_date": mobilize.history.now()}]
    assert mobilize.get("/events/deleted", updated_since=mobilize.history.now() + 1).json()["count"] == 0
    assert _event_ids(mobilize) == []
    assert [row["status"] for row in mobilize.attendances()["data"]] == statuses


def test_a_masked_row_has_nothing_to_know_it_by(mobilize):
    """Ids, status and sponsor are null; the keys are still there."""
    mobilize.lever("/oddities", kind="masked")

    (row,) = mobilize.attendances()["data"]

    nulls = ("id", "status", "attended", "sponsor", "referrer")
    assert [row[name] for name in nulls] == [None] * 5
    assert (row["timeslot"]["id"], row["event"]["id"], row["event"]["title"]) == (None, None, None)
    assert row["event"]["event_type"] == "COMMUNITY"
    assert isinstance(row["timeslot"]["start_date"], int)


def test_every_oddity_can_be_had_and_is_served(mobilize):
    """Promoted, unknown, repeated, blocked and the like."""
    kinds = (
        "promoted",
        "unknown_status",
        "cancelled_attended",
        "no_show",
        "no_email",
        "no_phone",
        "blocked",
        "repeated",
    )

    made = {kind: mobilize.lever("/oddities", kind=kind).json()["result"] for kind in kinds}

    rows = {row["id"]: row for row in mobilize.attendances()["data"]}
    assert len(rows) == len(kinds) + 1
    assert (rows[made["promoted"]]["sponsor"]["slug"], rows[made["promoted"]]["referrer"]) == (
        "lakeside-neighbors",
        None,
    )
    assert rows[made["unknown_status"]]["status"] == "SHADOWED"
    assert (rows[made["cancelled_attended"]]["status"], rows[made["cancelled_attended"]]["attended"]) == (
        "CANCELLED",
        True,
    )


def test_somebodys_new_phone_shows_on_all_their_rows(mobilize):
    """People are one, as they last described themselves, whichever way they came."""
    first = mobilize.sign_up("Ada", phone="2125550101")
    second = mobilize.sign_up("Ada", phone="2125550102", opted_in=False)

    rows = mobilize.attendances()["data"]

    assert [row["id"] for row in rows] == [first, second]
    assert [row["person"]["phone_numbers"][0]["number"] for row in rows] == ["2125550102"] * 2
    assert [row["person"]["sms_opt_in_status"] for row in rows] == ["OPT_IN"] * 2
    assert mobilize.get(f"/organizations/{_ORG}/people").json()["data"] == [rows[0]["person"]]


def test_a_wait_listed_row_can_be_shown_or_hidden(mobilize):
    """Nobody knows whether the real API shows them."""
    mobilize.lever(f"/events/{mobilize.event}", capacity=1)
    mobilize.sign_up("Ada")
    waiting = mobilize.sign_up("Bo")
    shown = [row["status"] for row in mobilize.attendances()["data"]]

    mobilize.lever("/switches", waitlisted_rows=False)

    event_rows = f"/organizations/{_ORG}/events/{mobilize.event}/attendances"
    assert shown == ["REGISTERED", "WAITLISTED"]
    assert [row["status"] for row in mobilize.attendances()["data"]] == ["REGISTERED"]
    assert mobilize.get(event_rows).json()["count"] == 1
    assert mobilize.get(f"/organizations/{_ORG}/attendances/{waiting}").status_code == 404


def test_a_place_that_becomes_free_is_given_to_the_next(mobilize):
    """A cancelled person does not take a seat; the waiting one is moved by hand."""
    mobilize.lever(f"/events/{mobilize.event}", capacity=1)
    first = mobilize.sign_up("Ada")
    mobilize.lever(f"/attendances/{first}", status="CANCELLED")

    mobilize.sign_up("Bo")

    assert [row["status"] for row in mobilize.attendances()["data"]] == ["CANCELLED", "REGISTERED"]


def test_enums_name_the_words(mobilize):
    """Seven lists."""
    assert set(mobilize.get("/enums", key=None).json()["data"]) == {
        "event_type",
        "visibility",
        "accessibility_status",
        "approval_status",
        "timezone",
        "sms_opt_in",
        "transactional_sms_opt_in",
    }
