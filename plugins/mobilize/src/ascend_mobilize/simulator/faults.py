"""Trouble on order: what is to go wrong, where, how often, how likely."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

from attrs import asdict, evolve, field, frozen, validators

from ascend_core.errors import BadInput
from ascend_mobilize.simulator.chance import fraction, pick
from ascend_mobilize.simulator.spoiling import HEALING, KINDS

__all__ = ["Fault", "Faults", "read_fault"]

GROUPS: Mapping[str, Sequence[str]] = {"any": KINDS, "weather": HEALING}
"""Words for many kinds: of all, or of those after which asking again is enough, one is drawn each time."""


def _number(least: float, most: float) -> Any:
    return [validators.instance_of((int, float)), validators.not_(validators.instance_of(bool)), *_range(least, most)]


def _range(least: float, most: float) -> list[Any]:
    return [validators.ge(least), validators.le(most)]


def _maybe(check: Any) -> Any:
    return validators.optional(check)


def _whole(least: int) -> Any:
    return [validators.instance_of(int), validators.not_(validators.instance_of(bool)), validators.ge(least)]


@frozen(kw_only=True)
class Fault:
    """An order."""

    kind: str | list[str]
    """One of the kinds, ``any``, ``weather``, or a list of kinds, of which one is drawn each time."""
    times: int | None = field(default=1, validator=_maybe(_whole(1)))
    """None: until faults are cleared."""
    path: str = field(default="/", validator=validators.instance_of(str))
    """Only requests whose path begins like this."""
    skip: int = field(default=0, validator=_whole(0))
    """So many of them still go well first."""
    probability: float = field(default=1.0, validator=_number(0, 1))
    """How likely one of them is to go wrong."""
    seed: int = field(default=1, validator=_whole(0))
    """The same seed and the same requests, the same faults."""
    retry_after: int | str | None = field(default=None, validator=_maybe(validators.instance_of((int, str))))
    """For ``429``, ``503`` and ``rate_limited_200``: a number of seconds; ``date``: the same as an HTTP date; ``none``:
    nothing is said; another text: that text. None: as the switch ``retry_after`` says."""
    seconds: float = field(default=1.0, validator=_number(0, 3600))
    """For ``drip``: how long the answer takes, in real seconds."""

    @property
    def kinds(self) -> Sequence[str]:
        """The kinds that may be drawn."""
        return GROUPS.get(self.kind, (self.kind,)) if isinstance(self.kind, str) else self.kind


def read_fault(wish: Mapping[str, Any]) -> Fault:
    """An order from JSON. Raises BadInput."""
    try:
        fault = Fault(**wish)
        unknown = [kind for kind in fault.kinds if kind not in KINDS] or ([] if fault.kinds else ["(none)"])
    except (TypeError, ValueError):
        raise BadInput(
            "a fault has a kind, and if you like times (1 or more; null: until cleared), path (a prefix), skip (a "
            "number), probability (0 to 1), seed (a number), retry_after (seconds, or a text) and seconds"
        ) from None
    if unknown:
        raise BadInput(f"there is no fault {unknown[0]!r}; there are {', '.join((*KINDS, *GROUPS))}")
    return fault


class _Order:
    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.met = 0
        """Requests that fitted."""

    def strikes(self) -> Fault | None:
        """What befalls the next request that fits: *fault* with one kind. None: it goes well."""
        fault, number = self.fault, self.met
        self.met += 1
        if number < fault.skip or fraction(fault.seed, "strikes", number) >= fault.probability:
            return None
        return evolve(fault, kind=pick(fault.kinds, fault.seed, "kind", number))


class Faults:
    """The faults that are still to come, oldest first. Safe for threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._orders: list[_Order] = []
        self.struck: Counter[str] = Counter()
        """How often each kind has happened."""

    @property
    def pending(self) -> list[dict[str, Any]]:
        """What is still to come, as it would be ordered."""
        with self._lock:
            return [{**asdict(o.fault), "skip": max(0, o.fault.skip - o.met)} for o in self._orders]

    def add(self, wish: Mapping[str, Any]) -> None:
        """One more, from JSON. Raises BadInput."""
        order = _Order(read_fault(wish))
        with self._lock:
            self._orders.append(order)

    def clear(self) -> None:
        """All goes well again."""
        with self._lock:
            self._orders.clear()

    def take(self, path: str) -> Fault | None:
        """What befalls the request for *path*, if anything, with its one kind; it is used up by it."""
        with self._lock:
            for order in self._orders:
                struck = order.strikes() if path.startswith(order.fault.path) else None
                if struck is None:
                    continue
                times = order.fault.times
                if times == 1:
                    self._orders.remove(order)
                elif times is not None:
                    order.fault = evolve(order.fault, times=times - 1)
                self.struck[str(struck.kind)] += 1
                return struck
        return None
