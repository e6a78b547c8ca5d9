"""How fields reach members, and how forms become groups."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from ascend_core.store.submissions import discovered_fields, save_mapping


@pytest.mark.parametrize(
    ("mode", "names"),
    [(None, ["Ana", "Ana"]), ("populate", ["Ana", "Ana"]), ("overwrite", ["Ana", "Bea"]), ("ignore", [None, None])],
)
def test_a_mode_says_who_has_the_last_word(bench: Any, mode: str | None, names: list[str | None]) -> None:
    """Row C2; an empty value never erases."""
    bench.set_up()
    if mode is not None:
        bench.core.database.write(lambda tx: save_mapping(tx, bench.account.id, "first_name", "first_name", mode))
    seen = []

    for given in ("Ana", "Bea", "", None):
        bench.register(0, key=f"k{given}", fields={"first_name": given})
        seen.append(bench.one("SELECT first_name FROM member"))
        bench.wait(minutes=1)

    assert seen == [*names, names[-1], names[-1]]


def test_custom_fields_are_found_and_reach_members_once_mapped(bench: Any) -> None:
    """Row C3."""
    bench.set_up()
    bench.register(0, fields={"shirt": "M"})
    found = bench.core.database.read(lambda tx: discovered_fields(tx, bench.account.id))
    bench.core.database.write(lambda tx: save_mapping(tx, bench.account.id, "shirt", "shirt_size", "overwrite"))
    bench.wait(minutes=1)

    bench.register(0, key="second", fields={"shirt": "L"})

    assert found == {"shirt": "Shirt"}
    (fields,) = bench.column("SELECT fields FROM member")
    assert fields in ({"shirt_size": "L"}, '{"shirt_size":"L"}')


def groups(bench: Any) -> list[str]:
    """The names of all groups."""
    return bench.column("SELECT name FROM member_group ORDER BY id")


def test_the_group_follows_the_forms_name(bench: Any) -> None:
    """Row B6."""
    bench.set_up()
    bench.source.forms_now = [bench.form("f0", name="Canvass in June")]
    bench.fetch()

    bench.register(0)

    assert groups(bench) == ["Canvass in June"]


def test_two_forms_with_one_name_have_two_groups(bench: Any) -> None:
    """Row B6: the second carries its key, and a rename makes no clash either."""
    bench.source.forms_now = [bench.form(key, name=name) for key, name in (("1", "Canvass"), ("2", "Calls"))]
    bench.connect()
    bench.source.forms_now = [bench.form(key, name="Canvass") for key in ("1", "2", "3")]
    bench.fetch()

    assert groups(bench) == ["Canvass", "Canvass (2)", "Canvass (3)"]


def test_a_form_that_is_gone_keeps_what_is_known_of_it(bench: Any) -> None:
    """Its name stays readable; only that it is deleted is new."""
    bench.set_up()
    bench.source.forms_now = [attrs.evolve(bench.form("f0"), name="", url=None, deleted=True)]
    bench.fetch()

    ((name, deleted),) = bench.rows("SELECT name, deleted_at FROM form")

    assert name == "Canvass f0"
    assert deleted is not None
