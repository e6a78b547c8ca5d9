# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""A database that was restored from an older copy sends nothing before it was compared with the provider (fault 14)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from sqlalchemy import text

from ascend_core.contracts import Inbound, SentText
from ascend_core.errors import NeedsAttention, NotFound
from ascend_core.operations.due import next_due
from ascend_core.operations.restored import freeze_sends, reconcile
from ascend_core.runtime.claim_file import ClaimFile
from ascend_core.store.channels import channels
from ascend_core.store.tables import CoreRow
from tests.fakes.bench import phone
from tests.operations.test_send_messages import ONE

LINKED = """
    flow: welcome
    steps: [{send: "Hi! ${link.form}", links: {form: {url: "${event.url}", track: box}}}]
"""


def copy_of(bench: Any) -> dict[str, list[dict[str, Any]]]:
    """A backup: every row there is."""
    return bench.core.database.read(
        lambda tx: {
            table.name: [dict(row) for row in tx.execute(table.select()).mappings()]
            for table in CoreRow.metadata.sorted_tables
        }
    )


def put_back(bench: Any, copy: dict[str, list[dict[str, Any]]]) -> None:
    """The backup instead of what is there. The machine's own memory of its claims stays."""
    postgresql = bench.core.database.kind == "postgresql"
    lax = "SET LOCAL session_replication_role = replica" if postgresql else "PRAGMA defer_foreign_keys = ON"
    with bench.core.database.engine.begin() as tx:
        tx.execute(text(lax))
        for table in reversed(CoreRow.metadata.sorted_tables):
            tx.execute(table.delete())
        for table in CoreRow.metadata.sorted_tables:
            if copy[table.name]:
                tx.execute(table.insert(), copy[table.name])


def remember(bench: Any) -> None:
    """The pigeons list what they took until now."""
    known = {each.provider_id for each in bench.channel.listed}
    for number, each in enumerate(bench.channel.accepted, start=1):
        if f"P{number}" not in known:
            told = SentText(provider_id=f"P{number}", phone=each.phone, body=each.body, sent_at=bench.now)
            bench.channel.listed.append(told)


@pytest.fixture
def listed(make_bench: Callable[..., Any], tmp_path: Path) -> Any:
    """A machine with a memory of its own, and pigeons that keep a list."""
    bench = make_bench()
    bench.core = attrs.evolve(bench.core, mark=ClaimFile(tmp_path / "claims"))
    bench.pigeons(sent=bench.channel.sent)
    return bench


def test_an_older_copy_sends_nothing_and_says_why(listed: Any) -> None:
    """It would send again what was sent since."""
    listed.set_up(flow=ONE)
    listed.register(0, 1)
    before = copy_of(listed)
    listed.drain()
    put_back(listed, before)

    listed.drain()

    assert listed.states() == [("ready", None)] * 2
    assert len(listed.bodies()) == 2
    assert "ascend messages reconcile" in (listed.core.database.read(channels)[0].stopped or "")
    assert next_due(listed.core) is None


def test_what_waited_and_was_sent_is_not_sent_again(listed: Any) -> None:
    """And what was not sent goes out after the comparison."""
    listed.set_up(flow=ONE)
    listed.register(0)
    before = copy_of(listed)
    listed.drain()
    remember(listed)
    put_back(listed, before)
    listed.register(1)
    listed.drain()

    found = listed.run(reconcile(listed.core))
    listed.drain()

    assert (found.known, found.found, found.forgotten) == (0, 1, 0)
    assert listed.states() == [("sent", "reconciled"), ("sent", None)]
    assert [each.phone for each in listed.channel.accepted] == [phone(0), phone(1)]


