"""Secrets by name, sealed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import put_rows, table_of
from ascend_core.store.reading import pairs
from ascend_core.store.tables import SealedSecret

__all__ = ["drop_secret", "put_secret", "sealed_secrets", "secret_names"]

_secret = table_of(SealedSecret)


def put_secret(tx: Connection, name: str, sealed: str, *, now: datetime | None) -> None:
    """Keep a secret, in the place of the one of that name. Without *now* it only got another seal."""
    if now is None:
        tx.execute(update(_secret).where(_secret.c.name == name).values(sealed=sealed))
    else:
        put_rows(tx, SealedSecret, [{"name": name, "sealed": sealed, "changed_at": now}], by=("name",))


def drop_secret(tx: Connection, name: str) -> bool:
    """Forget a secret. False: there is none of that name."""
    return tx.execute(delete(_secret).where(_secret.c.name == name)).rowcount == 1


def sealed_secrets(tx: Connection, names: Collection[str] | None = None) -> dict[str, str]:
    """The sealed secrets of these names, or all."""
    statement = select(_secret.c.name, _secret.c.sealed).order_by(_secret.c.name)
    return pairs(tx.execute(statement if names is None else statement.where(_secret.c.name.in_(sorted(names)))))


def secret_names(tx: Connection) -> dict[str, datetime]:
    """Every secret's name, and when it was set."""
    return pairs(tx.execute(select(_secret.c.name, _secret.c.changed_at).order_by(_secret.c.name)))
