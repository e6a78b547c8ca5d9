"""Channels: how texts leave and arrive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Literal, Protocol, TypeVar

from attrs import field, frozen

from ascend_core.contracts.segments import Measure

__all__ = [
    "Answer",
    "Channel",
    "ChannelEvent",
    "ChannelType",
    "DeliveryState",
    "DeliveryStatus",
    "Inbound",
    "KeywordOf",
    "Outbound",
    "RawRequest",
    "Receipt",
    "Sender",
    "SentList",
    "SentText",
]


class DeliveryState(Enum):
    """How far a text came. It only moves up: sent, then one of the three others, which is final."""

    SENT = "sent"
    """The provider took it."""
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    """The carrier says that it did not arrive."""
    FAILED = "failed"
    """The provider gave up on it."""


@frozen(kw_only=True)
class Outbound:
    """One text to hand to the provider, once."""

    message_key: str
    """Ours, opaque; comes back in delivery statuses."""
    phone: str
    """E.164."""
    body: str
    callback_url: str | None = None
    """Where delivery statuses go; the channel puts *message_key* into it."""
    valid_seconds: int | None = None
    """The provider must not deliver later than this."""


@frozen(kw_only=True)
class Receipt:
    """The provider has the text. ``provider_id`` is the provider's own key for it."""

    provider_id: str
    state: DeliveryState = DeliveryState.SENT
    segments: int | None = None
    error_code: str | None = None


@frozen(kw_only=True)
class Inbound:
    """A text from a person. *keyword* is set by the channel, before any flow sees the text (row J2)."""

    provider_id: str
    phone: str
    """E.164 of the sender."""
    body: str
    keyword: Literal["stop", "start", "help", "doubtful"] | None = None
    provider_answered: bool = False
    """The provider has already sent the confirmation: we must not send another."""


@frozen(kw_only=True)
class DeliveryStatus:
    """News of a text we sent; at least one of the two keys is there."""

    provider_id: str | None
    message_key: str | None
    state: DeliveryState | None
    """None: a step on the way that changes nothing for us (``queued``, or a word we do not know)."""
    error_code: str | None = None
    reason: str | None = None
    """As ``Refused.reason``, where the provider's code tells."""
    problem: str | None = None
    """What a person must put right before anything goes out for anybody, as ``NeedsAttention`` says it; None: nothing
    of the kind."""


ChannelEvent = Inbound | DeliveryStatus


@frozen(kw_only=True)
class RawRequest:
    """A request to a webhook, untouched."""

    method: str
    url: str
    """The full public URL the provider called, query included."""
    headers: tuple[tuple[str, str], ...]
    """Names in lower case, in order, repeated ones repeated."""
    body: bytes

    def header(self, name: str) -> str | None:
        """The only value of header *name*; None when it is missing or given more than once."""
        found = [value for key, value in self.headers if key == name.lower()]
        return found[0] if len(found) == 1 else None


@frozen(kw_only=True)
class Answer:
    """What a webhook answers."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(factory=dict)


S = TypeVar("S", contravariant=True)


class Channel(Protocol[S]):
    """What an SMS provider does. *settings* is an instance of the channel type's settings class."""

    async def check(self, settings: S) -> None:
        """Make sure that *settings* work, without sending. Raises NeedsAttention with what to do."""
        ...

    async def send(self, settings: S, text: Outbound) -> Receipt:
        """Hand *text* to the provider: exactly one call.

        Raises TryLater (surely not sent), Unsure (may have been sent), Refused (never will be), NeedsAttention.
        """
        ...

    async def lookup(self, settings: S, text: Outbound, since: datetime) -> Receipt | None:
        """Find out whether the provider has *text*, claimed at *since*; None: it surely does not.

        Raises TryLater or Unsure when the provider cannot tell.
        """
        ...

    async def missed(self, settings: S, since: datetime) -> tuple[Inbound, ...]:
        """The texts people wrote from *since* on, oldest first, as the webhook would have told them.

        Those that were told already may be among them. One whose words the provider cannot tell any more is
        ``doubtful``: a person decides. Raises TryLater or NeedsAttention when it cannot tell who wrote: a STOP may be
        among what it did not say. A channel that can never tell must raise NeedsAttention.
        """
        ...

    def is_genuine(self, settings: S, request: RawRequest) -> bool:
        """Whether the provider itself made *request*. Total: never raises, whatever the request."""
        ...

    def read(self, settings: S, request: RawRequest) -> tuple[ChannelEvent, ...]:
        """What *request* tells. Raises BadInput, and nothing else, when it cannot be read."""
        ...

    def answer(self, settings: S, request: RawRequest) -> Answer:
        """What the provider wants to hear once the events are stored."""
        ...


@frozen(kw_only=True)
class Sender:
    """Whom texts come from, and how fast carriers take them from it. What the operator sets goes first."""

    key: str
    """The number, or the provider's key of a pool of numbers; what is limited together has the same one."""
    kind: str = ""
    """For people: ``long code``, ``toll-free``, ``short code``, ``pool``."""
    per_second: float = 1.0
    """Segments."""
    burst: float = 10.0
    """Segments at once, after a rest: the provider queues them."""
    per_day: int | None = None
    """Segments; None: the carriers count no days."""
    day_zone: str = "America/Los_Angeles"
    """Where the carriers' day begins at midnight (IANA)."""


@frozen(kw_only=True)
class SentText:
    """A text in the provider's own list, sent from our sender."""

    provider_id: str
    phone: str
    body: str
    """Empty where the provider was told to forget it."""
    sent_at: datetime


class SentList(Protocol):
    """Reads the provider's list of what our sender sent from *since* on, oldest first.

    After a backup was restored it tells what the database has forgotten. Raises TryLater or NeedsAttention when it
    cannot tell all.
    """

    async def __call__(self, settings: Any, since: datetime, /) -> tuple[SentText, ...]: ...


class KeywordOf(Protocol):
    """Tells whether a text asks to stop, to start again or for help; None: an ordinary message. Pure."""

    def __call__(self, text: str, /) -> Literal["stop", "start", "help", "doubtful"] | None: ...


@frozen(kw_only=True)
class ChannelType:
    """A way to text people. *settings* is an attrs class; a field of type ``Secret`` is stored sealed."""

    name: str
    label: str
    settings: type[Any]
    channel: Channel[Any]
    dedupe: Literal["key", "lookup", "none"] = "none"
    """How an unsure send is cleared up: the provider refuses a repeated key, it can be looked up, or not at all."""
    listed_after: timedelta = timedelta(0)
    """How long a text that came in may be absent from what ``missed`` tells; it is asked for no sooner."""
    measure: Measure | None = None
    """What a text costs here; None: the channel does not say."""
    sender: Callable[[Any], Sender] | None = None
    """Whom texts sent with these settings come from; None: one sender, as fast as a long code."""
    sent: SentList | None = None
    """What was sent, by the provider's list; None: it keeps none that we can read."""
    keyword_of: KeywordOf | None = None
    """What the channel takes a text from a person for (row J2), where rehearsals ask; None: no text is a keyword."""
    sandbox: Any = None
    """A ``ChannelSandboxMaker``: a stand-in for the provider, for demos and tests."""
