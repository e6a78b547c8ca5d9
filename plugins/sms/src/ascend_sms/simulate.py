"""``ascend sms simulate``: the simulated carrier as a server of its own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import anyio.to_thread
import click
import uvicorn

from ascend_core.contracts import Clock, PluginContext
from ascend_core.errors import AscendError
from ascend_sms.simulator import Account, CarrierRules, CarrierSandbox
from ascend_sms.simulator.clocks import SteppedClock
from ascend_sms.simulator.sandbox import TWILIO, Provider

__all__ = ["simulate_command"]

_SETTLE_EVERY_SECONDS = 0.5


def simulate_command(context: PluginContext, provider: Provider = TWILIO) -> click.Command:
    """The command, on *context*'s clock, for *provider*."""

    @click.command("simulate")
    @click.option("--port", type=click.IntRange(0, 65535), default=0, help="Where to listen.  [default: any free port]")
    @click.option("--host", default="127.0.0.1", show_default=True)
    @click.option("--account-sid", help="AC and 32 hexadecimal digits.  [default: invented from the seed]")
    @click.option("--auth-token", help="[default: invented from the seed]")
    @click.option("--from", "number", help="The account's number.  [default: +12025550100]")
    @click.option("--inbound-url", help="Where texts written by people are posted.")
    @click.option(
        "--seed", type=int, default=0, show_default=True, help="Decides which phones are landlines and so on."
    )
    @click.option("--journal", type=click.Path(dir_okay=False, path_type=Path), help="Keeps the state over restarts.")
    @click.option("--pool-number", "pool", multiple=True, help="Another number of the messaging service.")
    @click.option("--segments-per-second", type=float, help="How fast each number sends.  [default: at once]")
    @click.option(
        "--clock",
        "moment",
        type=click.DateTime(["%Y-%m-%dT%H:%M:%S"]),
        help="A clock that stands at this moment (UTC) until POST /_sim/clock moves it.  [default: the real one]",
    )
    @click.option("--open", "open_page", is_flag=True, help="Open the phones in the browser.")
    @click.option("--any-webhook-host", is_flag=True, help="Let webhooks leave this computer.")
    def simulate(
        *,
        port: int,
        host: str,
        account_sid: str | None,
        auth_token: str | None,
        number: str | None,
        inbound_url: str | None,
        seed: int,
        journal: Path | None,
        pool: tuple[str, ...],
        segments_per_second: float | None,
        moment: datetime | None,
        open_page: bool,
        any_webhook_host: bool,
    ) -> None:
        """Run a simulated carrier that speaks the provider's API. Nothing it does costs money or reaches a phone."""
        sandbox = CarrierSandbox(
            account=Account.invented(seed, sid=account_sid, token=auth_token, number=number, pool=pool),
            clock=context.clock if moment is None else SteppedClock(moment.replace(tzinfo=UTC)),
            seed=seed,
            journal=journal,
            rules=CarrierRules(any_webhook_host=any_webhook_host, segments_per_second=segments_per_second),
            provider=provider,
        )
        if inbound_url:
            sandbox.point_webhooks(inbound_url)
        with contextlib.closing(_listen(host, port)) as listener:
            address = _introduce(sandbox, host, listener.getsockname()[1])
            if open_page:
                click.launch(address)
            _serve(sandbox, context.clock, listener)

    return simulate


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # the protocol is named so that asyncio sets TCP_NODELAY on every connection
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise AscendError(
            f"the simulated carrier cannot listen on {host} port {port} ({error.strerror}): choose another with --port"
        ) from error
    return listener


def _introduce(sandbox: CarrierSandbox, host: str, port: int) -> str:
    """Say how to connect; returns where the phones are to be seen."""
    settings = sandbox.settings(f"http://{f'[{host}]' if ':' in host else host}:{port}")
    click.echo(f"The simulated carrier listens on {settings['base_url']} (Ctrl+C stops it).", err=True)
    for name, value in settings.items():
        click.echo(f"  {name} = {value}", err=True)
    click.echo(f"The phones are at {settings['base_url']}/", err=True)
    return settings["base_url"]


def _serve(sandbox: CarrierSandbox, clock: Clock, listener: socket.socket) -> None:
    config = uvicorn.Config(sandbox.app, log_level="warning", lifespan="off", ws="none")
    server = uvicorn.Server(config)

    async def run() -> None:
        async with _settling(sandbox, clock):
            await server.serve(sockets=[listener])

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run())


@contextlib.asynccontextmanager
async def _settling(sandbox: CarrierSandbox, clock: Clock) -> AsyncIterator[None]:
    """Post what becomes due, as long as the block runs."""

    async def settle() -> None:
        while True:
            await anyio.to_thread.run_sync(sandbox.settle)
            await clock.sleep(_SETTLE_EVERY_SECONDS)

    task = asyncio.create_task(settle())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
