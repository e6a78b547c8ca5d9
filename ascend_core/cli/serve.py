"""``ascend serve``: the public address and the worker in one process."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from types import FrameType

import click

from ascend_core.cli.announcing import announce
from ascend_core.cli.measuring import measured
from ascend_core.cli.opening import opened_core
from ascend_core.errors import AscendError
from ascend_core.operations.core import Core
from ascend_core.operations.listening import begin_hearing
from ascend_core.runtime.config import read_config
from ascend_core.runtime.drains import ALL
from ascend_core.runtime.engine import Engine, Trouble
from ascend_core.runtime.logs import log_trouble
from ascend_core.runtime.meters import Meters
from ascend_core.runtime.opening import home_from
from ascend_core.runtime.roles import EngineName, the_worker, wake_workers
from ascend_core.store.channels import channels
from ascend_core.web.hearing import Hearing
from ascend_core.web.public import PublicApp
from ascend_core.web.serving import bind, url_of
from ascend_core.web.serving import serve as serve_app

__all__ = ["serve"]

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- read here, never bound
"""Addresses to listen on that nobody can call, and what this machine calls instead."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: any free one.")
@click.option("--no-worker", is_flag=True, help="Only answer; another process does the work.")
@click.option(
    "--engine",
    "engine_name",
    type=click.Choice(["local", "distributed"]),
    default=None,
    help="Who shares out the work: this process (usual on SQLite), or a task queue in PostgreSQL over all workers "
    "(usual there).",
)
def serve(*, host: str, port: int, no_worker: bool, engine_name: EngineName | None) -> None:
    """Serve links and webhooks, and do the work: sync, text, nudge. Ctrl-C ends it, with the work in hand done."""
    with ExitStack() as stack:
        listener = stack.enter_context(closing(bind(host, port)))
        bound = url_of(listener).replace(f"//{host}", f"//{_EVERYWHERE.get(host, host)}")
        public_url = None if "ASCEND_PUBLIC_URL" in read_config().values else bound
        core = stack.enter_context(opened_core(public_url=public_url))
        stack.enter_context(_ended_by_signals())
        begin_hearing(core)  # requests wait in the socket from before this moment on
        meters = Meters()
        engine = None if no_worker else stack.enter_context(the_worker(core, log_trouble, engine_name, meters))
        stack.enter_context(measured(core, meters))
        if engine is None:
            wake_workers(core, log_trouble)
        else:
            stack.enter_context(_working(engine))
        hearing = stack.enter_context(closing(Hearing(core)))
        spills = home_from().folder
        app = PublicApp(core, stir=lambda: _stir(engine), missed=hearing.missed, spill_folder=spills)
        stack.enter_context(closing(app))
        with suppress(KeyboardInterrupt):
            asyncio.run(serve_app(app, listener, started=lambda: _introduce(core, bound, working=not no_worker)))
        announce("Ending: finishing what is in hand …")
    announce("Ended.")


def _stir(engine: Engine | None) -> None:
    """Something came in: a worker in this process need not wait for its tick."""
    if engine is not None:
        engine.wake("receive", ALL)


@contextmanager
def _working(engine: Engine) -> Iterator[None]:
    """The worker runs in a thread with a loop of its own, so that its database work never holds up a redirect.

    Should it end by itself, as when a plugin ends the process it believes to be its own, the whole process does:
    whoever started it starts it again. One that only answers would look as if all were well. Raises AscendError then.
    """
    failed: list[BaseException] = []

    def work() -> None:
        try:
            asyncio.run(engine.run())
        except BaseException as error:  # noqa: BLE001 -- a fence: whatever it is, it must not end the worker in silence
            failed.append(error)
            log_trouble(Trouble(event="worker.ended", error=error))
            os.kill(os.getpid(), signal.SIGTERM)

    worker = threading.Thread(target=work, name="worker", daemon=True)
    worker.start()
    try:
        yield
    finally:
        engine.stop()
        worker.join()
    if failed:
        raise AscendError(f"the worker ended by itself ({type(failed[0]).__name__}); see the log, and start again")


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM ends the block like Ctrl-C does. While the server answers, it takes both for itself and ends in order."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _introduce(core: Core, bound: str, *, working: bool) -> None:
    options = core.options
    announce(f"Ascend listens on {bound} (Ctrl-C ends it).")
    if options.public_url != bound:
        announce(f"  The world reaches it at {options.public_url}")
    connected = core.database.read(channels)
    for record in connected:
        announce(
            f"  Incoming {record.channel} texts are expected at {options.public_url}/hooks/{record.channel}/inbound"
        )
    if not connected:
        names = " or ".join(f"ascend {name} connect" for name in core.registry.channels) or "ascend plugins list"
        announce(f"  No channel is connected: nothing is texted. Run: {names}")
    if not working:
        announce("  Without a worker: nothing is synced or sent by this process.")
    for problem in core.registry.problems:
        announce(f"  left out: {problem}")
