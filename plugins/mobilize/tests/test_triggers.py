"""The triggers, by the names people know."""

from __future__ import annotations

from ascend_mobilize.triggers import TRIGGERS


def test_labels_are_those_of_the_guide() -> None:
    """Who comes from the hosted product finds the same words."""
    assert {trigger.name: trigger.label for trigger in TRIGGERS} == {
        "mobilize.registers": "Mobilize Event Registers",
        "mobilize.confirms": "Mobilize Event Confirm Registration",
        "mobilize.attends": "Mobilize Event Attends",
        "mobilize.cancels": "Mobilize Event Cancel Registration",
        "mobilize.waitlisted": "Mobilize Event Registration Waitlisted",
    }
