"""Figures for Prometheus, as long as a process serves or works."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ascend_core.cli.announcing import announce
from ascend_core.errors import AscendError
from ascend_core.operations.core import Core
from ascend_core.runtime.meters import Meters
from ascend_core.runtime.opening import home_from
from ascend_core.web.metrics import MetricsApp
from ascend_core.web.serving import ThreadedServer, bind

__all__ = ["measured"]


@contextmanager
def measured(core: Core, meters: Meters) -> Iterator[None]:
    """Serve them where ``ASCEND_METRICS`` says, if it does."""
    place = home_from().metrics
    if place is None:
        yield
        return
    try:
        listener = bind(*place)
    except AscendError:
        host, port = place
        announce(f"  No figures for Prometheus: nobody can listen on {host} port {port}; set another ASCEND_METRICS")
        yield  # whoever cannot be measured still works
        return
    server = ThreadedServer(MetricsApp(core, meters), listener)
    announce(f"  Figures for Prometheus: {server.url}/metrics")
    try:
        yield
    finally:
        server.close()
