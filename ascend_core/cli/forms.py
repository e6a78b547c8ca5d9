"""``ascend <integration> fetch``, ``events``, ``sync``, ``unsync`` and ``ignored``."""

from __future__ import annotations

import asyncio
import difflib
from typing import Any

import attrs
import click

from ascend_core.cli.hints import hint_for
from ascend_core.cli.integration import account_option
from ascend_core.cli.opening import account_of, opened_core
from ascend_core.cli.showing import counted, moment, progress_bar, say, show_json, show_table
from ascend_core.contracts import IntegrationType
from ascend_core.errors import BadInput, NotFound
from ascend_core.operations.fetch_forms import fetch_forms, find_form
from ascend_core.operations.sync_forms import sync_form, unsync_form
from ascend_core.store.database import Tx
from ascend_core.store.forms import FormRecord, form_list, forms_by_id
from ascend_core.store.set_aside import set_aside_people
from ascend_core.store.submissions import ignored_list, kept_out_list

__all__ = ["events_command", "fetch_command", "ignored_command", "sync_command", "unsync_command"]


def fetch_command(type_: IntegrationType) -> click.Command:
    """Fetch the forms."""

    @click.command("fetch", help=f"Fetch the events of {type_.label} now.")
    @click.option("--all", "everything", is_flag=True, help="Also those that did not change since the last time.")
    @account_option
    @click.option("--json", "as_json", is_flag=True, help="One JSON document.")
    def fetch(*, everything: bool, account_key: str | None, as_json: bool) -> None:
        with opened_core() as core:
            account = account_of(core, type_.name, account_key)
            with progress_bar(f"Fetching events from {type_.label}") as progress:
                counts = asyncio.run(fetch_forms(core, account, everything=everything, progress=progress))
            there = core.database.read(lambda tx: len(form_list(tx, account.id)))
        if as_json:
            show_json({**attrs.asdict(counts), "events": there})
        say(f"{counts.new} new, {counts.changed} changed, {counts.deleted} deleted; {there} events in all")
        if counts.unreadable:
            say(f"{counted(counts.unreadable, 'record')} could not be read: hidden from this account, or broken.")

    return fetch


def events_command(type_: IntegrationType) -> click.Command:
    """The forms that were fetched."""

    @click.command("events", help=f"The events of {type_.label} that were fetched, and which of them are synced.")
    @click.option("--synced", is_flag=True, help="Only those that are synced.")
    @click.option("--search", metavar="TEXT", help="Only those with TEXT in their name.")
    @account_option
    @click.option("--json", "as_json", is_flag=True, help="One JSON document.")
    def events(*, synced: bool, search: str | None, account_key: str | None, as_json: bool) -> None:
        with opened_core() as core:
            account = account_of(core, type_.name, account_key)
            found = core.database.read(lambda tx: form_list(tx, account.id, synced=synced))
        if search is not None:
            found = [form for form in found if search.casefold() in form.name.casefold()]
        if as_json:
            show_json([_described(form) for form in found])
        elif found:
            show_table(("Key", "Name", "Starts", "Sync"), [_row(form) for form in found])
        elif synced or search is not None:
            say("No event fits.")
        else:
            say(f"No event is known yet; fetch them with: ascend {type_.name} fetch")

    return events


def _described(form: FormRecord) -> dict[str, Any]:
    return {
        "key": form.key,
        "name": form.name,
        "url": form.url,
        "starts_at": form.starts_at,
        "timezone": form.timezone,
        "synced": form.synced_at is not None,
        "synced_at": form.synced_at,
        "deleted": form.deleted_at is not None,
    }


def _row(form: FormRecord) -> tuple[object, ...]:
    name = form.name if form.deleted_at is None else f"{form.name} (deleted)"
    return form.key, name, moment(form.starts_at, form.timezone), "Synced" if form.synced_at is not None else None


def sync_command(type_: IntegrationType) -> click.Command:
    """Turn one form on."""

    @click.command("sync", help="Turn an event on, named by its key, its name or its URL: its sign-ups become members.")
    @click.argument("event")
    @account_option
    @click.option("--json", "as_json", is_flag=True, help="One JSON document.")
    def sync(*, event: str, account_key: str | None, as_json: bool) -> None:
        with opened_core() as core:
            account = account_of(core, type_.name, account_key)
            form = core.database.read(lambda tx: _wanted(tx, account.id, event, type_))
            group = sync_form(core, form)
            form = core.database.read(lambda tx: forms_by_id(tx, {form.id}))[form.id]
        if as_json:
            show_json({**_described(form), "group": group})
        say(f"{form.name}: Synced. Whoever signs up is in the group '{group}'.")

    return sync


