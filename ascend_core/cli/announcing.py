"""What a process that goes on for long says to whoever watches it."""

from __future__ import annotations

from ascend_core.cli.showing import say
from ascend_core.runtime.logs import log_named
from ascend_core.runtime.opening import home_from

__all__ = ["announce"]

_LOG = log_named("process")


def announce(sentence: str) -> None:
    """Say *sentence* to people; where a program reads the log, as an event of it."""
    if home_from().logs.format == "json":
        _LOG.info("process.said", sentence=sentence.strip())
    else:
        say(sentence)
