"""``connect``, for every integration and every channel: checked before it is saved."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from ascend_core.cli.account_options import SettingOptions
from ascend_core.cli.integration import switches_described
from ascend_core.cli.opening import opened_core
from ascend_core.cli.showing import say, show_json
from ascend_core.contracts import ChannelType, IntegrationType
from ascend_core.operations.connect import connect_account, connect_channel
from ascend_core.runtime.config import read_config
from ascend_core.store.accounts import account_by_id

__all__ = ["connect_account_command", "connect_channel_command"]


def connect_account_command(type_: IntegrationType) -> click.Command:
    """``ascend <integration> connect``."""
    options = SettingOptions(type_.account)

    @click.command("connect", help=f"Connect {type_.label}: checked first, then saved with its secrets sealed.")
    @options.decorate
    @click.option(
        "--sync-new-forms/--no-sync-new-forms",
        "--sync-new-events/--no-sync-new-events",
        "sync_new_forms",
        default=None,
        help="Sync every event, those there are and those to come.  [at first: no]",
    )
    @click.option("--json", "as_json", is_flag=True, help="One JSON document.")
    def connect(*, sync_new_forms: bool | None, as_json: bool, **given: Any) -> None:
        values = options.read(given)
        with opened_core() as core:
            account_id = asyncio.run(connect_account(core, type_.name, values, sync_new_forms=sync_new_forms))
            account = core.database.read(lambda tx: account_by_id(tx, account_id))
        if account is None:
            raise AssertionError("it was saved a moment ago")
        if as_json:
            show_json(switches_described(account))
        say(f"{type_.label} {account.key} is connected.")
        if account.sync_new_forms:
            say(f"Every event is synced as it is found: by ascend serve, or now with: ascend {type_.name} fetch")
        else:
            say(f"Next: ascend {type_.name} fetch, then ascend {type_.name} sync EVENT")

    return connect


def connect_channel_command(type_: ChannelType) -> click.Command:
    """``ascend <channel> connect``."""
    options = SettingOptions(type_.settings)

    @click.command("connect", help=f"Connect {type_.label}: checked first, then saved with its secrets sealed.")
    @options.decorate
    def connect(**given: Any) -> None:
        values = options.read(given)
        with opened_core() as core:
            before = asyncio.run(connect_channel(core, type_.name, values))
            address = f"{core.options.public_url}/hooks/{type_.name}/inbound"
        say(f"{type_.label} is connected.")
        if before is not None:
            say(f"It sends from now on; '{before}' only listens, for replies and delivery statuses.")
        say(f"Let the provider post incoming texts to: {address}")
        if "ASCEND_PUBLIC_URL" not in read_config().values:
            say("Set ASCEND_PUBLIC_URL to the address at which the world reaches ascend serve.")

    return connect
