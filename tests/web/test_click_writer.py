"""The click writer lives on, whatever fails around it, and nobody is sent on before a click is safe."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ascend_core.operations.check_report import check_report
from ascend_core.operations.count_clicks import count_clicks
from ascend_core.operations.record_clicks import Hit
from ascend_core.web.click_writer import ClickWriter
from ascend_core.web.spill import NAME, Spill

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Safari/604.1"


@pytest.fixture
def sent(bench: Any) -> Any:
    """One link was sent; ``hit`` makes requests for it."""
    bench.set_up()
    bench.register(0)
    bench.drain()
    (link_id,) = bench.column("SELECT id FROM link")
    bench.hit = lambda tag: Hit(link_id, bench.now, "GET", PHONE, tag)
    return bench


@pytest.fixture
def writer(sent: Any) -> Iterator[ClickWriter]:
    """Without a spill file."""
    writer = ClickWriter(sent.core)
    yield writer
    writer.close()


def keep(writer: ClickWriter, *hits: Hit) -> None:
    """All at once, in a loop of their own."""

    async def all_of_them() -> None:
        await asyncio.gather(*map(writer.keep, hits))

    asyncio.run(all_of_them())


def safe(bench: Any) -> int:
    """How many clicks the database holds, counted or not."""
    return int(bench.one("SELECT (SELECT count(*) FROM click) + (SELECT count(*) FROM click_request)"))


def change(bench: Any, statement: str) -> None:
    """Something happens to the database from outside."""
    bench.core.database.write(lambda tx: tx.exec_driver_sql(statement))


@pytest.mark.parametrize("kind", ["sqlite"])
def test_clicks_that_cannot_be_counted_are_no_reason_to_keep_no_more(sent: Any, writer: ClickWriter) -> None:
    """Counting breaks on something that nobody thought of: visitors go on, each click committed before its answer."""
    change(sent, "CREATE TRIGGER broken BEFORE INSERT ON click BEGIN SELECT raise(ABORT, 'broken'); END")
    for tag in range(5):
        keep(writer, sent.hit(tag))
        assert sent.one("SELECT count(*) FROM click_request") == tag + 1
        sent.wait(seconds=2)  # after which they are counted anew

    change(sent, "DROP TRIGGER broken")
    count_clicks(sent.core)

    assert sent.column("SELECT tag FROM click") == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_database_that_may_only_be_read_loses_no_click(sent: Any, tmp_path: Path) -> None:
    """A standby that took over answers, and takes nothing: what it says is none of the errors of a lost connection."""
    writer = ClickWriter(sent.core, tmp_path)
    name = sent.core.database.engine.url.database
    change(sent, f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    sent.core.database.close()
    keep(writer, sent.hit(0))
    spilled = [each.read_bytes().strip(b"\0") != b"" for each in tmp_path.glob(NAME.format(number="*"))]
    with sent.core.database.engine.connect() as connection:
        connection.exec_driver_sql("SET default_transaction_read_only = off")
        connection.commit()
        connection.exec_driver_sql(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
        connection.commit()
    sent.core.database.close()
    writer.close()

    assert spilled == [True]
    assert safe(sent) == 1


def test_whoever_goes_away_holds_up_no_other(sent: Any, writer: ClickWriter) -> None:
    """One visitor's request is cancelled while several wait for one commit: all clicks are kept, all others go on."""

    async def one_leaves() -> list[Any]:
        tasks = [asyncio.ensure_future(writer.keep(sent.hit(tag))) for tag in range(5)]
        tasks[2].cancel()
        return list(await asyncio.gather(*tasks, return_exceptions=True))

    ends = asyncio.run(one_leaves())

    assert [type(each) for each in ends].count(asyncio.CancelledError) == 1
    assert safe(sent) == 5


def test_a_loop_that_ended_is_not_waited_for(sent: Any, writer: ClickWriter) -> None:
    """Its clicks are kept, and those of the next one are not held up."""

    async def leave() -> None:
        for tag in range(3):
            writer.keep(sent.hit(tag))
        await asyncio.sleep(0)

    asyncio.run(leave())
    keep(writer, sent.hit(3))
    writer.close()

    assert safe(sent) == 4


def test_what_gathers_when_the_server_ends_is_kept(sent: Any) -> None:
    """Even if it was never handed over."""
    writer = ClickWriter(sent.core)

    async def leave() -> None:
        writer.keep(sent.hit(0))

    asyncio.run(leave())
    writer.close()

    assert safe(sent) == 1


def test_clicks_of_a_server_that_died_are_fetched_later_if_they_cannot_be_at_once(sent: Any, tmp_path: Path) -> None:
    """The database is out of order when the next server starts; nobody has to start it once more."""
    first, second = Spill(tmp_path), Spill(tmp_path)
    second.add([sent.hit(0)])
    second.close()
    first.close()
    change(sent, "ALTER TABLE click_request RENAME TO elsewhere")
    writer = ClickWriter(sent.core, tmp_path)
    keep(writer, sent.hit(1))
    change(sent, "ALTER TABLE elsewhere RENAME TO click_request")
    writer.close()

    assert safe(sent) == 2
    assert list(tmp_path.glob(NAME.format(number="*"))) == []


def test_a_spilled_click_that_is_told_twice_counts_once(sent: Any, tmp_path: Path) -> None:
    """The server died after telling the database, and before it blanked the file; and the click had been committed."""
    for _ in range(2):
        spill = Spill(tmp_path)
        spill.add([sent.hit(0), sent.hit(1)])
        spill.close()
        writer = ClickWriter(sent.core, tmp_path)
        keep(writer, sent.hit(0))
        writer.close()

    count_clicks(sent.core)

    assert sent.rows("SELECT person_clicks FROM link") == [(2,)]
    assert check_report(sent.core)[1] == []


def test_nothing_is_written_once_the_file_is_closed(sent: Any, tmp_path: Path) -> None:
    """Its number may be another file's by then: the database's, say."""
    spill = Spill(tmp_path)
    spill.close()
    other = (tmp_path / "other").open("w+b")

    with pytest.raises(OSError, match="Bad file descriptor"):
        spill.add([sent.hit(0)])
    spill.close()

    other.seek(0)
    assert other.read() == b""
    other.close()
