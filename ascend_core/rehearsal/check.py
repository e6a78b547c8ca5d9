"""Checks any document, whatever it means to be."""

from __future__ import annotations

import re

from ascend_core.flow.broadcast import check_broadcast
from ascend_core.flow.load import check_automation, check_flow
from ascend_core.flow.problems import Problem
from ascend_core.host.registry import Registry
from ascend_core.rehearsal.load import check_tests

__all__ = ["check_document"]

_FIRST_KEY = re.compile(rb"^(automation|broadcast|tests)\s*:", re.MULTILINE)
"""A key at the margin tells; everything else is taken for a flow."""


def check_document(registry: Registry, text: bytes, *, file: str) -> tuple[Problem, ...]:
    """All problems of a flow, automation, broadcast or flow test, in order, warnings included."""
    found = _FIRST_KEY.search(text)
    match found.group(1) if found is not None else b"flow":
        case b"tests":
            return check_tests(text, file=file, triggers=registry.triggers)[1]
        case b"automation":
            return check_automation(text, file=file, triggers=registry.triggers)[1]
        case b"broadcast":
            return check_broadcast(text, file=file, trackers=registry.link_trackers)[1]
        case _:
            return check_flow(
                text,
                file=file,
                actions=registry.actions,
                nudges=registry.nudges,
                trackers=registry.link_trackers,
                triggers=registry.triggers,
                channels=registry.channels.values(),
            )[1]
