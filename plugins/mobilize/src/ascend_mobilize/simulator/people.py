"""The people of the simulated Mobilize: one per e-mail address, always as they last described themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ascend_mobilize.simulator import payloads
from ascend_mobilize.simulator.ids import Ids
from ascend_mobilize.simulator.table import Record, Table

__all__ = ["People", "person_changes"]


def person_changes(given: Mapping[str, Any]) -> Record:
    """The API's fields for what a form says: ``email``, ``phone`` and ``zip`` become the API's lists of one."""
    lists = {
        "email": ("email_addresses", "address"),
        "phone": ("phone_numbers", "number"),
        "zip": ("postal_addresses", "postal_code"),
    }
    changes: Record = {}
    for name, value in given.items():
        if name in lists:
            outer, inner = lists[name]
            changes[outer] = [{"primary": True, inner: value}]
        else:
            changes[name] = value
    return changes


class People:
    """Everybody the organization knows."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self.table = Table()
        self._place_of_email: dict[str, int] = {}

    def sign(self, email: str, given: Mapping[str, Any], at: int) -> Record:
        """The person with that *email*, new or known, now described by *given* (see ``person_changes``)."""
        place = self._place_of_email.get(email.lower())
        if place is None:
            fresh = payloads.person(self._ids.take("person"), self._ids.take("user"), at)
            place = self._add(fresh, email)
        changes = {**person_changes({"email": email, **given}), "modified_date": at}
        self.table.replace(place, {**self.table.row(place), **changes})
        return self.table.row(place)

    def change(self, person_id: int, changes: Record, at: int) -> Record | None:
        """Somebody edits their profile; None: nobody has that id."""
        place = self.table.place_of(person_id)
        if place is None:
            return None
        self.table.replace(place, {**self.table.row(place), **changes, "modified_date": at})
        return self.table.row(place)

    def take_in(self, record: Record) -> None:
        """A person of a loaded file; of two records with one id the one changed last stays."""
        person_id = record.get("id")
        if not isinstance(person_id, int):
            return
        self._ids.reserve("person", person_id)
        self._ids.reserve("user", record.get("user_id"))
        place = self.table.place_of(person_id)
        if place is None:
            self._add(record, _email(record))
        elif _changed(record) > _changed(self.table.row(place)):
            self.table.replace(place, record)

    def _add(self, record: Record, email: str) -> int:
        place = self.table.add(record)
        if email:
            self._place_of_email.setdefault(email.lower(), place)
        return place


def _email(record: Record) -> str:
    addresses = record.get("email_addresses")
    if isinstance(addresses, list) and addresses and isinstance(addresses[0], dict):
        address = addresses[0].get("address")
        return address if isinstance(address, str) else ""
    return ""


def _changed(record: Record) -> int:
    modified = record.get("modified_date")
    return modified if isinstance(modified, int) else 0
