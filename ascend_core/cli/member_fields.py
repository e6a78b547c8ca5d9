"""``ascend members fields``: what there is to know of members, beside name, email and zip code (row C5)."""

from __future__ import annotations

import attrs
import click

from ascend_core.cli.groups import LazyGroup
from ascend_core.cli.opening import opened_core
from ascend_core.cli.showing import say, show_json, show_table
from ascend_core.engine.field_values import FieldKind
from ascend_core.operations.member_fields import define_field, forget_field, list_fields

__all__ = ["add", "list_", "member_fields", "remove"]


@click.group(cls=LazyGroup)
def member_fields() -> None:
    """Define what there is to know of members. First name, last name, email and zip code are there from the start."""


@member_fields.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def list_(*, as_json: bool) -> None:
    """The fields that people defined."""
    with opened_core() as core:
        found = list_fields(core)
    if as_json:
        show_json([attrs.asdict(record) for record in found])
    elif found:
        rows = [(each.name, each.label, each.kind, ", ".join(each.choices) or None) for each in found]
        show_table(("Name", "Label", "Kind", "Choices"), rows)
    else:
        say("No field is defined yet; add one with: ascend members fields add shirt_size --kind choice --choice S …")


@member_fields.command("add")
@click.argument("name")
@click.option("--kind", type=click.Choice([kind.value for kind in FieldKind]), default="text", show_default=True)
@click.option("--label", default="", help="What people read; made of the name when left out.")
@click.option("--choice", "choices", multiple=True, metavar="TEXT", help="One choice; repeated.")
def add(*, name: str, kind: str, label: str, choices: tuple[str, ...]) -> None:
    """Define the field NAME. From now on only what fits goes into it; the rest of a sign-up still counts."""
    with opened_core() as core:
        record = define_field(core, name, FieldKind(kind), label=label, choices=choices)
    say(f"{record.label} ({record.name}): {record.kind}" + (f" of {', '.join(choices)}" if choices else ""))


@member_fields.command("remove")
@click.argument("name")
def remove(*, name: str) -> None:
    """Forget the field NAME. What members have in it stays; nothing checks it any more."""
    with opened_core() as core:
        forget_field(core, name)
    say(f"The field '{name}' is not defined any more.")
