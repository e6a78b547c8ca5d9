# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""A work bench: the product over one database with the fakes around it, and short words for what tests do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from textwrap import dedent
from typing import Any

import attrs
from sqlalchemy import event

from ascend_core.contracts import Form, Inbound, Person, Submission, SubmissionPage
from ascend_core.operations.apply_submissions import apply_page
from ascend_core.operations.applying import PageOutcome
from ascend_core.operations.connect import connect_account, connect_channel
from ascend_core.operations.core import Core, Options
from ascend_core.operations.count_clicks import count_clicks
from ascend_core.operations.fetch_forms import fetch_forms, find_form
from ascend_core.operations.publish import publish_flow, put_automation
from ascend_core.operations.receive_messages import handle_inbound, receive_events
from ascend_core.operations.record_clicks import Hit, keep_clicks
from ascend_core.operations.send_messages import send_messages
from ascend_core.operations.sync_forms import sync_form, unsync_form
from ascend_core.runtime.drains import drain_all
from ascend_core.store.accounts import AccountRecord, accounts, cursor_of
from ascend_core.store.database import Database
from ascend_core.store.sql import written
from ascend_core.store.vault import make_key_file, open_vault
from ascend_core.testing import SeededRandomness, VirtualClock
from tests.fakes.forms import BOX_URL, FakeSource
from tests.fakes.plugin import registry_with
from tests.fakes.texts import FakeChannel

__all__ = ["NOON", "Bench", "phone"]

NOON = datetime(2026, 6, 3, 16, tzinfo=UTC)
"""Wednesday noon in New York, nine in the morning in Los Angeles: nobody is asleep but Alaska and Hawaii."""

WELCOME = """
    flow: welcome
    steps:
      - send: "Hi ${member.first_name|there}! Details: ${link.form}"
        links: {form: {url: "${event.url}", track: box}}
"""

AUTOMATION = """
    automation: Welcome
    trigger: box.registers
    run: welcome
"""


def phone(number: int) -> str:
    """The E.164 phone of an invented person in New York, 0 to 99, then in other cities."""
    codes = (212, 646, 718, 917, 347, 929, 516, 914, 845, 518)
    return f"+1{codes[number // 100]}55501{number % 100:02}"


