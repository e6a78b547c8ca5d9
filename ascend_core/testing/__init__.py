"""For tests, of the core and of plugins: a clock that a test rules, chance that repeats, a real database."""

from ascend_core.testing.clock import SeededRandomness, VirtualClock
from ascend_core.testing.postgres import PostgresServer

__all__ = ["PostgresServer", "SeededRandomness", "VirtualClock"]
