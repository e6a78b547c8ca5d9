"""``ascend members``: bring people along, and list them."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from ascend_core.cli.documents import read_text
from ascend_core.cli.flows import PARTIAL
from ascend_core.cli.groups import Entry, LazyGroup, imported
from ascend_core.cli.opening import opened_core
from ascend_core.cli.showing import counted, say, show_json, show_table
from ascend_core.errors import BadInput, NotFound
from ascend_core.operations.import_members import import_members
from ascend_core.store.consents import consent_states
from ascend_core.store.database import Tx
from ascend_core.store.members import group_names_of, group_taken, member_list

__all__ = ["MemberCommands", "import_", "list_members", "members"]

AT_ONCE = 5_000
"""Rows in one transaction: a database takes only so many values in one question."""

_SHOWN_REFUSALS = 20


class MemberCommands(LazyGroup):
    """The commands below ``members``, and those with a file of their own."""

    def entries(self) -> Mapping[str, Entry]:
        """The fields are a subject apart."""
        return {
            "merge": Entry(
                "Make one member of two who are one person.", imported("ascend_core.cli.merging:merge_command")
            ),
            "fields": Entry(
                "Define what there is to know of members.", imported("ascend_core.cli.member_fields:member_fields")
            ),
        }


@click.group(cls=MemberCommands)
def members() -> None:
    """Bring people along, and list them."""


@members.command("import")
@click.argument("file", metavar="FILE.csv", type=click.Path(path_type=Path))
@click.option("--proof", required=True, help="How these people agreed to get texts; kept with each of them.")
@click.option("--group", "groups", multiple=True, metavar="NAME", help="Put them in this group; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def import_(*, file: Path, proof: str, groups: tuple[str, ...], as_json: bool) -> None:
    """Add or update members from a CSV file with a column 'phone' and one for each field.

    The column 'zone' says where they are, as America/Chicago: it counts before their ZIP code and their phone.
    Whoever has unsubscribed here stays unsubscribed.
    """
    rows = _read_rows(file)
    created, updated = 0, 0
    refused: list[tuple[int, str]] = []
    kept_out: list[tuple[int, str]] = []
    with opened_core() as core:
        for first in range(0, len(rows), AT_ONCE):
            done = import_members(core, rows[first : first + AT_ONCE], proof=proof, groups=groups)
            created += done.created
            updated += done.updated
            refused.extend((first + number, reason) for number, reason in done.refused)
            kept_out.extend((first + number, reason) for number, reason in done.kept_out)
    if as_json:
        both = {"refused": refused, "kept_out": kept_out}
        shown = {name: [{"row": number, "reason": why} for number, why in found] for name, found in both.items()}
        show_json({"created": created, "updated": updated, **shown})
    say(f"{counted(created, 'member')} added, {updated} updated, {counted(len(refused), 'row')} refused")
    _say_reasons(refused)
    if kept_out:
        say(f"{counted(len(kept_out), 'value')} kept out:")
        _say_reasons(kept_out)
    if refused:
        sys.exit(PARTIAL if created or updated else BadInput.exit_code)


def _say_reasons(reasons: Sequence[tuple[int, str]]) -> None:
    for number, reason in reasons[:_SHOWN_REFUSALS]:
        say(f"  row {number}: {reason}")
    if len(reasons) > _SHOWN_REFUSALS:
        say(f"  and {len(reasons) - _SHOWN_REFUSALS} more; see all with --json")


def _read_rows(file: Path) -> list[Mapping[str, str]]:
    """The rows of a CSV file by field name: ``First Name`` is read as ``first_name``. Raises BadInput."""
    lines = csv.reader(io.StringIO(read_text(file), newline=""))
    try:
        heads = [head.strip().lower().replace(" ", "_") for head in next(lines, [])]
        if "phone" not in heads:
            raise BadInput(f"{file} has no column 'phone'; its columns are: {', '.join(heads) or 'none'}")
        return [
            {head: cell.strip() for head, cell in zip(heads, line, strict=False) if head} for line in lines if any(line)
        ]
    except csv.Error as error:
        raise BadInput(f"{file}, line {lines.line_num}: {error}") from error


@members.command("list")
@click.option("--group", metavar="NAME", help="Only the members of this group.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="How many to show.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def list_members(*, group: str | None, limit: int, as_json: bool) -> None:
    """Members in the order they came."""
    with opened_core() as core:
        found = core.database.read(lambda tx: _described(tx, group, limit))
    if as_json:
        show_json(found)
    elif found:
        show_table(("Id", "Phone", "Name", "Zip", "Consent", "Groups"), _rows(found), numbers=("Id",))
        if len(found) == limit:
            say(f"The first {limit} are shown; see more with --limit")
    else:
        say("There is no member yet." if group is None else f"The group '{group}' has no members.")


def _described(tx: Tx, group: str | None, limit: int) -> list[dict[str, Any]]:
    if group is not None and not group_taken(tx, group):
        raise NotFound(f"there is no group '{group}'")
    records = member_list(tx, group=group, limit=limit)
    groups = group_names_of(tx, [record.id for record in records])
    states = consent_states(tx, [record.phone for record in records])
    return [
        {
            "id": record.id,
            "phone": record.phone,
            "fields": {name: value for name, value in record.all_fields().items() if value is not None},
            "consent": states.get(record.phone),
            "groups": sorted(groups.get(record.id, ())),
        }
        for record in records
    ]


def _rows(found: Sequence[Mapping[str, Any]]) -> list[tuple[object, ...]]:
    return [
        (
            each["id"],
            each["phone"],
            _name(each["fields"]),
            each["fields"].get("zip"),
            each["consent"],
            ", ".join(each["groups"]) or None,
        )
        for each in found
    ]


def _name(fields: Mapping[str, Any]) -> str | None:
    return " ".join(fields[part] for part in ("first_name", "last_name") if fields.get(part)) or None
