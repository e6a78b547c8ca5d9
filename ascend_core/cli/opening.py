"""What a command works on: the open product, or one account of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from attrs import evolve

from ascend_core.operations.connect import the_account
from ascend_core.operations.core import Core
from ascend_core.runtime.logs import configure_logs
from ascend_core.runtime.opening import home_from, open_core
from ascend_core.runtime.system import settle_memory
from ascend_core.store.accounts import AccountRecord

__all__ = ["account_of", "opened_core"]


@contextmanager
def opened_core(*, public_url: str | None = None) -> Iterator[Core]:
    """The installation that the environment names, closed at the end. *public_url* replaces the one it names."""
    home = home_from()
    configure_logs(home.logs)
    if public_url is not None:
        home = evolve(home, options=evolve(home.options, public_url=public_url))
    core = open_core(home)
    settle_memory()
    try:
        yield core
    finally:
        core.database.close()


def account_of(core: Core, integration: str, key: str | None) -> AccountRecord:
    """The connected account of *integration*; where there are several, the one with *key*. Raises NotFound."""
    return core.database.read(lambda tx: the_account(tx, integration, key))
