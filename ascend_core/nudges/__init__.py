"""The built-in nudge types, one file each."""

from ascend_core.contracts import NudgeType
from ascend_core.nudges.no_link_click import NO_LINK_CLICK
from ascend_core.nudges.no_reply import NO_REPLY

__all__ = ["BUILT_IN_NUDGES"]

BUILT_IN_NUDGES: tuple[NudgeType, ...] = (NO_LINK_CLICK, NO_REPLY)
"""Every nudge type of the core, by name."""
