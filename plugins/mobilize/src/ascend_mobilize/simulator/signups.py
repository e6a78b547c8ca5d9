"""What somebody filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, fields, frozen

from ascend_core.errors import BadInput

__all__ = ["SignUp", "read_sign_up"]


@frozen(kw_only=True)
class SignUp:
    """One filled-in sign-up form, or one call to create attendances."""

    event_id: int
    slot_ids: tuple[int, ...] = ()
    """Empty: the next slot that has not started."""
    first_name: str
    last_name: str
    email: str
    phone: str
    zip: str
    opted_in: bool
    answers: Mapping[str, str | bool] = field(factory=dict)
    """Custom sign-up fields, by name."""
    referrer: Mapping[str, str | None] = field(factory=dict)
    """``utm_*`` and ``url``."""
    promoter: str | None = None
    """The slug of the organization on whose page they signed up."""

    def as_data(self) -> dict[str, Any]:
        """JSON for the journal."""
        return {
            "event_id": self.event_id,
            "slot_ids": list(self.slot_ids),
            "first_name": self.first_name,
            "last_name": self.last_name,
            "email": self.email,
            "phone": self.phone,
            "zip": self.zip,
            "opted_in": self.opted_in,
            "answers": dict(self.answers),
            "referrer": dict(self.referrer),
            "promoter": self.promoter,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> SignUp:
        """What ``as_data`` wrote."""
        return cls(**{**data, "slot_ids": tuple(data["slot_ids"])})


_TEXTS = ("first_name", "last_name", "email", "phone", "zip")


def read_sign_up(wish: Mapping[str, Any]) -> SignUp:
    """What *wish* (JSON) fills in; all but ``event_id`` may be left out. Raises BadInput."""
    given: dict[str, Any] = {**dict.fromkeys(_TEXTS, ""), "opted_in": True, **wish}
    fits = (
        set(given) <= {each.name for each in fields(SignUp)}
        and isinstance(given.get("event_id"), int)
        and all(isinstance(given[name], str) for name in _TEXTS)
        and isinstance(given["opted_in"], bool)
        and isinstance(given.get("slot_ids", []), list)
        and all(isinstance(given.get(name, {}), dict) for name in ("answers", "referrer"))
        and isinstance(given.get("promoter"), str | None)
    )
    if not fits or not given["email"]:
        raise BadInput(
            "a sign-up has an event_id (a number) and an email, and if you like first_name, last_name, phone, zip, "
            "opted_in (true or false), slot_ids (a list), answers, referrer (objects) and promoter (a slug)"
        )
    return SignUp(**{**given, "slot_ids": tuple(given.get("slot_ids", ()))})
