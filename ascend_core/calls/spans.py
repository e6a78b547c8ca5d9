"""Spans for whoever traces: around each drain, each of its batches, each webhook and each call to another server.

They cost nothing unless ``opentelemetry-api`` is there (``ascend-core[otel]``), and little until an SDK is set up. A
span has names, counts and hosts: never a URL, whose path or query may name somebody, and never the message of an
exception, which may quote them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import httpx

__all__ = ["span", "traced"]

trace: Any = import_module("opentelemetry.trace") if find_spec("opentelemetry") is not None else None

Note = Callable[..., None]
"""Adds attributes to a span, by name."""


def _nothing(**_attributes: str | float) -> None:
    pass


@contextmanager
def span(name: str, **attributes: str | float) -> Iterator[Note]:
    """A span of that name around the block, below the one that is open. The block may add attributes."""
    if trace is None:
        yield _nothing
        return
    tracer = trace.get_tracer("ascend")
    named = {f"ascend.{key}": value for key, value in attributes.items()}
    opened = tracer.start_as_current_span(
        f"ascend.{name}", attributes=named, record_exception=False, set_status_on_exception=False
    )
    with opened as current:

        def note(**more: str | float) -> None:
            for key, value in more.items():
                current.set_attribute(f"ascend.{key}", value)

        try:
            yield note
        except BaseException as error:
            current.set_attribute("error.type", type(error).__name__)
            current.set_status(trace.StatusCode.ERROR)
            raise


def traced(transport: httpx.AsyncBaseTransport) -> httpx.AsyncBaseTransport:
    """*transport* with a span around each request, where somebody may look at it."""
    return transport if trace is None else _Traced(transport)


class _Traced(httpx.AsyncBaseTransport):
    """Another transport, with a span around each request until its answer begins."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Make the request."""
        with span("http", method=request.method, host=request.url.host) as note:
            answer = await self._inner.handle_async_request(request)
            note(status=answer.status_code)
            return answer

    async def aclose(self) -> None:
        """Close the other one."""
        await self._inner.aclose()
