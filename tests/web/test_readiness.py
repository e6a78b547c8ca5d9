# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""``/ready`` tells a load balancer whether to send anybody here."""

from __future__ import annotations

import asyncio
from typing import Any

from attrs import evolve
from sqlalchemy import event, text

from ascend_core.store.database import open_database
from ascend_core.testing import VirtualClock
from ascend_core.web.readiness import REMEMBERED_SECONDS, Readiness
from tests.web.test_redirect import site

__all__ = ["site"]


def ask(readiness: Readiness) -> tuple[int, bytes]:
    """The status and the word."""
    answer = asyncio.run(readiness.answer())
    return answer.status, answer.body


def test_it_is_ready_when_the_database_answers(site: Any) -> None:
    """And lives whatever the database does."""
    ready, health = site.ask("/ready", "/health")

    assert (ready.status_code, ready.text) == (200, "ready\n")
    assert (health.status_code, health.text) == (200, "ok\n")


def test_tables_of_another_version_are_told(site: Any) -> None:
    """A new process before the upgrade, or an old one after it, gets no visitors."""

    def set_revision(revision: str) -> None:
        with site.core.database.engine.begin() as tx:
            tx.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})

    revision = site.one("SELECT version_num FROM alembic_version")
    set_revision("9999")
    told = ask(Readiness(site.core))
    set_revision(revision)

    assert told == (503, b"schema\n")
    assert ask(Readiness(site.core)) == (200, b"ready\n")


def test_a_database_that_does_not_answer_is_told_without_a_word_of_where_it_is(site: Any) -> None:
    """The world reads this."""
    gone = open_database("postgresql://me:hush@127.0.0.1:1/nothing")

    assert ask(Readiness(evolve(site.core, database=gone))) == (503, b"database\n")
    gone.close()


def test_however_often_it_is_asked_the_database_is_asked_once_a_second(site: Any) -> None:
    """Anybody may ask; nobody can wear the database out with it."""
    clock = VirtualClock(site.now)
    readiness = Readiness(evolve(site.core, clock=clock))
    begun: list[object] = []
    note = begun.append
    event.listen(site.core.database.engine, "begin", note)

    async def many() -> None:
        await asyncio.gather(*(readiness.answer() for _ in range(50)))
        await readiness.answer()
        await clock.sleep(REMEMBERED_SECONDS)
        await readiness.answer()

    asyncio.run(many())
    event.remove(site.core.database.engine, "begin", note)

    assert len(begun) == 2
