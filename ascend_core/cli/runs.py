"""``ascend runs``: what happened to one person in one flow."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import click

from ascend_core.cli.groups import LazyGroup
from ascend_core.cli.opening import opened_core
from ascend_core.cli.showing import counted, moment, say, show_facts, show_json, show_table
from ascend_core.engine.phones import BadPhone, parse_phone
from ascend_core.errors import BadInput
from ascend_core.operations.prune_traces import KEPT, KEPT_FAILED, prune_traces
from ascend_core.operations.timeline import Moment, Timeline, run_timeline
from ascend_core.store.run_history import list_runs

__all__ = ["list_command", "phone_of", "prune", "runs", "trace"]


@click.group(cls=LazyGroup)
def runs() -> None:
    """See what happened to one person in one flow."""


@runs.command("list")
@click.option("--flow", help="Only runs of this flow.")
@click.option("--member", "phone", metavar="PHONE", help="Only runs of the member with this phone.")
@click.option("--state", type=click.Choice(["active", "ended", "failed"]), help="Only runs in this state.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def list_command(*, flow: str | None, phone: str | None, state: str | None, limit: int, as_json: bool) -> None:
    """The newest runs, the newest first."""
    wanted = None if phone is None else phone_of(phone)
    with opened_core() as core:
        found = core.database.read(lambda tx: list_runs(tx, flow=flow, phone=wanted, state=state, limit=limit))
    if as_json:
        show_json([attrs.asdict(line) for line in found])
    elif found:
        rows = [
            (
                line.id,
                f"{line.flow} v{line.version}",
                line.member_id,
                moment(line.started_at),
                line.end_reason or "goes on",
            )
            for line in found
        ]
        show_table(("Run", "Flow", "Member", "Started", "State"), rows, numbers=("Run", "Member"))
    else:
        say("There is no such run.")


def phone_of(typed: str) -> str:
    """A phone as a person types it, as E.164. Raises BadInput."""
    parsed = parse_phone(typed)
    if isinstance(parsed, BadPhone):
        raise BadInput(f"that is no phone that can be texted: {parsed.detail}")
    return parsed.e164


@runs.command()
@click.argument("run_id", metavar="ID", type=int)
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def trace(*, run_id: int, as_json: bool) -> None:
    """The run ID as a timeline: each step, each text, each decision and why, and what it still waits for."""
    with opened_core() as core:
        found = run_timeline(core, run_id)
    if as_json:
        show_json(_described(found))
        return
    run = found.run
    end = "it goes on" if run.ended_at is None else f"{moment(run.ended_at)} ({run.end_reason})"
    show_facts(
        [
            ("Run", run.id),
            ("Flow", f"{found.flow}, version {found.version}" + (f", arm {run.arm}" if run.arm else "")),
            ("Member", run.member_id),
            ("Started", moment(run.started_at)),
            ("Ended", end),
        ]
    )
    click.echo()
    show_table(("Time", "What", "Step", "Detail"), [_row(each) for each in found.moments])


def _row(each: Moment) -> tuple[object, ...]:
    detail = ", ".join(f"{name}: {value}" for name, value in each.detail.items() if value is not None) or None
    what = f"will decide: {each.what}" if each.pending else each.what
    return moment(each.at, seconds=True), what, each.step, detail


def _described(found: Timeline) -> dict[str, Any]:
    run = found.run
    return {
        "run": run.id,
        "flow": found.flow,
        "version": found.version,
        "member": run.member_id,
        "arm": run.arm,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "reason": run.end_reason,
        "trace": [
            {"at": each.at, "kind": each.what, "step": each.step, "detail": each.detail, "pending": each.pending}
            for each in found.moments
        ],
    }


@runs.command()
@click.option(
    "--kept-days", default=KEPT.days, show_default=True, type=click.IntRange(1), help="After the end of a run."
)
@click.option(
    "--kept-failed-days", default=KEPT_FAILED.days, show_default=True, type=click.IntRange(1), help="If it failed."
)
@click.option("--dry-run", is_flag=True, help="Only say how many it would be.")
def prune(*, kept_days: int, kept_failed_days: int, dry_run: bool) -> None:
    """Delete old traces. Runs, texts and the outcomes of nudges stay; so does every trace of a run under way."""
    kept, kept_failed = timedelta(days=kept_days), timedelta(days=kept_failed_days)
    with opened_core() as core:
        pruned = prune_traces(core, kept=kept, kept_failed=kept_failed, only_count=dry_run)
    say(f"{counted(pruned.runs, 'run')} {'would lose' if dry_run else 'lost'} the trace")
