"""Whoever traces sees drains, their batches and the calls they make, in their order; and nothing about anybody."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from ascend_core.calls.spans import span, traced
from ascend_core.operations.sender_keys import SenderKeys
from ascend_core.runtime.drains import register_drains
from ascend_core.runtime.local import LocalEngine
from tests.fakes.bench import phone  # noqa: TID251 -- tests may lean on tests

PROVIDER = TracerProvider()
trace.set_tracer_provider(PROVIDER)  # a process has one


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """What was traced."""
    exporter = InMemorySpanExporter()
    processor = SimpleSpanProcessor(exporter)
    PROVIDER.add_span_processor(processor)
    yield exporter
    processor.shutdown()


def shown(finished: tuple[ReadableSpan, ...]) -> str:
    """Everything a span may give away."""
    return "\n".join(each.to_json() for each in finished)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_drain_is_a_span_with_its_batches_below(bench: Any, spans: InMemorySpanExporter) -> None:
    """With the kind, the key, and what was done."""
    bench.set_up()
    bench.register(0, 1)
    engine = LocalEngine(bench.clock, print)
    register_drains(engine, bench.core)
    asyncio.run(engine._drains["send"](SenderKeys(bench.core).now(), bench.now.replace(year=2027)))

    finished = spans.get_finished_spans()
    (drain,) = [each for each in finished if each.name == "ascend.drain"]
    batches = [each for each in finished if each.name == "ascend.batch"]
    assert drain.attributes is not None
    assert (drain.attributes["ascend.kind"], drain.attributes["ascend.items"]) == ("send", 2)
    assert isinstance(drain.attributes["ascend.statements"], int)
    assert drain.attributes["ascend.statements"] > 0
    assert [each.parent.span_id for each in batches if each.parent] == [drain.context.span_id] * len(batches) != []
    assert len(bench.channel.accepted) == 2
    assert not any(secret in shown(finished) for secret in (phone(0)[1:], "Ana0", "sesame"))


def test_a_call_is_a_span_without_its_address_and_its_failure_without_its_message(spans: InMemorySpanExporter) -> None:
    """A path or a query may name somebody; an exception may quote them."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/broken":
            raise httpx.ConnectError("cannot reach Zebulon")
        return httpx.Response(503)

    async def call() -> None:
        async with httpx.AsyncClient(transport=traced(httpx.MockTransport(answer))) as http:
            await http.get("https://api.example.org/people/Zebulon?name=Zebulon")
            with pytest.raises(httpx.ConnectError), span("drain", kind="sync"):
                await http.get("https://api.example.org/broken")

    asyncio.run(call())
    finished = spans.get_finished_spans()

    calls = [dict(each.attributes or {}) for each in finished if each.name == "ascend.http"]
    assert calls[0] == {"ascend.method": "GET", "ascend.host": "api.example.org", "ascend.status": 503}
    assert calls[1]["error.type"] == "ConnectError"
    assert [each.status.is_ok for each in finished] == [True, False, False]
    assert "Zebulon" not in shown(finished)


def test_without_the_library_the_product_does_the_same() -> None:
    """It is an extra."""
    code = """
import json, sys
sys.modules["opentelemetry"] = None
import httpx
from ascend_core.calls.spans import span, traced
bare = httpx.MockTransport(lambda request: httpx.Response(204))
with span("drain", kind="send") as note:
    note(items=3)
import ascend_core.runtime.drains
print(json.dumps([traced(bare) is bare, sorted(name for name in sys.modules if name.startswith("opentelemetry."))]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert json.loads(done.stdout) == [True, []]
