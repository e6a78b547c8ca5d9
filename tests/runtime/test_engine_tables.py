"""The task engine's tables when its library changes: brought along by our own command, and told until then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from ascend_core.errors import WrongDatabaseVersion
from ascend_core.runtime.distributed import DistributedEngine
from ascend_core.runtime.engine_tables import (
    check_engine_tables,
    make_engine_tables,
    newest_step,
    record_step,
    steps,
    upgrade_engine_tables,
)
from ascend_core.runtime.system import SystemClock
from ascend_core.store.database import Database
from ascend_core.store.outside import run_script
from tests.runtime.test_engines import playing  # noqa: TID251 -- tests may lean on tests

OLD = "03.02.00_50_post_batch_defer_jobs"

SHAPE = """
    SELECT 'column', table_name || '.' || column_name || ' ' || data_type || coalesce(column_default, '')
    FROM information_schema.columns WHERE table_name LIKE 'procrastinate%'
    UNION ALL SELECT 'index', indexdef FROM pg_indexes WHERE tablename LIKE 'procrastinate%'
    UNION ALL SELECT 'function', proname || pg_get_function_identity_arguments(oid)
    FROM pg_proc WHERE proname LIKE 'procrastinate%'
    ORDER BY 1, 2
"""


def shape(database: Database) -> list[tuple[Any, ...]]:
    """Every column, index and function of the engine's."""
    return database.read(lambda tx: [tuple(row) for row in tx.exec_driver_sql(SHAPE.replace("%", "%%"))])


def older(database: Database, step: str = OLD) -> None:
    """Tables as an older library made them."""

    def work(tx: Any) -> None:
        for name, script in steps().items():
            if name <= step:
                run_script(tx, script)
        record_step(tx, step)

    database.write(work)


def test_tables_of_an_older_library_are_told_and_brought_along(open_copy: Callable[[str], Database]) -> None:
    """A worker refuses to start on them; after the command they are as if made anew, and work."""
    fresh, database = open_copy("postgresql"), open_copy("postgresql")
    make_engine_tables(fresh)
    older(database)
    engine = DistributedEngine(database, SystemClock(), print)

    for start in (engine.prepare, lambda: check_engine_tables(database)):
        with pytest.raises(WrongDatabaseVersion, match="run: ascend db upgrade"):
            start()
    assert shape(database) != shape(fresh)

    assert upgrade_engine_tables(database) == OLD
    assert upgrade_engine_tables(database) == newest_step()
    check_engine_tables(database)
    assert shape(database) == shape(fresh)
    drained = asyncio.Event()

    async def drain(_key: str, _until: datetime) -> bool:
        drained.set()
        return False

    engine.register("work", drain)
    engine.wake("work", "a")
    asyncio.run(playing(engine, drained.wait()))


def test_tables_that_were_made_before_it_was_written_down_are_known(open_copy: Callable[[str], Database]) -> None:
    """And an empty database gets the newest."""
    database = open_copy("postgresql")

    check_engine_tables(database)
    assert upgrade_engine_tables(database) is None
    database.write(lambda tx: tx.exec_driver_sql("DELETE FROM setting"))
    check_engine_tables(database)


def test_tables_of_a_newer_library_are_refused_and_left_alone(open_copy: Callable[[str], Database]) -> None:
    """An older worker would break them."""
    database = open_copy("postgresql")
    make_engine_tables(database)
    database.write(lambda tx: record_step(tx, "99.00.00_01_later"))

    for touch in (check_engine_tables, make_engine_tables, upgrade_engine_tables):
        with pytest.raises(WrongDatabaseVersion, match="made by a newer procrastinate"):
            touch(database)
