# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""The deployment as ``deploy`` describes it, one web and two workers on PostgreSQL: each of them dies, and so does the
database. Nobody is texted twice, nobody is left out, nobody after STOP, and it all goes on by itself.
"""

from __future__ import annotations

import http.client
import os
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from ascend_core.errors import AscendError
from ascend_core.testing import SeededRandomness
from tests.soak.installation import Installation, installed
from tests.soak.people import People, Person, Tap
from tests.soak.play import pause
from tests.soak.verdict import judge, waiting

pytestmark = pytest.mark.xdist_group("processes")

PATIENCE_SECONDS = 120.0
"""For what takes a few seconds on a quiet machine."""

LINES = 60
"""Of what a process said, when it is to be found out why somebody waits."""

TAKEN_OVER_SECONDS = 20.0
"""Somebody who signs up then is texted: a dead worker's keys are free within 10 s, and the poll comes round."""


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installation]:
    monkeypatch.setenv("PYTHONFAULTHANDLER", "1")  # a process that ends by SIGABRT says where it was
    with installed(tmp_path, distributed=True) as made:
        for service in made.services:
            service.start()
        yield made


@pytest.fixture
def people(at: Installation) -> Iterator[People]:
    """Some of whom are there already."""
    made = People(at, SeededRandomness("processes"))
    for _ in range(6):
        made.sign_up()
    until(at, made, lambda: made.unsettled == 0)
    yield made
    made.close()


def until(at: Installation, people: People, holds: Callable[[], bool]) -> float:
    """Wait for it; how many seconds it took."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > PATIENCE_SECONDS:
            raise AssertionError(f"{people.unsettled} people wait; {waiting(at)}\n{told_by(at)}")
        people.look()
        pause(0.05)
    return time.monotonic() - began


def told_by(at: Installation) -> str:
    """What everybody has in hand, and the end of what they said, last of all where each of their threads is."""
    jobs = at.rows(
        "SELECT j.lock, j.status, j.worker_id, round(extract(epoch FROM now() - w.last_heartbeat)::numeric, 1) "
        "FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id ORDER BY 1, 2"
    )
    locks = at.rows(
        "SELECT pid, state, wait_event_type, wait_event, pg_blocking_pids(pid)::text, left(query, 100) "
        "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    said = [f"{len(jobs)} jobs", *map(str, jobs), f"{len(locks)} connections", *map(str, locks)]
    for service in at.services:
        if service.is_alive:
            os.kill(service.pid, signal.SIGABRT)
    pause(1)
    for service in at.services:
        said += [f"--- {service.name}", *service.log.read_text("utf-8", "replace").splitlines()[-LINES:]]
    return "\n".join(said)


def settled(person: Person) -> bool:
    """Whether somebody got what they should."""
    return person.is_settled


def answered(tap: Tap) -> bool:
    """Whether a request has its answer."""
    return tap.status is not None


def live(at: Installation, people: People) -> Person:
    """A few people do something; the last one signs up."""
    for deed in (people.change, people.tap, people.say_stop, people.answer, people.sign_up, people.tap):
        deed()
    people.look()
    return people.sign_up()


def rest(at: Installation, people: People) -> None:
    """Wait until nothing is left to do, and nobody waits."""

    def is_over() -> bool:
        try:
            return not waiting(at) and people.unsettled == people.errands == 0
        except AscendError:
            return False  # our own connection was ended too

    until(at, people, is_over)


def ready(at: Installation) -> str:
    """What the web process says of itself."""
    host, _, port = at.public_url.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().read().decode().strip()
    except OSError:
        return "nobody"
    finally:
        connection.close()


def test_each_process_may_die_and_the_others_go_on(at: Installation, people: People) -> None:
    """Whichever it is: whoever signs up then is texted, within seconds; and in the end everything is right."""
    took = {}
    for victim in ("worker-1", "web", "worker-2"):
        until(at, people, lambda: all(service.is_up for service in at.services))
        live(at, people)
        pause(people.chance.fraction())
        at.service(victim).kill()
        newcomer = live(at, people)
        took[victim] = until(at, people, partial(settled, newcomer))
        at.service(victim).start()
    rest(at, people)

    assert judge(at, people, nudges=False).wrong == {}
    assert max(took.values()) < TAKEN_OVER_SECONDS, took
    until(at, people, lambda: all(service.is_up for service in at.services))
    for service in at.services:
        assert service.end(within_seconds=60) == 0


def test_the_database_may_die_end_all_connections_or_hang(at: Installation, people: People) -> None:
    """The web process says so and still leads on whoever taps a link; afterwards everything goes on by itself."""
    assert at.postgres is not None
    people.tap()
    until(at, people, lambda: people.errands == 0)
    (known,) = people.taps()
    postgres = at.postgres
    for harm, mend in ((postgres.kill, postgres.start_again), (postgres.freeze, postgres.thaw)):
        live(at, people)
        pause(people.chance.fraction())
        harm()
        until(at, people, lambda: ready(at) == "database")
        again = Tap(code=known.code, agent=f"{known.agent} {harm.__name__}")
        people.all[0].taps.append(again)
        people.follow(again)
        until(at, people, partial(answered, again))
        mend()
        assert again.status == 302
        until(at, people, lambda: ready(at) == "ready")
        newcomer = live(at, people)
        until(at, people, partial(settled, newcomer))
    live(at, people)
    postgres.end_connections()
    newcomer = live(at, people)
    until(at, people, lambda: newcomer.is_settled)
    rest(at, people)

    assert judge(at, people, nudges=False).wrong == {}
    assert [service.gave_up for service in at.services] == [0, 0, 0]
    assert all(service.is_alive for service in at.services)
