"""``ascend status``: how everything is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import click

from ascend_core.cli.opening import opened_core
from ascend_core.cli.showing import ago, counted, moment, say, show_facts, show_json, show_table, yes_no
from ascend_core.operations.breakers import account_breaker, channel_breaker
from ascend_core.operations.core import Core
from ascend_core.operations.summary import summarize
from ascend_core.operations.work_state import work_state
from ascend_core.store.accounts import AccountRecord, accounts
from ascend_core.store.channels import ChannelRecord, channels
from ascend_core.store.database import Tx
from ascend_core.store.forms import count_forms
from ascend_core.store.set_aside import count_set_aside

__all__ = ["accounts_described", "channels_described", "show_accounts", "show_channels", "status"]


_QUEUES = {
    "ready": "texts to send",
    "sending": "texts being sent",
    "unknown": "texts in doubt",
    "held": "texts held for a person (ascend messages held)",
    "inbound": "texts from people",
    "clicks": "clicks to count",
}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document.")
def status(*, as_json: bool) -> None:
    """How everything is: accounts and their lag, channels, and what happened so far, counted."""
    with opened_core() as core:
        document = {
            "accounts": accounts_described(core),
            "channels": channels_described(core),
            "work": work_state(core),
            **summarize(core),
        }
        now = core.clock.now()
    if as_json:
        show_json(document)
        return
    show_accounts(document["accounts"], now)
    click.echo()
    show_channels(document["channels"])
    click.echo()
    show_facts(_work(document["work"]))
    click.echo()
    show_table(("What", "Count"), list(_counts(document)), numbers=("Count",))
    if failed := document["runs"]["failed"]:
        say(f"{counted(failed, 'run')} failed: see ascend runs list --state failed, then ascend runs trace ID")


def _work(work: dict[str, Any]) -> list[tuple[str, object]]:
    """Who does the work, and how late the oldest of each kind is; a second or two is how it is meant."""
    late = [(kind, seconds) for kind, seconds in work["late_seconds"].items() if seconds is not None]
    facts: list[tuple[str, object]] = [("Workers alive", len(work["workers"]) or "none: run ascend serve")]
    facts.extend((f"Waiting: {_QUEUES[name]}", size) for name, size in work["queues"].items() if size)
    facts.append(("Next timer", moment(work["next_timer_at"], seconds=True)))
    facts.extend((f"Late: {kind.replace('_', ' ')}", f"{seconds} s") for kind, seconds in late)
    return [*facts, ("Broadcasts under way", work["broadcasts_under_way"])]


def accounts_described(core: Core, integration: str | None = None) -> list[dict[str, Any]]:
    """Every account (of one *integration*), its switches, its forms, and how far behind its source it may be."""
    now = core.clock.now()

    def work(tx: Tx) -> list[dict[str, Any]]:
        return [
            {
                **_account(record, count_forms(tx, record.id), now),
                "people_set_aside": count_set_aside(tx, record.id),
            }
            for record in accounts(tx, integration=integration)
        ]

    return core.database.read(work)


def _account(record: AccountRecord, forms: tuple[int, int], now: datetime) -> dict[str, Any]:
    success = record.last_success_at
    return {
        "integration": record.integration,
        "account": record.key,
        "sync_accounts": record.sync_accounts,
        "create_new_members": record.create_members,
        "sync_new_events": record.sync_new_forms,
        "forms": forms[0],
        "synced_forms": forms[1],
        "last_success_at": success,
        "lag_seconds": None if success is None else max(0, int((now - success).total_seconds())),
        "retry_at": record.retry_at,
        "failures": record.failures,
        "breaker": account_breaker(record).state(now),
        "trouble": record.trouble,
        "problem": record.problem,
        "read_anew_at": record.swept_at,
    }


def channels_described(core: Core, channel: str | None = None) -> list[dict[str, Any]]:
    """Every connected channel (that one), without its secrets."""
    found, now = core.database.read(lambda tx: (channels(tx), core.moment(tx)))
    sends = found[0].channel if found else None
    return [_channel(record, sends, now) for record in found if channel in (None, record.channel)]


def _channel(record: ChannelRecord, sends: str | None, now: datetime) -> dict[str, Any]:
    return {
        "channel": record.channel,
        "sends": record.channel == sends,
        "settings": record.settings,
        "connected_at": record.connected_at,
        "problem": record.stopped,
        "alarm": record.alarm,
        "failures": record.failures,
        "retry_at": record.retry_at,
        "breaker": channel_breaker(record).state(now),
    }


def show_accounts(described: list[dict[str, Any]], now: datetime) -> None:
    """Accounts as a table; a hint where there is none."""
    if not described:
        say("No account is connected yet; see: ascend plugins list")
        return
    rows = [
        (
            f"{each['integration']} {each['account']}",
            yes_no(each["sync_accounts"]),
            f"{each['synced_forms']} of {each['forms']}",
            None if each["last_success_at"] is None else ago(now - each["last_success_at"]),
            each["problem"] or _failing(each),
        )
        for each in described
    ]
    show_table(("Account", "Sync", "Forms synced", "Last sync", "Problem"), rows)
    for each in described:
        if each["trouble"] and not each["problem"]:
            say(f"{each['integration']} {each['account']}: {each['trouble']}")
        if each["people_set_aside"]:
            people = "1 person" if each["people_set_aside"] == 1 else f"{each['people_set_aside']} people"
            say(f"{each['integration']} {each['account']}: {people} could not be read; see: {_command(each)} ignored")


def _command(described: dict[str, Any]) -> str:
    return f"ascend {described['integration']}"


def _failing(described: dict[str, Any]) -> str | None:
    if not described["failures"]:
        return None
    times = counted(described["failures"], "time")
    return f"failed {times}; tried again at {moment(described['retry_at'], seconds=True)}"


def show_channels(described: list[dict[str, Any]]) -> None:
    """Channels as a table; a hint where there is none."""
    if not described:
        say("No channel is connected yet: nothing is texted.")
        return
    rows = [
        (
            each["channel"],
            "sends" if each["sends"] else "listens",
            moment(each["connected_at"]),
            ", ".join(f"{name}: {value}" for name, value in each["settings"].items()) or None,
            each["problem"] or each["alarm"] or (_silent(each) if each["breaker"] != "closed" else None),
        )
        for each in described
    ]
    show_table(("Channel", "Does", "Connected", "Settings", "Problem"), rows)


def _silent(described: dict[str, Any]) -> str:
    times = counted(described["failures"], "time")
    return f"did not answer {times} in a row; tried again at {moment(described['retry_at'], seconds=True)}"


def _counts(document: dict[str, Any]) -> Iterable[tuple[str, int]]:
    for part in ("members", "submissions", "triggers", "runs", "messages", "nudges", "clicks", "inbound"):
        yield from _flat(part, document[part])


def _flat(name: str, value: Any) -> Iterable[tuple[str, int]]:
    if isinstance(value, dict):
        for inner, count in value.items():
            yield from _flat(f"{name} {inner}".rstrip(), count)
    else:
        yield name, value
