# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""What must hold when everything has come to rest. The numbers are those of ``specs/reliability.md``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ascend_core.operations.receive_messages import CONFIRMATIONS
from ascend_core.store.types import to_micros
from tests.simulation.story import Story

__all__ = ["doubled", "problems"]

DONE = {"sent", "delivered", "undelivered", "failed", "suppressed", "expired", "held"}


def problems(story: Story) -> list[str]:
    """Everything that should not be: met on the way, or found at the end."""
    return [*story.wrong, *doubled(story), *_lost(story), *_out_of_order(story), *_restless(story)]


def doubled(story: Story) -> Iterator[str]:
    """Whatever was accepted, answered or started more often than it should be."""
    keys = Counter(each.text.message_key for each in story.carrier.taken)
    yield from (f"1: accepted {count} times" for count in keys.values() if count > 1)
    bodies = Counter((each.text.phone, each.text.body) for each in story.carrier.taken)
    replies = Counter(text.phone for text in story.texts if text.keyword is None)
    for (phone, body), count in sorted(bodies.items()):
        if body in ("One", "Two", "Three?", "Five?", "Six") and count > 2:
            yield f"4: {count} times {body} for two forms"
        if body == "Four" and count > replies[phone]:
            yield f"54: {count} answers to {replies[phone]} texts"
    said = Counter((text.phone, CONFIRMATIONS[text.keyword]) for text in story.texts if text.keyword is not None)
    for (phone, body), count in sorted(bodies.items()):
        if body in CONFIRMATIONS.values() and count > said[phone, body]:
            yield f"54: {count} confirmations of {said[phone, body]} texts"
    twice = story.bench.rows(
        "SELECT e.automation_id, a.member_id, a.form_id FROM automation_entry e JOIN activity a "
        "ON a.id = e.activity_id WHERE e.outcome = 'started' GROUP BY 1, 2, 3 HAVING count(*) > 1"
    )
    yield from (f"4: two runs for one occurrence {row}" for row in twice)


def _lost(story: Story) -> Iterator[str]:
    newest = {each.key: each.modified_at for each in sorted(story.bench.source.log, key=lambda each: each.modified_at)}
    stored = story.bench.rows("SELECT key, modified_at FROM submission")
    if sorted(stored) != sorted((key, to_micros(at)) for key, at in newest.items()):
        yield "25: the submissions are not those of the source"
    kept = {row[0] for row in story.bench.rows("SELECT provider_id FROM inbound_text WHERE handled_at IS NOT NULL")}
    missing = [text for text in story.texts if text.provider_id not in kept]
    if missing:
        yield f"25: {len(missing)} texts of people came to nothing"
    unsaid = story.bench.rows("SELECT r.id FROM run r WHERE NOT EXISTS (SELECT 1 FROM message m WHERE m.run_id = r.id)")
    yield from ("26: a run without its first text" for _ in unsaid)


def _out_of_order(story: Story) -> Iterator[str]:
    """Invariant 13: the texts of one run arrive as they were meant (answers may go before what is held)."""
    places = {each.text.message_key: place for place, each in enumerate(story.carrier.taken)}
    last: dict[int, int] = {}
    for key, run_id in story.bench.rows(
        "SELECT key, run_id FROM message WHERE run_id IS NOT NULL AND timer_id IS NULL AND purpose = 2 ORDER BY id"
    ):
        if key in places:
            if places[key] < last.get(run_id, -1):
                yield "13: out of order"
            last[run_id] = places[key]


def _restless(story: Story) -> Iterator[str]:
    yield from (f"26: {state} for ever" for state in story.states.values() if state not in DONE)
    for table, column in (("timer", "settled_at"), ("inbound_text", "handled_at")):
        ((left,),) = story.bench.rows(f"SELECT count(*) FROM {table} WHERE {column} IS NULL")
        if left:
            yield f"27: {left} rows of {table} wait for ever"
