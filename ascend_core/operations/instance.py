"""What a database is called, for ever, whatever machine it is on."""

from __future__ import annotations

from ascend_core.operations.core import Core
from ascend_core.store.database import Tx
from ascend_core.store.settings import put_setting, settings_named

__all__ = ["instance_of"]

_SETTING = "instance"
_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"


def instance_of(core: Core, tx: Tx) -> str:
    """The name of this database. It gets one with its first channel, before anything could be sent."""
    known = settings_named(tx, _SETTING)[_SETTING].get("name")
    if known:
        return str(known)
    name = core.randomness.token(12, _LETTERS)
    put_setting(tx, _SETTING, {"name": name})
    return name
