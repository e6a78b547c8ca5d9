"""The simulated Mobilize as the demo uses it: over real HTTP, by key, and across a kill."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest

from ascend_core.contracts.sandbox import FormSandbox, FormSandboxMaker, SandboxPerson
from ascend_core.errors import BadInput
from ascend_mobilize.simulator import make_sandbox

_STARTS = datetime(2026, 3, 10, 23, 0, tzinfo=UTC)
_ADA = SandboxPerson(
    key="ada",
    first_name="Ada",
    last_name="Sample",
    email="ada@example.org",
    phone="212-555-0101",
    zip="10001",
    opted_in=True,
    answers={"T-shirt": "M", "Can you drive?": True},
)


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "journals" / "mobilize.jsonl"


def _add(sandbox: FormSandbox, url: str, key: str = "cleanup") -> str:
    return sandbox.add_form(key, "Park Cleanup", starts_at=_STARTS, timezone="America/New_York", url_base=url)


def _rows(sandbox: FormSandbox, url: str) -> list[dict]:
    account = sandbox.account(url)
    answer = httpx.get(
        f"{account['base_url']}/organizations/{account['org_id']}/attendances",
        headers={"authorization": f"Bearer {account['api_key']}"},
    )
    return answer.json()["data"]


def test_a_person_signs_up_through_a_link_and_then_attends(clock, serve, journal):
    """The whole way: publish, sign up with a token, confirm, attend; seen over the API by the account's key."""
    maker: FormSandboxMaker = make_sandbox
    sandbox = maker(clock=clock, seed=3, journal=journal)
    with serve(sandbox.app) as url:
        page = _add(sandbox, url)
        sandbox.submit("s1", _ADA, f"{page}?utm_medium=sms&utm_content=tOken")
        clock.pass_time(90)
        sandbox.act("a1", "s1", "confirms")
        sandbox.act("a2", "s1", "attends")
        (row,) = _rows(sandbox, url)

    assert page == f"{url}/northfield-action/event/50000/"
    assert (row["status"], row["attended"]) == ("CONFIRMED", True)
    assert row["modified_date"] - row["created_date"] == 90
    assert row["referrer"]["utm_content"] == "tOken"
    assert row["event"]["browser_url"] == page
    assert [value["custom_field_name"] for value in row["custom_signup_field_values"]] == ["T-shirt", "Can you drive?"]


@pytest.mark.parametrize(
    ("activity", "state"),
    [
        ("registers", ("REGISTERED", None)),
        ("confirms", ("CONFIRMED", None)),
        ("attends", ("REGISTERED", True)),
        ("cancels", ("CANCELLED", None)),
        ("waitlisted", ("WAITLISTED", None)),
    ],
)
def test_each_activity_shows_in_status_and_attended(clock, serve, activity, state):
    """The API has no log of events, only these two."""
    sandbox = make_sandbox(clock=clock, seed=3, journal=None)
    with serve(sandbox.app) as url:
        sandbox.submit("s1", _ADA, _add(sandbox, url))
        sandbox.act("a1", "s1", activity)
        (row,) = _rows(sandbox, url)

    assert (row["status"], row["attended"]) == state


def test_told_twice_it_happens_once(clock, serve, journal):
    """Every key counts once, so a demo may simply start over."""
    sandbox = make_sandbox(clock=clock, seed=3, journal=journal)
    with serve(sandbox.app) as url:
        for _ in range(2):
            sandbox.submit("s1", _ADA, _add(sandbox, url))
            sandbox.act("a1", "s1", "cancels")
            sandbox.act("a2", "s1", "registers")
            clock.pass_time(60)
        first = _rows(sandbox, url)

    assert [row["status"] for row in first] == ["REGISTERED"]
    assert first[0]["modified_date"] == first[0]["created_date"]
    assert len(journal.read_text().splitlines()) == 4


