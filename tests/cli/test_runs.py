"""``ascend runs``: found by flow, member and state."""

from __future__ import annotations

from typing import Any


def test_runs_are_listed_and_pruned(made: Any) -> None:
    """Without any, that is said; a phone is read as people type it."""
    listed = made("runs", "list", "--member", "(202) 555-0142", "--state", "failed")
    machine = made("runs", "list", "--json")
    wrong = made("runs", "list", "--member", "12")
    pruned = made("runs", "prune", "--dry-run")

    assert (listed.code, listed.out, listed.err) == (0, "", "There is no such run.\n")
    assert machine.json() == []
    assert wrong.code == 4
    assert pruned.err == "0 runs would lose the trace\n"
