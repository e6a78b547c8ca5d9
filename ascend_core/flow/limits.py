"""The limits of the flow language, each with its reason (rule 6)."""

from __future__ import annotations

from datetime import timedelta

__all__ = [
    "LEAST_DURATION",
    "LINK_CHARACTERS",
    "LONGEST_DURATION",
    "LONGEST_NAME",
    "MOST_BYTES",
    "MOST_CHARACTERS",
    "MOST_DEPTH",
    "MOST_LEVELS",
    "MOST_NUDGES",
    "MOST_PROBLEMS",
    "MOST_STEPS",
]

MOST_BYTES = 512 * 1024
"""Of a file. A thousand steps with long texts stay below it; reading it takes seconds at most."""
MOST_STEPS = 1_000
"""In a flow, nested ones included. Nobody reads a longer one."""
MOST_LEVELS = 20
"""Steps nested in steps. The readers of a flow follow it down by recursion."""
MOST_DEPTH = 120
"""Lists and mappings inside each other in a file: twenty levels of steps need about a hundred."""
MOST_NUDGES = 20
"""On one step."""
MOST_CHARACTERS = 1_600
"""In a message: what the carrier takes (ten segments)."""
LINK_CHARACTERS = 30
"""What a short link counts for, before it is made."""
LONGEST_NAME = 200
"""Characters in a name or title."""
LONGEST_DURATION = timedelta(days=730)
"""Two years: longer is a typing error, and a timer nobody remembers."""
LEAST_DURATION = timedelta(minutes=1)
"""Timers are not looked at more often than that matters."""
MOST_PROBLEMS = 100
"""Reported of one file; the rest is noise."""
