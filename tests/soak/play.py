# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""The soak itself: people and troubles for some minutes, then peace until nothing is left to do, then the verdict."""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from ascend_core.errors import AscendError
from ascend_core.testing import SeededRandomness
from tests.soak.installation import Installation, installed
from tests.soak.people import People
from tests.soak.troubles import Troubles
from tests.soak.verdict import GROWN_UP_SECONDS, Verdict, judge, waiting

__all__ = ["Plan", "Played", "Tell", "pause", "play"]

STEP_SECONDS = 0.05
SAMPLE_SECONDS = 2.0
START_SECONDS = 180.0
Tell = Callable[[str], None]


@frozen(kw_only=True)
class Plan:
    """How long, how hard, with which luck."""

    minutes: float = 10.0
    seed: int = 1
    distributed: bool = True
    trouble_every: tuple[float, float] = (10.0, 30.0)
    nudges: bool = True
    poll_seconds: int = 5
    drain_seconds: float = 300.0
    """How long the end may take at most."""
    per_second: dict[str, float] = field(
        factory=lambda: {
            "sign_up": 1.0,
            "change": 1.0,
            "tap": 4.0,
            "answer": 1.0,
            "say_stop": 0.2,
            "say_start": 0.1,
            "broadcast": 1 / 90,
        }
    )


@frozen(kw_only=True)
class Played:
    """What happened, and what came of it."""

    plan: Plan
    verdict: Verdict
    figures: dict[str, Any]


@define
class _Rates:
    """So many of each kind of deed a second, spread evenly."""

    per_second: dict[str, float]
    owed: dict[str, float] = field(factory=dict)

    def due(self, seconds: float) -> list[str]:
        """What is to be done after *seconds* more."""
        due = []
        for name, rate in self.per_second.items():
            owed = self.owed.get(name, 0.0) + rate * seconds
            due += [name] * int(owed)
            self.owed[name] = owed - int(owed)
        return due


def pause(seconds: float) -> None:
    """Let the other processes work."""
    select.select([], [], [], seconds)


def play(plan: Plan, folder: Path, tell: Tell) -> Played:
    """Play *plan* in *folder*."""
    with installed(
        folder, distributed=plan.distributed, poll_seconds=plan.poll_seconds, nudges=plan.nudges
    ) as at:  # fmt: skip
        people = People(at, SeededRandomness(f"{plan.seed} people"))
        troubles = Troubles(at, SeededRandomness(f"{plan.seed} troubles"), plan.trouble_every)
        try:
            _begin(at, people)
            _live(plan, at, people, troubles, tell)
            drained = _drain(plan, at, people, tell)
        finally:
            troubles.over()
            people.close()
        verdict = judge(at, people, nudges=plan.nudges)
        return Played(plan=plan, verdict=verdict, figures=_figures(at, people, troubles, drained))


def _begin(at: Installation, people: People) -> None:
    """Wait until everything is up and the first people were texted."""
    for service in at.services:
        service.start()
    people.sign_up()
    began = time.monotonic()
    while not (all(service.is_up for service in at.services) and people.unsettled == 0):
        if time.monotonic() - began > START_SECONDS:
            raise AssertionError("the product does not start")
        people.look()
        pause(STEP_SECONDS)


def _live(plan: Plan, at: Installation, people: People, troubles: Troubles, tell: Tell) -> None:
    began = before = sampled = told = time.monotonic()
    rates = _Rates(plan.per_second)
    troubles.begin(began)
    broadcasts = 0
    while before < began + plan.minutes * 60:
        now = time.monotonic()
        at.keep()
        troubles.step(now)
        people.look()
        for deed in rates.due(now - before):
            if deed == "broadcast":
                broadcasts += 1
            elif people.errands < 100:
                getattr(people, deed)()
        if broadcasts and people.broadcast():
            broadcasts -= 1
        if now - sampled > SAMPLE_SECONDS:
            sampled = now
            for service in at.services:
                service.sample()
        if now - told > 30:
            told = now
            tell(f"{now - began:.0f} s: {len(people.all)} people, {people.unsettled} wait; {dict(troubles.done)}")
        before = now
        pause(STEP_SECONDS)
    troubles.over()


def _drain(plan: Plan, at: Installation, people: People, tell: Tell) -> float:
    """How many seconds it took until nothing was left to do."""
    began = time.monotonic()
    left: dict[str, int] = {}
    while time.monotonic() < began + plan.drain_seconds:
        at.keep()
        people.look()
        try:
            left = waiting(at) | ({"people": people.unsettled} if people.unsettled else {})
        except AscendError:
            left = {"database": 1}
        if not left and not people.errands:
            return time.monotonic() - began
        for service in at.services:
            service.sample()
        pause(0.5)
    tell(f"not done in time: {left}")
    return time.monotonic() - began


def _figures(at: Installation, people: People, troubles: Troubles, drained: float) -> dict[str, Any]:
    taps = list(people.taps())
    accepted = people.accepted()
    grown = [
        (service.name, *growth)
        for service in at.services
        for life in service.lives
        if (growth := life.growth(GROWN_UP_SECONDS)) is not None
    ]
    return {
        "people": len(people.all),
        "changes": sum(len(person.acted) for person in people.all),
        "replies": people.replies,
        "STOPs": sum(word.body == "STOP" for person in people.all for word in person.words),
        "STARTs": sum(word.body == "START" for person in people.all for word in person.words),
        "broadcasts": people.broadcasts,
        "texts accepted": len(accepted),
        "clicks answered": sum(tap.status == 302 for tap in taps),
        "clicks stored": at.one("SELECT count(*) FROM click"),
        "clicks without an answer": sum(tap.status is None for tap in taps),
        "clicks refused": sum(tap.status is not None and tap.status != 302 for tap in taps),
        "troubles": dict(sorted(troubles.done.items())),
        "starts": {service.name: len(service.lives) for service in at.services},
        "ended by themselves": {service.name: service.gave_up for service in at.services},
        "lives measured": len(grown),
        "most MiB grown in a life": round(max((each[1] for each in grown), default=0.0), 1),
        "most handles grown in a life": max((each[2] for each in grown), default=0),
        "largest process MiB": round(
            max(
                (sample.resident_mib for service in at.services for life in service.lives for sample in life.samples),
                default=0.0,
            )
        ),
        "seconds to drain": round(drained, 1),
    }
