"""Pages that shift while they are read can leave somebody out, whom no date brings back: the daily sweep does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from attrs import define, evolve, field

from ascend_core.operations.apply_submissions import apply_page
from ascend_core.operations.connect import open_account
from ascend_core.operations.judging import SWEEP_EVERY
from ascend_core.store.accounts import accounts, cursor_of
from ascend_core.store.members import members_by_phone
from ascend_core.testing.world import World
from ascend_mobilize.simulator.signups import SignUp
from ascend_mobilize.source import PER_PAGE

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
APART = timedelta(seconds=10)
"""Between two sign-ups: more of them than a page holds are older than what is asked for again with each pull."""


@define
class Walk:
    """An event that many sign up for."""

    world: World
    event_id: int = 0
    made: dict[int, str] = field(factory=dict)
    """Phones by attendance."""

    def sign_up(self) -> None:
        """Somebody new."""
        number = len(self.made)
        phone = f"{(212, 312)[number // 100]}55501{number % 100:02}"
        wish = SignUp(
            event_id=self.event_id,
            first_name="Wren",
            last_name="Quillfeather",
            email=f"wren{number}@example.org",
            phone=phone,
            zip="10001",
            opted_in=True,
            answers={},
            referrer={},
        )
        self.made[self.world.forms.history.perform("sign_up", wish.as_data())[0]] = f"+1{phone}"
        self.world.clock.advance(APART)

    def unknown(self) -> set[str]:
        """Who signed up and is no member."""
        phones = set(self.made.values())
        return phones - set(self.world.core.database.read(lambda tx: members_by_phone(tx, phones)))

    async def read_while(self, happens: Any) -> None:
        """A pull, page by page; something *happens* after the first page."""
        core = self.world.core
        (account,) = core.database.read(accounts)
        seen = core.database.read(lambda tx: cursor_of(tx, account.id, "submissions"))
        source = core.registry.integrations["mobilize"].source
        async for page in source.submissions(open_account(core, account), seen.position):
            assert apply_page(core, account.id, page, seen=seen).moved
            seen = evolve(seen, position=page.cursor, version=seen.version + 1)
            happens()


@pytest.fixture
def walk(tmp_path: Any) -> Iterator[Walk]:
    """More sign-ups than a page holds, none of them read yet."""
    with World(tmp_path, start=NOW) as world:
        world.connect(sync_new_forms=True)
        world.forms.add_form(
            "walk", "Neighborhood Walk", starts_at=NOW + timedelta(days=9), timezone="America/Chicago",
            url_base=world.forms_url,
        )  # fmt: skip
        world.poll()
        walk = Walk(world)
        walk.event_id = httpx.get(f"{world.forms_url}/_sim/state").json()["events"][0]["id"]
        for _ in range(PER_PAGE + 20):
            walk.sign_up()
        yield walk


@pytest.mark.parametrize(("paging", "left_out"), [("cursor", 0), ("newest_first", 0), ("oldest_first", 1)])
def test_whom_a_shifting_page_leaves_out_is_found_within_a_day(walk: Walk, paging: str, left_out: int) -> None:
    """Everybody becomes a member and registers once, whatever the order of the pages."""
    httpx.post(f"{walk.world.forms_url}/_sim/switches", json={"paging": paging}).raise_for_status()
    first = next(iter(walk.made))

    def somebody_confirms() -> None:
        httpx.post(f"{walk.world.forms_url}/_sim/attendances/{first}", json={"status": "CONFIRMED"}).raise_for_status()

    walk.world.run(walk.read_while(somebody_confirms))
    walk.world.poll()
    assert len(walk.unknown()) == left_out  # its date is behind what is asked for by now

    walk.world.clock.advance(SWEEP_EVERY)
    (swept,) = walk.world.poll()

    assert (walk.unknown(), swept.problem, swept.fired) == (set(), None, left_out)
