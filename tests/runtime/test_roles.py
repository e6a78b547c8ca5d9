# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Which engine does the work where nobody says otherwise, and who hears of what comes in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ascend_core.errors import BadInput
from ascend_core.runtime.distributed import DistributedEngine
from ascend_core.runtime.local import LocalEngine
from ascend_core.runtime.roles import the_worker, usual_engine, wake_workers
from tests.runtime.test_distributed_engine import jobs


@pytest.fixture
def cleared(bench: Any) -> Iterator[Any]:
    """The bench; wakes that are left over are taken out."""
    yield bench
    if bench.core.database.kind == "postgresql":
        with bench.core.database.engine.begin() as tx:
            tx.exec_driver_sql("DELETE FROM procrastinate_jobs")


@pytest.mark.parametrize("kind", ["postgresql"])
def test_on_postgresql_workers_share_a_queue_unless_told_otherwise(cleared: Any) -> None:
    """The embedded loop is there for whoever wants it."""
    with the_worker(cleared.core, print) as usual, the_worker(cleared.core, print, "local") as told:
        assert (type(usual), type(told)) == (DistributedEngine, LocalEngine)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_file_has_one_worker(bench: Any) -> None:
    """The embedded loop; another engine is refused."""
    with the_worker(bench.core, print) as usual:
        assert isinstance(usual, LocalEngine)
    with pytest.raises(BadInput, match="needs PostgreSQL"), the_worker(bench.core, print, "distributed"):
        pass
    assert usual_engine(bench.core) == "local"


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_process_that_only_answers_wakes_the_workers(cleared: Any) -> None:
    """A reply is not kept waiting for the next tick."""
    cleared.set_up()
    wake_workers(cleared.core, print)
    cleared.keep(0, "Hello?")

    assert [lock for lock, _, _ in jobs(cleared.core.database)] == ["receive all"]
