"""``ascend <integration> settings``, ``status`` and ``poll``: one account as a whole."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import attrs
import click

from ascend_core.cli.opening import account_of, opened_core
from ascend_core.cli.showing import counted, progress_bar, say, show_facts, show_json, yes_no
from ascend_core.cli.status import accounts_described, show_accounts
from ascend_core.contracts import IntegrationType
from ascend_core.errors import BadInput, NeedsAttention
from ascend_core.operations.settings import change_settings
from ascend_core.operations.sync_account import sync_account
from ascend_core.store.accounts import AccountRecord

__all__ = ["account_option", "poll_command", "settings_command", "status_command", "switches_described"]

account_option = click.option("--account", "account_key", metavar="KEY", help="Which account, where there are several.")
"""Every command of an integration has it."""

_ON_OFF = click.Choice(["on", "off"], case_sensitive=False)


def settings_command(type_: IntegrationType) -> click.Command:
    """The three switches of an account."""

    @click.command("settings", help=f"See the switches of a {type_.label} account, or change some of them.")
    @click.option("--sync-accounts", type=_ON_OFF, help="The master switch.")
    @click.option("--create-new-members", type=_ON_OFF, help="OFF: only members there are already are updated.")
    @click.option(
        "--sync-new-events", "--sync-new-forms", "sync_new", type=_ON_OFF, help="Sync events as they are found."
    )
    @account_option
    @click.option("--json", "as_json", is_flag=True, help="One JSON document.")
    def settings(
        *,
        sync_accounts: str | None,
        create_new_members: str | None,
        sync_new: str | None,
        account_key: str | None,
        as_json: bool,
    ) -> None:
        with opened_core() as core:
            account = account_of(core, type_.name, account_key)
            account = change_settings(
                core,
                account,
                sync_accounts=_meant(sync_accounts),
                create_members=_meant(create_new_members),
                sync_new_forms=_meant(sync_new),
            )
        if as_json:
            show_json(switches_described(account))
            return
        show_facts(
            [
                ("Account", f"{type_.label} {account.key}"),
                ("Sync Accounts", yes_no(account.sync_accounts)),
                ("Create New Members", yes_no(account.create_members)),
                ("Sync New Events", yes_no(account.sync_new_forms)),
            ]
        )
        if sync_new == "on":
            say(
                f"It holds for events found from now on; turn on one of the others with: ascend {type_.name} sync EVENT"
            )

    return settings


def _meant(word: str | None) -> bool | None:
    return None if word is None else word == "on"


def switches_described(account: AccountRecord) -> dict[str, Any]:
    """An account and its switches, by the guide's names."""
    return {
        "account": account.key,
        "sync_accounts": account.sync_accounts,
        "create_new_members": account.create_members,
        "sync_new_events": account.sync_new_forms,
    }


def status_command(type_: IntegrationType) -> click.Command:
    """The last sync and the lag."""

    @click.command("status", help=f"How the {type_.label} accounts are: last sync, lag, problems.")
    @click.option("--json", "as_json", is_flag=True, help="One JSON document.")
    def status(*, as_json: bool) -> None:
        with opened_core() as core:
            described = accounts_described(core, type_.name)
            now = core.clock.now()
        if as_json:
            show_json(described)
        elif described:
            show_accounts(described, now)
        else:
            say(f"No {type_.label} account is connected; run: ascend {type_.name} connect")

    return status


def poll_command(type_: IntegrationType) -> click.Command:
    """One round of one account."""

    @click.command("poll", help=f"Ask {type_.label} once, now, for what changed, and apply it.")
    @click.option("--all", "sweep", is_flag=True, help="Read everything anew, for changes that were not dated.")
    @account_option
    @click.option("--json", "as_json", is_flag=True, help="One JSON document.")
    def poll(*, sweep: bool, account_key: str | None, as_json: bool) -> None:
        with opened_core() as core:
            account = account_of(core, type_.name, account_key)
            if not account.sync_accounts:
                raise BadInput(f"Sync Accounts is OFF; run: ascend {type_.name} settings --sync-accounts on")
            if account.problem is not None:
                raise NeedsAttention(f"{account.problem} Then run: ascend {type_.name} connect")
            with progress_bar(f"Reading sign-ups from {type_.label}") as progress:
                done = asyncio.run(sync_account(core, account.id, sweep=sweep, progress=progress))
        if as_json:
            show_json(attrs.asdict(done))
        fired = counted(done.fired, "trigger")
        say(f"{counted(done.applied, 'submission')} applied, {done.ignored} ignored, {fired} fired")
        if done.people:
            say(f"{counted(done.people, 'member')} looked at anew: the person changed at {type_.label}")
        for wrong, count in sorted(done.people_set_aside.items()):
            people = "1 person" if count == 1 else f"{count} people"
            say(f"{people} at {type_.label} could not be read, and set aside until they change: {wrong}")
        if done.without is not None:
            say(done.without)
        if done.failed:
            say(f"Something broke on {counted(done.failed, 'submission')}; see: ascend {type_.name} ignored")
        if done.problem is not None:
            say(f"error: {done.problem}")
            sys.exit(1)

    return poll
