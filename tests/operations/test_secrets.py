"""Keys of other servers: sealed, filled in as the call is made, and nowhere else."""

from __future__ import annotations

import logging
from typing import Any

import attrs
import pytest

from ascend_core.calls.call import Call, Called
from ascend_core.contracts import Secret
from ascend_core.errors import BadInput, NotFound, TryLater
from ascend_core.operations.call_webhooks import PAUSES
from ascend_core.operations.publish import doubts
from ascend_core.operations.rotate_key import rotate_key
from ascend_core.operations.secrets import list_secrets, remove_secret, set_secret, with_secrets

KEY, PATH = "k-3f9a/1?b=c#d", "T01/B02/zz 9"
FLOW = """
    flow: welcome
    steps:
      - webhook: https://hooks.example.org/services/${secret.TEAM}
        headers: {Authorization: "Bearer ${secret.CRM_KEY}", X-Team: field}
        body: {note: "${member.first_name|}"}
        then: [{send: "Done"}]
        failed: [{send: "Not done"}]
"""


class Listener:
    """Another server, as it hears us."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    async def __call__(self, call: Call, /) -> Called:
        self.calls.append(call)
        return Called(status=200, document={})


@pytest.fixture
def server(bench: Any) -> Listener:
    """What the bench's webhooks reach."""
    listener = Listener()
    bench.core = attrs.evolve(bench.core, caller=listener)
    bench.set_up(flow=FLOW)
    return listener


def everything(bench: Any) -> str:
    """Every row of every table, as text."""
    tables = bench.core.database.read(
        lambda tx: [name for name in tx.dialect.get_table_names(tx) if not name.startswith("sqlite")]
    )
    return "\n".join(str(bench.rows(f"SELECT * FROM {table}")) for table in tables)


def test_the_other_server_hears_the_key_and_nobody_else(
    bench: Any, server: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    """No row, no trace, no log, no representation holds it, before the call or after."""
    caplog.set_level(logging.DEBUG)
    set_secret(bench.core, "CRM_KEY", Secret(KEY))
    set_secret(bench.core, "TEAM", Secret(PATH))
    bench.register(0)
    before = everything(bench)
    bench.drain()

    (call,) = server.calls
    assert dict(call.headers) == {"Authorization": f"Bearer {KEY}", "X-Team": "field"}
    assert call.url == "https://hooks.example.org/services/T01/B02/zz%209"
    assert bench.bodies() == ["Done"]
    for hidden in (before, everything(bench), caplog.text, repr(call)):
        assert KEY not in hidden
        assert "B02" not in hidden


def test_a_member_s_name_is_no_place_for_a_secret(bench: Any, server: Listener) -> None:
    """Whoever calls themselves ${secret.CRM_KEY} is called that."""
    set_secret(bench.core, "CRM_KEY", Secret(KEY))
    set_secret(bench.core, "TEAM", Secret(PATH))
    bench.apply(bench.submission(0, fields={"first_name": "${secret.CRM_KEY}"}))
    bench.drain()

    assert server.calls[0].document == {"note": "${secret.CRM_KEY}"}


def test_a_secret_that_is_not_set_is_waited_for(bench: Any, server: Listener) -> None:
    """A person can still set it; after a few tries the call is given up, and its row says what is missing."""
    set_secret(bench.core, "TEAM", Secret(PATH))
    bench.register(0)
    bench.drain()
    set_secret(bench.core, "CRM_KEY", Secret(KEY))
    bench.clock.advance(PAUSES[1] * 1.2)
    bench.drain()
    assert bench.bodies() == ["Done"]

    remove_secret(bench.core, "CRM_KEY")
    bench.register(1)
    for _ in range(10):
        bench.drain()
        bench.wait(minutes=31)
    bench.drain()

    assert bench.column("SELECT body FROM message ORDER BY id") == ["Done", "Not done"]
    reason = bench.one("SELECT reason FROM webhook_call WHERE outcome = 'failed'")
    assert reason.startswith("the secret 'CRM_KEY' is not set")
    assert len(server.calls) == 1


def test_secrets_are_listed_by_name_and_sealed_anew_with_the_others(bench: Any) -> None:
    """A rotation of the key file leaves none behind."""
    assert set_secret(bench.core, "CRM_KEY", Secret("one"))
    assert not set_secret(bench.core, "CRM_KEY", Secret("two"))

    assert rotate_key(bench.core, bench.folder / "key") == 1
    assert list(list_secrets(bench.core)) == ["CRM_KEY"]
    sealed = bench.one("SELECT sealed FROM sealed_secret")
    assert bench.core.vault.open(sealed) == {"CRM_KEY": "two"}
    remove_secret(bench.core, "CRM_KEY")
    with pytest.raises(NotFound):
        remove_secret(bench.core, "CRM_KEY")


@pytest.mark.parametrize("value", ["", " padded ", "two\nlines", "ключ", "x" * 5_000])
def test_what_no_header_can_hold_is_no_secret(bench: Any, value: str) -> None:
    """It is refused before anything is saved, without being said again."""
    with pytest.raises(BadInput) as refused:
        set_secret(bench.core, "CRM_KEY", Secret(value))

    assert not value or value not in str(refused.value)
    assert list_secrets(bench.core) == {}


def test_only_what_was_named_is_filled_in() -> None:
    """A place that the author did not write stays a place."""
    known = {"A": "1", "B": "2"}

    assert with_secrets("${secret.A} ${secret.B} ${member.x}", ["A"], known) == "1 ${secret.B} ${member.x}"
    with pytest.raises(TryLater, match="'C'"):
        with_secrets("${secret.C}", ["C"], known)


def test_what_a_flow_lacks_is_told_when_it_is_published(bench: Any) -> None:
    """Flows that are not live and secrets that are not set, each once; nothing of it stops the flow."""
    flow = FLOW.replace("then: [{send", "then: [{start_flow: ladder}, {send")
    set_secret(bench.core, "TEAM", Secret(PATH))
    bench.publish(flow)

    told = doubts(bench.core, flow, file="f.yaml")
    bench.publish("flow: ladder\nsteps: [{stop: }]")
    set_secret(bench.core, "CRM_KEY", Secret(KEY))

    assert [line.partition(": ")[2][:40] for line in told] == [
        "F110 there is no flow 'ladder' here (kno",
        "the secret 'CRM_KEY' is not set; run: as",
    ]
    assert doubts(bench.core, flow, file="f.yaml") == []
