"""The send gates that no setting can switch off."""

from ascend_core.contracts import GateType
from ascend_core.gates.consent import CONSENT
from ascend_core.gates.expiry import EXPIRY
from ascend_core.gates.lawful_hours import LAWFUL_HOURS
from ascend_core.gates.quiet_hours import QUIET_HOURS

__all__ = ["BUILT_IN_GATES"]

BUILT_IN_GATES: tuple[GateType, ...] = (CONSENT, QUIET_HOURS, LAWFUL_HOURS, EXPIRY)
"""Every gate of the core. The strictest answer wins: Deny before Hold before Allow."""
