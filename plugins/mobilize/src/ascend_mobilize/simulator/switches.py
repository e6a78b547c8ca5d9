"""What nobody outside knows about the real Mobilize, as switches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import asdict, define

from ascend_core.errors import BadInput

__all__ = ["Switches"]

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "deleted_attendances": ("keep", "cancel", "vanish"),
    "paging": ("cursor", "newest_first", "oldest_first"),
}


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
    deleted_attendances: str = "keep"
    """What becomes of the attendances of a deleted event: they ``keep`` as they are, ``cancel``, or ``vanish``."""
    paging: str = "cursor"
    """How lists are cut: ``cursor`` never shifts. The others count rows in the order of their last change, so that a
    row that changes while somebody reads shifts the pages: ``newest_first`` shows some twice, ``oldest_first`` leaves
    some out."""

    def turn(self, wish: Mapping[str, Any]) -> None:
        """Set what *wish* (JSON) names. Raises BadInput, and then nothing is set."""
        known = asdict(self)
        for name, value in wish.items():
            if name not in known:
                raise BadInput(f"there is no switch {name!r}; there are {', '.join(known)}")
            choices = _CHOICES.get(name, (True, False))
            if type(value) is not type(known[name]) or value not in choices:
                raise BadInput(f"the switch {name} is one of {', '.join(str(each).lower() for each in choices)}")
        for name, value in wish.items():
            setattr(self, name, value)
