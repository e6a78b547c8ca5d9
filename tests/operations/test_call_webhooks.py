"""Calls that runs wait for: committed first, made at least once, given up after a while."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from typing import Any

import attrs
import pytest

from ascend_core.calls.call import Call, Called
from ascend_core.errors import Refused, TryLater
from ascend_core.operations.call_webhooks import PAUSES, call_webhooks

FLOW = """
    flow: welcome
    steps:
      - webhook: https://crm.example.org/people
        body: {name: "${member.first_name|}"}
        set: {crm_id: id}
        then: [{send: "Number ${member.crm_id|none}"}]
        failed: [{send: "No number"}]
"""


class Script:
    """A caller that does what it is told, and keeps what it was asked."""

    def __init__(self, *answers: Any) -> None:
        self.answers = deque(answers)
        self.calls: list[Call] = []

    async def __call__(self, call: Call, /) -> Called:
        self.calls.append(call)
        answer = self.answers.popleft() if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer


@pytest.fixture
def scripted(bench: Any) -> Any:
    """The bench with a flow that calls, and a caller with these answers."""

    def make(*answers: Any, flow: str = FLOW) -> Script:
        script = Script(*answers)
        bench.core = attrs.evolve(bench.core, caller=script)
        bench.set_up(flow=flow)
        return script

    return make


def calls(bench: Any) -> list[tuple[Any, ...]]:
    """What became of the calls."""
    return bench.rows("SELECT outcome, reason, attempts FROM webhook_call ORDER BY id")


def test_the_run_goes_on_with_the_answer(bench: Any, scripted: Any) -> None:
    """The answer is in the member's field before the next step looks at it; what was sent is kept no longer."""
    script = scripted(Called(status=201, document={"id": "A-7"}))

    bench.register(0)
    assert script.calls == []
    bench.drain()

    (call,) = script.calls
    assert (call.url, call.method, call.document) == ("https://crm.example.org/people", "POST", {"name": "Ana0"})
    assert bench.bodies() == ["Number A-7"]
    assert calls(bench) == [("answered", "status 201", 1)]
    assert bench.one("SELECT request FROM webhook_call") in ("{}", {})


def test_a_call_that_may_work_later_is_made_again_with_the_same_key(bench: Any, scripted: Any) -> None:
    """After a pause that grows."""
    script = scripted(TryLater("down"), TryLater("down"), Called(status=200, document={"id": 5}))
    bench.register(0)

    for pause in (timedelta(0), PAUSES[1] * 1.2, PAUSES[2] * 1.2):
        bench.clock.advance(pause)
        bench.drain()

    assert len({call.key for call in script.calls}) == 1
    assert len(script.calls) == 3
    assert bench.bodies() == ["Number 5"]


def test_in_the_end_it_is_given_up(bench: Any, scripted: Any) -> None:
    """And the run goes the other way."""
    script = scripted(TryLater("the webhook did not answer in time"))
    bench.register(0)

    for _ in range(10):
        bench.drain()
        bench.wait(minutes=31)
    bench.drain()

    assert len(script.calls) == len(PAUSES) + 1
    assert calls(bench) == [("failed", "the webhook did not answer in time", len(PAUSES) + 1)]
    assert bench.column("SELECT body FROM message") == ["No number"]


@pytest.mark.parametrize("answer", [Refused("private", reason="private_address"), Called(status=404)])
def test_what_never_works_is_not_tried_again(bench: Any, scripted: Any, answer: Any) -> None:
    """A refusal is an answer."""
    script = scripted(answer)
    bench.register(0)
    bench.drain()

    assert len(script.calls) == 1
    assert bench.bodies() == ["No number"]


def test_a_call_that_breaks_fails_alone(bench: Any, scripted: Any) -> None:
    """A bug in what calls costs one run its answer; the calls beside it are answered, and made once."""
    script = scripted(ZeroDivisionError(), Called(status=200, document={"id": 5}))
    bench.register(0, 1)
    bench.drain()
    bench.wait(hours=1)
    bench.drain()

    assert len(script.calls) == 2
    assert sorted(bench.bodies()) == ["No number", "Number 5"]
    assert calls(bench) == [("failed", "the call broke: ZeroDivisionError", 1), ("answered", "status 200", 1)]


def test_after_a_crash_the_call_is_made_again(bench: Any, scripted: Any) -> None:
    """At least once: with the key of the first time."""
    script = scripted(KeyboardInterrupt(), Called(status=200, document={}))
    bench.register(0)
    with pytest.raises(KeyboardInterrupt):
        bench.run(call_webhooks(bench.core))

    bench.drain()
    waiting = len(script.calls)
    bench.wait(minutes=3)
    bench.drain()

    assert (waiting, len(script.calls)) == (1, 2)
    assert len({call.key for call in script.calls}) == 1
    assert bench.bodies() == ["Number none"]


def test_an_answer_for_a_run_that_is_over_changes_nothing(bench: Any, scripted: Any) -> None:
    """The member said STOP while the other server thought about it."""
    scripted(TryLater("down"), Called(status=200, document={"id": 5}))
    bench.register(0)
    bench.drain()
    bench.hear(0, "STOP", keyword="stop")
    bench.wait(minutes=2)
    bench.drain()

    assert calls(bench) == [("stale", "status 200", 2)]
    assert [body for body in bench.bodies() if "umber" in body] == []


def test_calls_cost_the_same_for_few_and_for_many(bench: Any, scripted: Any) -> None:
    """The number of statements does not depend on how many are made at once."""
    scripted(Called(status=200, document={"id": 5}))
    bench.register(999)
    bench.drain()
    counts = []
    for people in (range(2), range(10, 30)):
        bench.register(*people)
        with bench.counted() as seen:
            assert bench.run(call_webhooks(bench.core, 50)) == len(people)
        counts.append(len(seen))

    assert counts[0] == counts[1]
