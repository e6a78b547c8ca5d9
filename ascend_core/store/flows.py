"""Flows with their versions, and automations."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from attrs import frozen
from sqlalchemy import Select, func, select, update
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import insert_rows, reserve_ids, table_of
from ascend_core.store.reading import among, fetch, pick
from ascend_core.store.tables import Automation, Flow, FlowVersion

__all__ = [
    "AutomationRecord",
    "VersionRecord",
    "automations",
    "automations_for",
    "flow_names",
    "live_versions",
    "publish_version",
    "save_automation",
    "set_paused",
    "versions_by_id",
]

_flow = table_of(Flow)
_version = table_of(FlowVersion)
_automation = table_of(Automation)


@frozen(kw_only=True)
class VersionRecord:
    """One published version of a flow."""

    id: int
    flow_id: int
    name: str
    number: int
    digest: str
    source: str


@frozen(kw_only=True)
class AutomationRecord:
    """An automation as stored; ``source`` is its document."""

    id: int
    name: str
    trigger: str
    form_id: int | None
    source: str
    paused: bool


def publish_version(tx: Connection, name: str, *, digest: str, source: str, now: datetime) -> tuple[int, bool]:
    """Make *source* the live version of flow *name*. Returns its number and whether it is new.

    Publishing what is live already changes nothing.
    """
    flow_id = tx.execute(select(_flow.c.id).where(_flow.c.name == name)).scalar_one_or_none()
    if flow_id is None:
        (flow_id,) = reserve_ids(tx, Flow, 1)
        insert_rows(tx, Flow, [{"id": flow_id, "name": name, "live_version_id": None, "created_at": now}])
    live = live_versions(tx, {name}).get(name)
    if live is not None and live.digest == digest:
        return live.number, False
    newest = select(func.coalesce(func.max(_version.c.number), 0)).where(_version.c.flow_id == flow_id)
    number = int(tx.execute(newest).scalar_one()) + 1
    (version_id,) = reserve_ids(tx, FlowVersion, 1)
    row = {
        "id": version_id,
        "flow_id": flow_id,
        "number": number,
        "digest": digest,
        "source": source,
        "published_at": now,
    }
    insert_rows(tx, FlowVersion, [row])
    tx.execute(update(_flow).where(_flow.c.id == flow_id).values(live_version_id=version_id))
    return number, True


def live_versions(tx: Connection, names: Collection[str]) -> dict[str, VersionRecord]:
    """The live version of each flow that has one."""
    return {version.name: version for version in fetch(tx, VersionRecord, _live(), names=sorted(names))}


@cache
def _live() -> Select[Any]:
    live = pick(VersionRecord, FlowVersion, _flow.c.name).join(_flow, _flow.c.live_version_id == _version.c.id)
    return live.where(among(_flow.c.name, "names"))


def versions_by_id(tx: Connection, ids: Collection[int]) -> dict[int, VersionRecord]:
    """The versions with these ids."""
    return {version.id: version for version in fetch(tx, VersionRecord, _by_id(), ids=sorted(ids))}


@cache
def _by_id() -> Select[Any]:
    named = pick(VersionRecord, FlowVersion, _flow.c.name).join(_flow, _flow.c.id == _version.c.flow_id)
    return named.where(among(_version.c.id, "ids"))


def flow_names(tx: Connection) -> list[tuple[str, int]]:
    """Every flow that is live, by name, with the number of its live version."""
    statement = select(_flow.c.name, _version.c.number).join(_version, _version.c.id == _flow.c.live_version_id)
    return [(name, number) for name, number in tx.execute(statement.order_by(_flow.c.name))]


def save_automation(
    tx: Connection, *, name: str, trigger: str, form_id: int | None, source: str, now: datetime
) -> tuple[int, bool]:
    """Add an automation, or give the one of that name this document. Returns its id and whether it is new."""
    known = tx.execute(select(_automation.c.id).where(_automation.c.name == name)).scalar_one_or_none()
    values = {"name": name, "trigger": trigger, "form_id": form_id, "source": source}
    if known is not None:
        tx.execute(update(_automation).where(_automation.c.id == known).values(**values))
        return int(known), False
    (automation_id,) = reserve_ids(tx, Automation, 1)
    insert_rows(tx, Automation, [{"id": automation_id, **values, "paused": False, "created_at": now}])
    return automation_id, True


def automations(tx: Connection) -> list[AutomationRecord]:
    """Every automation, by name."""
    return fetch(tx, AutomationRecord, pick(AutomationRecord, Automation).order_by(_automation.c.name))


def automations_for(tx: Connection, triggers: Collection[str]) -> list[AutomationRecord]:
    """The automations that wait for one of *triggers*, paused ones too, in the order they were made."""
    return fetch(tx, AutomationRecord, _waiting_for(), triggers=sorted(triggers))


@cache
def _waiting_for() -> Select[Any]:
    waiting = among(_automation.c.trigger, "triggers")
    return pick(AutomationRecord, Automation).where(waiting).order_by(_automation.c.id)


def set_paused(tx: Connection, name: str, paused: bool) -> bool:
    """Pause an automation or let it go on. False: there is none of that name."""
    return tx.execute(update(_automation).where(_automation.c.name == name).values(paused=paused)).rowcount == 1
