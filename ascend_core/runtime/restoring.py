"""Going back to a copy of a SQLite database. The copy is made ready beside the database: brought to this version, and
frozen. Then it takes the database's place in one transaction, so that no crash leaves a copy that sends.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

from attrs import evolve

from ascend_core.errors import DatabaseProblem
from ascend_core.operations.restored import freeze_sends
from ascend_core.runtime.file_lock import only_one
from ascend_core.runtime.opening import Home, open_core
from ascend_core.store.backup import copy_file, keep_aside, put_back
from ascend_core.store.database import open_database, sqlite_url
from ascend_core.store.schema import upgrade_schema

__all__ = ["restore_copy"]

_COMPANIONS = ("", "-wal", "-shm")


def restore_copy(home: Home, source: Path) -> Path | None:
    """Go back to the copy *source*; nothing is sent until it was compared with the provider.

    What was there is kept beside it, whether or not it can still be read. Returns where; None: nothing was there.
    Raises BadInput when *source* cannot be read, DatabaseProblem when it is not sound, of a newer version, a worker
    runs, or what is there can be read but not be kept; then nothing was changed.
    """
    with closing(open_database(home.database_url)) as database:
        if database.file is None:
            raise DatabaseProblem("restore PostgreSQL with pg_restore, then run: ascend db restored")
        with (
            only_one(database.file.with_name(f"{database.file.name}.lock")),
            _made_ready(home, source, database.file) as ready,
        ):
            kept = None
            if database.file.exists():
                kept = _free(database.file.with_name(f"{database.file.name}.before-restore"))
                keep_aside(database, kept)
            put_back(database, ready)
    return kept


@contextmanager
def _made_ready(home: Home, source: Path, target: Path) -> Iterator[Path]:
    """A copy of *source* beside *target*, of this version and frozen; gone at the end."""
    ready = target.with_name(f"{target.name}.{os.getpid()}.part")
    url = sqlite_url(ready)
    try:
        with closing(open_database(url)) as database:
            copy_file(database, source, ready)
            upgrade_schema(database)
        core = open_core(evolve(home, database_url=url))
        with closing(core.database):
            freeze_sends(core, f"the copy {source.name} was restored")
        yield ready
    finally:
        for end in _COMPANIONS:
            ready.with_name(f"{ready.name}{end}").unlink(missing_ok=True)


def _free(wanted: Path) -> Path:
    """The first name like *wanted* that no file has."""
    names = (wanted.with_name(f"{wanted.name}{'' if number == 1 else f'-{number}'}") for number in count(1))
    return next(name for name in names if not name.exists())
