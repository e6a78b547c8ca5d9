"""Triggers: what an automation can wait for."""

from __future__ import annotations

from attrs import frozen

__all__ = ["TriggerType"]


@frozen(kw_only=True)
class TriggerType:
    """One kind of thing that can happen to a submission; *activity* is the word ``FormSource.activities`` uses."""

    name: str
    """``<integration>.<activity>``, as authors write it in automations and ``stop_when``."""
    label: str
    integration: str
    activity: str
    repeats: bool = False
    """False: fires at most once per submission, whatever its history. True: once per change (a new sign-up)."""
    help: str = ""
