"""Connecting accounts and channels: checked before they are saved, their secrets sealed (row B1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ascend_core.contracts import ChannelType, IntegrationType, Secret
from ascend_core.errors import BadInput, NeedsAttention, NotFound, Refused, TryLater
from ascend_core.operations.core import Core
from ascend_core.operations.instance import instance_of
from ascend_core.operations.sync_forms import turn_all_on
from ascend_core.store.accounts import AccountRecord, account_by_id, accounts, save_account
from ascend_core.store.channels import ChannelRecord, channels, save_channel
from ascend_core.store.database import Tx
from ascend_core.store.messages import hold_under_way

__all__ = [
    "OpenChannel",
    "channel_type",
    "connect_account",
    "connect_channel",
    "integration_type",
    "open_account",
    "open_channel",
    "the_account",
]

OpenChannel = tuple[ChannelRecord, ChannelType, Any]
"""A channel as it is stored, its type, and its settings with their secrets."""


def integration_type(core: Core, name: str) -> IntegrationType:
    """The integration of that name. Raises NotFound."""
    found = core.registry.integrations.get(name)
    if found is None:
        raise NotFound(f"no installed plugin offers the integration '{name}'; see: ascend plugins list")
    return found


def channel_type(core: Core, name: str) -> ChannelType:
    """The channel of that name. Raises NotFound."""
    found = core.registry.channels.get(name)
    if found is None:
        raise NotFound(f"no installed plugin offers the channel '{name}'; see: ascend plugins list")
    return found


async def connect_account(
    core: Core,
    integration: str,
    values: Mapping[str, str],
    *,
    sync_new_forms: bool | None = None,
    sync_accounts: bool | None = None,
    create_members: bool | None = None,
) -> int:
    """Connect an account after checking that it works; connected again, it gets the new values. Returns its id.

    A switch that is None is left as it was; at first *Sync Accounts* and *Create New Members* are ON. *sync_new_forms*
    turned ON here syncs the forms that are known already, too (row B2).

    *values* by field of the integration's account class. Raises BadInput for a missing or wrong one, and
    NeedsAttention, saying what to do, when the account does not work; nothing is saved then.
    """
    type_ = integration_type(core, integration)
    account = _make(type_.account, values, what=type_.label)
    try:
        await type_.source.check(account)
    except TryLater as error:
        raise NeedsAttention(_unsaved(error, f"; try again when {type_.label} can be reached")) from error
    except Refused as error:
        raise NeedsAttention(_unsaved(error)) from error
    plain, secret = _split(type_.account, values)
    now = core.clock.now()
    row: dict[str, Any] = {
        "integration": integration,
        "key": str(getattr(account, type_.key)),
        "settings": plain,
        "sealed": core.vault.seal(secret),
        "problem": None,
        "trouble": None,
        "failures": 0,
        "retry_at": None,
    }
    at_first = {"sync_accounts": True, "create_members": True, "sync_new_forms": False, "connected_at": now}
    given = {"sync_accounts": sync_accounts, "create_members": create_members, "sync_new_forms": sync_new_forms}
    chosen = {name: value for name, value in given.items() if value is not None}

    def work(tx: Tx) -> int:
        same = (each for each in accounts(tx, integration=integration) if each.key == row["key"])
        was_on = any(each.sync_new_forms for each in same)
        account_id = save_account(tx, row | chosen, at_first=at_first)
        saved = account_by_id(tx, account_id)
        if sync_new_forms and not was_on and saved is not None:
            turn_all_on(core, tx, saved)
        return account_id

    return core.database.write(work)


async def connect_channel(core: Core, channel: str, values: Mapping[str, str]) -> str | None:
    """Connect a channel after checking that it works: from now on it sends. Errors as ``connect_account``.

    Returns the channel that sent until now, where that is another one. It goes on listening, so that statuses and
    replies to its number arrive; what was under way with it is held for a person, because nobody else can look it up.
    """
    type_ = channel_type(core, channel)
    settings = _make(type_.settings, values, what=type_.label)
    try:
        await type_.channel.check(settings)
    except TryLater as error:
        raise NeedsAttention(_unsaved(error, f"; try again when {type_.label} can be reached")) from error
    plain, secret = _split(type_.settings, values)
    sealed = core.vault.seal(secret)
    now = core.clock.now()

    def work(tx: Tx) -> str | None:
        instance_of(core, tx)
        before = next((record.channel for record in channels(tx)), None)
        save_channel(tx, channel, settings=plain, sealed=sealed, now=now)
        if before in (None, channel):
            return None
        hold_under_way(tx, reason="channel_changed")
        return before

    return core.database.write(work)


def open_account(core: Core, record: AccountRecord) -> Any:
    """The account as its integration wants it."""
    type_ = integration_type(core, record.integration)
    return _make(type_.account, {**record.settings, **core.vault.open(record.sealed)}, what=type_.label)


def open_channel(core: Core, name: str | None = None) -> OpenChannel | None:
    """The channel that sends (or the connected one of that name), its type and its settings; None: there is none."""
    found = core.database.read(channels)
    for record in found:
        if name in (None, record.channel):
            type_ = channel_type(core, record.channel)
            values = {**record.settings, **core.vault.open(record.sealed)}
            return record, type_, _make(type_.settings, values, what=type_.label)
    return None


def the_account(tx: Tx, integration: str, key: str | None = None) -> AccountRecord:
    """The account of an integration, by its key where there are several. Raises NotFound, saying what to do."""
    found = accounts(tx, integration=integration)
    if key is not None:
        found = [record for record in found if record.key == key]
    if not found:
        raise NotFound(f"no {integration} account is connected; run: ascend {integration} connect")
    if len(found) > 1:
        keys = ", ".join(record.key for record in found)
        raise BadInput(f"several {integration} accounts are connected ({keys}); say which with --account")
    return found[0]


def _unsaved(error: Exception, then: str = "") -> str:
    return f"{str(error).rstrip('.')}. Nothing was saved{then}."


def _split(kind: type[Any], values: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Plain values, and those of fields that are secrets."""
    secret = {name for name, field in attrs.fields_dict(kind).items() if _is_secret(field)}
    plain = {name: value for name, value in values.items() if name not in secret}
    return plain, {name: value for name, value in values.items() if name in secret}


def _make(kind: type[Any], values: Mapping[str, str], *, what: str) -> Any:
    fields = attrs.fields_dict(kind)
    unknown = sorted(set(values) - set(fields))
    if unknown:
        raise BadInput(f"{what} has no setting '{unknown[0]}'; it has: {', '.join(fields)}")
    for name, field in fields.items():
        if field.default is attrs.NOTHING and not values.get(name):
            raise BadInput(f"{what} needs a value for '{name}'")
    ready = {name: Secret(value) if _is_secret(fields[name]) else value for name, value in values.items()}
    try:
        return kind(**ready)
    except (TypeError, ValueError) as error:
        raise BadInput(f"{what}: {error}") from error


def _is_secret(field: attrs.Attribute[Any]) -> bool:
    return "Secret" in str(field.type)
