"""Changing the key that secrets are sealed with."""

from __future__ import annotations

from pathlib import Path

from ascend_core.operations.core import Core
from ascend_core.store.accounts import accounts, set_account
from ascend_core.store.channels import channels, set_channel
from ascend_core.store.database import Tx
from ascend_core.store.secrets import put_secret, sealed_secrets
from ascend_core.store.vault import Vault, add_key, keep_newest_key, open_vault

__all__ = ["rotate_key"]


def rotate_key(core: Core, key_file: Path) -> int:
    """Seal every secret with a new key and drop the old ones from *key_file*. Returns how many secrets there are.

    It may be killed anywhere: until the very end both keys lie in the file, and running it again finishes it. A server
    that runs meanwhile goes on. Raises BadInput when a secret was sealed with a key that is not in the file.
    """
    add_key(key_file)
    vault = open_vault(key_file)
    count = core.database.write(lambda tx: _reseal(tx, vault))
    keep_newest_key(key_file)
    return count


def _reseal(tx: Tx, vault: Vault) -> int:
    found = accounts(tx)
    for account in found:
        set_account(tx, account.id, sealed=vault.reseal(account.sealed))
    connected = channels(tx)
    for channel in connected:
        set_channel(tx, channel.id, sealed=vault.reseal(channel.sealed))
    kept = sealed_secrets(tx)
    for name, sealed in kept.items():
        put_secret(tx, name, vault.reseal(sealed), now=None)
    return len(found) + len(connected) + len(kept)
