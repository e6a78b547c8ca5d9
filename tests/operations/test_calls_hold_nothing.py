"""No transaction is open while another company's server is asked: its slowness would be everybody's."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

from attrs import evolve

from ascend_core.calls.call import Call, Called
from ascend_core.contracts import Inbound
from ascend_core.errors import Unsure
from ascend_core.operations.call_webhooks import call_webhooks
from ascend_core.operations.checkups import check_core
from ascend_core.operations.connect import connect_account, connect_channel
from ascend_core.operations.doubt import resolve_unknown
from ascend_core.operations.listening import catch_up, note_heard, notice_gap
from ascend_core.operations.sync_account import sync_account
from tests.fakes.bench import phone  # noqa: TID251 -- tests may lean on tests

FLOW = """
    flow: welcome
    steps:
      - webhook: https://crm.example.org/people
      - send: "Hi ${member.first_name|there}! ${link.form}"
        links: {form: {url: "${event.url}", track: box}}
"""


class Watched:
    """Another object, whose calls to the outside are looked at while they run."""

    def __init__(self, inner: Any, look: Callable[[str], None]) -> None:
        self._inner, self._look = inner, look

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if inspect.isasyncgenfunction(found):

            async def pages(*given: Any, **named: Any) -> AsyncIterator[Any]:
                self._look(name)
                async for page in found(*given, **named):
                    yield page
                    self._look(name)

            return pages
        if inspect.iscoroutinefunction(found):

            async def call(*given: Any, **named: Any) -> Any:
                self._look(name)
                return await found(*given, **named)

            return call
        return found


def test_no_connection_is_held_while_a_plugin_or_a_webhook_is_called(bench: Any) -> None:
    """Of every kind of call: the pool has all its connections back."""
    seen: Counter[str] = Counter()
    held: list[str] = []

    def look(name: str) -> None:
        seen[name] += 1
        if bench.core.database.engine.pool.checkedout():
            held.append(name)

    async def caller(call: Call, /) -> Called:
        look("webhook")
        return Called(status=200)

    registry = bench.core.registry
    box, pigeon = registry.integrations["box"], registry.channels["pigeon"]
    source, channel = Watched(bench.source, look), Watched(bench.channel, look)
    watched = evolve(
        registry,
        integrations={"box": evolve(box, source=source, people=source)},
        channels={"pigeon": evolve(pigeon, channel=channel)},
    )
    bench.core = evolve(bench.core, registry=watched, caller=caller)

    bench.set_up(flow=FLOW)
    note_heard(bench.core)
    bench.source.log = [bench.submission(person) for person in range(3)]
    bench.source.people_log = [bench.person(0)]
    bench.run(sync_account(bench.core, bench.account.id))
    bench.run(call_webhooks(bench.core))
    bench.channel.next_sends.append(Unsure("a time-out"))
    bench.send()
    bench.wait(minutes=5)
    bench.run(resolve_unknown(bench.core))
    bench.channel.unheard.append(Inbound(provider_id="in-1", phone=phone(1), body="STOP", keyword="stop"))
    bench.wait(hours=1)
    notice_gap(bench.core)
    bench.run(catch_up(bench.core))
    bench.run(check_core(bench.core))
    bench.run(connect_account(bench.core, "box", {"org": "north", "key": "k-1"}))
    bench.run(connect_channel(bench.core, "pigeon", {"loft": "roof", "key": "sesame"}))

    asked = {"check", "forms", "submissions", "people", "send", "lookup", "missed", "webhook"}
    assert asked <= seen.keys()
    assert held == []


def test_a_call_within_a_transaction_would_be_seen(bench: Any) -> None:
    """The look itself is tried."""
    seen = []

    def work(_tx: Any) -> None:
        seen.append(bench.core.database.engine.pool.checkedout())

    bench.core.database.write(work)

    assert seen == [1]
