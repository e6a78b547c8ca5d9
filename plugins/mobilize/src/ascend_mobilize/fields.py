"""How the fields of a Mobilize sign-up are read: four that always map, and those an organization adds to its forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ascend_core.contracts import DefaultMapping, FieldMapperType, FieldReading

__all__ = ["DEFAULTS", "MAPPER", "read_fields"]

DEFAULTS = (
    DefaultMapping(source="given_name", label="First name", target="first_name"),
    DefaultMapping(source="family_name", label="Last name", target="last_name"),
    DefaultMapping(source="email", label="Email", target="email"),
    DefaultMapping(source="postal_code", label="Zip code", target="zip"),
)


def read_fields(fields: Mapping[str, Any]) -> tuple[FieldReading, ...]:
    """What the *fields* of a sign-up, or of a person, say: the defaults, then the custom fields in the form's order.

    Empty is None.
    """
    defaults = [
        FieldReading(source=default.source, label=default.label, value=fields.get(default.source))
        for default in DEFAULTS
    ]
    custom = fields.get("custom_signup_field_values", ())
    return (*defaults, *[_read_custom(answer) for answer in custom])


def _read_custom(answer: Mapping[str, Any]) -> FieldReading:
    """One custom field. Mobilize gives a text or a yes-or-no, and often an empty text beside the latter."""
    text = answer["text_value"]
    return FieldReading(
        source=f"custom:{answer['custom_field_id']}",
        label=answer["custom_field_name"] or f"Custom field {answer['custom_field_id']}",
        value=text or answer["boolean_value"],
        custom=True,
    )


MAPPER = FieldMapperType(
    name="mobilize",
    integration="mobilize",
    defaults=DEFAULTS,  # type: ignore[arg-type] # -- mypy cannot solve the contract's converter, the bare class tuple
    read=read_fields,
)
