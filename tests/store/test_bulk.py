"""Laws of the bulk statements: what goes in comes out, on both databases."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, text
from sqlalchemy.exc import IntegrityError

from ascend_core.store.bulk import (
    ROWS_A_STATEMENT,
    WORTH_LOOKING,
    insert_rows,
    insert_values,
    put_rows,
    reserve_ids,
    table_of,
    update_rows,
)
from ascend_core.store.database import Database
from ascend_core.store.flows import automations
from ascend_core.store.reading import among
from ascend_core.store.tables import Automation, ClickRequest, Flow, Member
from ascend_core.store.types import from_micros, to_micros

MOMENT = datetime(2026, 6, 3, 16, tzinfo=UTC)
NO_TEXT = re.compile("[\0\ud800-\udfff]")
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

# Cs: half characters; NUL: PostgreSQL has neither, see the test about them
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
instants = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- zoned by the strategy
# beyond 2^53 a whole float comes back from PostgreSQL as a whole number beside it
numbers = st.integers(-(2**53), 2**53) | st.floats(-(2.0**53), 2.0**53)
plain = st.none() | st.booleans() | numbers | texts
nested = st.recursive(plain, lambda inner: st.lists(inner, max_size=3), max_leaves=5)
documents = st.dictionaries(texts, nested, max_size=3)


def member(**values: Any) -> dict[str, Any]:
    """A row of the member table."""
    blank = {"id": 1, "phone": "+12125550100", "first_name": None, "last_name": None, "zones": [], "fields": {}}
    return {**blank, "created_at": MOMENT, "updated_at": MOMENT, **values}


def stored(database: Database) -> list[dict[str, Any]]:
    """Every member as stored, by id."""
    table = table_of(Member)
    names = list(member())
    found = database.read(lambda tx: tx.execute(select(*(table.c[name] for name in names)).order_by(table.c.id)).all())
    return [dict(zip(names, row, strict=True)) for row in found]


def clear(database: Database) -> None:
    """No member is left of the example before."""
    database.write(lambda tx: tx.execute(delete(table_of(Member))))


@FEW
@given(
    drawn=st.lists(
        st.fixed_dictionaries(
            {
                "first_name": st.none() | texts,
                "fields": documents,
                "zones": st.lists(texts, max_size=2),
                "created_at": instants,
                "updated_at": instants,
            }
        ),
        max_size=4,
    )
)
def test_what_is_inserted_comes_out(database: Database, drawn: list[dict[str, Any]]) -> None:
    """Empty values, any script, documents, and times to the microsecond."""
    clear(database)
    rows = [member(id=number, phone=f"+{number}", **values) for number, values in enumerate(drawn, start=1)]

    count = database.write(lambda tx: insert_rows(tx, Member, rows))

    assert (count, stored(database)) == (len(rows), rows)


@FEW
@given(
    name=st.none() | texts,
    last=st.none() | texts,
    fields=documents,
    zones=st.lists(texts, max_size=2),
    moment=instants,
)
def test_what_many_rows_have_in_common_comes_out_of_each(
    database: Database, name: str | None, last: str | None, fields: dict[str, Any], zones: list[str], moment: datetime
) -> None:
    """It travels once; the rows do not show it, and one that differs keeps its own."""
    clear(database)
    same = {"first_name": name, "fields": fields, "zones": zones, "created_at": moment}
    rows = [member(id=number, phone=f"+{number}", **same) for number in range(1, WORTH_LOOKING + 1)]
    rows[-1] |= {"first_name": last}

    count = database.write(lambda tx: insert_rows(tx, Member, rows))

    assert (count, stored(database)) == (len(rows), rows)


def test_flags_and_odd_letters_that_many_rows_have_in_common(database: Database) -> None:
    """Yes and no stay what they are; NUL becomes the same as in a single row."""
    times = {"created_at": MOMENT}
    rows = [
        {"id": number, "name": f"a{number}", "trigger": "t\0", "form_id": None, "source": "", "paused": True, **times}
        for number in range(1, WORTH_LOOKING + 1)
    ]

    database.write(lambda tx: insert_rows(tx, Automation, rows))

    found = database.read(automations)
    assert {(each.trigger, each.paused, each.form_id) for each in found} == {("t\ufffd", True, None)}


@FEW
@given(before=texts, after=st.none() | texts, fields=documents, moment=instants)
def test_what_is_updated_comes_out_and_the_rest_stays(
    database: Database, before: str, after: str | None, fields: dict[str, Any], moment: datetime
) -> None:
    """Only the rows named, only the values given."""
    clear(database)
    rows = [member(id=number, phone=f"+{number}", first_name=before) for number in (1, 2)]
    database.write(lambda tx: insert_rows(tx, Member, rows))
    change = {"id": 2, "first_name": after, "fields": fields, "updated_at": moment}

    found = database.write(lambda tx: update_rows(tx, Member, [change, {**change, "id": 3}]))

    assert found == 1
    assert stored(database) == [rows[0], {**rows[1], **change}]


def test_text_that_postgresql_does_not_take_becomes_the_same_on_both(database: Database) -> None:
    """NUL and half characters, in columns and inside documents; whole pairs and backslashes stay."""
    row = member(first_name="a\0b\ud800", fields={"k\0": ["\udfff", "😀", "\\u0000", "\\"]})

    database.write(lambda tx: insert_rows(tx, Member, [row]))

    (found,) = stored(database)
    assert found["first_name"] == "a\ufffdb\ufffd"
    assert found["fields"] == {"k\ufffd": ["\ufffd", "😀", "\\u0000", "\\"]}


def test_known_rows_are_left_as_they_are_where_asked(database: Database) -> None:
    """And refused where not; then nothing of the batch is there."""
    database.write(lambda tx: insert_rows(tx, Member, [member(first_name="Ana")]))
    batch = [member(first_name="Bea"), member(id=2, phone="+2"), member(id=3, phone="+12125550100")]

    with pytest.raises(IntegrityError):
        database.write(lambda tx: insert_rows(tx, Member, batch))
    count = database.write(lambda tx: insert_rows(tx, Member, batch, skip_known=True))

    assert count == 1
    assert [(row["id"], row["first_name"]) for row in stored(database)] == [(1, "Ana"), (2, None)]


@pytest.mark.parametrize(
    "count", [1, WORTH_LOOKING, ROWS_A_STATEMENT - 1, ROWS_A_STATEMENT, ROWS_A_STATEMENT + 1, 2 * ROWS_A_STATEMENT + 30]
)
def test_as_many_rows_as_there_are_go_in_each_once(database: Database, count: int) -> None:
    """Whatever number of them go in at once; those that are there already are not counted."""
    rows = [
        member(id=number, phone=f"+{number}", first_name="Ana", last_name=f"N{number}", fields={"n": number})
        for number in range(1, count + 1)
    ]
    database.write(lambda tx: insert_rows(tx, Member, rows[::2]))

    new = database.write(lambda tx: insert_rows(tx, Member, rows, skip_known=True))

    assert (new, stored(database)) == (count // 2, rows)


@pytest.mark.parametrize("known", [1, ROWS_A_STATEMENT, ROWS_A_STATEMENT + 30])
def test_one_row_that_is_there_already_keeps_all_out(database: Database, known: int) -> None:
    """Wherever it stands among them: the transaction is as if it had never been."""
    rows = [member(id=number, phone=f"+{number}", last_name=f"N{number}") for number in range(1, ROWS_A_STATEMENT + 31)]
    database.write(lambda tx: insert_rows(tx, Member, [rows[known - 1]]))

    with pytest.raises(IntegrityError):
        database.write(lambda tx: insert_rows(tx, Member, rows))

    assert stored(database) == [rows[known - 1]]


@pytest.mark.parametrize("count", [2, WORTH_LOOKING + 2, ROWS_A_STATEMENT + 2])
def test_what_is_put_is_there_once_with_its_newest_values(database: Database, count: int) -> None:
    """Whether a row was there before or not; what is not given stays as it was."""
    database.write(lambda tx: insert_rows(tx, Member, [member(first_name="Ana", last_name="Reyes")]))
    names = ("id", "phone", "zones", "fields", "created_at", "updated_at")
    rows = [member(id=number, phone="+12125550100" if number == 1 else f"+{number}") for number in range(1, count + 1)]
    given = [{**{name: row[name] for name in names}, "first_name": "Bea"} for row in rows]

    database.write(lambda tx: put_rows(tx, Member, given, by=("phone",)))

    expected = [("Bea", "Reyes"), *([("Bea", None)] * (count - 1))]
    assert [(row["first_name"], row["last_name"]) for row in stored(database)] == expected


def test_equal_documents_of_other_kinds_stay_apart(database: Database) -> None:
    """A one is no yes, however many rows hold something equal to it."""
    kinds = [1, True] * WORTH_LOOKING
    rows = [member(id=number, phone=f"+{number}", fields={"n": kind}) for number, kind in enumerate(kinds, start=1)]

    database.write(lambda tx: insert_rows(tx, Member, rows))

    assert [type(row["fields"]["n"]) for row in stored(database)] == [int, bool] * WORTH_LOOKING


def test_a_late_writer_loses(database: Database) -> None:
    """``only_if`` looks at the row as it is."""
    database.write(lambda tx: insert_rows(tx, Member, [member(), member(id=2, phone="+2", first_name="Bea")]))
    changes = [{"id": number, "first_name": "Late"} for number in (1, 2)]

    count = database.write(lambda tx: update_rows(tx, Member, changes, only_if="t.first_name IS NULL"))

    assert (count, [row["first_name"] for row in stored(database)]) == (1, ["Late", "Bea"])


@pytest.mark.parametrize("wanted", [[], [2], [1, 3]])
def test_who_is_among_the_wanted_and_who_is_not(database: Database, wanted: list[int]) -> None:
    """Where nobody is wanted, everybody is not."""
    database.write(lambda tx: insert_rows(tx, Member, [member(id=id_, phone=f"+{id_}") for id_ in (1, 2, 3)]))
    id_ = table_of(Member).c.id

    inside, outside = (
        database.read(lambda tx, asked=asked: tx.execute(select(id_).where(asked), {"ids": wanted}).scalars().all())
        for asked in (among(id_, "ids"), ~among(id_, "ids"))
    )

    assert (sorted(inside), sorted(outside)) == (wanted, [each for each in (1, 2, 3) if each not in wanted])


def test_nothing_is_no_statement(database: Database) -> None:
    """An empty batch costs nothing."""
    assert database.write(
        lambda tx: (insert_rows(tx, Member, []), update_rows(tx, Member, []), reserve_ids(tx, Member, 0))
    ) == (0, 0, [])


def test_ids_are_never_given_twice(database: Database) -> None:
    """Ascending, per table, and not after a roll-back either on a database where others go on."""
    first = database.write(lambda tx: reserve_ids(tx, Member, 3))
    second = database.write(lambda tx: reserve_ids(tx, Member, 2))
    other = database.write(lambda tx: reserve_ids(tx, Flow, 1))

    assert first == sorted(first)
    assert min(second) > max(first)
    assert len({*first, *second}) == 5
    assert other == [1]


def test_a_time_without_a_zone_does_not_reach_the_store(database: Database) -> None:
    """It is a bug, and told as one."""
    naive = datetime(2026, 6, 3, 16)  # noqa: DTZ001 -- what the test is about

    with pytest.raises(ValueError, match="a time without a zone reached the store"):
        database.write(lambda tx: insert_rows(tx, Member, [member(created_at=naive)]))


@given(instants)
def test_instants_are_exact(moment: datetime) -> None:
    """To the microsecond, there and back."""
    assert from_micros(to_micros(moment)) == moment


requests = st.tuples(
    st.integers(-(2**53), 2**53),
    st.integers(0, 2**53),
    st.integers(0, 5),
    st.sampled_from(["person", "head"]),
    st.sampled_from(["GET", "HEAD"]),
    st.text(max_size=5),
    st.text(max_size=2),
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.integers(0, 1),
    st.just(2),
)


@FEW
@given(rows=st.lists(requests, min_size=1, max_size=6), same=st.booleans())
def test_values_come_out_as_they_went_in(database: Database, rows: list[tuple[Any, ...]], same: bool) -> None:
    """Whatever is the same in all rows; but for what PostgreSQL has no form of."""
    rows = [rows[0]] * len(rows) if same else rows
    names = [column.name for column in table_of(ClickRequest).columns if column.name != "id"]
    database.write(lambda tx: tx.execute(delete(table_of(ClickRequest))))

    database.write(lambda tx: insert_values(tx, ClickRequest, names, rows))

    kept = text(f"SELECT {', '.join(names)} FROM click_request ORDER BY id")
    expected = [tuple(NO_TEXT.sub("\ufffd", v) if isinstance(v, str) else v for v in row) for row in rows]
    assert database.read(lambda tx: [tuple(row) for row in tx.execute(kept)]) == expected
