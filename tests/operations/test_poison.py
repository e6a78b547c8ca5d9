"""Something breaks on one submission, or on one person: that one is set aside, and the rest of the page applies."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ascend_core.contracts import PersonPage
from ascend_core.errors import DatabaseProblem
from ascend_core.operations.apply_people import apply_people
from ascend_core.operations.judging import SWEEP_EVERY
from ascend_core.operations.sync_account import sync_account
from ascend_core.store.accounts import cursor_of


def failed(bench: Any) -> list[Any]:
    """The keys that were set aside."""
    return bench.column("SELECT key FROM submission WHERE reason = 'failed' ORDER BY key")


def test_a_poisoned_submission_is_set_aside_alone(bench: Any) -> None:
    """A bug in an integration costs one sign-up its welcome, not everybody behind it."""
    bench.set_up()
    bench.source.poison = {"odd"}
    page = [bench.submission(person, status="odd" if person in (3, 7) else "registers") for person in range(10)]

    outcome = bench.apply(*page)
    bench.drain()

    assert (outcome.applied, outcome.failed, outcome.fired) == (8, 2, 8)
    assert failed(bench) == ["s3-f0", "s7-f0"]
    (detail,) = bench.column("SELECT DISTINCT detail FROM submission WHERE reason = 'failed' AND outcome = 'ignored'")
    assert detail.startswith("LookupError in activities (forms.py:")
    assert len(bench.bodies()) == 8


def test_the_cursor_moves_behind_the_poison(bench: Any) -> None:
    """The next round goes on with what is new."""
    bench.set_up()
    bench.source.poison = {"odd"}
    bench.source.log = [bench.submission(0, status="odd"), bench.submission(1)]

    first = bench.run(sync_account(bench.core, bench.account.id))
    second = bench.run(sync_account(bench.core, bench.account.id))

    assert (first.applied, first.failed, second.applied, second.problem) == (1, 1, 0, None)
    assert bench.core.database.read(lambda tx: cursor_of(tx, bench.account.id, "submissions")).position == "2"


def test_what_was_set_aside_is_tried_again(bench: Any) -> None:
    """Once the bug is mended, whoever was set aside is welcomed as if new, at the next sweep at the latest."""
    bench.set_up()
    bench.source.poison = {"registers"}
    bench.source.log = [bench.submission(0)]
    bench.run(sync_account(bench.core, bench.account.id))
    bench.wait(seconds=SWEEP_EVERY.total_seconds())
    bench.source.poison = set()

    done = bench.run(sync_account(bench.core, bench.account.id))

    assert (done.applied, done.fired) == (1, 1)
    assert bench.rows("SELECT outcome, reason, detail FROM submission") == [("applied", None, None)]


def test_a_change_that_breaks_is_told_from_the_state_before_it(bench: Any) -> None:
    """Somebody confirms and the plugin breaks on it; mended, the confirmation fires, and no second registration."""
    bench.set_up(automation="")
    bench.register(0)
    bench.wait(minutes=1)
    bench.source.poison = {"confirms"}
    bench.apply(bench.submission(0, status="confirms"))
    bench.source.poison = set()

    outcome = bench.apply(bench.submission(0, status="confirms"))

    assert outcome.fired == 1
    assert bench.column("SELECT trigger FROM activity ORDER BY id") == ["box.registers", "box.confirms"]


def test_a_database_that_cannot_be_used_sets_nobody_aside(bench: Any) -> None:
    """It is not the submission's fault: the page comes again."""
    bench.set_up()

    def full(*_states: Any) -> Any:
        raise DatabaseProblem("the disk is full")

    bench.source.activities = full

    with pytest.raises(DatabaseProblem):
        bench.register(0, 1)

    assert bench.rows("SELECT key FROM submission") == []


def test_a_person_something_breaks_on_is_passed_over(bench: Any) -> None:
    """The others' changes apply, and reading goes on behind them."""
    bench.set_up()
    bench.register(0, 1)
    seen = bench.core.database.read(lambda tx: cursor_of(tx, bench.account.id, "people"))
    broken = bench.person(0, fields=None)
    page = PersonPage(people=(broken, bench.person(1, fields={"last_name": "Lee"})), cursor="2")

    changed = apply_people(bench.core, bench.account.id, page, seen=seen)

    assert changed == 1
    assert bench.column("SELECT last_name FROM member ORDER BY id") == [None, "Lee"]
    assert bench.core.database.read(lambda tx: cursor_of(tx, bench.account.id, "people")).position == "2"


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(poisoned=st.lists(st.booleans(), min_size=1, max_size=12))
def test_whoever_is_poisoned_the_others_apply(bench: Any, poisoned: list[bool]) -> None:
    """Any mixture: exactly the broken ones are set aside."""
    if not bench.rows("SELECT id FROM account"):
        bench.set_up()
    bench.source.poison = {"odd"}
    bench.wait(minutes=1)
    start = bench.one("SELECT count(*) FROM submission")
    page = [
        bench.submission(place, key=f"k{start + place}", status="odd" if odd else "registers")
        for place, odd in enumerate(poisoned)
    ]

    outcome = bench.apply(*page)

    assert (outcome.failed, outcome.applied) == (sum(poisoned), len(poisoned) - sum(poisoned))
    odd = {each.key for each in page if each.state["status"] == "odd"}
    assert {key for key in failed(bench) if int(key[1:]) >= start} == odd
