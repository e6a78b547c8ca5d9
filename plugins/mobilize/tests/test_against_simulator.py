"""The plugin and the simulated Mobilize, which were written apart from one description, understand each other."""

from __future__ import annotations

import asyncio
import random
from contextlib import aclosing

import httpx
import pytest

from ascend_core.contracts import PluginContext
from ascend_core.errors import RunTimeError, TryLater
from ascend_mobilize.account import MobilizeAccount
from ascend_mobilize.activities import activities
from ascend_mobilize.simulator import make_sandbox
from ascend_mobilize.simulator.oddities import ODDITIES
from ascend_mobilize.simulator.signups import SignUp
from ascend_mobilize.source import MobilizeSource

HOST = "http://mobilize.example.org"
FAULTS = ["html_200", "rate_limited_200", "429", "500", "502", "503", "truncated", "empty", "row_twice"]


@pytest.fixture
def sandbox(clock):
    return make_sandbox(clock=clock, seed=5, journal=None)


@pytest.fixture
def source(clock, context, sandbox) -> MobilizeSource:
    def http(*, timeout: httpx.Timeout, follow_redirects: bool = False) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=sandbox.app)
        return httpx.AsyncClient(transport=transport, timeout=timeout, follow_redirects=follow_redirects)

    return MobilizeSource(PluginContext(plugin="mobilize", clock=clock, randomness=context.randomness, http=http))


@pytest.fixture
def account(sandbox) -> MobilizeAccount:
    return MobilizeAccount(**sandbox.account(HOST))


@pytest.fixture
def event_id(sandbox) -> int:
    now = sandbox.history.now()
    slots = [[now + 86_400, now + 90_000]]
    return sandbox.history.perform("add_event", {"title": "River Cleanup", "slots": slots, "url_base": HOST})


def _sign_up(sandbox, event_id, number) -> str:
    wish = SignUp(
        event_id=event_id,
        first_name="Wren",
        last_name=f"Sample{number}",
        email=f"wren{number}@example.org",
        phone=f"21255501{number % 100:02}",
        zip="10001",
        opted_in=True,
    )
    return str(sandbox.history.perform("sign_up", wish.as_data(), key=f"s{number}")[0])


async def _catch_up(pages, seen: dict, cursor):
    """Reads *pages* and keeps states in *seen*: the last cursor, what happened, and whether the end was reached."""
    happened = []
    try:
        async with aclosing(pages) as open_pages:
            async for page in open_pages:
                for row in page.submissions:
                    happened += [(row.key, what) for what in activities(seen.get(row.key), row.state)]
                    seen[row.key] = row.state
                cursor = page.cursor
    except TryLater:
        return cursor, happened, False
    return cursor, happened, True


def test_an_account_of_the_simulator_works_and_a_wrong_one_says_why(source, account) -> None:
    """Right key, wrong key, wrong organization."""
    asyncio.run(source.check(account))

    for wrong in ({"api_key": "another-key"}, {"org_id": "99"}):
        settings = {"org_id": account.org_id, "api_key": account.api_key, "base_url": account.base_url, **wrong}
        with pytest.raises(RunTimeError, match=r"Check|Copy"):
            asyncio.run(source.check(MobilizeAccount(**settings)))


def test_forms_are_found(source, account, event_id) -> None:
    """The event is a form with its page."""

    async def pull():
        return [form async for page in source.forms(account, None) for form in page.forms]

    [form] = asyncio.run(pull())

    assert (form.key, form.name) == (str(event_id), "River Cleanup")
    assert form.url.startswith(HOST)
    assert form.starts_at < form.ends_at


@pytest.mark.parametrize("seed", range(6))
def test_nobody_is_lost_and_nothing_told_twice_in_bad_weather(source, account, sandbox, event_id, clock, seed) -> None:
    """Two days of sign-ups, changes and faults: every sign-up is seen, and every activity told exactly once."""
    chance = random.Random(seed)  # noqa: S311 -- a test's weather, not a secret
    made, acted, told, seen, cursor = [], [], [], {}, None

    for round_number in range(12):
        for _ in range(chance.randrange(60)):
            made.append(_sign_up(sandbox, event_id, len(made)))
        for number in chance.sample(range(len(made)), len(made) // 10):
            if number not in acted and made[number] in seen:
                sandbox.history.perform("act", {"submission": f"s{number}", "activity": "confirms"})
                acted.append(number)
        sandbox.history.perform("oddity", {"kind": chance.choice(list(ODDITIES))})
        for _ in range(chance.randrange(3)):
            sandbox.simulator.faults.add({"kind": chance.choice(FAULTS), "skip": chance.randrange(3)})
        if round_number == 11:
            sandbox.simulator.faults.clear()
        clock.elapsed += chance.choice([1, 60, 4000])
        cursor, happened, _ = asyncio.run(_catch_up(source.submissions(account, cursor), seen, cursor))
        told += happened
    _, happened, is_complete = asyncio.run(_catch_up(source.submissions(account, cursor), seen, cursor))
    told += happened

    assert is_complete
    assert set(made) <= set(seen)
    assert {key for key, what in told if what == "confirms"} >= {made[number] for number in acted}
    assert len(told) == len(set(told))
