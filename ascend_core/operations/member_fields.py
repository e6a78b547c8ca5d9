"""Member fields that people define, and what fits into them (row C5)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from ascend_core.engine.field_values import ZONE, FieldKind, FieldRule
from ascend_core.errors import BadInput, NotFound
from ascend_core.operations.core import Core
from ascend_core.store.database import Tx
from ascend_core.store.member_fields import (
    MemberFieldRecord,
    add_member_field,
    member_fields,
    remove_member_field,
)
from ascend_core.store.members import CORE_FIELDS

__all__ = ["FIXED", "check_field_name", "define_field", "ensure_field", "field_rules", "forget_field", "list_fields"]

FIXED = ("id", "phone", "groups")
"""What a member is known by; nothing writes it as a field."""

LEAST_CHOICES = 2

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


def field_rules(tx: Tx) -> dict[str, FieldRule]:
    """What each field that people defined takes, by name."""
    return {
        name: FieldRule(kind=FieldKind(record.kind), choices=tuple(record.choices))
        for name, record in member_fields(tx).items()
    }


def list_fields(core: Core) -> list[MemberFieldRecord]:
    """Every field that people defined, by name."""
    return list(core.database.read(member_fields).values())


def define_field(
    core: Core, name: str, kind: FieldKind, *, label: str = "", choices: Sequence[str] = ()
) -> MemberFieldRecord:
    """Define a field. Values that members have in it already stay as they are.

    Raises BadInput for a name that is none or taken, and for a choice without choices.
    """
    check_field_name(name)
    if name in (*CORE_FIELDS, ZONE):
        raise BadInput(f"every member has a field '{name}' already")
    wanted = [choice.strip() for choice in choices]
    if kind is FieldKind.CHOICE and not _are_choices(wanted):
        raise BadInput("a choice needs at least two choices, each another one")
    if kind is not FieldKind.CHOICE and wanted:
        raise BadInput(f"a field of kind {kind} has no choices")
    record = MemberFieldRecord(
        name=name, label=label.strip() or _label_of(name), kind=kind.value, choices=wanted, created_at=core.clock.now()
    )
    if not core.database.write(lambda tx: add_member_field(tx, record)):
        raise BadInput(f"there is a field '{name}' already; remove it first to define it anew")
    return record


def ensure_field(tx: Tx, core: Core, name: str, *, label: str) -> None:
    """Make sure that the field is defined: as a text, where nobody has said otherwise."""
    record = MemberFieldRecord(
        name=name, label=label, kind=FieldKind.TEXT.value, choices=[], created_at=core.clock.now()
    )
    add_member_field(tx, record)


def forget_field(core: Core, name: str) -> None:
    """Let a field be undefined again: nothing checks what goes into it; what members have stays. Raises NotFound."""
    if core.database.write(lambda tx: remove_member_field(tx, name)):
        return
    near = difflib.get_close_matches(name, [record.name for record in list_fields(core)], n=1)
    raise NotFound(f"no member field is called '{name}'" + (f"; did you mean '{near[0]}'?" if near else ""))


def check_field_name(name: str) -> None:
    """Raises BadInput, saying how a field is called, when *name* cannot be one."""
    if name in FIXED or not _NAME.fullmatch(name):
        raise BadInput(f"'{name}' is no member field; write small letters, digits and underscores, like shirt_size")


def _are_choices(wanted: Sequence[str]) -> bool:
    different = {choice.casefold() for choice in wanted if choice}
    return len(wanted) >= LEAST_CHOICES and len(different) == len(wanted)


def _label_of(name: str) -> str:
    return name.replace("_", " ").capitalize()
