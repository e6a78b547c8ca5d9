"""How an account's fields reach members, shown and chosen (rows C1 to C4)."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from attrs import evolve, frozen

from ascend_core.engine.field_values import ZONE
from ascend_core.errors import BadInput, NotFound
from ascend_core.operations.core import Core
from ascend_core.operations.mapping import DEFAULT_MODE, MODES, load_mapper
from ascend_core.operations.member_fields import check_field_name, ensure_field
from ascend_core.store.accounts import AccountRecord
from ascend_core.store.database import Tx
from ascend_core.store.members import CORE_FIELDS
from ascend_core.store.submissions import discovered_fields, save_mapping

__all__ = ["FieldRow", "field_rows", "set_field_mapping"]


@frozen(kw_only=True)
class FieldRow:
    """One field of an account's submissions, and where it goes. ``target`` None: nowhere yet."""

    source: str
    label: str
    target: str | None
    mode: str
    custom: bool
    """True: found in a submission, among the *Additional mappings*; False: among the *Default mappings*."""


def field_rows(core: Core, account: AccountRecord) -> list[FieldRow]:
    """The default mappings, then the custom fields that were met so far, sorted by label."""
    return core.database.read(lambda tx: _rows(tx, core, account))


def _rows(tx: Tx, core: Core, account: AccountRecord) -> list[FieldRow]:
    mapper = load_mapper(tx, core.registry, account)
    defaults = [
        FieldRow(
            source=default.source,
            label=default.label,
            target=default.target,
            mode=mapper.chosen.get(default.source, ("", DEFAULT_MODE))[1],
            custom=False,
        )
        for type_ in mapper.types
        for default in type_.defaults
    ]
    custom = []
    for source, label in discovered_fields(tx, account.id).items():
        target, mode = mapper.chosen.get(source, ("", "ignore"))
        custom.append(FieldRow(source=source, label=label, target=target or None, mode=mode, custom=True))
    return [*defaults, *sorted(custom, key=lambda row: (row.label, row.source))]


def set_field_mapping(
    core: Core, account: AccountRecord, wanted: str, *, target: str | None = None, mode: str
) -> FieldRow:
    """Choose how the field *wanted* (its source or its label) syncs. Returns it as it is now.

    *target* is a member field; a default mapping has its own for good. Raises NotFound for an unknown field, BadInput
    for an unknown mode, a missing target, or one that a default mapping uses.
    """
    if mode not in MODES:
        raise BadInput(f"'{mode}' is no sync mode; it is one of: {', '.join(MODES)}")

    def work(tx: Tx) -> FieldRow:
        rows = _rows(tx, core, account)
        row = _find(rows, wanted)
        chosen = _target(rows, row, target, mode)
        if chosen is not None and chosen not in (*CORE_FIELDS, ZONE):
            ensure_field(tx, core, chosen, label=row.label)
        save_mapping(tx, account.id, row.source, chosen or "", mode)
        return evolve(row, target=chosen, mode=mode)

    return core.database.write(work)


def _find(rows: Iterable[FieldRow], wanted: str) -> FieldRow:
    known = list(rows)
    by_source = [row for row in known if row.source == wanted]
    found = by_source or [row for row in known if row.label.casefold() == wanted.casefold()]
    if len(found) > 1:
        sources = ", ".join(row.source for row in found)
        raise BadInput(f"{len(found)} fields are called '{wanted}'; say which: {sources}")
    if not found:
        near = difflib.get_close_matches(wanted, [name for row in known for name in (row.source, row.label)], n=1)
        hint = f"did you mean '{near[0]}'?" if near else "a custom field appears with the first submission that has it"
        raise NotFound(f"no field is called '{wanted}'; {hint}")
    return found[0]


def _target(rows: Iterable[FieldRow], row: FieldRow, target: str | None, mode: str) -> str | None:
    """Where *row* goes from now on. Raises BadInput when it may not go there."""
    if not row.custom:
        if target not in (None, row.target):
            raise BadInput(f"'{row.label}' always goes to {row.target}; only its mode can be chosen")
        return row.target
    target = target or row.target
    if target is None:
        if mode == "ignore":
            return None
        raise BadInput(f"say which member field '{row.label}' goes to")
    taken = next((other for other in rows if not other.custom and other.target == target), None)
    if taken is not None:
        raise BadInput(
            f"'{row.label}' cannot go to {target}: the default mapping '{taken.label}' uses it; choose another field"
        )
    check_field_name(target)
    return target
