"""Conversations that wait for a person, and what the person decides about them."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from ascend_core.errors import NotFound
from ascend_core.operations.core import Core
from ascend_core.operations.leaving import members_leave
from ascend_core.store.consents import NewConsent, record_consents
from ascend_core.store.database import Tx
from ascend_core.store.inbound import last_words
from ascend_core.store.inbox import ConversationRecord, conversation_of, open_conversations, resolve_conversation
from ascend_core.store.members import members_by_id

__all__ = ["Waiting", "inbox_list", "settle_conversation"]


@frozen(kw_only=True)
class Waiting:
    """Somebody who waits for a person, and what they wrote last."""

    conversation: ConversationRecord
    words: str = field(repr=False)
    written_at: datetime | None


def inbox_list(core: Core, limit: int = 100) -> list[Waiting]:
    """Who waits for a person, the longest waiting first."""

    def work(tx: Tx) -> list[Waiting]:
        found = open_conversations(tx, limit)
        words = last_words(tx, {each.member_id for each in found})
        nothing = ("", None)
        return [
            Waiting(
                conversation=each,
                words=words.get(each.member_id, nothing)[0],
                written_at=words.get(each.member_id, nothing)[1],
            )
            for each in found
        ]

    return core.database.read(work)


def settle_conversation(core: Core, id_: int, *, left: bool, by: str) -> ConversationRecord:
    """*by* has read what the member wrote: *left* when it meant that they want no more texts, as STOP does.

    Otherwise what waited for them goes on. Raises NotFound when nobody waits in that conversation.
    """
    now = core.clock.now()

    def work(tx: Tx) -> ConversationRecord:
        found = conversation_of(tx, id_)
        if found is None or not resolve_conversation(tx, id_, now=now):
            raise NotFound(f"there is no open conversation {id_}; see: ascend inbox list")
        if left:
            phone = members_by_id(tx, {found.member_id})[found.member_id].phone
            evidence = {"conversation": str(id_), "by": by}
            entry = NewConsent(phone=phone, state="unsubscribed", source="operator", evidence=evidence)
            record_consents(tx, [entry], now=now)
            members_leave(tx, {found.member_id}, "unsubscribed", now=now)
        return found

    return core.database.write(work)
