"""How fields reach members, and how forms become groups."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import attrs
import pytest

from ascend_core.engine.field_values import FieldKind
from ascend_core.errors import BadInput, NotFound
from ascend_core.operations.fields import set_field_mapping
from ascend_core.operations.import_members import import_members
from ascend_core.operations.member_fields import define_field, forget_field, list_fields
from ascend_core.store.members import members_by_phone
from ascend_core.store.submissions import discovered_fields, kept_out_list, save_mapping


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


@pytest.fixture
def shirts(bench: Any) -> Any:
    """Two custom fields that overwrite one member field; reads what it holds."""
    bench.set_up(forms=3)
    for source in ("shirt", "size"):
        chosen = (bench.account.id, source, "fit", "overwrite")
        bench.core.database.write(lambda tx, chosen=chosen: save_mapping(tx, *chosen))

    def read() -> Any:
        (fields,) = bench.column("SELECT fields FROM member")
        return (json.loads(fields) if isinstance(fields, str) else fields)["fit"]

    return read


def test_an_answer_that_did_not_change_does_not_win_over_a_newer_one(bench: Any, shirts: Any) -> None:
    """Row C4: the last one changed at the source wins; being marked as there changes no answer."""
    first = {"created_at": bench.now, "fields": {"shirt": "M"}}
    bench.register(0, **first)
    bench.wait(days=1)
    bench.register(0, form_key="f1", fields={"size": "L"})
    bench.wait(days=1)

    bench.register(0, status="confirms", **first)
    after_a_status = shirts()
    bench.wait(days=1)
    bench.register(0, status="confirms", **{**first, "fields": {"shirt": "S"}})

    assert (after_a_status, shirts()) == ("L", "S")


@pytest.mark.parametrize("turned", [False, True])
def test_in_one_page_the_newest_sign_up_has_the_last_word(bench: Any, shirts: Any, turned: bool) -> None:
    """Whatever order the source shows them in, and though an older one was touched last."""
    earlier, later = bench.now, bench.now + timedelta(hours=1)
    bench.wait(days=1)
    page = [
        bench.submission(0, created_at=earlier, modified_at=bench.now, fields={"shirt": "M"}),
        bench.submission(0, form_key="f1", created_at=later, modified_at=later, fields={"size": "L"}),
    ]

    bench.apply(*(reversed(page) if turned else page))

    assert shirts() == "L"


def test_a_mapping_chosen_later_still_fills_what_is_empty(bench: Any) -> None:
    """And overwrites with the next change of a sign-up, once: it never said so before."""
    bench.set_up()
    created = bench.now
    bench.register(0, fields={"shirt": "M"})
    set_field_mapping(bench.core, bench.account, "Shirt", target="fit", mode="overwrite")
    bench.wait(days=1)

    bench.register(0, created_at=created, status="confirms", fields={"shirt": "M"})

    (fields,) = bench.column("SELECT fields FROM member")
    assert fields in ({"fit": "M"}, '{"fit":"M"}')


def test_a_value_that_does_not_fit_is_kept_out_and_the_rest_applies(bench: Any) -> None:
    """Row C5: the person is a member, the fitting field is typed, and the submission says what was kept out."""
    bench.set_up()
    define_field(bench.core, "age", FieldKind.NUMBER)
    define_field(bench.core, "size", FieldKind.CHOICE, choices=["S", "M"])
    for name in ("age", "size"):
        bench.core.database.write(lambda tx, name=name: save_mapping(tx, bench.account.id, name, name, "overwrite"))

    bench.register(0, fields={"first_name": "Ana", "age": "41", "size": "huge"})

    (fields,) = bench.column("SELECT fields FROM member")
    kept_out = bench.core.database.read(lambda tx: kept_out_list(tx, bench.account.id))
    assert fields in ({"age": 41}, '{"age":41}')
    assert [(each.outcome, each.detail) for each in kept_out] == [("applied", "size takes one of: S, M")]


def test_a_field_that_a_mapping_names_first_is_a_text(bench: Any) -> None:
    """It is among the defined ones from then on, under the form's own label."""
    bench.set_up()
    bench.register(0, fields={"shirt": "M"})

    set_field_mapping(bench.core, bench.account, "Shirt", target="shirt_size", mode="overwrite")

    assert [(each.name, each.label, each.kind) for each in list_fields(bench.core)] == [("shirt_size", "Shirt", "text")]


@pytest.mark.parametrize(
    ("name", "sort", "choices", "told"),
    [
        ("Shirt", "text", [], "is no member field"),
        ("phone", "text", [], "is no member field"),
        ("zip", "text", [], "every member has a field 'zip' already"),
        ("size", "choice", ["S"], "at least two choices"),
        ("size", "choice", ["S", "s"], "each another one"),
        ("size", "number", ["1", "2"], "has no choices"),
        ("taken", "text", [], "there is a field 'taken' already"),
    ],
)
def test_a_field_that_cannot_be_is_refused(bench: Any, name: str, sort: str, choices: list[str], told: str) -> None:
    """Each with what to do."""
    define_field(bench.core, "taken", FieldKind.TEXT)

    with pytest.raises(BadInput, match=told):
        define_field(bench.core, name, FieldKind(sort), choices=choices)

    assert [each.name for each in list_fields(bench.core)] == ["taken"]


def test_a_forgotten_field_checks_nothing_any_more(bench: Any) -> None:
    """What members have stays."""
    define_field(bench.core, "age", FieldKind.NUMBER)
    import_members(bench.core, [{"phone": "+12125550100", "age": "41"}], proof="a list")
    phones = ["+12125550100", "+12125550101"]

    forget_field(bench.core, "age")
    done = import_members(bench.core, [{"phone": phones[1], "age": "old"}], proof="a list")

    found = bench.core.database.read(lambda tx: members_by_phone(tx, phones))
    assert done.kept_out == ()
    assert [found[phone].fields for phone in phones] == [{"age": 41}, {"age": "old"}]
    with pytest.raises(NotFound, match="no member field is called 'age'"):
        forget_field(bench.core, "age")


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
