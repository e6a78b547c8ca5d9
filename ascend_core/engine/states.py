"""Which states a member may be in: by ZIP, else every state their area code is used in."""

from __future__ import annotations

from functools import lru_cache

from ascend_core.engine.zip_table import area_of, tables, zip_of

__all__ = ["candidate_states"]

_KEPT = 65_536
"""Results remembered: more than there are ZIP codes in use."""


def candidate_states(zip_code: str | None, phone: str) -> tuple[str, ...]:
    """Two letters of every state the member may be in, sorted; empty: unknown. Total: never raises.

    *zip_code* as stored (it may be nonsense), *phone* E.164. People keep their number when they move: the ZIP code
    counts for more.
    """
    return _state_of_zip(zip_code) or _states_of_area(area_of(phone) or "")


@lru_cache(maxsize=_KEPT)
def _state_of_zip(zip_code: str | None) -> tuple[str, ...]:
    state = tables().state_by_zip.get(zip_of(zip_code) or "")
    return () if state is None else (state,)


@lru_cache(maxsize=_KEPT)
def _states_of_area(area: str) -> tuple[str, ...]:
    return tuple(sorted(tables().states_by_area.get(area, ())))
