"""What nobody outside knows about the real Mobilize, as switches."""

from __future__ import annotations

from attrs import define

__all__ = ["Switches"]


@define(kw_only=True)
class Switches:
    """How the simulator behaves from now on."""

    rate_limit: bool = True
    """Whether requests are counted at all."""
    retry_after: bool = True
    """Whether an answer 429 says how long to wait."""
    waitlisted_rows: bool = True
    """Whether wait-listed attendances are in the lists."""
    may_write: bool = True
    """Whether the key has the grant to create attendances."""
