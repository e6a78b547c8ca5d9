"""A member always gets the same arm, and the arms get their share."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascend_core.engine.ab import choose_arm
from ascend_core.errors import BadInput
from ascend_core.flow.document import ABTest

WEIGHTS = st.dictionaries(st.text(min_size=1), st.integers(0, 100), min_size=1).filter(lambda arms: any(arms.values()))


PHONES = [f"+1202555{number:04}" for number in range(10_000)]


@given(arms=WEIGHTS, name=st.text(), phone=st.sampled_from(PHONES))
def test_the_choice_is_sticky_and_never_an_arm_without_weight(arms: dict[str, int], name: str, phone: str) -> None:
    """Whatever order the file lists the arms in."""
    chosen = choose_arm(ABTest(name=name, arms=arms), phone)

    assert arms[chosen] > 0
    assert choose_arm(ABTest(name=name, arms=dict(reversed(arms.items()))), phone) == chosen


def test_the_arms_get_their_share() -> None:
    """70 to 30 over ten thousand members, within two per cent."""
    test = ABTest(name="june_copy", arms={"long": 70, "short": 30, "off": 0})
    chosen = Counter(choose_arm(test, phone) for phone in PHONES)

    assert set(chosen) == {"long", "short"}
    assert abs(chosen["long"] - 7_000) < 200


def test_two_tests_are_independent() -> None:
    """Who is in one arm here is not in the same arm everywhere."""
    first, second = (ABTest(name=name, arms={"a": 1, "b": 1}) for name in ("one", "two"))
    same = sum(choose_arm(first, phone) == choose_arm(second, phone) for phone in PHONES)

    assert abs(same - 5_000) < 300


@pytest.mark.parametrize("arms", [{}, {"a": 0}, {"a": 2, "b": -1}])
def test_a_test_without_weights_is_refused(arms: dict[str, int]) -> None:
    """It cannot choose."""
    with pytest.raises(BadInput):
        choose_arm(ABTest(name="june_copy", arms=arms), PHONES[0])
