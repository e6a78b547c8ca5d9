"""The rate limit, and answers that go wrong on request."""

from __future__ import annotations

from contextlib import suppress

import httpx
import pytest


def _statuses(mobilize, count: int) -> list[int]:
    return [mobilize.get("/organizations").status_code for _ in range(count)]


def test_the_sixteenth_read_within_a_second_is_too_many(mobilize):
    """And a second later it goes on."""
    mobilize.lever("/switches", rate_limit=True)

    first = _statuses(mobilize, 16)
    mobilize.clock.pass_time(1)

    assert first == [200] * 15 + [429]
    assert _statuses(mobilize, 1) == [200]


def test_the_sixth_write_within_a_second_is_too_many(mobilize):
    """Writes are counted for themselves."""
    mobilize.lever("/switches", rate_limit=True)
    path = f"/v1/organizations/{mobilize.org}/events/{mobilize.event}/attendances"

    statuses = [mobilize.http.post(path, json={}).status_code for _ in range(6)]

    assert statuses == [403] * 5 + [429]
    assert _statuses(mobilize, 1) == [200]


@pytest.mark.parametrize(("says_when", "header"), [(True, "1"), (False, None)])
def test_a_limited_answer_may_or_may_not_say_when_to_come_back(mobilize, says_when, header):
    """Real ones do both; the error is a bare string."""
    mobilize.lever("/switches", rate_limit=True, retry_after=says_when)
    _statuses(mobilize, 15)

    answer = mobilize.get("/organizations")

    assert (answer.json(), answer.headers.get("retry-after")) == ({"error": "rate-limited"}, header)


@pytest.mark.parametrize(
    ("kind", "status", "content_type", "body"),
    [
        ("rate_limited_200", 200, "application/json", '{"error":"rate-limited"}'),
        ("429", 429, "application/json", '{"error":"rate-limited"}'),
        ("500", 500, "text/html; charset=utf-8", "<html><body><h1>Server Error</h1></body></html>"),
        ("wrong_key", 403, "application/json", '{"data":null,"error":{"detail":"Invalid API key."}}'),
        ("empty", 200, "application/json", "{}"),
        (
            "html_200",
            200,
            "text/html; charset=utf-8",
            '<!DOCTYPE html><html lang="en"><head><title>Please wait...</title></head></html>',
        ),
    ],
)
def test_a_fault_replaces_so_many_answers_and_then_all_is_well(mobilize, kind, status, content_type, body):
    """Each kind as it was seen on the real API."""
    mobilize.lever("/faults", kind=kind, times=2)

    answers = [mobilize.get("/organizations") for _ in range(3)]

    wrong = (status, content_type, body)
    assert [(a.status_code, a.headers["content-type"], a.text) for a in answers[:2]] == [wrong, wrong]
    assert answers[2].json()["count"] == 2


def test_a_truncated_answer_is_no_json(mobilize):
    """A whole HTTP answer with half a body."""
    mobilize.lever("/faults", kind="truncated")

    text = mobilize.get("/organizations").text

    assert text.startswith('{"count":2')
    assert not text.endswith("}")


def test_a_row_can_come_twice(mobilize):
    """Rows shift between pages on the real API."""
    mobilize.lever("/faults", kind="row_twice")

    data = mobilize.get("/organizations").json()["data"]

    assert data == [*data[:2], data[0]]


def test_one_thing_can_be_broken_in_a_record(mobilize):
    """The lever names the place and the damage; everything else of the row stays."""
    attendance = mobilize.sign_up()
    before = mobilize.attendances()["data"][0]
    way = ["person", "phone_numbers", 0, "number"]

    mobilize.lever(f"/attendances/{attendance}/damage", path=way, kind="empty_list")

    (row,) = mobilize.attendances()["data"]
    assert row["person"]["phone_numbers"][0]["number"] == []
    row["person"]["phone_numbers"] = before["person"]["phone_numbers"]
    assert row == before


def test_a_fault_can_wait_and_be_for_one_path_only(mobilize):
    """For example: the second page of the attendances fails."""
    mobilize.lever("/faults", kind="500", skip=1, path=f"/v1/organizations/{mobilize.org}/attendances")

    asked = [
        mobilize.get(p).status_code for p in ("/organizations", *[f"/organizations/{mobilize.org}/attendances"] * 3)
    ]

    assert asked == [200, 200, 500, 200]


def test_faults_can_be_seen_and_cleared(mobilize):
    """The state tells what is still to come."""
    mobilize.lever("/faults", kind="500", times=3)
    seen = mobilize.http.get("/_sim/state").json()["faults"]
    shown = {name: seen[0][name] for name in ("kind", "times", "path", "skip", "probability")}

    mobilize.http.delete("/_sim/faults")

    assert len(seen) == 1
    assert shown == {"kind": "500", "times": 3, "path": "/", "skip": 0, "probability": 1.0}
    assert mobilize.http.get("/_sim/state").json()["faults"] == []


