"""What a rehearsal puts in the place of integrations and channels: sign-ups from a script, and a phone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime

from attrs import define, evolve, field, frozen

from ascend_core.contracts import (
    Answer,
    ChannelEvent,
    ChannelType,
    Form,
    FormPage,
    Inbound,
    IntegrationType,
    LinkTracker,
    LinkUse,
    Outbound,
    RawRequest,
    Receipt,
    State,
    Submission,
    SubmissionPage,
    TriggerType,
)
from ascend_core.host.registry import Registry

__all__ = ["ENTERS", "HAPPENED", "PLACE", "Phone", "ScriptedForms", "rehearsal_registry"]

PLACE = "rehearsal"
"""The name of the integration, of its account and of the channel."""
ENTERS = "rehearsal.enters"
"""The trigger that starts the flow."""
HAPPENED = "happened"
"""In a submission's state: the trigger that its change fires."""


@frozen(kw_only=True)
class _Account:
    name: str = PLACE


@frozen(kw_only=True)
class _Nothing:
    pass


@define(eq=False)
class ScriptedForms:
    """The source of a rehearsal's forms. Submissions are handed to the operations directly."""

    forms_now: dict[str, Form] = field(factory=dict)

    async def check(self, account: _Account) -> None:
        """It always works."""

    async def forms(self, account: _Account, cursor: str | None) -> AsyncIterator[FormPage]:
        """Every form there is."""
        yield FormPage(forms=tuple(self.forms_now.values()), cursor=str(len(self.forms_now)))

    async def submissions(
        self, account: _Account, cursor: str | None, *, since: datetime | None = None
    ) -> AsyncIterator[SubmissionPage]:
        """None by itself."""
        yield SubmissionPage(submissions=(), cursor=cursor or "0")

    def activities(self, before: State | None, after: State) -> tuple[str, ...]:
        """What the script says."""
        happened = after.get(HAPPENED)
        return (happened,) if isinstance(happened, str) and happened else ()


@define(eq=False)
class Phone:
    """The member's phone: it takes every text, in order."""

    taken: list[Outbound] = field(factory=list)

    async def check(self, settings: _Nothing) -> None:
        """It is switched on."""

    async def send(self, settings: _Nothing, text: Outbound) -> Receipt:
        """Take *text*."""
        self.taken.append(text)
        return Receipt(provider_id=f"rehearsed-{len(self.taken)}", segments=1)

    async def lookup(self, settings: _Nothing, text: Outbound, since: datetime) -> Receipt | None:
        """Whether it was taken."""
        for number, each in enumerate(self.taken, start=1):
            if each.message_key == text.message_key:
                return Receipt(provider_id=f"rehearsed-{number}", segments=1)
        return None

    async def missed(self, settings: _Nothing, since: datetime) -> tuple[Inbound, ...]:
        """Nothing is missed on the stage."""
        return ()

    def is_genuine(self, settings: _Nothing, request: RawRequest) -> bool:
        """Nobody calls a rehearsal."""
        return False

    def read(self, settings: _Nothing, request: RawRequest) -> tuple[ChannelEvent, ...]:
        """Nothing."""
        return ()

    def answer(self, settings: _Nothing, request: RawRequest) -> Answer:
        """Nothing."""
        return Answer()


@frozen(kw_only=True)
class _Tracker:
    """A plugin's tracker that also takes the rehearsed form's page for one of its own."""

    inner: LinkTracker
    forms: Mapping[str, Form]

    def claims(self, url: str) -> bool:
        return self.inner.claims(url) or self._form(url) is not None

    def form_key(self, url: str) -> str | None:
        return self._form(url) or self.inner.form_key(url)

    def mark(self, url: str, use: LinkUse) -> str:
        return self.inner.mark(url, use)

    def token_of(self, submission: Submission) -> str | None:
        return submission.token

    def _form(self, url: str) -> str | None:
        return next((key for key, form in self.forms.items() if form.url and url.startswith(form.url)), None)


def rehearsal_registry(registry: Registry, forms: ScriptedForms, phone: Phone) -> Registry:
    """*registry* with the edges replaced: every trigger and every link tracker belongs to the scripted forms."""
    triggers = {
        name: evolve(type_, integration=PLACE, activity=name, repeats=True) for name, type_ in registry.triggers.items()
    }
    triggers[ENTERS] = TriggerType(
        name=ENTERS, label="The member enters the flow", integration=PLACE, activity=ENTERS, repeats=True
    )
    trackers = {
        name: evolve(type_, integration=PLACE, tracker=_Tracker(inner=type_.tracker, forms=forms.forms_now))
        for name, type_ in registry.link_trackers.items()
    }
    source = IntegrationType(name=PLACE, label="Rehearsal", account=_Account, key="name", source=forms)
    channel = ChannelType(name=PLACE, label="Rehearsal", settings=_Nothing, channel=phone, dedupe="lookup")
    return evolve(
        registry,
        integrations={PLACE: source},
        triggers=triggers,
        link_trackers=trackers,
        field_mappers={},
        channels={PLACE: channel},
    )
