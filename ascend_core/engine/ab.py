"""Which arm of an A/B test a member gets."""

from __future__ import annotations

from hashlib import blake2b

from ascend_core.errors import BadInput
from ascend_core.flow.document import ABTest

__all__ = ["choose_arm"]


def choose_arm(test: ABTest, subject: str) -> str:
    """The arm of *test* for *subject*, a member's phone (E.164): always the same, each as often as its weight says.

    The choice hangs on the test's name and the phone alone: no table is needed to keep it, and a member who is
    imported into another installation keeps their arm. Raises BadInput when no arm has a weight above 0.
    """
    total = sum(test.arms.values())
    if total <= 0 or min(test.arms.values()) < 0:
        raise BadInput(f"the A/B test '{test.name}' needs at least one arm with a weight above 0, and none below")
    drawn = int.from_bytes(blake2b(f"{test.name}\0{subject}".encode(), digest_size=8).digest())
    place = drawn * total >> 64
    for arm in sorted(test.arms):
        place -= test.arms[arm]
        if place < 0:
            return arm
    raise AssertionError("the weights add up to their total")
