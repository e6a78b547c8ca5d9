"""The hours in which the law lets people be texted, as dated data. Not legal advice."""

from __future__ import annotations

from datetime import date, time

from attrs import frozen

from ascend_core.errors import BadInput

__all__ = ["EVERYWHERE", "HoursByLaw", "HoursRule"]

EVERYWHERE = "US"
"""The jurisdiction of a rule for everybody with a North American number."""


@frozen(kw_only=True)
class HoursRule:
    """On *weekdays*, people in *jurisdiction* may be texted from *opens* until before *closes*, by their own clock."""

    jurisdiction: str
    """``US``, or two letters of a state."""
    weekdays: frozenset[int]
    """0 is Monday."""
    opens: time = time(0)
    closes: time = time(0)
    """The same as *opens*: not at all."""
    source: str
    """The law, or where it was read."""
    as_of: date
    """When it was read."""

    def __attrs_post_init__(self) -> None:
        if self.opens > self.closes:
            raise BadInput(f"the hours of {self.jurisdiction} open at {self.opens:%H:%M}, after they close")

    def lets(self, weekday: int, clock: time) -> bool:
        """Whether people may be texted on *weekday* when their clock shows *clock*, as far as this rule goes."""
        return weekday not in self.weekdays or self.opens <= clock < self.closes


@frozen(kw_only=True)
class HoursByLaw:
    """Rules that hold together: a text must be within each that may concern the member."""

    rules: tuple[HoursRule, ...] = ()

    def concerning(self, states: tuple[str, ...]) -> tuple[HoursRule, ...]:
        """The rules for somebody who may be in any of *states*; none known: every rule there is."""
        if not states:
            return self.rules
        return tuple(rule for rule in self.rules if rule.jurisdiction == EVERYWHERE or rule.jurisdiction in states)
