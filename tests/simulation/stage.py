# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Where schedules are played: one database, put back before each to how it is found: connected, with a live flow."""

from __future__ import annotations

import random
from pathlib import Path

import attrs
from attrs import define, field
from sqlalchemy import text as sql

from ascend_core.operations.core import ForgetfulMark
from ascend_core.store.database import open_database, sqlite_url
from ascend_core.store.schema import upgrade_schema
from ascend_core.store.tables import CoreRow
from tests.fakes.bench import NOON, Bench
from tests.simulation.carrier import Carrier
from tests.simulation.fate import Fate
from tests.simulation.product import PRODUCT, Product
from tests.simulation.story import FLOW, Story, Weather

__all__ = ["Stage"]

_UNCHECKED = {"sqlite": "PRAGMA defer_foreign_keys = ON", "postgresql": "SET LOCAL session_replication_role = replica"}
"""What lets tables be emptied and filled in any order within a transaction."""


@define(eq=False)
class Stage:
    """A database and the product over it. *url* empty: a SQLite file in *folder*.

    It stays open from one schedule to the next, and through every death: opening it takes longer than a schedule's
    work, and a process that dies leaves nothing behind but what it has committed.
    """

    folder: Path
    url: str = ""
    carrier: Carrier = field(factory=Carrier, init=False)
    bench: Bench = field(init=False)
    _full: list[str] = field(factory=list, init=False)
    """Tables with rows in them before a schedule."""

    def __attrs_post_init__(self) -> None:
        database = open_database(self.url or sqlite_url(self.folder / "world.db"))
        upgrade_schema(database)
        self.bench = Bench(database, self.folder, channel=self.carrier)
        self.bench.set_up(forms=2, flow=FLOW)
        self._keep_model()

    def play(self, seed: int, product: Product = PRODUCT, weather: Weather | None = None) -> Story:
        """Play one schedule to its end, in the *weather* of its seed unless another is given."""
        story = self.begin(seed, product, weather)
        story.play()
        return story

    def begin(self, seed: int, product: Product = PRODUCT, weather: Weather | None = None) -> Story:
        """The same before anything has happened."""
        self._put_back()
        # another machine each time: one that remembers more claims than the database would not send
        self.bench.core = attrs.evolve(self.bench.core, mark=ForgetfulMark())
        self.bench.clock.set(NOON)
        self.bench.source.log = []
        fate = Fate(random.Random(seed))  # noqa: S311 -- it must repeat
        drawn = Weather.drawn(fate.dice)
        self.carrier.begin(fate, self.bench.core)
        return Story(self.bench, self.carrier, fate, seed, product, weather or drawn)

    def close(self) -> None:
        """Close the database."""
        self.bench.core.database.close()

    def _keep_model(self) -> None:
        with self.bench.core.database.engine.begin() as tx:
            for name in _names():
                if tx.execute(sql(f"SELECT EXISTS (SELECT 1 FROM {name})")).scalar_one():
                    tx.execute(sql(f"CREATE TABLE model_{name} AS SELECT * FROM {name}"))
                    self._full.append(name)

    def _put_back(self) -> None:
        with self.bench.core.database.engine.begin() as tx:
            tx.exec_driver_sql(_UNCHECKED[tx.dialect.name])
            for name in _names():
                tx.exec_driver_sql(f"DELETE FROM {name}")
            for name in self._full:
                tx.exec_driver_sql(f"INSERT INTO {name} SELECT * FROM model_{name}")


def _names() -> list[str]:
    return [table.name for table in CoreRow.metadata.sorted_tables]
