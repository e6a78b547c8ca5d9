# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""A broadcast is resumed at the moment in which one of its texts is put off: the text is not forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from textwrap import dedent
from threading import Event, Thread

import pytest

from ascend_core.contracts import Allow, GateType, MemberView, PlannedMessage
from ascend_core.operations.broadcasts import make_broadcast, pause_broadcast, resume_broadcast
from ascend_core.operations.fan_out import advance_broadcasts
from ascend_core.operations.fire_timers import fire_timers
from ascend_core.operations.import_members import import_members
from tests.fakes.bench import Bench, phone

FLOW = """
    flow: invite
    steps:
      - ask: coming
        text: "Coming?"
        replies: [{match: [sure], then: [{send: "Great!"}]}]
        nudges: [{nudge: no_reply, after: 1h, text: "Well?"}]
"""


class Door:
    """A gate of a claim that keeps it waiting once it is shut."""

    def __init__(self) -> None:
        self.shut = False
        self.inside, self.open = Event(), Event()

    def __call__(self, message: PlannedMessage, member: MemberView, now: datetime, /) -> Allow:
        if self.shut:
            self.inside.set()
            self.open.wait(20)
        return Allow()


@pytest.fixture(params=["postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """On SQLite there is one writer at a time."""
    return str(request.param)


def test_a_text_that_is_put_off_while_its_broadcast_is_resumed_still_leaves(make_bench: Callable[..., Bench]) -> None:
    """A nudge falls due in a paused broadcast; whoever resumes it waits until that is written down."""
    door = Door()
    bench = make_bench(gates=[GateType(name="door", gate=door)])
    bench.connect()
    bench.publish(FLOW)
    import_members(bench.core, [{"phone": phone(0)}, {"phone": phone(1)}], proof="a sheet", groups=["June"])
    make_broadcast(bench.core, dedent("{broadcast: June, to: [June], run: invite}"), file="b.yaml")
    advance_broadcasts(bench.core)
    advance_broadcasts(bench.core, ahead=1)
    bench.send()
    pause_broadcast(bench.core, "June")
    bench.wait(hours=1)
    fire_timers(bench.core)

    door.shut = True
    claim, resumption = Thread(target=bench.send), Thread(target=resume_broadcast, args=(bench.core, "June"))
    claim.start()
    assert door.inside.wait(20)
    resumption.start()
    while resumption.is_alive() and not bench.one("SELECT count(*) FROM pg_locks WHERE NOT granted"):
        resumption.join(0.05)
    door.open.set()
    claim.join(20)
    resumption.join(20)
    bench.drain()

    assert sorted(bench.bodies()) == ["Coming?", "Coming?", "Well?"]
