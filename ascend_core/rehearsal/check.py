"""Checks any document, whatever it means to be."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from ascend_core.flow.broadcast import check_broadcast
from ascend_core.flow.load import check_automation, check_flow
from ascend_core.flow.problems import Problem
from ascend_core.host.registry import Registry
from ascend_core.rehearsal.load import check_tests

__all__ = ["check_document", "flow_names_in"]

_FIRST_KEY = re.compile(rb"^(automation|broadcast|tests)\s*:", re.MULTILINE)
"""A key at the margin tells; everything else is taken for a flow."""

_NAMED = re.compile(rb"^flow\s*:\s*[\"']?([A-Za-z0-9_-]+)", re.MULTILINE)


def flow_names_in(texts: Iterable[bytes]) -> set[str]:
    """The names of the flows among these documents, whether they hold or not."""
    flows = (text for text in texts if _FIRST_KEY.search(text) is None)
    return {named.group(1).decode() for text in flows for named in _NAMED.finditer(text)}


def check_document(
    registry: Registry, text: bytes, *, file: str, flows: Collection[str] | None = None
) -> tuple[Problem, ...]:
    """All problems of a flow, automation, broadcast or flow test, in order, warnings included.

    *flows* are the names of the flows there are; None: nobody knows.
    """
    found = _FIRST_KEY.search(text)
    match found.group(1) if found is not None else b"flow":
        case b"tests":
            return check_tests(text, file=file, triggers=registry.triggers)[1]
        case b"automation":
            return check_automation(text, file=file, triggers=registry.triggers, flows=flows)[1]
        case b"broadcast":
            return check_broadcast(text, file=file, trackers=registry.link_trackers, flows=flows)[1]
        case _:
            return check_flow(
                text,
                file=file,
                actions=registry.actions,
                nudges=registry.nudges,
                trackers=registry.link_trackers,
                triggers=registry.triggers,
                channels=registry.channels.values(),
                flows=flows,
            )[1]
