"""``ascend mobilize simulate``: a Mobilize of one's own, to try things against."""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ascend_core.contracts.clock import Clock
from ascend_core.contracts.plugins import PluginContext
from ascend_core.errors import AscendError

if TYPE_CHECKING:
    from ascend_mobilize.simulator import Simulator

__all__ = ["simulate_command"]

_KEY = "simulated-key"
_BACKLOG = 128
_SIGN_UPS_A_DAY = 20
_EPILOG = """\b
Levers, for tests in any language (POST a JSON object; simulator.md of the
plugin ascend-mobilize has them all):
  GET  /_sim/state              what there is, what is to come, what happened
  /_sim/clock                   {"days": 1}: time passes, and what is due happens
  /_sim/scenario                {"running": true, "confirms": 0.5}
  /_sim/faults                  {"kind": "429", "times": 2}; DELETE clears them
  /_sim/switches                {"paging": "newest_first"}
  /_sim/sign_ups                {"event_id": 50000, "email": "ada@example.org"}
  /_sim/attendances/ID          {"status": "CANCELLED"}
  /_sim/people/ID               {"phone": "2125550100"}
  /_sim/events/ID               {"title": "New name", "capacity": 3}
  /_sim/attendances/ID/damage   {"path": ["status"], "kind": "number_as_text"}
  /_sim/oddities                {"kind": "masked"}
  /_sim/events/ID/delete        {"attendances": "vanish"}; /restore brings it back
"""


def simulate_command(context: PluginContext) -> click.Command:
    """The command, with the time of *context*."""

    @click.command("simulate", epilog=_EPILOG)
    @click.option("--port", type=click.IntRange(0, 65535), default=8900, show_default=True, help="0: any free one.")
    @click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
    @click.option("--org", type=int, help="The organization's id. Default: that of the loaded events, or 4017.")
    @click.option("--key", default=_KEY, show_default=True, help="The API key to accept.")
    @click.option("--load", type=click.Path(path_type=Path), help="A file of events and attendances to serve.")
    @click.option("--seed", type=int, default=1, show_default=True, help="Another number, another invention.")
    @click.option("--events", type=click.IntRange(0, 1000), default=5, show_default=True, help="How many to invent.")
    @click.option("--rate-limit/--no-rate-limit", default=True, help="Whether to answer 429 to one request too many.")
    @click.option(
        "--scenario/--no-scenario",
        default=False,
        help="Whether people sign up, confirm, cancel and attend by themselves.",
    )
    def simulate(
        *,
        port: int,
        host: str,
        org: int | None,
        key: str,
        load: Path | None,
        seed: int,
        events: int,
        rate_limit: bool,
        scenario: bool,
    ) -> None:
        """Serve a simulated Mobilize until Ctrl-C."""
        simulator = _with_world(context.clock, org=org, key=key, load=load, seed=seed)
        simulator.switches.rate_limit = rate_limit
        with _listening(host, port) as listener:
            shown = f"[{host}]" if ":" in host else host
            url = f"http://{shown}:{listener.getsockname()[1]}"
            _invent(simulator, events=0 if load else events, seed=seed, url=url)
            if scenario:
                simulator.history.perform(
                    "scenario", {"running": True, "seed": seed, "sign_ups_a_day": _SIGN_UPS_A_DAY}
                )
            _tell(simulator, url)
            _serve(simulator, listener)

    return simulate


def _with_world(clock: Clock, *, org: int | None, key: str, load: Path | None, seed: int) -> Simulator:
    from ascend_mobilize.simulator import History, Simulator, World
    from ascend_mobilize.simulator.loading import Loaded, put_into, read_file
    from ascend_mobilize.simulator.sandbox import DEFAULT_ORG_ID

    loaded = read_file(load) if load else Loaded()
    org_id = org if org is not None else loaded.org_id or DEFAULT_ORG_ID
    world = World(org_id=org_id, seed=seed, made_at=int(clock.now().timestamp()))
    put_into(world, loaded)
    return Simulator(history=History(world, clock), api_key=key)


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # the protocol is named so that asyncio sets TCP_NODELAY on every connection
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise AscendError(
            f"cannot listen on {host} port {port}: {error.strerror}; choose another with --port or --host"
        ) from error
    return listener


def _invent(simulator: Simulator, *, events: int, seed: int, url: str) -> None:
    from ascend_mobilize.simulator.inventory import add_invented_events

    add_invented_events(simulator.history, events, seed=seed, url_base=url)


def _tell(simulator: Simulator, url: str) -> None:
    world = simulator.history.world
    click.echo(f"A simulated Mobilize listens on {url}/v1 (Ctrl-C ends it)", err=True)
    click.echo(f"  Org Id   {world.org['id']}", err=True)
    click.echo(f"  API key  {simulator.api_key}", err=True)
    event_id = next((row["id"] for row in world.events if isinstance(row.get("id"), int)), None)
    if event_id is not None:
        click.echo(f"  Sign up  {url}/{world.org['slug']}/event/{event_id}/", err=True)


def _serve(simulator: Simulator, listener: socket.socket) -> None:
    import uvicorn

    config = uvicorn.Config(simulator.app, log_level="warning", lifespan="off", ws="none", timeout_graceful_shutdown=1)
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listener])