def test_a_sign_up_that_is_read_again_is_not_welcomed_again(listed: Any) -> None:
    """The copy knows neither the sign-up nor the text; the words are the same, whatever link is in them. Once each."""
    listed.set_up(flow=LINKED)
    before = copy_of(listed)
    listed.register(0)
    listed.drain()
    remember(listed)
    put_back(listed, before)

    listed.wait(hours=1)
    found = listed.run(reconcile(listed.core, since=listed.now - timedelta(days=1)))
    listed.register(0)
    listed.drain()
    again = listed.states()
    listed.wait(hours=1)
    listed.register(0, form_key="f0", key="another")
    listed.drain()

    assert (found.found, found.forgotten) == (0, 1)
    assert again == [("suppressed", "sent_before")]
    assert listed.rows("SELECT * FROM forgotten_text") == []
    assert len(listed.bodies()) == 1


def test_a_stop_that_the_copy_forgot_is_honoured(listed: Any) -> None:
    """Whoever left since the backup gets nothing."""
    listed.set_up(flow=ONE)
    listed.register(0, 1)
    before = copy_of(listed)
    listed.send()
    listed.keep(1, "STOP", keyword="stop", id="in-1")
    put_back(listed, before)
    listed.channel.unheard.append(Inbound(provider_id="in-1", phone=phone(1), body="STOP", keyword="stop"))
    listed.drain()

    found = listed.run(reconcile(listed.core))
    listed.drain()

    assert found.heard == 1
    assert ("suppressed", "unsubscribed") in listed.states()


def test_whoever_restored_it_may_say_so(listed: Any) -> None:
    """A copy taken after the last claim is no older for the machine; whatever restores it freezes it all the same."""
    listed.set_up(flow=ONE)
    listed.register(0)
    freeze_sends(listed.core, "a backup was restored.")
    listed.drain()
    stopped = listed.core.database.read(channels)[0].stopped

    listed.run(reconcile(listed.core))
    listed.drain()

    assert stopped == "a backup was restored. Nothing is sent; run: ascend messages reconcile"
    assert listed.bodies() == ["One"]


def test_a_provider_that_cannot_tell_leaves_everything_frozen(listed: Any) -> None:
    """Not knowing is no reason to send."""
    listed.set_up(flow=ONE)
    listed.register(0)
    freeze_sends(listed.core, "a backup was restored")
    listed.channel.next_lookups.append(NeedsAttention("too many to read"))

    with pytest.raises(NeedsAttention, match="too many"):
        listed.run(reconcile(listed.core))
    listed.drain()

    assert listed.bodies() == []


def test_without_a_list_a_person_must_have_looked(bench: Any) -> None:
    """The sentence says from when on to look."""
    bench.set_up(flow=ONE)
    bench.register(0)
    freeze_sends(bench.core, "a backup was restored")

    with pytest.raises(NeedsAttention, match="--unlisted"):
        bench.run(reconcile(bench.core))
    bench.drain()
    before = bench.bodies()
    bench.run(reconcile(bench.core, unlisted=True))
    bench.drain()

    assert (before, bench.bodies()) == ([], ["One"])


def test_without_a_channel_there_is_nothing_to_compare_with(bench: Any) -> None:
    """It says so."""
    with pytest.raises(NotFound, match="no channel"):
        bench.run(reconcile(bench.core))


def test_a_machine_remembers_over_restarts_and_never_less(tmp_path: Path) -> None:
    """Each outbox by itself; a file that is damaged remembers nothing and harms nobody."""
    mark = ClaimFile(tmp_path / "claims")
    mark.note("a", 3)
    mark.note("b", 1)
    mark.note("a", 2)

    again = ClaimFile(tmp_path / "claims")
    assert (again.newest("a"), again.newest("b"), again.newest("c")) == (3, 1, 0)
    (tmp_path / "claims").write_text("[")
    assert again.newest("a") == 0
    again.note("a", 4)
    assert again.newest("a") == 4


def test_several_at_once_leave_nobody_behind(tmp_path: Path) -> None:
    """Each sender's drain notes its own claims, beside the others."""

    def note(outbox: str) -> None:
        mark = ClaimFile(tmp_path / "claims")
        for claims in range(1, 26):
            mark.note(outbox, claims)

    with ThreadPoolExecutor() as threads:
        list(threads.map(note, "abcd"))

    assert [ClaimFile(tmp_path / "claims").newest(outbox) for outbox in "abcd"] == [25, 25, 25, 25]
