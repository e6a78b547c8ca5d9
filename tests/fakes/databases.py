"""Databases between two tests: emptying one is several times quicker than making one."""

from __future__ import annotations

from sqlalchemy import inspect, text

from ascend_core.store.database import Database
from ascend_core.store.tables import CoreRow

__all__ = ["empty_postgres"]

_KNOWN = {"alembic_version"}
"""Says which revision the tables are."""


def empty_postgres(database: Database) -> bool:
    """Take every row out, let counting begin at 1 again, and close the database.

    False: somebody has made other tables in it, as a task queue does, so that it is no database of ours alone any more.
    """
    names = [table.name for table in CoreRow.metadata.sorted_tables if table.name != "id_counter"]
    with database.engine.begin() as tx:
        tx.execute(text("SET LOCAL session_replication_role = replica"))
        for name in names:
            tx.execute(text(f"DELETE FROM {name}"))
        tx.execute(
            text(
                "SELECT setval(pg_get_serial_sequence(t.name, 'id'), 1, false) "
                "FROM unnest(CAST(:names AS text[])) AS t(name) "
                "WHERE EXISTS (SELECT FROM information_schema.columns c WHERE c.table_name = t.name "
                "AND c.column_name = 'id')"
            ),
            {"names": names},
        )
        others = set(inspect(tx).get_table_names()) - {table.name for table in CoreRow.metadata.sorted_tables} - _KNOWN
    database.close()
    return not others