class Bench:
    """The product and its fakes. ``person`` counts from 0 and names one phone."""

    def __init__(self, database: Database, folder: Path, **changes: Any) -> None:
        self.clock = VirtualClock(NOON)
        self.source = FakeSource()
        self.channel = FakeChannel()
        self.folder = folder
        self.tags = count()
        self.core = self.open(database, **changes)

    def open(
        self,
        database: Database,
        *,
        options: Options | None = None,
        seed: int = 1,
        dedupe: str = "lookup",
        gates: Any = (),
        channel: Any = None,
    ) -> Core:
        """The product over *database*, as after a start."""
        randomness = SeededRandomness(seed)
        make_key_file(self.folder / "key")
        return Core(
            database=database,
            registry=registry_with(
                self.source, channel or self.channel, self.clock, randomness, dedupe=dedupe, gates=gates
            ),
            vault=open_vault(self.folder / "key"),
            clock=self.clock,
            randomness=randomness,
            options=options or Options(public_url="https://go.example.org"),
        )

    # setting up

    def set_up(self, *, forms: int = 1, flow: str = WELCOME, automation: str = AUTOMATION, **switches: bool) -> None:
        """An account with synced forms ``f0``…, a channel, and a flow that a registration starts."""
        self.source.forms_now = [self.form(f"f{number}") for number in range(forms)]
        self.connect(**switches)
        if flow:
            self.publish(flow)
        if automation:
            self.automate(automation)

    def form(self, key: str, **values: Any) -> Form:
        """A form a week from now."""
        starts_at = self.now + timedelta(days=7)
        return attrs.evolve(
            Form(
                key=key,
                name=f"Canvass {key}",
                url=f"{BOX_URL}/{key}",
                starts_at=starts_at,
                timezone="America/New_York",
                location="Town Hall",
            ),
            **values,
        )

    def connect(self, *, sync_new_forms: bool = True, **switches: bool) -> None:
        """Connect the box and the pigeons, and fetch the forms."""
        values = {"org": "north", "key": "k-1"}
        self.run(connect_account(self.core, "box", values, sync_new_forms=sync_new_forms, **switches))
        self.run(connect_channel(self.core, "pigeon", {"loft": "roof", "key": "sesame"}))
        self.fetch()

    def fetch(self) -> None:
        """Fetch the forms."""
        self.run(fetch_forms(self.core, self.account, everything=True))

    def sync(self, key: str = "f0") -> str:
        """Turn a form on; the name of its group."""
        form = self.core.database.read(lambda tx: find_form(tx, self.account.id, key))
        return sync_form(self.core, form)

    def unsync(self, key: str = "f0") -> None:
        """Turn a form off."""
        unsync_form(self.core, self.core.database.read(lambda tx: find_form(tx, self.account.id, key)))

    def publish(self, flow: str) -> None:
        """Make a flow live."""
        publish_flow(self.core, dedent(flow), file="flow.yaml")

    def automate(self, automation: str) -> None:
        """Add an automation."""
        put_automation(self.core, dedent(automation), file="automation.yaml")

    @property
    def account(self) -> AccountRecord:
        """The only account."""
        return self.core.database.read(accounts)[0]

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def pigeons(self, **changes: Any) -> None:
        """Change what the channel says of itself: ``sender``, ``measure``, ``sent``."""
        registry = self.core.registry
        pigeon = attrs.evolve(registry.channels["pigeon"], **changes)
        self.core = attrs.evolve(self.core, registry=attrs.evolve(registry, channels={"pigeon": pigeon}))

    # things that happen

    def submission(self, person: int = 0, **values: Any) -> Submission:
        """A registration of *person* for ``f0``, made and changed now."""
        values = {"modified_at": self.now, "created_at": self.now, "status": "registers", **values}
        values.setdefault("key", f"s{person}-{values.get('form_key', 'f0')}")
        state = {"status": values.pop("status")}
        values.setdefault("person_key", f"p{person}")
        defaults = {"form_key": "f0", "phone": phone(person), "opted_in": True, "state": state}
        return Submission(**{**defaults, "fields": {"first_name": f"Ana{person}"}, **values})

    def person(self, person: int = 0, **values: Any) -> Person:
        """What the source says of *person*, changed now."""
        defaults = {"key": f"p{person}", "phone": phone(person), "opted_in": True, "modified_at": self.now}
        return Person(**{**defaults, **values})

    def page(self, *submissions: Submission, **values: Any) -> SubmissionPage:
        """A page of *submissions*."""
        return SubmissionPage(submissions=submissions, **{"cursor": "x", **values})

    def apply(self, *submissions: Submission, **values: Any) -> PageOutcome:
        """Apply a page and move the cursor."""
        account_id = self.account.id
        seen = self.core.database.read(lambda tx: cursor_of(tx, account_id, "submissions"))
        return apply_page(self.core, self.account.id, self.page(*submissions, **values), seen=seen)

    def register(self, *people: int, **values: Any) -> PageOutcome:
        """These people register, in one page."""
        return self.apply(*(self.submission(person, **values) for person in people))

    def hear(self, person: int, body: str, *, keyword: str | None = None, id: str = "") -> int:  # noqa: A002 -- its name
        """A text from *person*, kept and handled."""
        self.keep(person, body, keyword=keyword, id=id)
        return handle_inbound(self.core)

    def keep(self, person: int, body: str, *, keyword: str | None = None, id: str = "") -> int:  # noqa: A002 -- its name
        """A text from *person*, kept."""
        known = self.one("SELECT count(*) FROM inbound_text")
        text = Inbound(provider_id=id or f"in{known}", phone=phone(person), body=body, keyword=keyword)  # type: ignore[arg-type]  # -- a test's word
        return receive_events(self.core, "pigeon", [text])

    def click(self, link_id: int, agent: str = "Mozilla/5.0 (iPhone) Safari/604.1") -> None:
        """A person opens a link."""
        hit = Hit(link_id=link_id, at=self.now, tag=next(self.tags), method="GET", user_agent=agent)
        keep_clicks(self.core, [hit])
        count_clicks(self.core)

    def send(self) -> int:
        """One round of sending."""
        return self.run(send_messages(self.core))

    def drain(self) -> int:
        """Everything that can happen now."""
        return self.run(drain_all(self.core))

    def wait(self, **by: float) -> None:
        """Time passes; nothing else happens."""
        self.clock.advance(timedelta(**by))

    def run(self, work: Any) -> Any:
        """A coroutine, to its end."""
        return asyncio.run(work)

    # looking

    def rows(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        """What *query* finds."""
        return self.core.database.read(lambda tx: [tuple(row) for row in tx.execute(written(query), values)])

    def one(self, query: str, **values: Any) -> Any:
        """The only value *query* finds."""
        ((value,),) = self.rows(query, **values)
        return value

    def column(self, query: str, **values: Any) -> list[Any]:
        """The only column *query* finds."""
        return [value for (value,) in self.rows(query, **values)]

    def states(self) -> list[tuple[str, str | None]]:
        """State and reason of every message, in order."""
        return self.rows("SELECT state, reason FROM message ORDER BY id")

    def bodies(self) -> list[str]:
        """What the channel took, in order."""
        return [each.body for each in self.channel.accepted]

    def picture(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table that facts live in."""
        tables = (
            "member member_group group_member consent_entry consent submission activity automation_entry run timer "
            "trace_line message url link click report_cell inbound_text delivery_event"
        )
        return {table: sorted(self.rows(f"SELECT * FROM {table}"), key=str) for table in tables.split()}

    @contextmanager
    def counted(self) -> Iterator[list[str]]:
        """The statements that the block sends to the database."""
        statements: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            statements.append(statement)

        engine = self.core.database.engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            event.remove(engine, "before_cursor_execute", note)


BenchMaker = Callable[..., Bench]
