"""The version of the tables: upgrading a database, and refusing one that does not fit."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from ascend_core.errors import WrongDatabaseVersion
from ascend_core.store.database import Database
from ascend_core.store.outside import under_lock, unhurried

__all__ = ["check_schema", "current_revision", "fits_schema", "newest_revision", "upgrade_schema"]


_LOCK_NAME = "ascend: our own tables"


def upgrade_schema(database: Database) -> None:
    """Bring *database* to the newest version, in one transaction: the old tables or the new ones, never half.

    On PostgreSQL several may try at once, and one does it; it may take as long as large tables need. Raises
    WrongDatabaseVersion when a newer product has made it.
    """

    def work(tx: Connection) -> None:
        _refuse_newer(tx)
        config = _config()
        config.attributes["connection"] = tx
        command.upgrade(config, "head")

    if database.kind == "postgresql":
        database.write(lambda tx: unhurried(tx, lambda: under_lock(tx, _LOCK_NAME, work)))
    else:
        database.write(work)


def check_schema(database: Database) -> None:
    """Make sure that *database* has exactly this product's tables. Raises WrongDatabaseVersion with what to do."""

    def work(tx: Connection) -> None:
        found = _refuse_newer(tx)
        if found != newest_revision():
            raise WrongDatabaseVersion("the database is older than this version of Ascend; run: ascend db upgrade")

    database.read(work)


def fits_schema(database: Database) -> bool:
    """Whether *database* has exactly this product's tables: one cheap look, for those who ask again and again."""
    return current_revision(database) == newest_revision()


def current_revision(database: Database) -> str | None:
    """The revision *database* is at; None: an empty one."""
    return database.read(lambda tx: MigrationContext.configure(tx).get_current_revision())


@cache
def newest_revision() -> str:
    """The revision this product needs."""
    head = _scripts().get_current_head()
    if head is None:
        raise AssertionError("the product has no migrations")
    return head


def _refuse_newer(tx: Connection) -> str | None:
    found = MigrationContext.configure(tx).get_current_revision()
    known = {script.revision for script in _scripts().walk_revisions()}
    if found is not None and found not in known:
        raise WrongDatabaseVersion(
            f"the database was made by a newer version of Ascend (revision {found}); "
            "install that version, or point to another database. Nothing was changed."
        )
    return found


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())
