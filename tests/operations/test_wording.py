"""What the product says by itself."""

from __future__ import annotations

import pytest

from ascend_core.errors import BadInput
from ascend_core.operations.wording import CONFIRMATIONS, Program, confirmation

CHOIR = Program(name=" Riverside Choir ", contact="choir@example.org")


def test_the_answers_name_the_program_and_where_to_get_help() -> None:
    """Carriers ask for both in the answer to HELP."""
    assert [confirmation(word, CHOIR) for word in ("stop", "start", "help")] == [
        "You are unsubscribed from Riverside Choir and will get no more texts from us. Reply START to join again.",
        "You are subscribed to Riverside Choir again. Reply HELP for help, STOP to unsubscribe.",
        (
            "Riverside Choir: you get texts about events you signed up for. Help: choir@example.org. "
            "Msg & data rates may apply. Reply STOP to unsubscribe."
        ),
    ]


def test_without_a_name_they_still_say_how_to_leave() -> None:
    """Nothing is left open by a missing setting."""
    assert CONFIRMATIONS["help"].endswith("Msg & data rates may apply. Reply STOP to unsubscribe.")
    assert "  " not in "".join(CONFIRMATIONS.values())


def test_they_stay_short() -> None:
    """At most two segments, whatever the operator calls the program."""
    longest = Program(name="x" * 60, contact="y" * 60)

    assert max(len(confirmation(word, longest)) for word in CONFIRMATIONS) <= 2 * 153
    with pytest.raises(BadInput):
        Program(name="x" * 61)
    with pytest.raises(BadInput):
        Program(contact="a\nb")