@pytest.mark.parametrize(
    ("path", "wish", "status"),
    [
        ("/faults", {"kind": "flood"}, 400),
        ("/faults", {"kind": "500", "times": "often"}, 400),
        ("/faults", {"kind": "500", "frequency": 1}, 400),
        ("/faults", {"kind": "500", "probability": 1.5}, 400),
        ("/faults", {"kind": "500", "times": 0}, 400),
        ("/faults", {"kind": []}, 400),
        ("/faults", {}, 400),
        ("/switches", {"gravity": False}, 400),
        ("/oddities", {"kind": "odd"}, 400),
        ("/events/50000/damage", {"path": ["title"], "kind": "burnt"}, 400),
        ("/events/50000/damage", {"path": ["subtitle"], "kind": "null"}, 400),
        ("/events/50000/damage", {"path": [], "kind": "null"}, 400),
        ("/events/50000/damage", {"path": "title", "kind": "null"}, 400),
        ("/secrets/50000/damage", {"path": ["title"], "kind": "null"}, 400),
        ("/people/1/damage", {"path": ["id"], "kind": "null"}, 404),
        ("/attendances/1", {"status": "CONFIRMED"}, 404),
        ("/events/1", {"title": "X"}, 404),
        ("/events/1/delete", {}, 404),
        ("/events/50000/delete", {"attendances": "burn"}, 400),
        ("/events/50000", {"capacity": "big"}, 400),
    ],
)
def test_a_wrong_wish_is_answered_with_a_sentence_and_changes_nothing(mobilize, path, wish, status):
    """Levers explain themselves."""
    before = mobilize.http.get("/_sim/state").json()

    answer = mobilize.lever(path, **wish)

    assert answer.status_code == status
    assert isinstance(answer.json()["error"], str)
    assert mobilize.http.get("/_sim/state").json() == before


def _struck(mobilize, **wish) -> list[bool]:
    mobilize.http.delete("/_sim/faults")
    mobilize.lever("/faults", kind="500", times=None, **wish)
    return [status == 500 for status in _statuses(mobilize, 40)]


def test_a_fault_can_be_a_matter_of_chance(mobilize):
    """The same seed, the same requests; another seed, others; and how often is as likely as was said."""
    weather = _struck(mobilize, probability=0.4, seed=7)

    assert _struck(mobilize, probability=0.4, seed=7) == weather
    assert _struck(mobilize, probability=0.4, seed=8) != weather
    assert 8 <= sum(weather) <= 24
    assert _struck(mobilize, probability=0) == [False] * 40
    assert mobilize.http.get("/_sim/state").json()["struck"]["500"] >= 16


def test_the_kind_can_be_drawn(mobilize, serve):
    """From a list, or from all that pass by themselves."""
    mobilize.lever("/faults", kind=["500", "429"], times=30)
    drawn = set(_statuses(mobilize, 30))
    mobilize.lever("/faults", kind="weather", times=30, seconds=0.01)
    with serve(mobilize.simulator.app) as url, httpx.Client() as client:
        for _ in range(30):
            with suppress(httpx.TransportError):
                client.get(f"{url}/v1/organizations")

    assert drawn == {500, 429}
    assert len(mobilize.http.get("/_sim/state").json()["struck"]) > 8


@pytest.mark.parametrize(
    ("retry_after", "header"),
    [(7, "7"), ("date", "Mon, 02 Mar 2026 12:00:01 GMT"), ("none", None), ("soon", "soon"), (None, "1")],
)
def test_a_limited_answer_can_say_when_in_every_way(mobilize, retry_after, header):
    """Seconds, a date, nothing, rubbish, or as the switch says."""
    mobilize.lever("/faults", kind="429", retry_after=retry_after)

    assert mobilize.get("/organizations").headers.get("retry-after") == header


def test_an_answer_can_come_in_drops(mobilize, serve):
    """Whole in the end, but it took its time; and who is less patient has to give up."""
    with serve(mobilize.simulator.app) as url, httpx.Client() as client:
        client.post(f"{url}/_sim/faults", json={"kind": "drip", "seconds": 0.4})
        begun = client.get(f"{url}/v1/organizations")

    assert begun.json()["count"] == 2
    assert begun.elapsed.total_seconds() >= 0.3


def test_a_connection_can_be_reset(mobilize, serve):
    """Not a byte comes."""
    with serve(mobilize.simulator.app) as url, httpx.Client() as client:
        client.post(f"{url}/_sim/faults", json={"kind": "reset"})

        with pytest.raises(httpx.TransportError):
            client.get(f"{url}/v1/organizations")

        assert client.get(f"{url}/v1/organizations").json()["count"] == 2


def test_a_connection_can_end_in_the_middle_of_an_answer(mobilize, serve):
    """The client sees a broken connection, and the next request works."""
    with serve(mobilize.simulator.app) as url, httpx.Client() as client:
        client.post(f"{url}/_sim/faults", json={"kind": "cut_off"})

        with pytest.raises(httpx.RemoteProtocolError):
            client.get(f"{url}/v1/organizations")

        assert client.get(f"{url}/v1/organizations").json()["count"] == 2


def test_an_answer_can_fail_to_come(mobilize, serve):
    """The client has to give up by itself."""
    with serve(mobilize.simulator.app) as url, httpx.Client(timeout=0.2) as client:
        client.post(f"{url}/_sim/faults", json={"kind": "silent"})

        with pytest.raises(httpx.ReadTimeout):
            client.get(f"{url}/v1/organizations")

        assert client.get(f"{url}/v1/organizations").json()["count"] == 2