def test_after_a_kill_the_same_journal_gives_the_same_world(clock, serve, journal):
    """Ids, dates, people and keys are back, also those who signed up on the page by themselves."""
    sandbox = make_sandbox(clock=clock, seed=3, journal=journal)
    with serve(sandbox.app) as url:
        page = _add(sandbox, url)
        sandbox.submit("s1", _ADA, page)
        httpx.post(page, data={"first_name": "Bo", "last_name": "Sample", "email": "bo@example.org"})
        clock.pass_time(60)
        sandbox.act("a1", "s1", "confirms")
        before = _rows(sandbox, url)
    clock.pass_time(3600)

    again = make_sandbox(clock=clock, seed=3, journal=journal)
    with serve(again.app) as url:
        again.act("a1", "s1", "confirms")
        again.submit("s1", _ADA, page)
        after = _rows(again, url)

    assert len(before) == 2
    assert after == before


def test_a_form_moves_with_the_port_and_old_links_still_lead_to_it(clock, serve, journal):
    """After a restart the server may listen elsewhere; messages already sent hold the old address."""
    sandbox = make_sandbox(clock=clock, seed=3, journal=journal)
    old = _add(sandbox, "http://127.0.0.1:9")
    clock.pass_time(60)

    again = make_sandbox(clock=clock, seed=3, journal=journal)
    with serve(again.app) as url:
        new = _add(again, url)
        again.submit("s1", _ADA, f"{old}?utm_content=old")
        (row,) = _rows(again, url)

    assert new == old.replace("http://127.0.0.1:9", url)
    assert row["event"]["browser_url"] == new
    assert row["event"]["modified_date"] == row["created_date"] - 60
    assert row["referrer"]["utm_content"] == "old"


def test_a_line_torn_by_the_kill_never_happened(clock, serve, journal):
    """The rest of the journal holds, and goes on behind it."""
    sandbox = make_sandbox(clock=clock, seed=3, journal=journal)
    _add(sandbox, "http://127.0.0.1:9", "one")
    whole = journal.read_bytes()
    _add(sandbox, "http://127.0.0.1:9", "two")
    journal.write_bytes(journal.read_bytes()[:-20])

    again = make_sandbox(clock=clock, seed=3, journal=journal)

    assert journal.read_bytes() == whole
    assert _add(again, "http://127.0.0.1:9", "two").endswith("/event/50001/")
    assert len(make_sandbox(clock=clock, seed=3, journal=journal).history.world.events) == 2


def test_a_journal_broken_in_the_middle_is_one_sentence(clock, journal):
    """It names the file and the line."""
    journal.parent.mkdir()
    journal.write_text('{"at":1\n{}\n')

    with pytest.raises(BadInput, match=r"line 1 of the journal .*mobilize\.jsonl cannot be read"):
        make_sandbox(clock=clock, seed=3, journal=journal)


def test_wrong_words_are_refused_and_not_remembered(clock, journal):
    """An unknown activity, or a submission nobody made."""
    sandbox = make_sandbox(clock=clock, seed=3, journal=journal)

    with pytest.raises(BadInput, match="there is no activity 'sneezes'"):
        sandbox.act("a1", "s1", "sneezes")
    with pytest.raises(BadInput, match="nobody signed up under the key 's1'"):
        sandbox.act("a1", "s1", "attends")

    assert journal.read_text() == ""


def test_a_page_that_does_not_take_the_form_is_an_error(clock, serve):
    """The demo must not go on as if somebody had signed up."""
    sandbox = make_sandbox(clock=clock, seed=3, journal=None)
    with serve(sandbox.app) as url, pytest.raises(BadInput, match="the sign-up page of 's1' answered with 404"):
        sandbox.submit("s1", _ADA, f"{url}/northfield-action/event/1/")


def test_trouble_hangs_on_its_name_and_replaces_earlier_trouble(clock):
    """A demo that is killed and goes on meets the same trouble again."""
    sandbox, twin = (make_sandbox(clock=clock, seed=3, journal=None) for _ in range(2))

    def ordered(which, name: str) -> list:
        which.trouble(name)
        return which.simulator.faults.pending

    days = [ordered(sandbox, f"day {number}") for number in range(40)]

    assert [ordered(twin, f"day {number}") for number in range(40)] == days
    assert {len(day) for day in days} == {0, 1, 2, 3, 4, 5}
    assert len({fault["kind"] for day in days for fault in day}) > 20
