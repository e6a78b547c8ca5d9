# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""The state of a text only moves up, whatever happens to it in whatever order (invariants 10 and 11)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ascend_core.contracts import DeliveryState, DeliveryStatus
from ascend_core.errors import BadInput, Refused, TryLater, Unsure
from ascend_core.operations.claim_messages import claim_messages
from ascend_core.operations.doubt import recover_sends, resolve_unknown
from ascend_core.operations.held_messages import drop_held, resend_held
from ascend_core.operations.receive_messages import receive_events
from ascend_core.store.database import Database
from tests.operations.test_rates import _emptied
from tests.operations.test_send_messages import told

RANK = {"ready": 0, "sending": 1, "unknown": 2, "held": 3, "suppressed": 3, "expired": 3, "sent": 4}
FINAL = {"delivered", "undelivered", "failed"}

BACK = {
    ("unknown", "looked_up"),
    ("sending", "try_later"),
    ("held", "resend"),
}
"""From where, and for which reason, a text may be ready again: it was surely not sent, or a person says so."""

FAULTS = [None, TryLater("busy"), Unsure("lost"), (Unsure("lost"), "accepted"), Refused("no", reason="bad_phone")]

deeds = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.sampled_from(range(len(FAULTS)))),
        st.tuples(st.just("status"), st.sampled_from(list(DeliveryState))),
        st.tuples(st.sampled_from(["die", "look", "look in vain", "stop", "resend", "drop", "wait"]), st.none()),
    ),
    max_size=12,
)


def do(bench: Any, deed: str, what: Any) -> None:
    """Let it happen to the only text."""
    key = bench.one("SELECT key FROM message ORDER BY id LIMIT 1")
    match deed:
        case "send":
            bench.channel.next_sends.extend([] if FAULTS[what] is None else [FAULTS[what]])
            bench.send()
            bench.channel.next_sends.clear()
        case "status":
            status = DeliveryStatus(provider_id="P1", message_key=key, state=what)
            receive_events(bench.core, "pigeon", [status])
        case "die":
            claim_messages(bench.core, 5)
            recover_sends(bench.core)
        case "look" | "look in vain":
            bench.channel.next_lookups.extend([Unsure("nobody knows")] * (deed == "look in vain"))
            bench.run(resolve_unknown(bench.core))
            bench.channel.next_lookups.clear()
        case "stop":
            bench.keep(0, "STOP", keyword="stop")
        case "resend" | "drop":
            decide = resend_held if deed == "resend" else drop_held
            try:
                decide(bench.core, key, by="Noor", why="sure")
            except BadInput as error:
                assert "not held" in str(error)  # noqa: PT017 -- either is fine
        case "wait":
            bench.wait(minutes=20)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happened=deeds)
def test_a_text_only_moves_up(
    make_bench: Callable[..., Any], database: Database, happened: list[tuple[str, Any]]
) -> None:
    """What is final stays; back to ready only what was surely not sent, or what a person decided."""
    _emptied(database)
    bench = told(make_bench())
    seen = [bench.states()[0]]
    for deed, what in happened:
        do(bench, deed, what)
        seen.append(bench.states()[0])

    for (before, _), (after, reason) in pairwise(seen):
        if before in FINAL:
            assert after == before
        elif after == "ready" and before != "ready":
            assert (before, reason) in BACK
        elif after not in FINAL:
            assert RANK[after] >= RANK[before]
    taken = [each.message_key for each in bench.channel.accepted if each.body == "One"]
    resent = bench.one("SELECT count(*) FROM message_decision WHERE decision = 'resend'")
    assert len(taken) <= 1 + resent
