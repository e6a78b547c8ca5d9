"""``ascend runs``: what happened to one person in one flow."""

from __future__ import annotations

from typing import Any

import click

from ascend_core.cli.groups import LazyGroup
from ascend_core.cli.opening import opened_core
from ascend_core.cli.showing import moment, show_facts, show_json, show_table
from ascend_core.errors import NotFound
from ascend_core.store.database import Tx
from ascend_core.store.flows import versions_by_id
from ascend_core.store.runs import runs_by_id, trace_of

__all__ = ["runs", "trace"]


@click.group(cls=LazyGroup)
def runs() -> None:
    """See what happened to one person in one flow."""


@runs.command()
@click.argument("run_id", metavar="ID", type=int)
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def trace(*, run_id: int, as_json: bool) -> None:
    """The run ID as a timeline: each step, each text, each decision and why."""
    with opened_core() as core:
        found = core.database.read(lambda tx: _described(tx, run_id))
    if as_json:
        show_json(found)
        return
    end = "it goes on"
    if found["ended_at"] is not None:
        end = f"{moment(found['ended_at'])} ({found['reason']})"
    show_facts(
        [
            ("Run", found["run"]),
            ("Flow", f"{found['flow']}, version {found['version']}"),
            ("Member", found["member"]),
            ("Started", moment(found["started_at"])),
            ("Ended", end),
        ]
    )
    click.echo()
    rows = [
        (moment(line["at"], seconds=True), line["kind"], line["step"], _detail(line["detail"]))
        for line in found["trace"]
    ]
    show_table(("Time", "What", "Step", "Detail"), rows)


def _described(tx: Tx, run_id: int) -> dict[str, Any]:
    run = runs_by_id(tx, {run_id}).get(run_id)
    if run is None:
        raise NotFound(f"there is no run {run_id}")
    version = versions_by_id(tx, {run.version_id})[run.version_id]
    lines = trace_of(tx, run_id)
    return {
        "run": run.id,
        "flow": version.name,
        "version": version.number,
        "member": run.member_id,
        "arm": run.arm,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "reason": run.end_reason,
        "trace": [
            {"at": line.happened_at, "kind": line.kind, "step": line.step, "detail": line.detail} for line in lines
        ],
    }


def _detail(detail: dict[str, Any]) -> str | None:
    return ", ".join(f"{name}: {value}" for name, value in detail.items() if value is not None) or None
