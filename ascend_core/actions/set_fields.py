"""``set``: give the member's fields values."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from ascend_core.contracts import BEHIND, MAIN, WRITES, BotActionType, Outcome, SetFields, StepView, Text

__all__ = ["SET", "SetParams", "set_fields"]


@frozen(kw_only=True)
class SetParams:
    """What an author writes under ``set``."""

    values: Mapping[str, Text | None] = field(
        metadata={MAIN: True, WRITES: True, BEHIND: "Fields and their values; a field without one is emptied."}
    )

    def __attrs_post_init__(self) -> None:
        for name in self.values:
            if not name.isidentifier():
                raise ValueError(f"'{name}' is no field's name: letters, digits and _ only")


def set_fields(view: StepView, params: SetParams, /) -> Outcome:
    """Set the fields, in one go. A value that comes out empty empties the field."""
    values = {name: (view.plain(text) or None) if text is not None else None for name, text in params.values.items()}
    return Outcome(effects=(SetFields(values=values),))


SET = BotActionType(
    name="set", label="Set fields", params=SetParams, run=set_fields, help="Gives fields of the member values."
)
