"""What the gates are told of the texts a member got lately: two queries, however many members there are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import field, frozen

from ascend_core.contracts import Purpose, RecentTexts
from ascend_core.operations.core import Core
from ascend_core.operations.outgoing import CODE_ALPHABET, CODE_LENGTH
from ascend_core.store.database import Tx
from ascend_core.store.messages import MessageRecord
from ascend_core.store.recent import ForgottenRecord, SentRecord, forget_no_more, forgotten_texts, sent_lately

__all__ = ["RecentFacts", "load_recent", "words_of"]

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_ANSWERS = (Purpose.CONFIRMATION.value, Purpose.REPLY.value)


def words_of(core: Core, body: str) -> str:
    """What a text says, whichever of our short links are in it."""
    ours = "|".join(map(re.escape, core.options.addresses))
    code = f"(?:{ours})/[{CODE_ALPHABET}]{{{CODE_LENGTH}}}"
    return " ".join(re.sub(code, "<link>", body).split())


@frozen(kw_only=True)
class RecentFacts:
    """Of the members of one batch."""

    core: Core
    now: datetime
    sent: dict[int, list[SentRecord]] = field(factory=dict)
    forgotten: dict[tuple[str, str], list[ForgottenRecord]] = field(factory=dict)

    def of(self, message: MessageRecord) -> RecentTexts:
        """What is to be known of the texts before *message*."""
        sent = self.sent.get(message.member_id, [])
        words = (message.phone, words_of(self.core, message.body)) if self.forgotten else ("", "")
        return RecentTexts(
            last_day=tuple(each.claimed_at for each in sent if each.purpose not in _ANSWERS),
            answers=tuple(
                each.claimed_at for each in sent if each.purpose in _ANSWERS and each.claimed_at > self.now - _HOUR
            ),
            same_words_at=max((each.claimed_at for each in sent if each.body == message.body), default=None),
            forgotten=bool(self.forgotten.get(words)),
        )

    def turned_up(self, tx: Tx, message: MessageRecord) -> None:
        """*message* is one of the forgotten ones: that one stands for no other."""
        known = self.forgotten[message.phone, words_of(self.core, message.body)]
        forget_no_more(tx, {known.pop(0).provider_id})


def load_recent(core: Core, tx: Tx, messages: Sequence[MessageRecord], now: datetime) -> RecentFacts:
    """Load what was sent to the members of *messages*."""
    facts = RecentFacts(core=core, now=now)
    for sent in sent_lately(tx, {message.member_id for message in messages}, since=now - _DAY):
        facts.sent.setdefault(sent.member_id, []).append(sent)
    for text in forgotten_texts(tx, {message.phone for message in messages}):
        facts.forgotten.setdefault((text.phone, text.words), []).append(text)
    return facts
