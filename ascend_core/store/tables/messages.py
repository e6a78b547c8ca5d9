"""Messages out and in, links and clicks, and the channels they go through."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, UniqueConstraint, text
from sqlmodel import Field

from ascend_core.store.tables.rows import CoreRow, at, document, ref, row_id, zero
from ascend_core.store.types import Key

__all__ = [
    "ChannelAccount",
    "Click",
    "ClickRequest",
    "DeliveryEvent",
    "ForgottenText",
    "InboundText",
    "IpKey",
    "Link",
    "Message",
    "MessageDecision",
    "SenderDay",
    "Url",
]

_READY = text("state = 'ready'")
_UNDER_WAY = text("state IN ('sending', 'unknown')")
_CLAIMED = text("claimed_at IS NOT NULL")
_HELD = text("state = 'held'")
_UNHANDLED = text("handled_at IS NULL")
_WITH_IP = text("ip_hash IS NOT NULL")
_AT_ADDRESS = ("ip_hash", "clicked_at", "link_id", "kind")
"""All that comparing clicks asks for: behind a gateway there are many, and their rows need not be read."""
_NEW = text("compared = 0")
_OF_BROADCAST = text("broadcast_id IS NOT NULL")


class Message(CoreRow, table=True):
    """One intent to text one member. States only move up (see ``store.messages``)."""

    __table_args__ = (
        Index("ix_message_ready", "purpose", "due_at", "id", sqlite_where=_READY, postgresql_where=_READY),
        Index("ix_message_under_way", "member_id", sqlite_where=_UNDER_WAY, postgresql_where=_UNDER_WAY),
        Index("ix_message_run", "run_id"),
        Index("ix_message_member", "member_id", "id"),
        Index("ix_message_provider", "provider_id"),
        Index("ix_message_claimed", "member_id", "claimed_at", sqlite_where=_CLAIMED, postgresql_where=_CLAIMED),
        Index("ix_message_held", "id", sqlite_where=_HELD, postgresql_where=_HELD),
        Index(
            "ix_message_broadcast",
            "broadcast_id",
            "state",
            sqlite_where=_OF_BROADCAST,
            postgresql_where=_OF_BROADCAST,
        ),
    )

    id: int | None = row_id()
    key: str = Field(unique=True)
    """Opaque: the channel's id for it, and ``utm_campaign``."""
    intent: str = Field(unique=True)
    """What this text is for; the same intent never makes a second row."""
    member_id: int = ref("member")
    phone: str
    run_id: int | None = ref("run", null=True)
    flow_id: int | None = ref("flow", null=True)
    version_id: int | None = ref("flow_version", null=True)
    automation_id: int | None = ref("automation", null=True)
    broadcast_id: int | None = ref("broadcast", null=True)
    form_id: int | None = ref("form", null=True)
    timer_id: int | None = ref("timer", null=True)
    """Of the nudge it is, if it is one."""
    step: str | None = None
    purpose: int
    body: str
    quiet_hours: dict[str, Any] = document()
    """Own quiet hours; empty: the product's."""
    state: str
    reason: str | None = None
    attempts: int = 0
    due_at: datetime = at()
    expires_at: datetime | None = at(null=True)
    created_at: datetime = at()
    claim: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """How often it was claimed: a result of an older claim than the newest says nothing about the newest."""
    claimed_at: datetime | None = at(null=True)
    claimed_by: str | None = None
    """The worker that claimed it last."""
    called_off: str | None = None
    """Why it is not to be sent again, should it turn out that it was not sent."""
    sent_at: datetime | None = at(null=True)
    settled_at: datetime | None = at(null=True)
    provider_id: str | None = None
    segments: int | None = None
    error_code: str | None = None


class Url(CoreRow, table=True):
    """A place that links lead to, before anything is added to it."""

    __table_args__ = (UniqueConstraint("target", "tracker"),)

    id: int | None = row_id()
    target: str
    tracker: str
    """Name of the link tracker; empty: none."""
    form_id: int | None = ref("form", null=True)


class Link(CoreRow, table=True):
    """One member's link in one message (row F1), with what became of it."""

    __table_args__ = (UniqueConstraint("message_id", "url_id"), Index("ix_link_run", "run_id"))

    id: int | None = row_id()
    code: str = Field(unique=True)
    token: str = Field(unique=True)
    """``utm_content``; never the code."""
    name: str
    """As its step declares it; several names of one address have one link, and stand here with a blank between them."""
    message_id: int = ref("message")
    member_id: int = ref("member", index=True)
    url_id: int = ref("url")
    run_id: int | None = ref("run", null=True)
    location: str
    """Where the redirect goes, ready made."""
    created_at: datetime = at()
    first_click_at: datetime | None = at(null=True)
    """Of a person."""
    person_clicks: int = 0
    machine_clicks: int = 0
    submitted_at: datetime | None = at(null=True)
    """Of the first submission that brought its token back from this member."""
    unsure_clicks: int = zero()
    exact_submissions: int = zero()
    """Those that brought its token back from this member."""
    estimated_submissions: int = zero()
    host: str | None = None
    """The host it was texted with; it is answered under any of ours."""
    expires_at: datetime | None = at(null=True)
    """From then on it leads nowhere; what came of it stays."""


