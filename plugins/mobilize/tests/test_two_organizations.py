"""Two organizations connected at once, each behind its own server: one member a phone, and nothing mixed up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import define

from ascend_core.errors import BadInput
from ascend_core.operations.connect import connect_account, the_account
from ascend_core.store.accounts import accounts
from ascend_core.store.forms import form_list
from ascend_core.store.members import count_members, group_names_of, members_by_phone
from ascend_core.store.submissions import discovered_fields, ignored_list
from ascend_core.testing.world import World
from ascend_core.web.serving import ThreadedServer, bind
from ascend_mobilize.simulator import History, Simulator
from ascend_mobilize.simulator import World as Organization
from ascend_mobilize.simulator.signups import SignUp

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
STARTS = int((NOW + timedelta(days=9)).timestamp())
KEY = "simulated-key-of-another"


@define
class Both:
    """North, the world's own organization, and south beside it."""

    world: World
    histories: tuple[History, History]
    events: tuple[int, int]

    def sign_up(self, organization: int, person: int, **values: Any) -> None:
        """A person signs up with one of the two."""
        wish = {
            "event_id": self.events[organization],
            "first_name": "Wren",
            "last_name": "Quillfeather",
            "email": f"wren{person}@example.org",
            "phone": f"21255501{person:02}",
            "zip": "10001",
            "opted_in": True,
            "answers": {},
            "referrer": {},
            **values,
        }
        self.histories[organization].perform("sign_up", SignUp(**wish).as_data())

    def poll(self) -> list[str | None]:
        """A minute later; what was wrong with each."""
        self.world.clock.advance(timedelta(minutes=1))
        return [each.problem for each in self.world.poll()]

    def ask(self, work: Any, *args: Any, **values: Any) -> Any:
        return self.world.core.database.read(lambda tx: work(tx, *args, **values))


@pytest.fixture
def both(tmp_path: Any) -> Iterator[Both]:
    """Both connected, every event of either synced."""
    with World(tmp_path, start=NOW) as world:
        south = History(Organization(org_id=5021, seed=2, made_at=1_513_974_036), world.clock)
        server = ThreadedServer(Simulator(history=south, api_key=KEY).app, bind())
        try:
            world.connect(sync_new_forms=True)
            account = {"org_id": "5021", "api_key": KEY, "base_url": f"{server.url}/v1"}
            world.run(connect_account(world.core, "mobilize", account, sync_new_forms=True))
            north: History = world.forms.history  # type: ignore[attr-defined]  # -- Mobilize's own
            events = tuple(
                history.perform("add_event", _event(title, url), key="walk")
                for history, title, url in ((north, "North Walk", world.forms_url), (south, "South Walk", server.url))
            )
            both = Both(world, (north, south), (events[0], events[1]))
            assert both.poll() == [None, None]
            yield both
        finally:
            server.ask_to_end()
            server.close()


def _event(title: str, url: str) -> dict[str, Any]:
    return {"title": title, "slots": [[STARTS, STARTS + 7200]], "timezone": "America/Chicago", "url_base": url}


def test_one_person_who_signs_up_with_both_is_one_member(both: Both) -> None:
    """In the group of each event; each account knows its own event only."""
    both.sign_up(0, 1)
    both.sign_up(1, 1)

    assert both.poll() == [None, None]

    (member,) = both.ask(members_by_phone, {"+12125550101"}).values()
    assert both.ask(count_members) == 1
    assert both.ask(group_names_of, {member.id}) == {member.id: {"North Walk", "South Walk"}}
    names = [[form.name for form in both.ask(form_list, account.id)] for account in both.ask(accounts)]
    assert names == [["North Walk"], ["South Walk"]]


def test_what_is_ignored_and_which_fields_there_are_is_each_account_s_own(both: Both) -> None:
    """The ids of the two may be the same numbers: they are other people's."""
    both.sign_up(0, 1, answers={"T-shirt": "M"})
    both.sign_up(1, 2, opted_in=False)

    both.poll()

    north, south = both.ask(accounts)
    assert [[each.reason for each in both.ask(ignored_list, id_)] for id_ in (north.id, south.id)] == [
        [],
        ["no_opt_in"],
    ]
    assert [list(both.ask(discovered_fields, id_).values()) for id_ in (north.id, south.id)] == [["T-shirt"], []]


def test_whoever_means_one_of_two_has_to_say_which(both: Both) -> None:
    """The Org Id does; without it the sentence names both."""
    with pytest.raises(BadInput, match=r"4017.*5021|5021.*4017"):
        both.ask(the_account, "mobilize")

    assert both.ask(the_account, "mobilize", "5021").key == "5021"


def test_a_server_that_fails_holds_up_its_own_account_only(both: Both) -> None:
    """The other one's sign-ups are applied in the same round."""
    both.world.forms.simulator.faults.add({"kind": "500", "times": 50})  # type: ignore[attr-defined]  # -- Mobilize's own
    both.sign_up(1, 3)

    problems = both.poll()

    assert problems[0] is not None
    assert problems[1] is None
    assert both.ask(count_members) == 1
