"""From an integration's fields to a member's (rows C1 to C4)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from ascend_core.contracts import FieldMapperType, FieldReading
from ascend_core.engine.field_values import FieldRule, Fitted, fit
from ascend_core.host.registry import Registry
from ascend_core.operations.member_fields import field_rules
from ascend_core.store.accounts import AccountRecord
from ascend_core.store.database import Tx
from ascend_core.store.members import MemberRecord
from ascend_core.store.submissions import field_mappings, note_fields

__all__ = ["DEFAULT_MODE", "MODES", "Mapper", "load_mapper"]

MODES = ("populate", "overwrite", "ignore")
DEFAULT_MODE = "populate"
"""What people typed here is not lost to what a form says (row C2)."""


@frozen(kw_only=True)
class Mapper:
    """How the fields of one account's submissions reach members."""

    types: tuple[FieldMapperType, ...]
    chosen: Mapping[str, tuple[str, str]]
    """Source to (target, mode)."""
    rules: Mapping[str, FieldRule]
    """What the member fields that people defined take."""

    targets: Mapping[str, tuple[str, str]] = field(init=False)
    """Where each source goes, and how: what people chose, the defaults in their places."""

    @targets.default
    def _all_targets(self) -> Mapping[str, tuple[str, str]]:
        defaults = {
            mapping.source: (mapping.target, self.chosen.get(mapping.source, ("", DEFAULT_MODE))[1])
            for type_ in self.types
            for mapping in type_.defaults
        }
        return {**self.chosen, **defaults}

    overwrites: bool = field(init=False)
    """Whether anything people chose overwrites."""

    @overwrites.default
    def _any_overwrites(self) -> bool:
        return any(mode == "overwrite" for _, mode in self.targets.values())

    def readings(self, fields: Mapping[str, Any]) -> tuple[FieldReading, ...]:
        """Every value found in the raw *fields* of a submission, or of a person."""
        if len(self.types) == 1:
            return tuple(self.types[0].read(fields))
        return tuple([reading for type_ in self.types for reading in type_.read(fields)])

    def changes(self, readings: Iterable[FieldReading], member: MemberRecord, *, said_before: bool = False) -> Fitted:
        """What *readings* change on a member, and what of it does not fit. An empty value never erases.

        *said_before*: the custom ones among them are no news, and only fill what is empty.
        """
        now = member.all_fields()
        changes: dict[str, Any] = {}
        for reading in readings:
            target, mode = self.targets.get(reading.source, ("", "ignore"))
            if mode == "ignore" or reading.value in (None, ""):
                continue
            overwrites = mode == "overwrite" and not (reading.custom and said_before)
            if overwrites or now.get(target) in (None, ""):
                changes[target] = reading.value
        return fit(self.rules, changes)

    def answers(self, readings: Iterable[FieldReading]) -> str | None:
        """A mark of the custom *readings* that overwrite something, and of what; None: there are none.

        The same mark means that nothing was said anew: a sign-up changes for many reasons, and an answer of long ago
        does not win over a newer sign-up's when somebody is marked as having been there (row C4).
        """
        if not self.overwrites:
            return None
        said = [
            [reading.source, self.targets[reading.source][0], reading.value]
            for reading in readings
            if reading.custom
            and reading.value not in (None, "")
            and self.targets.get(reading.source, ("", "ignore"))[1] == "overwrite"
        ]
        return hashlib.sha256(json.dumps(sorted(said, key=str)).encode()).hexdigest()[:24] if said else None

    def note_discovered(self, tx: Tx, account_id: int, readings: Iterable[FieldReading], *, now: datetime) -> None:
        """Remember the custom fields among *readings* (row C3)."""
        note_fields(tx, account_id, {each.source: each.label for each in readings if each.custom}, now=now)


def load_mapper(tx: Tx, registry: Registry, account: AccountRecord) -> Mapper:
    """The mapper of an account, with what people chose."""
    types = tuple(type_ for type_ in registry.field_mappers.values() if type_.integration == account.integration)
    return Mapper(types=types, chosen=field_mappings(tx, account.id), rules=field_rules(tx))
