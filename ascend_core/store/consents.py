"""The consent ledger (row A8): entries are added, never changed; the current state follows the newest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import Select, select
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import insert_records, put_rows, reserve_ids, table_of
from ascend_core.store.reading import among, pairs
from ascend_core.store.tables import Consent, ConsentEntry

__all__ = ["ConsentState", "NewConsent", "consent_states", "ledger_of", "record_consents"]

ConsentState = Literal["subscribed", "unsubscribed"]

_consent = table_of(Consent)
_entry = table_of(ConsentEntry)


class NewConsent(Struct, frozen=True, kw_only=True, gc=False):
    """One entry for the ledger."""

    phone: str
    state: ConsentState
    source: Literal["form", "keyword", "operator", "carrier", "upstream", "flow"]
    evidence: Mapping[str, Any] = {}
    """What proves it: the submission's key, the text's id, the wording. Never the text itself."""


def consent_states(tx: Connection, phones: Collection[str], *, lock: bool = False) -> dict[str, ConsentState]:
    """The current state of each phone that has one.

    *lock*: hold these rows until the transaction ends, so that STOP and a claim cannot pass each other.
    """
    if not phones:
        return {}
    return pairs(tx.execute(_states(lock=lock and tx.dialect.name == "postgresql"), {"phones": sorted(phones)}))


@cache
def _states(*, lock: bool) -> Select[Any]:
    statement = select(_consent.c.phone, _consent.c.state).where(among(_consent.c.phone, "phones"))
    return statement.order_by(_consent.c.phone).with_for_update() if lock else statement


def record_consents(tx: Connection, entries: Sequence[NewConsent], *, now: datetime) -> None:
    """Add *entries* in their order; the last one of a phone becomes its state."""
    if not entries:
        return
    ids = reserve_ids(tx, ConsentEntry, len(entries))
    insert_records(tx, ConsentEntry, entries, id=ids, at=[now] * len(entries))
    newest = {entry.phone: (entry.state, id_) for id_, entry in zip(ids, entries, strict=True)}
    states = [
        {"phone": phone, "state": state, "entry_id": id_, "at": now} for phone, (state, id_) in sorted(newest.items())
    ]
    put_rows(tx, Consent, states, by=("phone",))


def ledger_of(tx: Connection, phone: str) -> list[tuple[str, str, datetime]]:
    """Every entry of *phone*, oldest first: (state, source, time)."""
    statement = (
        select(_entry.c.state, _entry.c.source, _entry.c.at).where(_entry.c.phone == phone).order_by(_entry.c.id)
    )
    return [(state, source, at) for state, source, at in tx.execute(statement)]
