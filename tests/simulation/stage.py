# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Where schedules are played: one database, put back before each to how it is found: connected, with a live flow."""

from __future__ import annotations

import random
import shutil
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


@define(eq=False)
class Stage:
    """A database and the product over it. *url* empty: a SQLite file in *folder*."""

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
        if self.url:
            self._keep_model()
        database.close()
        if not self.url:
            shutil.copy(self.folder / "world.db", self.folder / "model.db")

    def play(self, seed: int, product: Product = PRODUCT, weather: Weather | None = None) -> Story:
        """Play one schedule to its end, in the *weather* of its seed unless another is given."""
        self._put_back()
        # another machine each time: one that remembers more claims than the database would not send
        self.bench.core = attrs.evolve(self.bench.core, mark=ForgetfulMark())
        self.bench.clock.set(NOON)
        self.bench.source.log = []
        fate = Fate(random.Random(seed))  # noqa: S311 -- it must repeat
        drawn = Weather.drawn(fate.dice)
        self.carrier.begin(fate, self.bench.core)
        story = Story(self.bench, self.carrier, fate, seed, product, weather or drawn)
        story.play()
        return story

    def close(self) -> None:
        """Close the database."""
        self.bench.core.database.close()

    def _put_back(self) -> None:
        if self.url:
            self._refill()
            return
        self.bench.core.database.close()
        for left_over in self.folder.glob("world.db-*"):
            left_over.unlink()
        shutil.copy(self.folder / "model.db", self.folder / "world.db")

    def _keep_model(self) -> None:
        with self.bench.core.database.engine.begin() as tx:
            tx.execute(sql("CREATE SCHEMA model"))
            for name in _names():
                tx.execute(sql(f"CREATE TABLE model.{name} AS TABLE {name}"))
                if tx.execute(sql(f"SELECT EXISTS (SELECT 1 FROM {name})")).scalar_one():
                    self._full.append(name)

    def _refill(self) -> None:
        with self.bench.core.database.engine.begin() as tx:
            tx.execute(sql("SET LOCAL session_replication_role = replica"))
            for name in _names():
                tx.execute(sql(f"DELETE FROM {name}"))
            for name in self._full:
                tx.execute(sql(f"INSERT INTO {name} SELECT * FROM model.{name}"))


def _names() -> list[str]:
    return [table.name for table in CoreRow.metadata.sorted_tables]
