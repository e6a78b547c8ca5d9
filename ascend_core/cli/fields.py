"""``ascend <integration> fields``: where the fields of a sign-up go."""

from __future__ import annotations

import attrs
import click

from ascend_core.cli.groups import LazyGroup
from ascend_core.cli.integration import account_option
from ascend_core.cli.opening import account_of, opened_core
from ascend_core.cli.showing import say, show_json, show_table
from ascend_core.contracts import IntegrationType
from ascend_core.operations.fields import field_rows, set_field_mapping
from ascend_core.operations.mapping import MODES

__all__ = ["fields_group"]


def fields_group(type_: IntegrationType) -> click.Group:
    """The mappings, shown; and ``set``, which chooses one."""

    @click.group(
        "fields",
        cls=LazyGroup,
        invoke_without_command=True,
        help="See the default mappings and the custom fields met so far, or choose where one goes with 'set'.",
    )
    @account_option
    @click.option("--json", "as_json", is_flag=True, help="One JSON document.")
    @click.pass_context
    def fields(ctx: click.Context, *, account_key: str | None, as_json: bool) -> None:
        ctx.obj = account_key
        if ctx.invoked_subcommand is not None:
            return
        with opened_core() as core:
            rows = field_rows(core, account_of(core, type_.name, account_key))
        if as_json:
            show_json([attrs.asdict(row) for row in rows])
            return
        shown = [
            ("Additional" if row.custom else "Default", row.label, row.source, row.target, row.mode) for row in rows
        ]
        show_table(("Mapping", "Field", "Source", "Member field", "Sync"), shown)
        if not any(row.custom for row in rows):
            say("A custom field appears with the first submission that has it; submit the form once yourself.")

    @fields.command("set")
    @click.argument("source")
    @click.argument("target", required=False)
    @click.option("--mode", type=click.Choice(MODES), required=True, help="populate: only when the member has none.")
    @click.option("--json", "as_json", is_flag=True, help="One JSON document.")
    @click.pass_context
    def set_(ctx: click.Context, *, source: str, target: str | None, mode: str, as_json: bool) -> None:
        """Let the field SOURCE (or its label) go to the member field TARGET."""
        with opened_core() as core:
            row = set_field_mapping(core, account_of(core, type_.name, ctx.obj), source, target=target, mode=mode)
        if as_json:
            show_json(attrs.asdict(row))
        say(f"{row.label}: {row.mode}" + ("" if row.target is None else f" {row.target}"))

    return fields
