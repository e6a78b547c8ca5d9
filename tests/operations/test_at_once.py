# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Two workers at once on what one member wrote, each with connections of its own: nothing is done twice or in a wrong
order, and STOP and a claim never overtake each other (faults 55 and 59).
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest

from ascend_core.contracts import Inbound
from ascend_core.operations.core import Core
from ascend_core.operations.listening import note_heard
from ascend_core.operations.receive_messages import CONFIRMATIONS, handle_inbound, receive_events
from ascend_core.operations.send_messages import send_messages
from ascend_core.store.database import open_database
from tests.fakes.bench import phone
from tests.operations.test_send_messages import ONE

ROUNDS = 20
PATIENCE_SECONDS = 60.0


@pytest.fixture
def workers(bench: Any) -> Iterator[list[Core]]:
    """Two workers over the bench's database, as two processes have it."""
    url = bench.core.database.engine.url.render_as_string(hide_password=False)
    databases = [open_database(url) for _ in range(2)]
    yield [
        attrs.evolve(bench.core, database=each, worker=f"w{number}") for number, each in enumerate(databases, start=1)
    ]
    for each in databases:
        each.close()


def at_once(*works: Callable[[], Any]) -> None:
    """Run these at the same time, and raise what any of them raises."""
    start = threading.Barrier(len(works))
    failures: list[BaseException] = []

    def run(work: Callable[[], Any]) -> None:
        try:
            start.wait(PATIENCE_SECONDS)
            work()
        except BaseException as error:  # noqa: BLE001 -- raised again where the test is
            failures.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    if failures:
        raise failures[0]


def test_two_workers_handle_the_texts_of_one_member_once_and_in_order(bench: Any, workers: list[Core]) -> None:
    """Each HELP is answered once, in the order they came."""
    bench.set_up(flow=ONE)
    bench.register(0)
    for number in range(ROUNDS):
        bench.keep(0, "HELP", keyword="help", id=f"help-{number}")

    def handle(core: Core) -> None:
        while bench.one("SELECT count(*) FROM inbound_text WHERE handled_at IS NULL"):
            handle_inbound(core)

    at_once(*(lambda core=core: handle(core) for core in workers))

    answered = bench.column("SELECT intent FROM message WHERE purpose = 0 ORDER BY id")
    assert answered == [f"confirm:{id_}" for id_ in bench.column("SELECT id FROM inbound_text ORDER BY id")]


def test_the_same_text_told_to_two_workers_at_once_is_kept_once(bench: Any, workers: list[Core]) -> None:
    """A provider that tries again while the first attempt is in hand; one confirmation goes out."""
    bench.set_up(flow=ONE)
    bench.register(*range(ROUNDS))
    for person in range(ROUNDS):
        text = Inbound(provider_id=f"in-{person}", phone=phone(person), body="STOP", keyword="stop")
        at_once(*(lambda core=core, text=text: receive_events(core, "pigeon", [text]) for core in workers))
    at_once(*(lambda core=core: handle_inbound(core) for core in workers))
    while handle_inbound(bench.core):
        pass
    bench.drain()

    assert bench.one("SELECT count(*) FROM inbound_text") == ROUNDS
    assert bench.bodies() == [CONFIRMATIONS["stop"]] * ROUNDS


def test_what_was_not_claimed_when_stop_was_committed_never_is(bench: Any, workers: list[Core]) -> None:
    """STOP and the claim of the same member's text race, again and again; either may come first."""
    bench.set_up(flow=ONE)
    note_heard(bench.core)
    sender, listener = workers
    claimed_first = 0
    for person in range(ROUNDS):
        bench.register(person)
        claims: list[int] = []

        def stop(person: int = person, claims: list[int] = claims) -> None:
            text = Inbound(provider_id=f"in-{person}", phone=phone(person), body="STOP", keyword="stop")
            receive_events(listener, "pigeon", [text])
            claims += bench.column(
                "SELECT claim FROM message WHERE purpose > 0 AND phone = :phone", phone=phone(person)
            )

        at_once(lambda: asyncio.run(send_messages(sender)), stop)
        bench.run(send_messages(bench.core))

        taken = [each for each in bench.channel.accepted if each.phone == phone(person)]
        states = bench.rows(
            "SELECT state, claim FROM message WHERE purpose > 0 AND phone = :phone", phone=phone(person)
        )
        claimed_first += claims[0]
        if claims == [0]:
            assert (taken, states) == ([], [("suppressed", 0)])
        else:
            assert states in ([("sent", 1)], [("suppressed", 1)])
            assert len(taken) == (states[0][0] == "sent")
    assert 0 <= claimed_first <= ROUNDS
