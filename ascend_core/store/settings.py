"""Settings of the whole product that people change while it runs: a name and a small document each."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import insert_rows, table_of
from ascend_core.store.reading import among, pairs
from ascend_core.store.tables import Setting

__all__ = ["put_setting", "settings_named"]

_setting = table_of(Setting)


def settings_named(tx: Connection, *names: str) -> dict[str, dict[str, Any]]:
    """The settings of these names; {} where nobody has set one."""
    values = pairs(tx.execute(_named(), {"names": names}))
    return {name: values.get(name, {}) for name in names}


@cache
def _named() -> Select[Any]:
    return select(_setting.c.name, _setting.c.value).where(among(_setting.c.name, "names"))


def put_setting(tx: Connection, name: str, value: dict[str, Any]) -> None:
    """Set it."""
    if not insert_rows(tx, Setting, [{"name": name, "value": value}], skip_known=True):
        tx.execute(update(_setting).where(_setting.c.name == name).values(value=value))
