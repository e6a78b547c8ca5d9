"""``ascend worker``: the work without the public address."""

from __future__ import annotations

import asyncio
import signal
from contextlib import ExitStack

import click

from ascend_core.cli.announcing import announce
from ascend_core.cli.measuring import measured
from ascend_core.cli.opening import opened_core
from ascend_core.runtime.config import read_config
from ascend_core.runtime.engine import Engine
from ascend_core.runtime.logs import log_trouble
from ascend_core.runtime.meters import Meters
from ascend_core.runtime.roles import EngineName, the_worker

__all__ = ["worker"]


@click.command()
@click.option(
    "--engine",
    "engine_name",
    type=click.Choice(["local", "distributed"]),
    default=None,
    help="Who shares out the work: this process (usual on SQLite), or a task queue in PostgreSQL over all workers "
    "(usual there).",
)
def worker(*, engine_name: EngineName | None) -> None:
    """Do the work: sync, text, nudge. Links and webhooks are answered by: ascend serve --no-worker.

    On PostgreSQL any number of workers share the work; a SQLite file has one. SIGTERM or Ctrl-C ends it, with the
    work in hand done; what does not end in time is taken up again at the next start.
    """
    with ExitStack() as stack:
        core = stack.enter_context(opened_core())
        meters = Meters()
        engine = stack.enter_context(the_worker(core, log_trouble, engine_name, meters))
        stack.enter_context(measured(core, meters))
        if "ASCEND_PUBLIC_URL" not in read_config().values:
            announce(f"ASCEND_PUBLIC_URL is not set: links in texts will lead to {core.options.public_url}")
        asyncio.run(_work(engine))
    announce("Ended.")


async def _work(engine: Engine) -> None:
    def end() -> None:
        announce("Ending: finishing what is in hand …")
        engine.stop()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    announce("Ascend works (Ctrl-C ends it).")
    await engine.run()
