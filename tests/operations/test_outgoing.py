"""How texts and their links are named."""

from __future__ import annotations

from typing import Any

from ascend_core.operations.outgoing import CODE_LENGTH, OWN_LENGTH, SHARED_LENGTH


def test_the_ids_of_one_batch_lie_together_and_no_two_are_alike(bench: Any) -> None:
    """A page of an index is written whole for one row that changes in it: a batch may not change all of them."""
    bench.set_up()
    bench.register(*range(30))
    bench.register(*range(30, 60))
    length = SHARED_LENGTH + OWN_LENGTH

    starts = set()
    for query in ("SELECT key FROM message ORDER BY id", "SELECT token FROM link ORDER BY id"):
        ids = bench.column(query)
        assert {len(each) for each in ids} == {length}
        assert len(set(ids)) == 60
        batches = [ids[:30], ids[30:]]
        assert [len({each[SHARED_LENGTH] for each in batch}) > 1 for batch in batches] == [True, True]
        starts |= {frozenset(each[:SHARED_LENGTH] for each in batch) for batch in batches}

    assert [len(each) for each in starts] == [1, 1]  # one a batch


def test_the_codes_of_one_batch_have_nothing_in_common(bench: Any) -> None:
    """Whoever has one must not be nearer to another."""
    bench.set_up()
    bench.register(*range(30))

    codes = bench.column("SELECT code FROM link ORDER BY id")

    assert {len(each) for each in codes} == {CODE_LENGTH}
    assert [len({code[place] for code in codes}) > 10 for place in range(CODE_LENGTH)] == [True] * CODE_LENGTH
