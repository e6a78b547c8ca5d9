"""A run goes on in one worker at a time: a reply and a time-out of the same moment do not both count."""

from __future__ import annotations

from threading import Event, Thread
from typing import Any

import attrs
import pytest
from attrs import frozen

from ascend_core.contracts import BotActionType, Outcome, StepView
from ascend_core.operations.fire_timers import fire_timers
from ascend_core.operations.programs import Programs
from ascend_core.operations.receive_messages import handle_inbound

FLOW = """
    flow: welcome
    steps:
      - ask: coming
        text: "Coming?"
        no_reply: {after: 1h, then: [{gate: }, {add_to_groups: [Silent]}, {send: "No answer?"}]}
        replies: [{match: [sure], then: [{gate: }, {send: "Great"}]}]
"""


@frozen
class NoParams:
    """Nothing to write."""


class Gate:
    """A bot action that keeps the first transaction inside it until it is let through."""

    def __init__(self) -> None:
        self.inside, self.open = Event(), Event()

    def __call__(self, view: StepView, params: NoParams, /) -> Outcome:
        if not self.inside.is_set():
            self.inside.set()
            self.open.wait(20)
        return Outcome()


@pytest.fixture
def gate(bench: Any) -> Gate:
    """The bench's gate, on a database that many write to; somebody has answered and timed out at one moment."""
    if bench.core.database.kind == "sqlite":
        pytest.skip("there is one writer at a time")
    gate = Gate()
    registry = bench.core.registry
    action = BotActionType(name="gate", label="Gate", params=NoParams, run=gate)
    registry = attrs.evolve(registry, actions={**registry.actions, "gate": action})
    bench.core = attrs.evolve(bench.core, registry=registry, programs=Programs(registry))
    bench.set_up(flow=FLOW)
    bench.register(0)
    bench.drain()
    bench.wait(hours=1)
    bench.keep(0, "sure")
    return gate


@pytest.mark.parametrize("order", [(handle_inbound, fire_timers), (fire_timers, handle_inbound)])
def test_who_comes_second_finds_that_the_run_has_moved_on(bench: Any, gate: Gate, order: Any) -> None:
    """One of the two counts, whichever is first; nobody gets the texts of both."""
    first, second = (Thread(target=work, args=(bench.core,)) for work in order)
    first.start()
    assert gate.inside.wait(20)
    second.start()
    while second.is_alive() and not bench.one("SELECT count(*) FROM pg_locks WHERE NOT granted"):
        second.join(0.05)
    gate.open.set()
    first.join(20)
    second.join(20)
    bench.drain()

    answered = order[0] is handle_inbound
    assert bench.bodies() == ["Coming?", "Great" if answered else "No answer?"]
    assert bench.rows("SELECT outcome, reason FROM timer") == [("cancelled", "ended") if answered else ("fired", None)]
    assert bench.one("SELECT count(*) FROM member_group WHERE name = 'Silent'") == int(not answered)
    assert bench.one("SELECT outcome FROM inbound_text") == ("answered" if answered else "inbox")
