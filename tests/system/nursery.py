"""A warm process that forks the product, so that it can be killed hundreds of times: ``nursery.py FOLDER PORT SHIFT``.

Each line on its input asks for one more product, web and worker over the database in FOLDER; its process id is the line
on the output. SHIFT is how many seconds the product's clock is ahead, so that it is noon whenever the tests run.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import datetime, timedelta

from attrs import evolve

import ascend_core.demo.play  # noqa: F401 -- warms what a product imports later
from ascend_core.calls.reading import warm_reading
from ascend_core.engine.zones import warm_zones
from ascend_core.runtime.drains import register_drains
from ascend_core.runtime.local import LocalEngine
from ascend_core.runtime.opening import home_from, open_core
from ascend_core.runtime.system import SystemClock
from ascend_core.web.public import PublicApp
from ascend_core.web.serving import ThreadedServer, bind

POLL_EVERY = timedelta(seconds=0.2)
LOOKUP_AFTER = timedelta(seconds=1)
"""The stand-in lists a text as soon as it has it; a call of a product that was killed is over by then."""


class ShiftedClock(SystemClock):
    """The time, so many seconds ahead."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._ahead = timedelta(seconds=seconds)

    def now(self) -> datetime:
        return super().now() + self._ahead


def product(folder: str, port: int, shift: float) -> None:
    """The whole product, until it is killed."""
    home = home_from({"ASCEND_HOME": folder, "ASCEND_PUBLIC_URL": f"http://127.0.0.1:{port}"})
    options = evolve(home.options, poll_every=POLL_EVERY, lookup_after=LOOKUP_AFTER)
    core = open_core(evolve(home, options=options), clock=ShiftedClock(shift))
    engine = LocalEngine(core.clock, lambda said: print(said, file=sys.stderr))  # noqa: T201 -- for whoever looks
    register_drains(engine, core)
    ThreadedServer(PublicApp(core, stir=lambda: engine.wake("work", "all")), bind(port=port))
    asyncio.run(engine.run())


def main(folder: str, port: str, shift: str) -> None:
    """Fork a product for each line."""
    warm_zones()
    warm_reading()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever is killed leaves nothing behind
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            sys.stdin.close()
            product(folder, int(port), float(shift))
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
