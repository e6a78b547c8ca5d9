"""Every exception of the core and of its plugins, as one tree, named for what happens next.

A message says who, what, the value and what to do. It never holds a secret, a phone number or a text.
"""

from __future__ import annotations

from typing import Literal

__all__ = [
    "AscendError",
    "BadInput",
    "DatabaseProblem",
    "FlowProblem",
    "NeedsAttention",
    "NotFound",
    "NotPossible",
    "PluginError",
    "Refused",
    "ReportsDiffer",
    "RunTimeError",
    "TryLater",
    "Unsure",
    "WrongDatabaseVersion",
]


class AscendError(Exception):
    """The root: whatever the product raises on purpose."""

    exit_code = 1
    """What the command line ends with when this error reaches it."""


class BadInput(AscendError):
    """A person or a caller gave something that does not fit; nothing was changed."""

    exit_code = 4


class NotFound(BadInput):
    """What was named does not exist."""


class NotPossible(BadInput):
    """A script asks for what cannot happen at that point of a rehearsal: a link is opened that never came."""


class FlowProblem(BadInput):
    """A flow, automation or flow-test document does not hold; says ``file:line:column: code message``."""


class PluginError(AscendError):
    """A plugin broke a rule while it was loaded or asked; the message begins with the plugin's name."""

    def __init__(self, plugin: str, problem: str) -> None:
        super().__init__(f"plugin '{plugin}' {problem}")
        self.plugin = plugin
        self.problem = problem


class DatabaseProblem(AscendError):
    """The database cannot be used; says why and what to do. Nothing was written."""


class WrongDatabaseVersion(DatabaseProblem):
    """The database was made by another version of the product."""


class ReportsDiffer(AscendError):
    """Counters of reports are not what the facts say."""


class RunTimeError(AscendError):
    """What a plugin raises when a call to another company's server did not end well."""


class TryLater(RunTimeError):
    """Surely nothing happened there; the same call may work later.

    ``after_seconds`` is the least time to wait, where the other side named one. ``scope`` says who has to wait: this
    call alone (``call``), everything from the same sender (``sender``: its queue is full, its day's cap is reached), or
    everything from the account (``account``: too many requests).
    """

    def __init__(
        self,
        message: str,
        *,
        after_seconds: float | None = None,
        scope: Literal["call", "sender", "account"] = "call",
    ) -> None:
        super().__init__(message)
        self.after_seconds = after_seconds
        self.scope = scope


class Unsure(RunTimeError):
    """It may have happened there; look it up, and never repeat it blindly."""


class Refused(RunTimeError):
    """It will never work as asked; ``code`` is the other side's error code, ``reason`` is one of our words.

    Reasons a channel gives: ``bad_phone``, ``unreachable``, ``opted_out``, ``filtered``, ``bad_text``, ``expired``,
    ``refused``; in a delivery status also ``busy``: the provider or the carrier had no room for it.
    """

    def __init__(self, message: str, *, reason: str = "refused", code: str | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.code = code


class NeedsAttention(RunTimeError):
    """A person must act first (a wrong key, a suspended account); the source or channel stops until then."""
