# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""An installation with stand-ins for Mobilize and the carrier, and the processes that a deployment runs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from attrs import define, field, frozen

from ascend_core.operations.connect import connect_account, connect_channel
from ascend_core.operations.core import Core
from ascend_core.operations.limits import set_caps, set_sender_limits
from ascend_core.operations.publish import publish_flow, put_automation
from ascend_core.runtime.opening import home_from, init_home, open_core
from ascend_core.runtime.system import SystemClock
from ascend_core.web.serving import ThreadedServer, bind
from ascend_sms.simulator import CarrierRules
from tests.soak.postgres import FragilePostgres
from tests.soak.processes import Service

__all__ = ["AWAKE", "GROUP", "SEED", "Installation", "Outside", "installed"]

AWAKE = 'quiet_hours: {from: "00:00", to: "00:00"}'
"""Quiet hours that never are: this runs at any time of day."""

FLOWS = (
    f"""
flow: welcome
{AWAKE}
steps:
  - send: "Welcome, ${{member.first_name|you}}! ${{link.form}}"
    links: {{form: {{url: "${{event.url}}", track: mobilize}}}}
    NUDGES
  - ask: ride
    text: "Do you need a ride, ${{member.first_name|you}}?"
    replies: [{{match: [sure], then: [{{send: "See you, ${{member.first_name|you}}."}}]}}]
""",
    *(
        f"""
flow: {name}
{AWAKE}
steps:
  - send: "{words}, ${{member.first_name|you}}."
"""
        for name, words in (("confirmed", "Confirmed"), ("attended", "Thanks"), ("cancelled", "Another time"))
    ),
)
NUDGES = 'nudges: [{nudge: no_link_click, link: form, after: 1m, text: "Still there, ${member.first_name|you}?"}]'
TRIGGERS = {"welcome": "registers", "confirmed": "confirms", "attended": "attends", "cancelled": "cancels"}
GROUP = "Volunteers"
AUTOMATION = f"""
automation: {{flow}}
trigger: mobilize.{{activity}}
form: any
run: {{flow}}
add_to_groups: [{GROUP}]
"""
PER_SECOND = 200
SEED = 1
"""Of the stand-ins."""


@frozen(kw_only=True)
class Outside:
    """The other companies."""

    forms: Any
    carrier: Any
    form_url: str


@define(kw_only=True)
class Installation:
    """The product, its database and its processes."""

    core: Core
    """Opened by this process, to look and to order broadcasts: it does no work."""
    outside: Outside
    environment: Mapping[str, str]
    public_url: str
    postgres: FragilePostgres | None
    services: Sequence[Service] = field(factory=tuple)

    def service(self, name: str) -> Service:
        """The service of that name."""
        return next(each for each in self.services if each.name == name)

    def keep(self) -> None:
        """Start what has ended."""
        for each in self.services:
            each.keep()

    def rows(self, query: str) -> list[Any]:
        """What the database answers."""
        return self.core.database.read(lambda tx: [tuple(row) for row in tx.exec_driver_sql(query)])

    def one(self, query: str) -> Any:
        """One value of it."""
        return self.rows(query)[0][0]


@contextmanager
def installed(
    folder: Path,
    *,
    distributed: bool,
    poll_seconds: int | None = 2,
    lookup_seconds: int | None = 31,
    nudges: bool = False,
) -> Iterator[Installation]:
    """One web and two workers on a PostgreSQL of their own; else all in one process on SQLite. Nothing runs yet.

    *poll_seconds*, *lookup_seconds*: None: as the product has them by itself.
    """
    with ExitStack() as stack:
        postgres = stack.enter_context(FragilePostgres()) if distributed else None
        with closing(bind()) as free:
            port = free.getsockname()[1]
        environment = {
            "ASCEND_HOME": str(folder / "home"),
            "ASCEND_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "ASCEND_HOURS": "off",
            "ASCEND_NUDGE_GAP": "0",
        }
        if poll_seconds is not None:
            environment["ASCEND_POLL_SECONDS"] = str(poll_seconds)
            environment["ASCEND_MOBILIZE_REQUESTS_PER_SECOND"] = "0"
        if lookup_seconds is not None:
            environment["ASCEND_LOOKUP_SECONDS"] = str(lookup_seconds)
        if postgres is not None:
            stack.callback(postgres.thaw)
            environment["ASCEND_DATABASE_URL"] = postgres.new_database("soak")
        home = home_from(environment)
        init_home(home)
        core = open_core(home)
        stack.callback(core.database.close)
        outside = _outside(stack, core, environment["ASCEND_PUBLIC_URL"])
        for flow in FLOWS:
            publish_flow(core, flow.replace("NUDGES", NUDGES if nudges else ""), file="flow.yaml")
        for flow, activity in TRIGGERS.items():
            put_automation(core, AUTOMATION.format(flow=flow, activity=activity), file="automation.yaml")
        made = Installation(
            core=core,
            outside=outside,
            environment=environment,
            public_url=environment["ASCEND_PUBLIC_URL"],
            postgres=postgres,
        )
        made.services = [
            Service(name=name, arguments=arguments, environment=environment, log=folder / f"{name}.log")
            for name, arguments in _commands(port, distributed=distributed).items()
        ]
        for service in made.services:
            stack.callback(service.kill)
        yield made


def _commands(port: int, *, distributed: bool) -> Mapping[str, tuple[str, ...]]:
    serve = ("serve", "--port", str(port))
    if not distributed:
        return {"serve": serve}
    worker = ("worker", "--engine", "distributed")
    return {"web": (*serve, "--no-worker"), "worker-1": worker, "worker-2": worker}


def _outside(stack: ExitStack, core: Core, public_url: str) -> Outside:
    clock = SystemClock()
    forms: Any = core.registry.integrations["mobilize"].sandbox(clock=clock, seed=SEED, journal=None)
    forms.simulator.switches.rate_limit = False
    carrier: Any = core.registry.channels["sms"].sandbox(clock=clock, seed=SEED, journal=None)
    # it lets everything through, so that a text after STOP would be seen
    carrier.carrier.rules = CarrierRules(handles_opt_out=False)
    urls = []
    for each in (forms, carrier):
        server = ThreadedServer(each.app, bind())
        stack.callback(server.close)
        urls.append(server.url)
    carrier.point_webhooks(f"{public_url}/hooks/sms/inbound")
    starts_at = clock.now() + timedelta(days=7)
    form_url = forms.add_form("f", "Canvass", starts_at=starts_at, timezone="America/New_York", url_base=urls[0])

    async def connect() -> None:
        await connect_account(
            core, "mobilize", forms.account(urls[0]), sync_new_forms=True, create_members=True
        )  # fmt: skip
        await connect_channel(core, "sms", carrier.settings(urls[1]))

    asyncio.run(connect())
    set_caps(core, per_day=None, answers_per_hour=None)
    set_sender_limits(core, "sms", per_second=PER_SECOND, burst=PER_SECOND, per_day=0)
    return Outside(forms=forms, carrier=carrier, form_url=form_url)
