"""Everything that happened, counted: what the demo prints and ``ascend status`` shows."""

from __future__ import annotations

from typing import Any

from ascend_core.operations.core import Core
from ascend_core.operations.count_clicks import count_clicks
from ascend_core.operations.report import click_report
from ascend_core.store.clicks import click_counts
from ascend_core.store.database import Tx
from ascend_core.store.inbound import inbound_counts
from ascend_core.store.messages import state_counts
from ascend_core.store.run_history import run_counts
from ascend_core.store.runs import nudge_counts
from ascend_core.store.submissions import member_counts, outcome_counts, trigger_counts

__all__ = ["summarize"]


def summarize(core: Core) -> dict[str, Any]:
    """The whole picture as one JSON document: people, what fired, runs, texts, nudges, clicks, and the report."""
    count_clicks(core)
    document = core.database.read(_count)
    document["report"] = [row.to_json() for row in click_report(core)]
    document["database"] = core.database.kind
    return document


def _count(tx: Tx) -> dict[str, Any]:
    created, updated = member_counts(tx)
    applied, ignored = outcome_counts(tx)
    clicks = click_counts(tx)
    nudges = nudge_counts(tx)
    return {
        "members": {"created": created, "updated": updated},
        "submissions": {"applied": applied, "ignored": ignored},
        "triggers": trigger_counts(tx),
        "runs": run_counts(tx),
        "messages": state_counts(tx),
        "nudges": {
            "sent": sum(count for (outcome, _), count in nudges.items() if outcome == "sent"),
            "skipped": {
                reason or "": count
                for (outcome, reason), count in sorted(nudges.items(), key=str)
                if outcome == "skipped"
            },
            "cancelled": sum(count for (outcome, _), count in nudges.items() if outcome == "cancelled"),
            "waiting": sum(count for (outcome, _), count in nudges.items() if outcome == "waiting"),
        },
        "clicks": {"person": clicks.pop("person", 0), "preview": clicks.pop("preview", 0), **clicks},
        "inbound": inbound_counts(tx),
    }
