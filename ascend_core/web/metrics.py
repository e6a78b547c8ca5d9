"""Figures for Prometheus, in its text format, on an address of their own: the world has no business with them.

They say how much waits and how late it is, never whose it is. What concerns the database is the same in every process;
what drains did is of this process alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from math import inf

from attrs import field, frozen

from ascend_core.contracts import Answer
from ascend_core.engine.breaker import Breaker
from ascend_core.operations.breakers import account_breaker, channel_breaker
from ascend_core.operations.core import Core
from ascend_core.operations.work_state import work_state
from ascend_core.runtime.meters import Histogram, Meter, Meters
from ascend_core.store.accounts import accounts
from ascend_core.store.channels import channels
from ascend_core.web.requests import Receive, Scope, Send, send_answer

__all__ = ["MetricsApp", "exposition"]

TYPE = "text/plain; version=0.0.4; charset=utf-8"
Values = dict[tuple[tuple[str, str], ...], float]
"""By labels."""

_BREAKER = "Whether {} does not answer: 1, it is left alone for a while; 0.5, it is tried again; 0: it answers."

_TEXTS = ("ready", "sending", "unknown", "held")


@frozen
class _Sample:
    name: str
    value: float
    labels: Mapping[str, str] = field(factory=dict)

    def __str__(self) -> str:
        labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in self.labels.items())
        return f"{self.name}{{{labels}}} {self.value!r}" if labels else f"{self.name} {self.value!r}"


@frozen
class _Family:
    name: str
    kind: str
    help: str
    samples: list[_Sample]

    def __str__(self) -> str:
        return "\n".join(
            [f"# HELP {self.name} {self.help}", f"# TYPE {self.name} {self.kind}", *map(str, self.samples)]
        )


def exposition(core: Core, meters: Meters) -> str:
    """Everything, as Prometheus reads it. A database that does not answer is a figure too."""
    families = list(_of_drains(meters))
    try:
        families += _of_database(core)
        up = 1
    except Exception:  # noqa: BLE001 -- whatever keeps the database from answering: the drains' figures are told all the same
        up = 0
    families.append(_gauge("ascend_database_up", "Whether the database answers.", {(): up}))
    return "\n".join(map(str, families)) + "\n"


def _of_drains(meters: Meters) -> Iterator[_Family]:
    read = meters.read()

    def histogram(name: str, help_: str, values: Callable[[Meter], Histogram]) -> _Family:
        samples = [sample for kind, meter in read.items() for sample in _samples(name, kind, values(meter))]
        return _Family(name, "histogram", help_, samples)

    yield histogram("ascend_drain_seconds", "How long the drains of this process took.", lambda meter: meter.seconds)
    yield histogram(
        "ascend_drain_statements", "Statements the drains of this process sent.", lambda meter: meter.statements
    )
    yield histogram("ascend_drain_batch", "How much the drains of this process did at once.", lambda meter: meter.batch)
    name = "ascend_drain_failures_total"
    failures = [_Sample(name, meter.failed, {"kind": kind}) for kind, meter in read.items()]
    yield _Family(name, "counter", "Drains of this process that ended with an error.", failures)


def _samples(name: str, kind: str, values: Histogram) -> Iterator[_Sample]:
    so_far = 0
    for bound, count in zip((*values.bounds, inf), values.counts, strict=True):
        so_far += count
        yield _Sample(f"{name}_bucket", so_far, {"kind": kind, "le": "+Inf" if bound == inf else f"{bound:g}"})
    yield _Sample(f"{name}_sum", values.total, {"kind": kind})
    yield _Sample(f"{name}_count", so_far, {"kind": kind})


def _of_database(core: Core) -> Iterator[_Family]:
    known, connected, moment = core.database.read(lambda tx: (accounts(tx), channels(tx), core.moment(tx)))
    work, now = work_state(core), core.clock.now()
    sizes = work["queues"]
    texts: Values = {(("state", state),): sizes[state] for state in _TEXTS}
    yield _gauge("ascend_texts", "Texts that wait, by state.", texts)
    yield _gauge("ascend_inbound_waiting", "Texts from people that were not handled yet.", {(): sizes["inbound"]})
    yield _gauge("ascend_clicks_waiting", "Clicks that were not counted yet.", {(): sizes["clicks"]})
    late: Values = {(("kind", kind),): seconds or 0 for kind, seconds in work["late_seconds"].items()}
    yield _gauge("ascend_late_seconds", "How late the oldest work is that is due; 0: none is.", late)
    yield _gauge("ascend_workers", "Workers that are alive.", {(): len(work["workers"])})
    yield _gauge("ascend_broadcasts", "Broadcasts under way.", {(): work["broadcasts_under_way"]})
    lag: Values = {
        (("integration", each.integration), ("account", each.key)): max(
            0.0, (now - (each.last_success_at or each.connected_at)).total_seconds()
        )
        for each in known
        if each.sync_accounts
    }
    silent: Values = {
        (("integration", each.integration), ("account", each.key)): _open(account_breaker(each), now) for each in known
    }
    yield _gauge("ascend_account_breaker", _BREAKER.format("an account's server"), silent)
    silent = {(("channel", each.channel),): _open(channel_breaker(each), moment) for each in connected}
    yield _gauge("ascend_channel_breaker", _BREAKER.format("a channel's provider"), silent)
    yield _gauge("ascend_account_lag_seconds", "Since the last sync of an account, or since it was connected.", lag)


def _open(breaker: Breaker, now: datetime) -> float:
    return {"closed": 0.0, "half_open": 0.5, "open": 1.0}[breaker.state(now)]


def _gauge(name: str, help_: str, values: Values) -> _Family:
    return _Family(name, "gauge", help_, [_Sample(name, value, dict(labels)) for labels, value in values.items()])


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


@frozen
class MetricsApp:
    """The ASGI application of that address."""

    core: Core
    meters: Meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            while True:
                message = await receive()
                await send({"type": f"{message['type']}.complete"})
                if message["type"] == "lifespan.shutdown":
                    return
        elif scope["type"] == "http" and scope["path"] == "/metrics":
            text = await asyncio.to_thread(exposition, self.core, self.meters)
            await send_answer(send, Answer(content_type=TYPE, body=text.encode()))
        elif scope["type"] == "http":
            await send_answer(send, Answer(status=404, body=b"the figures are at /metrics\n"))
