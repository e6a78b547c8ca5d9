"""The words the carrier itself listens to, and what it answers (the provider's default English handling).

A text counts only when it is that one word and nothing else, in any case: "STOP PLEASE" does not.
"""

from __future__ import annotations

import re
from enum import StrEnum

__all__ = ["CARRIER_ANSWERS", "TOLL_FREE_ANSWERS", "Keyword", "is_toll_free", "keyword_in", "network_keyword_in"]


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


TOLL_FREE_ANSWERS = {
    Keyword.STOP: (
        'NETWORK MSG: You replied with the word "stop" which blocks all texts sent from this number. '
        'Text back "unstop" to receive messages again.'
    ),
    Keyword.START: 'NETWORK MSG: You have replied "unstop" and will begin receiving messages again from this number.',
}
"""What the network of toll-free numbers answers, whatever the account wants; it knows no HELP."""

_TOLL_FREE = re.compile(r"\+18(00|33|44|55|66|77|88)[0-9]{7}")


def is_toll_free(number: str) -> bool:
    """Whether *number* (E.164) is toll-free: the network keeps its opt-outs."""
    return _TOLL_FREE.fullmatch(number) is not None


def network_keyword_in(body: str, *, opted_out: bool) -> Keyword | None:
    """The keyword that *body* is to the network of toll-free numbers, or None."""
    word = body.strip().upper()
    if word == "STOP":
        return Keyword.STOP
    return Keyword.START if opted_out and word in {"START", "UNSTOP"} else None


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
