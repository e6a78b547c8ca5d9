"""What holds for every account of this installation."""

from __future__ import annotations

from attrs import field, frozen, validators

from ascend_core.contracts import BEHIND
from ascend_mobilize.client import GETS_PER_SECOND

__all__ = ["MobilizeSettings"]


@frozen(kw_only=True)
class MobilizeSettings:
    """Read from ``ASCEND_MOBILIZE_REQUESTS_PER_SECOND``."""

    requests_per_second: float = field(
        default=GETS_PER_SECOND,
        validator=validators.ge(0),
        metadata={BEHIND: "How often Mobilize is asked, by all accounts and workers together; 0: without any limit."},
    )
