"""The words the carrier itself listens to, and what it answers (the provider's default English handling).

A text counts only when it is that one word and nothing else, in any case: "STOP PLEASE" does not.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = ["CARRIER_ANSWERS", "Keyword", "keyword_in"]


class Keyword(StrEnum):
    """What a word asks of the carrier; also the value of ``OptOutType`` in the webhook."""

    STOP = "STOP"
    START = "START"
    HELP = "HELP"


_STOP = frozenset({"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"})
_START = frozenset({"START", "YES", "UNSTOP"})
_HELP = frozenset({"HELP", "INFO"})

CARRIER_ANSWERS = {
    Keyword.STOP: (
        "You have successfully been unsubscribed. You will not receive any more messages from this number. "
        "Reply START to resubscribe."
    ),
    Keyword.START: (
        "You have successfully been re-subscribed to messages from this number. "
        "Reply HELP for help. Reply STOP to unsubscribe. Msg&Data Rates May Apply."
    ),
    Keyword.HELP: "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
}


def keyword_in(body: str, *, opted_out: bool) -> Keyword | None:
    """The keyword *body* is, or None. START and YES mean something only while the person is *opted_out*."""
    word = body.strip().upper()
    if word in _STOP:
        return Keyword.STOP
    if word in _START and opted_out:
        return Keyword.START
    if word in _HELP and not opted_out:
        return Keyword.HELP
    return None
