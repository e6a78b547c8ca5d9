"""``ascend explain``: what happened to somebody or something, and why not more."""

from __future__ import annotations

from typing import Any

import click

from ascend_core.cli.hints import hint_for
from ascend_core.cli.opening import opened_core
from ascend_core.cli.showing import moment, show_json, show_table
from ascend_core.errors import NotFound
from ascend_core.operations.explain import Fact, explain_attendance, explain_automation, explain_member
from ascend_core.operations.explain import explain as explain_subject
from ascend_core.store.flows import automations

__all__ = ["explain"]


@click.command()
@click.argument("subject", required=False)
@click.option("--member", type=int, metavar="ID", help="A member by number.")
@click.option("--attendance", metavar="KEY", help="A sign-up by its number at the source.")
@click.option("--automation", metavar="NAME", help="An automation by name.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def explain(
    *, subject: str | None, member: int | None, attendance: str | None, automation: str | None, as_json: bool
) -> None:
    """Say what happened and why not: SUBJECT is a phone, an automation's name or an attendance's number."""
    given = [each for each in (subject, member, attendance, automation) if each is not None]
    if len(given) != 1:
        raise click.UsageError("Name one thing: a phone, --member, --attendance or --automation.")
    facts = _facts(subject, member, attendance, automation)
    if as_json:
        show_json([{"at": each.at, "said": each.said, "hint": _hint(each)} for each in facts])
        return
    rows = [(None if each.at is None else moment(each.at), each.said, _hint(each)) for each in facts]
    show_table(("Time", "What", "What to do"), rows)


def _facts(subject: str | None, member: int | None, attendance: str | None, automation: str | None) -> list[Fact]:
    with opened_core() as core:
        if subject is not None:
            return explain_subject(core, subject)
        if member is not None:
            return explain_member(core, member)
        if attendance is not None:
            return explain_attendance(core, attendance)
        named: dict[str, Any] = {record.name: record for record in core.database.read(automations)}
        if automation not in named:
            raise NotFound(f"there is no automation '{automation}'; see: ascend automations list")
        return explain_automation(core, named[automation])


_HINTS = {
    "flow_not_live": "Publish it: ascend flows publish FILE",
    "no_automation": "Add one with: ascend automations create FILE",
    "paused": "Let it go on with: ascend automations resume NAME",
    "sync_accounts_off": "Switch it on in the account's settings.",
}


def _hint(fact: Fact) -> str | None:
    return None if fact.hint is None else _HINTS.get(fact.hint) or hint_for(fact.hint)
