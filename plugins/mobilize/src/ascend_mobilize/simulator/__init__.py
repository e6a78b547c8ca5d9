"""A stand-in for Mobilize: its API, its sign-up pages and its oddities, as an HTTP server of its own.

It is written from the description of the API alone and shares no code with the plugin that talks to it.
"""

from __future__ import annotations

from ascend_mobilize.simulator.app import Simulator
from ascend_mobilize.simulator.history import History
from ascend_mobilize.simulator.sandbox import MobilizeSandbox, make_sandbox
from ascend_mobilize.simulator.world import World

__all__ = ["History", "MobilizeSandbox", "Simulator", "World", "make_sandbox"]
