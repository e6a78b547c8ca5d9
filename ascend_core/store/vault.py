"""Secrets at rest: sealed with a key that lies in a file of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from ascend_core.errors import BadInput

__all__ = ["Vault", "add_key", "keep_newest_key", "make_key_file", "open_vault"]


class Vault:
    """Seals and opens the secret settings of accounts and channels, with the keys that lie in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._keys = _read_keys(path)

    def seal(self, secrets: Mapping[str, str]) -> str:
        """Encrypt *secrets* with the newest key."""
        return self._keys.encrypt(json.dumps(dict(secrets)).encode()).decode()

    def open(self, sealed: str) -> dict[str, str]:
        """Decrypt what ``seal`` made. Raises BadInput when it was sealed with another key.

        A key that was added to the file meanwhile counts, so that a running server goes on after a rotation.
        """
        try:
            opened: dict[str, str] = json.loads(self._decrypt(sealed))
        except InvalidToken as error:
            raise BadInput(
                "a stored secret was sealed with another key; put the right key file back, or connect again"
            ) from error
        return opened

    def reseal(self, sealed: str) -> str:
        """What *sealed* holds, encrypted with the newest key. Raises BadInput as ``open`` does."""
        return self.seal(self.open(sealed))

    def _decrypt(self, sealed: str) -> bytes:
        try:
            return self._keys.decrypt(sealed.encode())
        except InvalidToken:
            self._keys = _read_keys(self._path)
            return self._keys.decrypt(sealed.encode())


def make_key_file(path: Path) -> None:
    """Write a new key to *path*, readable by its owner only, unless there is one."""
    try:
        _write(path, [Fernet.generate_key()])
    except FileExistsError:
        return


def open_vault(path: Path) -> Vault:
    """Open the vault whose keys lie in *path*, one a line, the newest first. Raises BadInput with what to do."""
    return Vault(path)


def add_key(path: Path) -> None:
    """Put a new key before those in *path*: it seals from now on, the others still open."""
    _replace(path, [Fernet.generate_key(), *_lines(path)])


def keep_newest_key(path: Path) -> None:
    """Drop all keys in *path* but the newest: what an older one sealed cannot be opened any more."""
    _replace(path, _lines(path)[:1])


def _read_keys(path: Path) -> MultiFernet:
    try:
        return MultiFernet([Fernet(line) for line in _lines(path)])
    except ValueError as error:
        raise BadInput(f"the key file {path} does not hold keys; put the right one back") from error


def _lines(path: Path) -> list[bytes]:
    try:
        lines = path.read_bytes().split()
    except FileNotFoundError as error:
        raise BadInput(f"there is no key file at {path}; run: ascend init") from error
    if not lines:
        raise BadInput(f"the key file {path} does not hold keys; put the right one back")
    return lines


def _write(path: Path, keys: Sequence[bytes]) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(b"".join(key + b"\n" for key in keys))
        file.flush()
        os.fsync(file.fileno())


def _replace(path: Path, keys: Sequence[bytes]) -> None:
    """The old keys or the new ones, never half: a lost key is every secret lost."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    _write(fresh, keys)
    fresh.replace(path)
