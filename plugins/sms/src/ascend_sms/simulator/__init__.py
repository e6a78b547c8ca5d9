"""A simulated carrier: a provider's API, its callbacks and the phones behind it, as a server on this computer.

It knows nothing of the rest of the plugin, so that the two check each other.
"""

from ascend_sms.simulator.accounts import Account
from ascend_sms.simulator.carrier import Carrier, CarrierRules
from ascend_sms.simulator.faults import Fault, FaultKind
from ascend_sms.simulator.phones import PhoneKind
from ascend_sms.simulator.sandbox import CarrierSandbox, make_sandbox

__all__ = ["Account", "Carrier", "CarrierRules", "CarrierSandbox", "Fault", "FaultKind", "PhoneKind", "make_sandbox"]
