"""One round of one account, whatever its source does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ascend_core.errors import NeedsAttention, TryLater
from ascend_core.operations.sync_account import sync_account
from ascend_core.store.accounts import cursor_of, set_account


def position(bench: Any) -> str | None:
    """Where reading submissions goes on."""
    return bench.core.database.read(lambda tx: cursor_of(tx, bench.account.id, "submissions")).position


def sync(bench: Any) -> Any:
    """One round."""
    return bench.run(sync_account(bench.core, bench.account.id))


def test_a_source_that_fails_half_way_loses_nothing(bench: Any) -> None:
    """Fault 26: pages before the failure stay, the cursor stands behind them, and the next round goes on there."""
    bench.set_up()
    bench.source.page_size = 2
    bench.source.log = [bench.submission(person) for person in range(5)]
    bench.source.trouble = {1: TryLater("the box is jammed", after_seconds=120)}

    first = sync(bench)
    after_first = (position(bench), bench.account.failures, bench.account.retry_at)
    second = sync(bench)

    assert (first.applied, first.problem, second.applied) == (0, "the box is jammed", 3)
    assert after_first == ("2", 1, bench.now + timedelta(seconds=120))
    assert (position(bench), bench.account.failures, bench.account.retry_at) == ("5", 0, None)
    assert bench.one("SELECT count(*) FROM member") == 5


def test_a_key_that_was_revoked_stops_the_account(bench: Any) -> None:
    """Fault 31: nobody knocks again before a person has acted."""
    bench.set_up()
    bench.source.trouble = {0: NeedsAttention("the key was revoked; connect again")}
    bench.source.log = [bench.submission(0)]

    stopped, idle = sync(bench), sync(bench)

    assert bench.account.problem == stopped.problem == "the key was revoked; connect again"
    assert (idle.pages, bench.one("SELECT count(*) FROM member")) == (0, 0)


def test_a_bug_of_the_source_is_told_and_backs_off(bench: Any) -> None:
    """Fault 61: the account rests as after a failure, instead of being asked again at once for ever."""
    bench.set_up()
    bench.source.trouble = {0: RuntimeError("a bug")}

    with pytest.raises(RuntimeError, match="a bug"):
        sync(bench)

    assert bench.account.failures == 1
    assert bench.account.retry_at > bench.now


def test_a_long_outage_is_survived(bench: Any) -> None:
    """Ten days of failures later the source is still asked every quarter of an hour."""
    bench.set_up()
    bench.core.database.write(lambda tx: set_account(tx, bench.account.id, failures=5000))
    bench.source.trouble = {0: TryLater("still down")}

    assert sync(bench).problem == "still down"

    assert timedelta(minutes=15) <= bench.account.retry_at - bench.now < timedelta(minutes=17)


def test_with_the_master_switch_off_nothing_is_asked(bench: Any) -> None:
    """Row B3."""
    bench.set_up(sync_accounts=False)
    bench.source.log = [bench.submission(0)]

    assert sync(bench).pages == 0
    assert bench.one("SELECT count(*) FROM submission") == 0


def test_forms_synced_later_are_read_back(bench: Any) -> None:
    """Row B2: sign-ups of the last quarter of an hour, passed over before, start their flow now."""
    bench.connect(sync_new_forms=False)
    bench.source.forms_now = [bench.form("f0")]
    bench.source.log = [bench.submission(0)]
    sync(bench)
    bench.wait(minutes=5)
    bench.sync()
    bench.publish("{flow: welcome, steps: [{send: Hi}]}")
    bench.automate("{automation: Welcome, trigger: box.registers, run: welcome}")

    done = sync(bench)

    assert (done.applied, done.fired) == (1, 1)
    assert bench.column("SELECT backfill_from FROM form") == [None]
