"""What fits into a member field that people defined (row C5)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascend_core.contracts import FieldValue
from ascend_core.engine.field_values import FieldKind, FieldRule, Fitted, fit, read_field

SIZES = ("S", "M", "X-Large")
WRITTEN = st.one_of(
    st.text(max_size=20),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.none(),
    st.dates().map(str),
    st.sampled_from(["yes", "NO", " x-large ", "1,250.50", "11/8/2026", "2026-02-30", "1e309", "\u0663"]),
)


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("text", "  hello ", "hello"),
        ("text", True, "yes"),
        ("text", 12, "12"),
        ("number", "12", 12),
        ("number", " 1,250.50 ", 1250.5),
        ("number", "-3", -3),
        ("number", 2.5, 2.5),
        ("boolean", "Yes", True),
        ("boolean", "off", False),
        ("boolean", True, True),
        ("date", "2026-11-08", "2026-11-08"),
        ("date", "11/8/2026", "2026-11-08"),
        ("date", "2026-11-08T10:00:00-05:00", "2026-11-08"),
        ("choice", " x-LARGE ", "X-Large"),
        ("number", None, None),
    ],
)
def test_what_fits_is_kept_in_one_form(kind: str, value: FieldValue, kept: FieldValue) -> None:
    """However a form writes it, conditions and reports meet one spelling and one type."""
    found = read_field(FieldKind(kind), value, choices=SIZES)

    assert (found, type(found)) == (kept, type(kept))


@pytest.mark.parametrize(
    ("kind", "value", "problem"),
    [
        ("text", "x" * 10_001, "takes at most 10000 characters"),
        ("number", "twelve", "takes a number, like 12 or 1,250.50"),
        ("number", "1,2", "takes a number, like 12 or 1,250.50"),
        ("number", True, "takes a number"),
        ("number", float("inf"), "takes a number"),
        ("boolean", "maybe", "takes yes or no"),
        ("date", "soon", "takes a date, like 2026-11-08 or 11/8/2026"),
        ("date", "13/40/2026", "takes a date, like 2026-11-08 or 11/8/2026"),
        ("choice", "XXL", "takes one of: S, M, X-Large"),
    ],
)
def test_what_does_not_fit_is_told_without_the_value(kind: str, value: FieldValue, problem: str) -> None:
    """The sentence says what the field takes; the value may be somebody's secret."""
    with pytest.raises(ValueError, match=f"^{problem}$") as refused:
        read_field(FieldKind(kind), value, choices=SIZES)

    assert str(value) not in str(refused.value).replace("1,250.50", "")


@given(kind=st.sampled_from(FieldKind), value=WRITTEN)
def test_what_was_kept_fits_again_unchanged(kind: FieldKind, value: FieldValue) -> None:
    """Reading is total but for its one refusal, and reading what was kept changes nothing."""
    rules = {"x": FieldRule(kind=kind, choices=SIZES)}

    fitted = fit(rules, {"x": value})

    assert len(fitted.values) + len(fitted.problems) == 1
    assert fit(rules, fitted.values) == Fitted(values=fitted.values)


def test_a_field_without_a_rule_takes_anything() -> None:
    """Nobody has to define a field before a flow may set it."""
    assert fit({}, {"rsvp": "confirmed", "n": 3}) == Fitted(values={"rsvp": "confirmed", "n": 3})
