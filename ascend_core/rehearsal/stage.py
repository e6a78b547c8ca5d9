"""The stage of one rehearsal: a throw-away installation, one member, one event, and what can be done to them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Literal, Self

from attrs import define, field, frozen
from msgspec.structs import replace

from ascend_core.contracts import Form, Inbound, KeywordOf, MemberView, Submission, SubmissionPage
from ascend_core.engine.field_values import FieldKind, fit
from ascend_core.errors import NotPossible
from ascend_core.flow.document import Flow
from ascend_core.host.registry import Registry
from ascend_core.operations.apply_submissions import apply_page
from ascend_core.operations.batch import Batch
from ascend_core.operations.connect import connect_account, connect_channel, the_account
from ascend_core.operations.core import Core, Options
from ascend_core.operations.due import next_due
from ascend_core.operations.fetch_forms import fetch_forms
from ascend_core.operations.follow_ups import finish
from ascend_core.operations.member_fields import define_field
from ascend_core.operations.programs import Programs
from ascend_core.operations.publish import put_automation
from ascend_core.operations.receive_messages import receive_events
from ascend_core.operations.record_clicks import Hit, keep_clicks
from ascend_core.operations.views import member_view
from ascend_core.rehearsal.cast import Cast
from ascend_core.rehearsal.offers import ENTERS, HAPPENED, PLACE, Phone, ScriptedForms, rehearsal_registry
from ascend_core.rehearsal.outside import NoSecrets, ScriptedCaller, StageChance, StageClock
from ascend_core.runtime.drains import drain_all
from ascend_core.store.consents import NewConsent, consent_states
from ascend_core.store.conversations import MemberLink, links_of_member, messages_to, runs_of_member
from ascend_core.store.database import Tx
from ascend_core.store.flows import publish_version
from ascend_core.store.members import MemberRecord, group_names_of, members_by_phone, reserve_member_ids
from ascend_core.store.messages import MessageRecord
from ascend_core.store.runs import RunRecord, TraceRecord, end_of, trace_of
from ascend_core.store.throwaway import throwaway_database

__all__ = ["Line", "Stage"]

MOST_ROUNDS = 50
"""Rounds at one moment after which a flow that never comes to rest is given up."""

_AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Safari/604.1"
_SOON = timedelta(seconds=1)


@frozen(kw_only=True)
class Line:
    """One thing on the phone: a text from us, a text of the member, or something that happened beside it."""

    at: datetime
    who: Literal["us", "member", "aside"]
    text: str


@define(eq=False)
class Stage:
    """A rehearsal under way. Use it as a context manager; for one thread that runs no event loop.

    *flows*: the flow to play first, then those it may start.
    """

    registry: Registry
    flows: Sequence[Flow]
    cast: Cast
    lines: list[Line] = field(factory=list, init=False)
    """The conversation so far, in the order it happened."""
    core: Core = field(init=False)
    clock: StageClock = field(init=False)
    _forms: ScriptedForms = field(factory=ScriptedForms, init=False)
    _phone: Phone = field(factory=Phone, init=False)
    _loop: asyncio.AbstractEventLoop = field(factory=asyncio.new_event_loop, init=False)
    _member_id: int = field(default=0, init=False)
    _shown: int = field(default=0, init=False)
    _traced: dict[int, int] = field(factory=dict, init=False)
    _over: set[int] = field(factory=set, init=False)
    _entered: Submission | None = field(default=None, init=False)
    _count: int = field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self.clock = StageClock(self.cast.at)
        registry = rehearsal_registry(self.registry, self._forms, self._phone)
        self.core = Core(
            database=throwaway_database(),
            registry=registry,
            vault=NoSecrets(),
            clock=self.clock,
            randomness=StageChance(),
            options=Options(lookup_after=timedelta(0)),
            caller=ScriptedCaller(self.cast.answers, self._aside),
            secrets=lambda names: {name: f"${{secret.{name}}}" for name in names},
            programs=Programs(registry, known=self.flows),
        )
        self._set_up()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Throw everything away."""
        self.core.database.close()
        self._loop.close()

    # setting up

    def _set_up(self) -> None:
        core, cast = self.core, self.cast
        self._run(connect_account(core, PLACE, {"name": PLACE}, sync_new_forms=True))
        self._run(connect_channel(core, PLACE, {}))
        self._show_form(cast.event)
        for name, kind in cast.kinds.items():
            define_field(core, name, FieldKind(kind))
        core.database.write(self._publish)
        document = f"automation: Rehearsal\ntrigger: {ENTERS}\nonce_per: []\nrun: {self.flows[0].name}\n"
        put_automation(core, document, file="rehearsal")
        core.database.write(self._invent_member)

    def _publish(self, tx: Tx) -> None:
        for flow in self.flows:
            publish_version(tx, flow.name, digest=flow.digest, source=flow.source, now=self.now)

    def _invent_member(self, tx: Tx) -> None:
        batch = Batch(self.core, tx, self.now)
        (id_,) = reserve_member_ids(tx, 1)
        cast = self.cast
        record = MemberRecord(id=id_, phone=cast.phone, zone=cast.zone, created_at=self.now, updated_at=self.now)
        batch.add_member(record)
        batch.set_fields(id_, self._typed(cast.fields, batch))
        for group in cast.groups:
            batch.add_to_group(id_, group)
        batch.consents.append(NewConsent(phone=cast.phone, state="subscribed", source="operator"))
        finish(batch)
        self._member_id = id_

    def _typed(self, fields: Any, batch: Batch) -> dict[str, Any]:
        fitted = fit(batch.field_rules, fields)
        if fitted.problems:
            raise NotPossible(f"the member's field {fitted.problems[0]}")
        return dict(fitted.values)

    def _show_form(self, form: Form) -> None:
        self._forms.forms_now[form.key] = form
        account = self.core.database.read(lambda tx: the_account(tx, PLACE))
        self._run(fetch_forms(self.core, account, everything=True))

    def _run(self, work: Any) -> Any:
        return self._loop.run_until_complete(work)

    # doing

    @property
    def now(self) -> datetime:
        """The time on the stage."""
        return self.clock.now()

    def enter(self) -> None:
        """The member enters the flow, as if what its automation waits for had happened."""
        self._count += 1
        self._entered = self._submission(f"entry-{self._count}", self.cast.event.key, happened=ENTERS)
        self._apply(self._entered)
        self.settle()

    def happens(self, trigger: str) -> None:
        """*trigger* fires for the sign-up that brought the member here. Raises NotPossible for an unknown one."""
        if trigger not in self.registry.triggers:
            raise NotPossible(f"there is no trigger '{trigger}'")
        if self._entered is None:
            raise NotPossible("nobody has entered the flow yet")
        self._count += 1
        state = {HAPPENED: trigger, "count": str(self._count)}
        self._entered = replace(self._entered, state=state, modified_at=self.now)
        self._aside(f"{self.registry.triggers[trigger].label}")
        self._apply(self._entered)
        self.settle()

    def click(self, name: str | None = None) -> None:
        """The member opens the newest link, or the newest of that *name*. Raises NotPossible when none came."""
        link = self._link(name)
        self._aside(f"opens <{link.name}>")
        self._open(link)
        self.settle()

    def submit(self, name: str | None = None) -> None:
        """The member fills in the form that link *name* leads to; None: the event's form, without any link."""
        self._count += 1
        if name is None:
            self._aside(f"submits the form of {self.cast.event.name}")
            self._apply(self._submission(f"form-{self._count}", self.cast.event.key))
        else:
            link = self._link(name)
            self._aside(f"submits the form behind <{link.name}>")
            if link.first_click_at is None:
                self._open(link)
            self._apply(self._submission(f"form-{self._count}", self._form_behind(link), token=link.token))
        self.settle()

    def reply(self, body: str) -> None:
        """The member writes *body*."""
        self._count += 1
        self.lines.append(Line(at=self.now, who="member", text=body))
        keyword = self._keyword_of()(body)
        text = Inbound(provider_id=f"reply-{self._count}", phone=self.cast.phone, body=body, keyword=keyword)
        receive_events(self.core, PLACE, [text])
        self.settle()

    def go_to(self, moment: datetime) -> None:
        """Let time pass until *moment* (aware), everything happening when it is due."""
        self.settle()
        last, rounds = None, 0
        while (due := next_due(self.core)) is not None and due <= moment:
            rounds = rounds + 1 if due == last else 0
            if rounds > MOST_ROUNDS:
                raise NotPossible("the flow never comes to rest")
            last = due
            self.clock.set(max(due, self.now))
            self.settle()
        self.clock.set(max(moment, self.now))
        self.settle()

    def settle(self) -> None:
        """Do what can be done now, and put what came of it on the phone."""
        self._run(drain_all(self.core))
        self._show()

    def _apply(self, submission: Submission) -> None:
        account = self.core.database.read(lambda tx: the_account(tx, PLACE))
        apply_page(self.core, account.id, SubmissionPage(submissions=(submission,), cursor="0"))

    def _submission(self, key: str, form_key: str, *, happened: str = "", token: str | None = None) -> Submission:
        return Submission(
            key=key,
            form_key=form_key,
            phone=self.cast.phone,
            opted_in=True,
            state={HAPPENED: happened},
            token=token,
            created_at=self.now,
            modified_at=self.now,
        )

    def _link(self, name: str | None) -> MemberLink:
        came = [link for link in self._links() if any(link.code in text.body for text in self._phone.taken)]
        found = [link for link in came if name is None or name in link.name.split()]
        if found:
            return found[-1]
        names = ", ".join(dict.fromkeys(link.name for link in came))
        what = "a link" if name is None else f"a link '{name}'"
        raise NotPossible(f"no text with {what} has come" + (f"; links that came: {names}" if names else ""))

    def _links(self) -> list[MemberLink]:
        return self.core.database.read(lambda tx: links_of_member(tx, self._member_id))

    def _open(self, link: MemberLink) -> None:
        keep_clicks(self.core, [Hit(link_id=link.id, at=self.now, method="GET", user_agent=_AGENT)])

    def _form_behind(self, link: MemberLink) -> str:
        type_ = self.core.registry.link_trackers.get(link.tracker)
        key = type_.tracker.form_key(link.target) if type_ is not None else None
        if key is None:
            raise NotPossible(f"the link '{link.name}' leads to no form: 'track' names the integration it belongs to")
        if key not in self._forms.forms_now:
            self._show_form(Form(key=key, name=f"Form {key}", url=link.target))
        return key

    def _keyword_of(self) -> KeywordOf:
        known = [type_.keyword_of for type_ in self.registry.channels.values() if type_.keyword_of is not None]
        return known[0] if known else _plain_keyword

    # looking

    def member(self) -> MemberView:
        """The member as they are now."""

        def look(tx: Tx) -> MemberView:
            record = members_by_phone(tx, {self.cast.phone})[self.cast.phone]
            groups = group_names_of(tx, {record.id}).get(record.id, frozenset())
            subscribed = consent_states(tx, {record.phone}).get(record.phone) == "subscribed"
            return member_view(record, groups, subscribed=subscribed)

        return self.core.database.read(look)

    def zone(self) -> str:
        """Where the member's phone is: the first zone it may be in (IANA name)."""
        zones = self.member().zones
        return zones[0] if zones else "UTC"

    def runs(self) -> list[RunRecord]:
        """The member's runs, in the order they began."""
        return self.core.database.read(lambda tx: runs_of_member(tx, self._member_id))

    def unsent(self) -> list[MessageRecord]:
        """The texts that did not reach the phone, in order."""
        came = {text.message_key for text in self._phone.taken}
        found = self.core.database.read(lambda tx: messages_to(tx, self._member_id))
        return [message for message in found if message.key not in came]

    def _show(self) -> None:
        """Put new texts, and what the runs noted beside them, on the phone."""
        fresh = self._phone.taken[self._shown :]
        if fresh:
            names = {link.code: link.name for link in self._links()}
            self.lines.extend(Line(at=self.now, who="us", text=self._named(text.body, names)) for text in fresh)
        self._shown = len(self._phone.taken)
        for line in self._new_trace():
            said = _said(line)
            if said:
                self._aside(said)

    def _new_trace(self) -> list[TraceRecord]:
        def look(tx: Tx) -> list[TraceRecord]:
            found: list[TraceRecord] = []
            for run in runs_of_member(tx, self._member_id):
                trace = trace_of(tx, run.id)
                found.extend(trace[self._traced.get(run.id, 0) :])
                self._traced[run.id] = len(trace)
                end = end_of(run, trace)
                if end is not None and run.id not in self._over:
                    found.append(end)
                    self._over.add(run.id)
            return found

        return self.core.database.read(look)

    def _named(self, body: str, names: dict[str, str]) -> str:
        for code, name in names.items():
            body = body.replace(f"{self.core.options.short_url}/{code}", f"<{name}>")
        return body.strip()

    def _aside(self, text: str) -> None:
        self.lines.append(Line(at=self.now, who="aside", text=text))


def _said(line: TraceRecord) -> str | None:
    """What of a trace is worth a line beside the texts."""
    detail = line.detail
    match line.kind:
        case "nudge" if detail.get("outcome") != "sent":
            return f"nudge {detail.get('nudge')} {detail.get('outcome')}: {detail.get('reason')}"
        case "problem":
            words = (str(detail[name]) for name in ("problem", "about", "why", "error") if detail.get(name))
            return f"problem at step {line.step}: {', '.join(words)}"
        case "end":
            return f"the run ends: {detail.get('reason')}"
        case _:
            return None


def _plain_keyword(text: str, /) -> Literal["stop", "start", "help", "doubtful"] | None:
    """Without a channel installed: the three words alone."""
    match text.strip().lower():
        case "stop":
            return "stop"
        case "start":
            return "start"
        case "help":
            return "help"
        case _:
            return None
