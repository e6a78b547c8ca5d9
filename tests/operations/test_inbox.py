"""Who waits for a person: above all somebody who may have meant STOP."""

from __future__ import annotations

from typing import Any

import pytest

from ascend_core.errors import NotFound
from ascend_core.operations.inbox import inbox_list, settle_conversation
from ascend_core.operations.receive_messages import handle_inbound


def doubt(bench: Any) -> int:
    """Somebody who got a text writes something that comes close to STOP; the conversation that waits."""
    bench.set_up(forms=2)
    bench.register(0)
    bench.drain()
    bench.hear(0, "STPO", keyword="doubtful")
    (waiting,) = inbox_list(bench.core)
    return waiting.conversation.id


def test_texts_wait_until_a_person_has_read_it(bench: Any) -> None:
    """And go on when it meant nothing."""
    id_ = doubt(bench)
    bench.register(0, form_key="f1")
    bench.drain()
    bench.wait(hours=1)
    bench.drain()

    assert bench.states() == [("sent", None), ("ready", "may_have_left")]
    settle_conversation(bench.core, id_, left=False, by="Kim")
    bench.wait(minutes=15)
    bench.drain()
    assert bench.states() == [("sent", None), ("sent", None)]
    assert inbox_list(bench.core) == []


def test_a_person_may_unsubscribe_them(bench: Any) -> None:
    """As STOP does: nothing that waited goes out, and the ledger says who decided."""
    id_ = doubt(bench)
    bench.register(0, form_key="f1")
    settle_conversation(bench.core, id_, left=True, by="Kim")
    bench.wait(hours=1)
    bench.drain()

    assert bench.states() == [("sent", None), ("suppressed", "unsubscribed")]
    assert bench.rows("SELECT state, source FROM consent_entry ORDER BY id")[-1] == ("unsubscribed", "operator")
    assert bench.one("SELECT count(*) FROM run WHERE ended_at IS NULL") == 0


def test_texts_wait_from_the_moment_it_arrives(bench: Any) -> None:
    """Before anything is done about it, as with STOP; what is answered goes out."""
    bench.set_up(forms=2)
    bench.register(0)
    bench.drain()
    bench.register(0, form_key="f1")
    bench.keep(0, "STPO", keyword="doubtful")
    bench.send()

    assert bench.states() == [("sent", None), ("ready", "may_have_left")]


@pytest.mark.parametrize(("keyword", "ends"), [("start", ("sent", None)), ("stop", ("suppressed", "unsubscribed"))])
def test_they_may_tell_themselves(bench: Any, keyword: str, ends: tuple[str, str | None]) -> None:
    """START and STOP leave no doubt."""
    doubt(bench)
    bench.register(0, form_key="f1")
    bench.drain()
    bench.hear(0, keyword.upper(), keyword=keyword)
    bench.wait(minutes=15)
    bench.drain()

    assert bench.states()[1] == ends
    assert inbox_list(bench.core) == []


def test_an_open_conversation_becomes_a_doubtful_one(bench: Any) -> None:
    """There is one at most for each member, and the doubt weighs more."""
    bench.set_up()
    bench.register(0)
    bench.drain()
    bench.hear(0, "hello?")
    bench.hear(0, "leave me", keyword="doubtful")

    (waiting,) = inbox_list(bench.core)
    assert (waiting.conversation.reason, waiting.words) == ("doubtful", "leave me")


def test_a_stranger_is_no_conversation(bench: Any) -> None:
    """There is nobody whose texts could wait."""
    bench.set_up()
    bench.hear(7, "STPO", keyword="doubtful")
    handle_inbound(bench.core)

    assert inbox_list(bench.core) == []


def test_what_is_settled_is_not_settled_again(bench: Any) -> None:
    """It says where to look."""
    id_ = doubt(bench)
    settle_conversation(bench.core, id_, left=False, by="Kim")

    with pytest.raises(NotFound, match="ascend inbox list"):
        settle_conversation(bench.core, id_, left=False, by="Kim")
