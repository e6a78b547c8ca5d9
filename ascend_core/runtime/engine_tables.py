"""The task engine's own tables: made once, and brought along when its library brings newer ones.

The library keeps no record of how far its tables have come, so we do. They are made by whoever starts first; tables of
an older library are brought to the newer one by ``ascend db upgrade``, like ours, and by nobody else.
"""

from __future__ import annotations

from pathlib import Path

from procrastinate.schema import SchemaManager

from ascend_core.errors import WrongDatabaseVersion
from ascend_core.store.database import Database, Tx
from ascend_core.store.outside import has_table, run_script, under_lock
from ascend_core.store.settings import put_setting, settings_named

__all__ = ["check_engine_tables", "make_engine_tables", "newest_step", "record_step", "steps", "upgrade_engine_tables"]

TABLE = "procrastinate_jobs"
SETTING = "task_engine_tables"

FIRST_MADE = "03.04.00_50_post_add_retry_failed_job_procedure"
"""How far the tables had come that were made before it was written down."""

_LOCK_NAME = "ascend: the tables of the task engine"


def make_engine_tables(database: Database) -> None:
    """Make them where they are missing. Raises WrongDatabaseVersion when they are another library's."""

    def work(tx: Tx) -> None:
        if has_table(tx, TABLE):
            _check(tx)
        else:
            run_script(tx, SchemaManager.get_schema())
            record_step(tx, newest_step())

    database.write(lambda tx: under_lock(tx, _LOCK_NAME, work))


def upgrade_engine_tables(database: Database) -> str | None:
    """Bring tables of an older library to the newest, in one transaction. Returns where they were; None: nowhere.

    Raises WrongDatabaseVersion when a newer library made them.
    """
    before: list[str | None] = []

    def work(tx: Tx) -> None:
        found = _step(tx)
        before[:] = [found]
        if found is None:
            run_script(tx, SchemaManager.get_schema())
        else:
            _refuse_newer(found)
            for name, script in steps().items():
                if name > found:
                    run_script(tx, script)
        record_step(tx, newest_step())

    database.write(lambda tx: under_lock(tx, _LOCK_NAME, work))
    return before[0]


def check_engine_tables(database: Database) -> None:
    """Make sure that they are of the library that is installed, or not made yet. Raises WrongDatabaseVersion."""
    database.read(_check)


def newest_step() -> str:
    """How far the installed library's tables have come."""
    return max(steps())


def steps() -> dict[str, str]:
    """The library's migrations in their order, by name."""
    files = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    return {file.stem: file.read_text("utf-8") for file in files}


def record_step(tx: Tx, name: str) -> None:
    """Write down how far the tables have come."""
    put_setting(tx, SETTING, {"step": name})


def _check(tx: Tx) -> None:
    found = _step(tx)
    if found is None:
        return
    _refuse_newer(found)
    if found < newest_step():
        raise WrongDatabaseVersion("the task engine's tables are older than its library; run: ascend db upgrade")


def _step(tx: Tx) -> str | None:
    if not has_table(tx, TABLE):
        return None
    return str(settings_named(tx, SETTING)[SETTING].get("step", FIRST_MADE))


def _refuse_newer(found: str) -> None:
    if found > newest_step():
        raise WrongDatabaseVersion(
            f"the task engine's tables were made by a newer procrastinate ({found}); install that version again"
        )
