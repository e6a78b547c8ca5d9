"""Whatever happens to a sign-up, and however often Mobilize is looked at: what fires, in the product as it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from ascend_core.contracts import State, Submission, SubmissionPage
from ascend_core.operations.apply_submissions import apply_page
from ascend_core.operations.core import Core
from ascend_core.operations.fetch_forms import find_form
from ascend_core.operations.sync_forms import sync_form
from ascend_core.runtime.opening import open_registry
from ascend_core.store.accounts import save_account
from ascend_core.store.database import Database
from ascend_core.store.forms import insert_forms
from ascend_core.store.vault import make_key_file, open_vault
from ascend_core.testing import SeededRandomness, VirtualClock
from tests.fakes.bench import NOON  # noqa: TID251 -- tests may lean on tests; the ban is for the product

STATUSES = ["REGISTERED", "CONFIRMED", "CANCELLED", "WAITLISTED", "PENDING_REVIEW", None]
STATES = st.fixed_dictionaries({"status": st.sampled_from(STATUSES), "attended": st.sampled_from([None, True, False])})
HISTORIES = st.lists(STATES, min_size=1, max_size=7)
ONCE = ("mobilize.confirms", "mobilize.attends", "mobilize.cancels", "mobilize.waitlisted")
KEYS = count()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("polls")


@pytest.fixture
def core(open_copy: Callable[[str], Database], folder: Path) -> Core:
    """The product with the real Mobilize plugin, one account and one synced form; no server is asked."""
    clock, chance = VirtualClock(NOON), SeededRandomness(1)
    make_key_file(folder / "key")
    core = Core(
        database=open_copy("sqlite"),
        registry=open_registry(clock, chance, environment={}),
        vault=open_vault(folder / "key"),
        clock=clock,
        randomness=chance,
    )
    values = {"integration": "mobilize", "key": "4017", "settings": {}, "sealed": core.vault.seal({}), "failures": 0}
    switches = {"sync_accounts": True, "create_members": True, "sync_new_forms": False, "connected_at": NOON}
    account_id = core.database.write(lambda tx: save_account(tx, values, at_first=switches))
    form = {"key": "f", "name": "Canvass", "url": None, "location": "", "seen_at": NOON}
    core.database.write(lambda tx: insert_forms(tx, account_id, [form]))
    sync_form(core, core.database.read(lambda tx: find_form(tx, account_id, "f")))
    return core


def fired(core: Core, history: Sequence[State], looks: Sequence[bool]) -> list[str]:
    """What fires for one sign-up with that *history*, when it is looked at after some of its changes."""
    key = f"k{next(KEYS)}"
    for place, (state, looked) in enumerate(zip(history, looks, strict=True)):
        if looked:
            one = Submission(
                key=key,
                form_key="f",
                phone="2125550123",
                opted_in=True,
                state=state,
                created_at=NOON,
                modified_at=NOON + timedelta(seconds=place),
            )
            apply_page(core, 1, SubmissionPage(submissions=(one,), cursor="x"))
    query = text(
        "SELECT a.trigger FROM activity a JOIN submission s ON s.id = a.submission_id WHERE s.key = :key ORDER BY a.id"
    )
    return core.database.read(lambda tx: [str(name) for (name,) in tx.execute(query, {"key": key})])


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=HISTORIES, data=st.data())
def test_looking_more_often_never_fires_less(core: Core, history: list[State], data: Any) -> None:
    """A slow poll may miss what was undone meanwhile; it fires nothing that a quick one would not."""
    some = [*data.draw(st.lists(st.booleans(), min_size=len(history) - 1, max_size=len(history) - 1)), True]

    slow, quick = fired(core, history, some), fired(core, history, [True] * len(history))

    assert Counter(slow) <= Counter(quick)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=HISTORIES)
def test_each_activity_fires_once_and_in_order(core: Core, history: list[State]) -> None:
    """Only registering anew is news again; nobody confirms who has not registered."""
    told = fired(core, history, [True] * len(history))

    assert [name for name in ONCE if told.count(name) > 1] == []
    if "mobilize.confirms" in told:
        assert "mobilize.registers" in told[: told.index("mobilize.confirms")]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=HISTORIES)
def test_looking_again_at_the_same_fires_nothing(core: Core, history: list[State]) -> None:
    """Pulls overlap, and everything is read anew once a day."""
    again = [state for state in history for _ in range(2)]

    twice, once = fired(core, again, [True] * len(again)), fired(core, history, [True] * len(history))

    assert twice == once


def test_statuses_that_are_missing_for_once_welcome_nobody_anew(core: Core) -> None:
    """A source that answers with empty fields for a while; who cancels and comes back is news all the same."""
    words = ("REGISTERED", None, "REGISTERED", "CANCELLED", None, "CONFIRMED")

    told = fired(core, [{"status": word, "attended": None} for word in words], [True] * len(words))

    assert told == ["mobilize.registers", "mobilize.cancels", "mobilize.registers", "mobilize.confirms"]
