"""Secrets at rest: sealed with a key that lies in a file of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from ascend_core.errors import BadInput

__all__ = ["Vault", "make_key_file", "open_vault"]


class Vault:
    """Seals and opens the secret settings of accounts and channels."""

    def __init__(self, keys: MultiFernet) -> None:
        self._keys = keys

    def seal(self, secrets: Mapping[str, str]) -> str:
        """Encrypt *secrets* with the newest key."""
        return self._keys.encrypt(json.dumps(dict(secrets)).encode()).decode()

    def open(self, sealed: str) -> dict[str, str]:
        """Decrypt what ``seal`` made. Raises BadInput when it was sealed with another key."""
        try:
            opened: dict[str, str] = json.loads(self._keys.decrypt(sealed.encode()))
        except InvalidToken as error:
            raise BadInput(
                "a stored secret was sealed with another key; put the right key file back, or connect again"
            ) from error
        return opened


def make_key_file(path: Path) -> None:
    """Write a new key to *path*, readable by its owner only, unless there is one."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "wb") as file:
        file.write(Fernet.generate_key() + b"\n")


def open_vault(path: Path) -> Vault:
    """Open the vault whose keys lie in *path*, one a line, the newest first. Raises BadInput with what to do."""
    try:
        lines = path.read_bytes().split()
        return Vault(MultiFernet([Fernet(line) for line in lines]))
    except FileNotFoundError as error:
        raise BadInput(f"there is no key file at {path}; run: ascend init") from error
    except (ValueError, IndexError) as error:
        raise BadInput(f"the key file {path} does not hold keys; put the right one back") from error
