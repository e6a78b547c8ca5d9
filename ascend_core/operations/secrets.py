"""Secrets of other servers, which webhooks call for as ``${secret.NAME}``: sealed as the keys of accounts are.

They are opened in the moment of the call, and are in no row, trace, export or log.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime
from urllib.parse import quote

from ascend_core.contracts import SECRET_PLACE, Secret
from ascend_core.errors import BadInput, NotFound, TryLater
from ascend_core.operations.core import Core
from ascend_core.store.secrets import drop_secret, put_secret, sealed_secrets, secret_names

__all__ = ["known_secrets", "list_secrets", "remove_secret", "set_secret", "with_secrets"]

LONGEST = 4_096
"""Characters: what servers take in one header."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")
_IN_URL = "/:@-._~!$&'()*+,;=%"
"""What a secret may say in a URL as it is; what would begin a query or a fragment is written otherwise."""


def set_secret(core: Core, name: str, value: Secret) -> bool:
    """Seal *value* under *name*. Returns whether there was none of that name. Raises BadInput, never with the value."""
    if not _NAME.fullmatch(name):
        raise BadInput(f"'{name}' is no name of a secret: letters, digits and _, a letter first")
    plain = value.reveal()
    if not plain or len(plain) > LONGEST or not plain.isascii() or not plain.isprintable() or plain != plain.strip():
        raise BadInput(f"a secret is 1 to {LONGEST:,} letters, digits and signs of ASCII, on one line")
    known = name in list_secrets(core)
    sealed = core.vault.seal({name: plain})
    core.database.write(lambda tx: put_secret(tx, name, sealed, now=core.clock.now()))
    return not known


def remove_secret(core: Core, name: str) -> None:
    """Forget a secret. Raises NotFound."""
    if not core.database.write(lambda tx: drop_secret(tx, name)):
        raise NotFound(f"there is no secret '{name}'; see: ascend secrets list")


def list_secrets(core: Core) -> dict[str, datetime]:
    """Every secret's name, and when it was set."""
    return core.database.read(secret_names)


def known_secrets(core: Core, names: Collection[str]) -> Mapping[str, str]:
    """Those of these secrets that there are and that open."""
    if not names:
        return {}
    if core.secrets is not None:
        return core.secrets(names)
    opened: dict[str, str] = {}
    for sealed in core.database.read(lambda tx: sealed_secrets(tx, names)).values():
        with suppress(BadInput):  # sealed with another key: one webhook waits for a person, and no other
            opened |= core.vault.open(sealed)
    return opened


def with_secrets(text: str, names: Collection[str], known: Mapping[str, str], *, in_url: bool = False) -> str:
    """*text* with the secrets of these *names* in their places; other places stay as they are.

    Raises TryLater, naming the first that is not *known*: somebody may set it while the call waits.
    """

    def fill(place: re.Match[str]) -> str:
        name = place.group(1)
        if name not in names:
            return place.group(0)
        if name not in known:
            raise TryLater(
                f"the secret '{name}' is not set, or sealed with another key; run: ascend secrets set {name}"
            )
        return quote(known[name], safe=_IN_URL) if in_url else known[name]

    return SECRET_PLACE.sub(fill, text)
