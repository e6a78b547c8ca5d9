"""The arms of A/B tests that runs took at a ``split``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import attrs
from attrs import frozen
from sqlalchemy import select
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import insert_rows, reserve_ids, table_of
from ascend_core.store.reading import fetch
from ascend_core.store.tables import RunArm

__all__ = ["ArmRecord", "arms_of", "record_arms"]

_arm = table_of(RunArm)


@frozen(kw_only=True)
class ArmRecord:
    """Which arm of *test* a run took."""

    run_id: int
    test: str
    arm: str
    step: str | None
    taken_at: datetime


def record_arms(tx: Connection, arms: Sequence[ArmRecord]) -> None:
    """Keep which arms runs took; one that is kept already stays."""
    ids = reserve_ids(tx, RunArm, len(arms))
    rows = [{"id": id_, **attrs.asdict(arm)} for id_, arm in zip(ids, arms, strict=True)]
    insert_rows(tx, RunArm, rows, skip_known=True)


def arms_of(tx: Connection, run_ids: Collection[int]) -> list[ArmRecord]:
    """The arms these runs took, in order."""
    statement = select(_arm.c.run_id, _arm.c.test, _arm.c.arm, _arm.c.step, _arm.c.taken_at)
    return fetch(tx, ArmRecord, statement.where(_arm.c.run_id.in_(sorted(run_ids))).order_by(_arm.c.id))
