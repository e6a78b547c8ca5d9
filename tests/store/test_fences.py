"""The fences in the data: cursors, the ledger, the outbox; and the vault."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ascend_core.errors import BadInput
from ascend_core.store.accounts import CursorRecord, cursor_of, move_cursor, save_account
from ascend_core.store.bulk import insert_rows
from ascend_core.store.consents import NewConsent, consent_states, ledger_of, record_consents
from ascend_core.store.database import Database
from ascend_core.store.messages import (
    MessageRecord,
    insert_messages,
    messages_by_key,
    move_messages,
    put_in_doubt,
    ready_messages,
)
from ascend_core.store.tables import Member
from ascend_core.store.vault import make_key_file, open_vault

NOW = datetime(2026, 6, 3, 16, tzinfo=UTC)


# cursors


@pytest.fixture
def account_id(database: Database) -> int:
    """An account to have cursors."""
    switches = {"sync_accounts": True, "create_members": True, "sync_new_forms": True}
    row = {
        "integration": "box",
        "key": "n",
        "settings": {},
        "sealed": "",
        "failures": 0,
        "connected_at": NOW,
        **switches,
    }
    return database.write(lambda tx: save_account(tx, row, at_first={}))


def test_of_two_movers_one_wins(database: Database, account_id: int) -> None:
    """From the very first page on; the loser applies nothing."""
    for place in ("a", "b", "c"):
        seen = database.read(lambda tx: cursor_of(tx, account_id, "submissions"))
        first = database.write(lambda tx, seen=seen, place=place: move_cursor(tx, seen, place, now=NOW))
        second = database.write(lambda tx, seen=seen: move_cursor(tx, seen, "elsewhere", now=NOW))
        assert (first, second) == (True, False)

    assert database.read(lambda tx: cursor_of(tx, account_id, "submissions")) == CursorRecord(
        account_id=account_id, kind="submissions", position="c", version=2
    )


# consent


entries = st.lists(
    st.tuples(st.sampled_from(["+1", "+2", "+3"]), st.sampled_from(["subscribed", "unsubscribed"])), max_size=6
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(entries, max_size=4))
def test_the_state_is_the_last_entry_of_the_ledger(database: Database, batches: list[Any]) -> None:
    """However the entries came; and the ledger keeps every one of them (row A8)."""
    phones = ["+1", "+2", "+3"]
    before = {phone: database.read(lambda tx, phone=phone: ledger_of(tx, phone)) for phone in phones}

    for batch in batches:
        new = [NewConsent(phone=phone, state=state, source="operator") for phone, state in batch]
        database.write(lambda tx, new=new: record_consents(tx, new, now=NOW))

    told = [entry for batch in batches for entry in batch]
    states = database.read(lambda tx: consent_states(tx, phones))
    for phone in phones:
        ledger = database.read(lambda tx, phone=phone: ledger_of(tx, phone))
        added = [(state, "operator", NOW) for its_phone, state in told if its_phone == phone]
        assert ledger == before[phone] + added
        assert states.get(phone) == (ledger[-1][0] if ledger else None)


# messages


def text(id_: int, **values: Any) -> MessageRecord:
    """A text that is ready."""
    base = {"id": id_, "key": f"k{id_}", "intent": f"i{id_}", "member_id": 1, "phone": "+1", "purpose": 2}
    return MessageRecord(**{**base, "body": "Hi", "due_at": NOW, "created_at": NOW, **values})


@pytest.fixture
def outbox(database: Database) -> Any:
    """Puts texts into the outbox; members 1 to 3 are there."""
    people = [
        {"id": id_, "phone": f"+{id_}", "zones": [], "fields": {}, "created_at": NOW, "updated_at": NOW}
        for id_ in (1, 2, 3)
    ]
    database.write(lambda tx: insert_rows(tx, Member, people))
    return lambda *texts: database.write(lambda tx: insert_messages(tx, texts))


def ready(database: Database, limit: int = 10) -> list[int]:
    """The ids of what may be claimed, in order."""
    return [each.id for each in database.write(lambda tx: ready_messages(tx, NOW, limit))]


def test_the_first_text_of_each_member_may_go(database: Database, outbox: Any) -> None:
    """In order per member; most urgent first; what is not due waits."""
    outbox(
        text(1),
        text(2),
        text(3, member_id=2, purpose=3),
        text(4, member_id=2, purpose=1),
        text(5, member_id=3, due_at=NOW + timedelta(seconds=1)),
    )

    assert ready(database) == [4, 1]
    assert ready(database, 1) == [4]


@pytest.mark.parametrize("state", ["sending", "unknown"])
def test_nothing_may_go_while_one_is_under_way(database: Database, outbox: Any, state: str) -> None:
    """Of that member; the others are not disturbed."""
    outbox(text(1, state=state), text(2, purpose=0), text(3, member_id=2))

    assert ready(database) == [3]


@pytest.mark.parametrize("state", ["sent", "delivered", "failed", "suppressed", "expired", "held"])
def test_what_is_settled_blocks_nobody(database: Database, outbox: Any, state: str) -> None:
    """The next one goes."""
    outbox(text(1, state=state), text(2))

    assert ready(database) == [2]


def test_a_message_moves_only_from_where_it_is_thought_to_be(database: Database, outbox: Any) -> None:
    """A late result does not take back what is known already."""
    outbox(text(1, state="sending"), text(2, state="delivered"), text(3, state="suppressed"))
    rows = [{"id": id_, "state": "sent"} for id_ in (3, 2, 1)]

    moved = database.write(lambda tx: move_messages(tx, rows, from_states=("sending", "unknown")))

    states = database.read(lambda tx: {each.id: each.state for each in messages_by_key(tx, ["k1", "k2", "k3"])})
    assert (moved, states) == (1, {1: "sent", 2: "delivered", 3: "suppressed"})


def test_only_what_was_claimed_long_enough_ago_is_in_doubt(database: Database, outbox: Any) -> None:
    """A call that is under way now is left alone."""
    outbox(
        text(1, state="sending", claimed_at=NOW - timedelta(minutes=11)),
        text(2, state="sending", claimed_at=NOW - timedelta(minutes=9)),
        text(3, state="sent", claimed_at=NOW - timedelta(days=1)),
    )

    count = database.write(lambda tx: put_in_doubt(tx, claimed_before=NOW - timedelta(minutes=10)))

    states = database.read(lambda tx: {each.id: each.state for each in messages_by_key(tx, ["k1", "k2", "k3"])})
    assert (count, states) == (1, {1: "unknown", 2: "sending", 3: "sent"})


# the vault


def test_what_is_sealed_opens_again_and_shows_nothing(tmp_path: Path) -> None:
    """With the key file that its owner alone can read."""
    make_key_file(tmp_path / "key")
    key = (tmp_path / "key").read_bytes()
    make_key_file(tmp_path / "key")
    vault = open_vault(tmp_path / "key")

    sealed = vault.seal({"key": "sesame", "name": "ü"})

    assert vault.open(sealed) == {"key": "sesame", "name": "ü"}
    assert "sesame" not in sealed
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "key").read_bytes() == key


def test_another_key_opens_nothing_and_a_new_one_beside_it_does(tmp_path: Path) -> None:
    """Keys can be changed: the newest seals, the older still open."""
    for name in ("old", "new"):
        make_key_file(tmp_path / name)
    sealed = open_vault(tmp_path / "old").seal({"key": "sesame"})

    with pytest.raises(BadInput, match="sealed with another key"):
        open_vault(tmp_path / "new").open(sealed)
    both = tmp_path / "both"
    both.write_bytes((tmp_path / "new").read_bytes() + (tmp_path / "old").read_bytes())

    assert open_vault(both).open(sealed) == {"key": "sesame"}


@pytest.mark.parametrize(
    ("content", "told"), [(None, "run: ascend init"), (b"", "put the right one"), (b"x", "put the")]
)
def test_a_key_file_that_is_none_says_what_to_do(tmp_path: Path, content: bytes | None, told: str) -> None:
    """Missing, empty or something else."""
    if content is not None:
        (tmp_path / "key").write_bytes(content)

    with pytest.raises(BadInput, match=told):
        open_vault(tmp_path / "key")