def unsync_command(type_: IntegrationType) -> click.Command:
    """Turn one form off."""

    @click.command("unsync", help="Turn an event off. Nothing is deleted.")
    @click.argument("event")
    @account_option
    @click.option("--json", "as_json", is_flag=True, help="One JSON document.")
    def unsync(*, event: str, account_key: str | None, as_json: bool) -> None:
        with opened_core() as core:
            account = account_of(core, type_.name, account_key)
            form = core.database.read(lambda tx: _wanted(tx, account.id, event, type_))
            unsync_form(core, form)
            form = core.database.read(lambda tx: forms_by_id(tx, {form.id}))[form.id]
        if as_json:
            show_json(_described(form))
        say(f"{form.name}: not synced any more.")

    return unsync


def _wanted(tx: Tx, account_id: int, event: str, type_: IntegrationType) -> FormRecord:
    """The one form that *event* names. Raises NotFound with the nearest name, BadInput when it names several."""
    forms = form_list(tx, account_id)
    same = [form.key for form in forms if form.name == event]
    if len(same) > 1 and not any(form.key == event for form in forms):
        raise BadInput(f"{len(same)} events are called '{event}'; say which by its key: {', '.join(same)}")
    try:
        return find_form(tx, account_id, event)
    except NotFound:
        near = difflib.get_close_matches(event, [form.name for form in forms], n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"fetch the newest with: ascend {type_.name} fetch"
        raise NotFound(f"no {type_.label} event is called '{event}'; {hint}") from None


def ignored_command(type_: IntegrationType) -> click.Command:
    """What was ignored, and why."""

    @click.command(
        "ignored",
        help="The submissions that were ignored, the newest first, then people who could not be read: each with the "
        "reason, and what to do.",
    )
    @click.option("--values", is_flag=True, help="Instead: applied ones of which a value did not fit its field.")
    @click.option("--reason", metavar="WORD", help="Only those with this reason.")
    @click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="How many to show.")
    @account_option
    @click.option("--json", "as_json", is_flag=True, help="One JSON document.")
    def ignored(*, values: bool, reason: str | None, limit: int, account_key: str | None, as_json: bool) -> None:
        if values and reason is not None:
            raise click.UsageError("Applied ones have no reason: give --values or --reason, not both.")
        with opened_core() as core:
            account = account_of(core, type_.name, account_key)
            found = core.database.read(lambda tx: _ignored(tx, account.id, limit, reason, values=values))
        if as_json:
            show_json(found)
        elif found:
            rows = [
                (each["key"], each["event"], moment(each["seen_at"]), each["reason"], _meaning(each)) for each in found
            ]
            show_table(("Attendance or person", "Event", "Seen", "Reason", "What it means, and what to do"), rows)
        else:
            nothing = "Nothing was ignored." if reason is None else f"Nothing was ignored for the reason '{reason}'."
            say("Every value fitted its field." if values else nothing)

    return ignored


def _meaning(described: dict[str, Any]) -> str | None:
    """What is known of it, then what a person can do."""
    detail, hint = described["detail"], described["hint"]
    return f"{detail.rstrip('.')}. {hint}" if detail and hint else detail or hint


def _ignored(tx: Tx, account_id: int, limit: int, reason: str | None, *, values: bool) -> list[dict[str, Any]]:
    if values:
        records, people = kept_out_list(tx, account_id, limit=limit), []
    else:
        records = ignored_list(tx, account_id, reason=reason, limit=limit)
        people = set_aside_people(tx, account_id, reason=reason, limit=limit)
    forms = forms_by_id(tx, {record.form_id for record in records if record.form_id is not None})
    submissions = [
        {
            "kind": "submission",
            "key": record.key,
            "event": None if record.form_id is None else forms[record.form_id].name,
            "seen_at": record.seen_at,
            "reason": record.reason,
            "detail": record.detail,
            "hint": hint_for(record.reason),
        }
        for record in records
    ]
    return submissions + [
        {
            "kind": "person",
            "key": person.key,
            "event": None,
            "seen_at": person.seen_at,
            "reason": person.reason,
            "detail": person.detail,
            "hint": hint_for(person.reason),
        }
        for person in people
    ]
