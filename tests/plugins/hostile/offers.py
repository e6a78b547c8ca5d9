"""Well-made offers, for plugins that break one rule at a time around them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

from attrs import frozen

from ascend_core.contracts import (
    Allow,
    Answer,
    BotActionType,
    ChannelEvent,
    ChannelType,
    CommandType,
    FieldMapperType,
    FieldReading,
    FormPage,
    GateType,
    Inbound,
    IntegrationType,
    LinkTrackerType,
    LinkUse,
    MemberView,
    NudgeType,
    NudgeView,
    ObserverType,
    Outbound,
    Outcome,
    Owed,
    PageType,
    PlannedMessage,
    RawRequest,
    Receipt,
    Secret,
    State,
    StepView,
    Submission,
    SubmissionPage,
    TablesType,
    Told,
    TriggerType,
    WebhookType,
)

__all__ = ["OFFERS", "Account", "Params", "action", "gate", "integration", "trigger"]


@frozen(kw_only=True)
class Account:
    """An account with one key."""

    key: Secret


@frozen(kw_only=True)
class Params:
    """An action without parameters."""


class Source:
    """A source of sign-ups with none."""

    async def check(self, account: Account) -> None:
        return None

    async def forms(self, account: Account, cursor: str | None) -> AsyncIterator[FormPage]:
        yield FormPage(forms=(), cursor="")

    async def submissions(
        self, account: Account, cursor: str | None, *, since: datetime | None = None
    ) -> AsyncIterator[SubmissionPage]:
        yield SubmissionPage(submissions=(), cursor="")

    def activities(self, before: State | None, after: State) -> tuple[str, ...]:
        return ()


class Tracker:
    """A tracker of nothing."""

    def claims(self, url: str) -> bool:
        return False

    def form_key(self, url: str) -> str | None:
        return None

    def mark(self, url: str, use: LinkUse) -> str:
        return url

    def token_of(self, submission: Submission) -> str | None:
        return None


class Postcards:
    """A channel that loses everything."""

    async def check(self, settings: Account) -> None:
        return None

    async def send(self, settings: Account, text: Outbound) -> Receipt:
        return Receipt(provider_id="1")

    async def lookup(self, settings: Account, text: Outbound, since: datetime) -> Receipt | None:
        return None

    async def missed(self, settings: Account, since: datetime) -> tuple[Inbound, ...]:
        return ()

    def is_genuine(self, settings: Account, request: RawRequest) -> bool:
        return False

    def read(self, settings: Account, request: RawRequest) -> tuple[ChannelEvent, ...]:
        return ()

    def answer(self, settings: Account, request: RawRequest) -> Answer:
        return Answer()


def _run(view: StepView, params: Params, /) -> Outcome:
    return Outcome()


def _owed(view: NudgeView, /) -> Owed:
    return Owed()


def _allow(message: PlannedMessage, member: MemberView, now: datetime, /) -> Allow:
    return Allow()


def _tell(told: tuple[Told, ...], /) -> None:
    return None


async def _handle(request: RawRequest) -> Answer:
    return Answer()


def _read(fields: Mapping[str, Any]) -> tuple[FieldReading, ...]:
    return ()


def _command() -> object:
    return object()


def integration(name: str = "garden") -> IntegrationType:
    """A place people sign up at."""
    return IntegrationType(name=name, label="Garden", account=Account, key="key", source=Source())


def trigger(integration: str = "garden") -> TriggerType:
    """Something that happens there."""
    return TriggerType(
        name=f"{integration}.blooms", label="Something blooms", integration=integration, activity="blooms"
    )


def action(name: str = "water", run: Any = _run, params: Any = Params) -> BotActionType[Any]:
    """A step that does nothing."""
    return BotActionType(name=name, label="Water", params=params, run=run)


def gate(name: str = "frost", gate: Any = _allow) -> GateType:
    """A gate that is always open."""
    return GateType(name=name, gate=gate)


OFFERS: dict[str, Any] = {
    "integrations": integration(),
    "triggers": trigger(),
    "actions": action(),
    "nudges": NudgeType(name="no_rain", label="No rain", still_owed=_owed),
    "link_trackers": LinkTrackerType(name="garden", label="Garden", integration="garden", tracker=Tracker()),
    "field_mappers": FieldMapperType(name="garden", integration="garden", defaults=(), read=_read),
    "channels": ChannelType(name="postcard", label="Postcard", settings=Account, channel=Postcards()),
    "gates": gate(),
    "observers": ObserverType(name="diary", tell=_tell),
    "tables": TablesType(name="garden", metadata=object(), migrations="garden/migrations"),
    "webhooks": WebhookType(name="weather", handle=_handle),
    "commands": CommandType(name="dig", make=_command),
    "pages": PageType(name="beds", label="Beds"),
}
"""One well-made offer for each shelf of the registry."""
