# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""P9: from the moment that a sign-up changes at Mobilize to the moment that the carrier takes the text about it.

Real processes of the product with its own settings: an account is asked once a minute, as fast as Mobilize allows. Only
quiet hours are off, so that it can be measured at night, and the sender may send faster than it is asked to: how long
a text waits for its number's turn is a matter of the number.
"""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp

from ascend_core.testing import SeededRandomness
from tests.benchmarks.harness import Aim, Benchmark, Watch
from tests.soak.installation import Installation, installed
from tests.soak.people import People, Person
from tests.soak.play import pause

MINUTES = 5.0
PEOPLE = 150
"""Each changes once, at a moment of the minutes that nobody chose."""

POLL_SECONDS = 60.0
ALLOWED_SECONDS = 2.0
"""To fetch, to decide, to claim and to hand over."""

LATEST_SECONDS = 300.0
"""After this a text is lost."""


def one_process(scale: float, watch: Watch) -> Mapping[str, float]:
    """``ascend serve`` on SQLite."""
    return _measured(scale, watch, distributed=False)


def three_processes(scale: float, watch: Watch) -> Mapping[str, float]:
    """``ascend serve --no-worker`` and two ``ascend worker --engine distributed`` on PostgreSQL."""
    return _measured(scale, watch, distributed=True)


def _measured(scale: float, watch: Watch, *, distributed: bool) -> Mapping[str, float]:
    folder = Path(mkdtemp(prefix="p9-"))
    with installed(folder, distributed=distributed, poll_seconds=None, lookup_seconds=None) as at:
        people = People(at, SeededRandomness("p9"))
        for service in at.services:
            service.start()
        for _ in range(max(1, int(PEOPLE * scale))):
            people.sign_up()
        _wait(at, people)
        changed: dict[str, datetime] = {}
        with watch:
            _change(at, people, changed, MINUTES * 60 * scale)
            _wait(at, people)
        people.close()
        took = [(person.got[body] - changed[body]).total_seconds() for person in people.all for body in _told(person)]
    shutil.rmtree(folder)
    if len(took) != len(people.all):
        raise AssertionError(f"{len(took)} of {len(people.all)} changes were told")
    return {
        "items": len(took),
        "p50_seconds": statistics.median(took),
        "p95_seconds": statistics.quantiles(took, n=20)[-1],
        "max_seconds": max(took),
    }


def _told(person: Person) -> list[str]:
    return [body for body in person.got if body.startswith("Confirmed")]


def _change(at: Installation, people: People, changed: dict[str, datetime], seconds: float) -> None:
    """Let each confirm once, spread over *seconds*."""
    moments = sorted((people.chance.fraction() * seconds, person.number) for person in people.all)
    began = time.monotonic()
    for moment, number in moments:
        while time.monotonic() - began < moment:
            people.look()
            pause(0.02)
        person = people.all[number]
        body = f"Confirmed, {person.name}."
        # Mobilize's own times are whole seconds; ours is taken before it, so that the wait is never shown too short
        changed[body] = at.core.clock.now()
        at.outside.forms.act(f"a{number}", f"p{number}", "confirms")
        person.expected.add(body)


def _wait(at: Installation, people: People) -> None:
    began = time.monotonic()
    while people.unsettled:
        if time.monotonic() - began > LATEST_SECONDS:
            raise AssertionError(f"{people.unsettled} people wait for a text")
        at.keep()
        people.look()
        pause(0.05)


BENCHMARK = Benchmark(
    id="P9",
    title="Freshness: seconds from a change at Mobilize to the carrier's acceptance, asked once a minute",
    sides={"one process": one_process, "three processes": three_processes},
    aims=tuple(
        Aim(
            what=f"p95 of {side}, seconds",
            side=side,
            figure="p95_seconds",
            at_most=POLL_SECONDS + ALLOWED_SECONDS,
        )
        for side in ("one process", "three processes")
    ),
    rounds=1,
    warmup=False,
)
