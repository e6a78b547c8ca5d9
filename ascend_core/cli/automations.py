"""``ascend automations``: what starts which flow."""

from __future__ import annotations

import difflib
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import click

from ascend_core.cli.documents import find_documents, is_automation, only, read_text
from ascend_core.cli.flows import PARTIAL
from ascend_core.cli.groups import LazyGroup
from ascend_core.cli.hints import hint_for
from ascend_core.cli.opening import opened_core
from ascend_core.cli.showing import counted, say, show_json, show_table
from ascend_core.errors import BadInput, NotFound
from ascend_core.flow.document import Automation
from ascend_core.flow.load import load_automation
from ascend_core.operations.core import Core
from ascend_core.operations.dry_run import dry_run
from ascend_core.operations.explain import REASONS
from ascend_core.operations.publish import put_automation
from ascend_core.operations.start_runs import read_automation
from ascend_core.store.database import Tx
from ascend_core.store.flows import AutomationRecord, set_paused
from ascend_core.store.flows import automations as all_automations
from ascend_core.store.forms import forms_by_id

__all__ = ["automations", "create", "dry_run_command", "list_automations", "pause", "resume"]


@click.group(cls=LazyGroup)
def automations() -> None:
    """Say what starts which flow."""


@automations.command()
@click.argument("places", metavar="FILE|FOLDER...", nargs=-1, required=True, type=click.Path(path_type=Path))
def create(*, places: tuple[Path, ...]) -> None:
    """Add automations, or give those of the same name the new document.

    Flows and flow tests among the files are left out.
    """
    done, failed = 0, 0
    files = only(find_documents(places), is_automation, what="automation")
    with opened_core() as core:
        for file in files:
            try:
                put = put_automation(core, read_text(file), file=str(file))
            except BadInput as error:
                if len(files) == 1:
                    raise
                failed += 1
                say(f"error: {error}")
                continue
            done += 1
            say(f"{put.name}: {'added' if put.new else 'changed'}")
    if failed:
        sys.exit(PARTIAL if done else BadInput.exit_code)


@automations.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def list_automations(*, as_json: bool) -> None:
    """Every automation: its trigger, its form, the flow it runs."""
    with opened_core() as core:
        found = core.database.read(_described)
    if as_json:
        show_json(found)
    elif found:
        show_table(("Automation", "Trigger", "Form", "Runs", "State"), [_row(each) for each in found])
    else:
        say("There is no automation yet; add one with: ascend automations create FILE")


def _described(tx: Tx) -> list[dict[str, Any]]:
    records = all_automations(tx)
    forms = forms_by_id(tx, {record.form_id for record in records if record.form_id is not None})
    return [_one(record, None if record.form_id is None else forms[record.form_id].name) for record in records]


def _one(record: AutomationRecord, form: str | None) -> dict[str, Any]:
    document = read_automation(record.source, record.name)
    test = None if document.ab_test is None else {"name": document.ab_test.name, "arms": dict(document.ab_test.arms)}
    return {
        "automation": record.name,
        "trigger": record.trigger,
        "form": form,
        "run": document.run,
        "ab_test": test,
        "add_to_groups": list(document.add_to_groups),
        "paused": record.paused,
    }


def _row(described: dict[str, Any]) -> tuple[object, ...]:
    test = described["ab_test"]
    runs = described["run"] if test is None else " / ".join(f"{arm} {weight}" for arm, weight in test["arms"].items())
    state = "paused" if described["paused"] else "on"
    return described["automation"], described["trigger"], described["form"] or "any", runs, state


@automations.command("dry-run")
@click.argument("subject", metavar="FILE|NAME")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 3_650), help="How far back to look.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def dry_run_command(*, subject: str, days: int, as_json: bool) -> None:
    """Say whom an automation would have texted, had it been there, and why not the others. Nothing is written.

    SUBJECT is a file, or the name of an automation.
    """
    with opened_core() as core:
        document = _document(core, subject)
        found = dry_run(core, document, since=core.clock.now() - timedelta(days=days))
    if as_json:
        show_json(attrs.asdict(found))
        return
    say(
        f"'{document.name}' would have texted {counted(found.members, 'member')} in the last "
        f"{counted(days, 'day')}; its trigger fired {counted(found.happened, 'time')}."
    )
    rows = [(f"starts {flow}", count) for flow, count in found.started.items()]
    rows += [(f"nothing: {REASONS.get(reason, reason)}", count) for reason, count in found.skipped.items()]
    rows += [(f"sign-up ignored: {hint_for(reason) or reason}", count) for reason, count in found.ignored.items()]
    if rows:
        show_table(("What", "Times"), rows, numbers=("Times",))


def _document(core: Core, subject: str) -> Automation:
    if Path(subject).is_file():
        return load_automation(read_text(Path(subject)), file=subject, triggers=core.registry.triggers)
    for record in core.database.read(all_automations):
        if record.name == subject:
            return read_automation(record.source, record.name)
    raise NotFound(f"'{subject}' is neither a file nor an automation; see: ascend automations list")


@automations.command()
@click.argument("name")
def pause(*, name: str) -> None:
    """Let NAME start nothing from now on. Runs under way go on."""
    _set_paused(name, paused=True)
    say(f"{name}: paused")


@automations.command()
@click.argument("name")
def resume(*, name: str) -> None:
    """Let NAME start flows again. What happened in between starts nothing."""
    _set_paused(name, paused=False)
    say(f"{name}: on")


def _set_paused(name: str, *, paused: bool) -> None:
    with opened_core() as core:
        if core.database.write(lambda tx: set_paused(tx, name, paused)):
            return
        known = [record.name for record in core.database.read(all_automations)]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean '{near[0]}'?" if near else "see: ascend automations list"
    raise NotFound(f"there is no automation '{name}'; {hint}")
