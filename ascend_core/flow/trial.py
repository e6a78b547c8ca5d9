"""Type checks by trial: an expression is evaluated with invented values of every type a member's field can have.

CEL itself checks types when it runs, which is when somebody should have got a text. An expression that gives no
answer of the right kind whatever the fields hold is wrong, and its author is told so.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice, product
from typing import Any, Literal

from ascend_core.contracts import FieldValue, FormView, MemberView, RunView
from ascend_core.flow.expressions import Expression, Facts

__all__ = ["fault_of"]

MOST_TRIALS = 256
"""Fields beyond the fourth keep to one type in all trials."""

_NOW = datetime(2026, 5, 4, 14, tzinfo=UTC)
_VALUES: tuple[FieldValue, ...] = ("7", 7, True, "2026-05-04", None)
"""A text, a number, yes or no, a date, and nothing."""

Wanted = Literal["yes or no", "a time"]


@lru_cache(maxsize=4096)
def _fault(expression: Expression, wanted: Wanted) -> str | None:
    faults: list[str] = []
    for facts in islice(_trials(expression), MOST_TRIALS):
        fault = _tried(expression, facts, wanted)
        if fault is None:
            return None
        faults.append(fault)
    # what a field of the right type leads to says more than what an empty one does
    return min(faults, key=lambda fault: (fault.startswith("it compares"), faults.index(fault)))


def fault_of(expression: Expression, wanted: Wanted) -> str | None:
    """Why *expression* never gives what is *wanted*, in a few words; None: it may."""
    return _fault(expression, wanted)


def _trials(expression: Expression) -> Iterator[Facts]:
    fields = sorted(expression.fields)
    tried, fixed = fields[:3], fields[3:]
    for values in product(_VALUES, repeat=len(tried)):
        for other in _VALUES if fixed else (None,):
            given = {**dict(zip(tried, values, strict=True)), **dict.fromkeys(fixed, other)}
            yield Facts(
                member=MemberView(id=1, phone="+12125550100", fields=given, groups=frozenset({"A group"})),
                form=FormView(
                    id=1,
                    key="1",
                    name="An event",
                    url="https://example.org/",
                    starts_at=_NOW + timedelta(days=3),
                    ends_at=_NOW + timedelta(days=3, hours=2),
                    timezone="America/New_York",
                    location="Town Hall",
                ),
                run=RunView(id=1, flow="flow", started_at=_NOW),
                now=_NOW,
                reply="7",
            )


def _tried(expression: Expression, facts: Facts, wanted: Wanted) -> str | None:
    try:
        answer: Any = expression.evaluate(facts)
    except KeyError:
        return None if expression.whole_member else "it names something that is not there"
    except TypeError:
        return "it compares or joins values of different types"
    except Exception as error:  # noqa: BLE001 -- a trial: what depends on the value and not on its type is no fault
        return "a function in it does not take these values" if "Undefined variable" in str(error) else None
    fits = isinstance(answer, bool) if wanted == "yes or no" else answer is None or isinstance(answer, datetime)
    return None if fits else f"it gives {_kind(answer)}, not {wanted}"


def _kind(answer: object) -> str:
    match answer:
        case bool():
            return "yes or no"
        case str():
            return "a text"
        case int() | float():
            return "a number"
        case datetime():
            return "a time"
        case timedelta():
            return "a length of time"
        case None:
            return "nothing"
        case _:
            return "something else"
