"""A client that others wrote for the real Mobilize reads the simulated one: Parsons, unchanged but for its address.

Skipped where Parsons is not installed; ``tox -e peers`` installs it. It is not among the tests' requirements because
it brings requests, petl and their kin along.
"""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from typing import Any

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Parsons says at its import how it may be installed with more
    parsons = pytest.importorskip("parsons", reason="Parsons is not installed; tox -e peers has it")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

PEOPLE = 60
"""Three of Parsons' pages, which are of 25."""


@pytest.fixture
def client(mobilize, serve) -> Any:
    with serve(mobilize.simulator.app) as url:
        client = parsons.MobilizeAmerica(api_key=mobilize.key)
        client.uri = f"{url}/v1/"
        yield client


def _rows(table: Any) -> list[dict]:
    return [dict(row) for row in table]


def test_parsons_reads_every_attendance_of_every_page(mobilize, client):
    """Ids, statuses, people with their phones, and where they came from."""
    made = [mobilize.sign_up(f"Ada{number}") for number in range(PEOPLE)]
    mobilize.lever(f"/attendances/{made[7]}", status="CANCELLED", attended=True)
    for kind in ("masked", "promoted", "unknown_status"):
        mobilize.lever("/oddities", kind=kind)

    rows = _rows(client.get_attendances(mobilize.org))

    assert [row["id"] for row in rows[:PEOPLE]] == made
    assert (rows[7]["status"], rows[7]["attended"]) == ("CANCELLED", True)
    assert rows[0]["person"]["phone_numbers"][0]["number"] == "2125550100"
    assert rows[0]["event"]["id"] == mobilize.event
    assert [row["status"] for row in rows[PEOPLE:]] == [None, "REGISTERED", "SHADOWED"]
    assert {type(row["sponsor"]) for row in rows[PEOPLE:]} == {type(None), dict}


def test_parsons_reads_only_what_changed_since(mobilize, client):
    """Its dates arrive as the seconds that the simulator understands."""
    mobilize.sign_up("Ada")
    mobilize.clock.pass_time(3600)
    since = datetime.fromtimestamp(mobilize.history.now(), UTC)
    late = mobilize.sign_up("Bea")

    rows = _rows(client.get_attendances(mobilize.org, updated_since=since.isoformat()))

    assert [row["id"] for row in rows] == [late]


def test_parsons_reads_organizations_people_and_events(mobilize, client):
    """Each of its lists has what the world has."""
    mobilize.sign_up("Ada")
    place = {"venue": "Hall", "address_lines": ["1 Elm Street", ""], "locality": "Northfield", "region": "NY",
             "country": "US", "postal_code": "10001", "location": {"latitude": None, "longitude": None},
             "congressional_district": None, "state_leg_district": None, "state_senate_district": None}  # fmt: skip
    mobilize.lever(f"/events/{mobilize.event}", location=place)

    organizations = _rows(client.get_organizations())
    people = _rows(client.get_people(mobilize.org))
    events = _rows(client.get_events_organization(mobilize.org))
    public = _rows(client.get_events(organization_id=mobilize.org))

    assert [row["id"] for row in organizations] == [mobilize.org, mobilize.org + 1]
    assert [row["given_name"] for row in people] == ["Ada"]
    assert [row["id"] for row in events] == [row["id"] for row in public] == [mobilize.event]
    assert events[0]["title"] == "Park Cleanup Day"


def test_parsons_reads_deleted_events(mobilize, client):
    """And no longer those that came back."""
    other = mobilize.add_event("Second Day")
    mobilize.lever(f"/events/{mobilize.event}/delete")
    mobilize.lever(f"/events/{other}/delete")
    mobilize.lever(f"/events/{other}/restore")

    rows = _rows(client.get_events_deleted(organization_id=mobilize.org))

    assert [(row["id"], row["deleted_date"]) for row in rows] == [(mobilize.event, mobilize.history.now())]


def test_parsons_is_refused_with_a_wrong_key_as_by_the_real_one(mobilize, client):
    """An HTTP error, as its users expect."""
    client.api_key = "another"

    with pytest.raises(Exception, match="403"):
        client.get_attendances(mobilize.org)