class Click(CoreRow, table=True):
    """One request for a link (row F3). Kept whatever made it; only persons count."""

    __table_args__ = (
        UniqueConstraint("link_id", "clicked_at", "tag", name="uq_click_request"),
        Index("ix_click_ip", *_AT_ADDRESS, sqlite_where=_WITH_IP, postgresql_where=_WITH_IP),
        Index("ix_click_ip_link", "ip_hash", "link_id", sqlite_where=_WITH_IP, postgresql_where=_WITH_IP),
        Index("ix_click_new", "id", sqlite_where=_NEW, postgresql_where=_NEW),
    )

    id: int | None = row_id()
    link_id: int = ref("link")
    clicked_at: datetime = at()
    tag: int = zero()
    """Tells requests of one microsecond apart; with link and time it is the request's name, so that it is kept once."""
    kind: str
    """A ``ClickClass``."""
    reason: str | None = None
    """Why ``unsure``."""
    method: str
    user_agent: str
    purpose: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    """What prefetch headers said."""
    ip_hash: int | None = Field(default=None, nullable=True, sa_type=BigInteger)
    """Keyed, the key known for a month at most; gone after 30 days."""
    withheld: int = zero()
    """1: the browser asked not to be remembered; nothing of it is kept but its class."""
    compared: int = zero()
    """1: it was compared with the requests around it, and none has come since that could change its class."""
    rules: int


class ClickRequest(CoreRow, table=True):
    """A request for a link that is safe and not counted yet: written before it is answered, taken out within a second.

    Rows are only ever added at the end and taken from the front, and nothing else is indexed: it costs next to nothing.
    """

    __tablename__ = "click_request"

    id: int | None = row_id()
    link_id: int = Field(sa_type=Key)
    clicked_at: datetime = at()
    tag: int
    kind: str
    method: str
    user_agent: str
    purpose: str
    ip_hash: int | None = Field(default=None, nullable=True, sa_type=BigInteger)
    withheld: int
    rules: int


class IpKey(CoreRow, table=True):
    """What addresses were hashed with in a month. Once it is destroyed, nobody can tell them any more."""

    __tablename__ = "ip_key"

    month: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    """``202605``"""
    key: str


class ChannelAccount(CoreRow, table=True):
    """A connected channel."""

    __tablename__ = "channel_account"

    id: int | None = row_id()
    channel: str = Field(unique=True)
    settings: dict[str, Any] = document()
    sealed: str
    connected_at: datetime = at()
    problem: str | None = None
    """Why nothing goes out until a person acts."""
    alarm: str | None = None
    """Why nothing but answers goes out until a person has looked."""
    alarm_seen_at: datetime | None = at(null=True)
    """When a person has looked: what went wrong before counts for no other alarm."""
    frozen: str | None = None
    """Why nothing goes out until this database was compared with the provider's list."""
    claims: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """How many batches were claimed. A machine that remembers more of them than the database was given an old one."""
    heard_until: datetime | None = at(null=True)
    """Until when we surely listened to what the provider tells."""
    deaf_since: datetime | None = at(null=True)
    """From when on texts may have been missed; nothing goes out before they were fetched."""
    failures: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """How many calls in a row the provider did not answer; as soon as it answers, 0."""
    retry_at: datetime | None = at(null=True)
    """When it is tried again whether it answers; None: it does."""


class InboundText(CoreRow, table=True):
    """A text from a person, stored before anything is done about it."""

    __tablename__ = "inbound_text"
    __table_args__ = (
        UniqueConstraint("channel", "provider_id"),
        Index("ix_inbound_unhandled", "id", sqlite_where=_UNHANDLED, postgresql_where=_UNHANDLED),
        Index("ix_inbound_waiting", "phone", "id", sqlite_where=_UNHANDLED, postgresql_where=_UNHANDLED),
        Index("ix_inbound_member", "member_id", "received_at"),
    )

    id: int | None = row_id()
    channel: str
    provider_id: str
    phone: str
    member_id: int | None = ref("member", null=True)
    body: str
    keyword: str | None = None
    provider_answered: bool = False
    received_at: datetime = at()
    handled_at: datetime | None = at(null=True)
    outcome: str | None = None
    """``keyword``, ``answered`` (a flow heard it), ``inbox`` or ``stranger``."""
    run_id: int | None = ref("run", null=True)


class DeliveryEvent(CoreRow, table=True):
    """A delivery status as it came in; only ever added."""

    __tablename__ = "delivery_event"

    id: int | None = row_id()
    channel: str
    provider_id: str | None = Field(default=None, index=True)
    message_key: str | None = Field(default=None, index=True)
    state: str | None = None
    error_code: str | None = None
    reason: str | None = None
    received_at: datetime = at()


class MessageDecision(CoreRow, table=True):
    """What a person decided about a text that nobody else could decide about; only ever added."""

    __tablename__ = "message_decision"

    id: int | None = row_id()
    message_id: int = ref("message", index=True)
    decision: str
    """``resend`` or ``drop``."""
    decided_by: str
    why: str
    decided_at: datetime = at()


class ForgottenText(CoreRow, table=True):
    """A text the provider has sent for us and this database does not know: it was restored from an older copy."""

    __tablename__ = "forgotten_text"

    provider_id: str = Field(primary_key=True)
    phone: str = Field(index=True)
    words: str
    """The text with its short links left out."""
    sent_at: datetime = at()


class SenderDay(CoreRow, table=True):
    """How many segments a sender has used up in one day of the carriers."""

    __tablename__ = "sender_day"

    sender: str = Field(primary_key=True)
    day: str = Field(primary_key=True)
    segments: int
