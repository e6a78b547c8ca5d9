"""The send gates of the core, each a rule of its own."""

from ascend_core.contracts import GateType
from ascend_core.gates.consent import CONSENT
from ascend_core.gates.event import EVENT
from ascend_core.gates.expiry import EXPIRY
from ascend_core.gates.frequency import ANSWERS, FREQUENCY
from ascend_core.gates.lawful_hours import LAWFUL_HOURS
from ascend_core.gates.quiet_hours import QUIET_HOURS
from ascend_core.gates.repeats import FORGOTTEN, REPEATS

__all__ = ["BUILT_IN_GATES"]

BUILT_IN_GATES: tuple[GateType, ...] = (
    CONSENT,
    EVENT,
    FORGOTTEN,
    REPEATS,
    ANSWERS,
    FREQUENCY,
    QUIET_HOURS,
    LAWFUL_HOURS,
    EXPIRY,
)
"""Every gate of the core. The strictest answer wins: Deny before Hold before Allow."""
