"""Addresses are hashed with the month's key, and nobody waits for it."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from ascend_core.web.ip_hashes import ASKING, IpHashes


def settle() -> None:
    """Until nobody asks for a key."""
    for thread in threading.enumerate():
        if thread.name == ASKING:
            thread.join()


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_month_that_begins_with_a_locked_database_holds_nobody_up(bench: Any) -> None:
    """There is no hash as long as there is no key; as soon as there is one, there are hashes again."""
    hashes = IpHashes(bench.core)
    before = hashes.hash_of("198.51.100.7", bench.now)
    bench.wait(days=40)
    with bench.core.database.engine.begin() as other:
        other.exec_driver_sql("UPDATE member SET zip = zip")
        during = hashes.hash_of("198.51.100.7", bench.now)
    settle()
    after = hashes.hash_of("198.51.100.7", bench.now)

    assert (during, None in (before, after)) == (None, False)
    assert before != after


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_key_that_was_not_given_is_asked_for_again(bench: Any) -> None:
    """Not a whole month without hashes because of one bad moment."""

    def change(statement: str) -> None:
        bench.core.database.write(lambda tx: tx.exec_driver_sql(statement))

    change("ALTER TABLE ip_key RENAME TO elsewhere")
    hashes = IpHashes(bench.core)
    change("ALTER TABLE elsewhere RENAME TO ip_key")
    at_once = hashes.hash_of("198.51.100.7", bench.now)
    bench.wait(minutes=1)
    hashes.hash_of("198.51.100.7", bench.now)
    settle()

    assert at_once is None
    assert hashes.hash_of("198.51.100.7", bench.now) is not None
