"""An event is moved: whoever waits for its time waits for the new one, and texts tell that."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from attrs import evolve
from msgspec.structs import replace

from ascend_core.operations.sync_account import sync_account

REMINDER = """
    flow: welcome
    steps:
      - wait: {until: event.start - duration("2h")}
      - send: "See you on ${event.start|day_time}!"
"""


def move(bench: Any, **by: float) -> None:
    """The source moves the form, and its forms are fetched."""
    form = bench.source.forms_now[0]
    bench.source.forms_now = [evolve(form, starts_at=form.starts_at + timedelta(**by))]
    bench.fetch()
    bench.drain()


def test_a_wait_follows_an_event_to_a_later_day(bench: Any) -> None:
    """Nothing on the old day, one text on the new one, with the new time."""
    bench.set_up(flow=REMINDER)
    bench.register(0)
    bench.drain()

    move(bench, days=1, hours=1)
    bench.wait(days=7)
    bench.drain()
    on_the_old_day = bench.bodies()
    bench.wait(days=1)
    bench.drain()

    assert on_the_old_day == []
    assert bench.bodies() == ["See you on Thu, Jun 11 at 1:00 PM!"]


def test_a_wait_follows_an_event_to_an_earlier_day(bench: Any) -> None:
    """Once, however often the forms are fetched."""
    bench.set_up(flow=REMINDER)
    bench.register(0)
    bench.drain()

    move(bench, days=-5)
    bench.fetch()
    bench.wait(days=2)
    bench.drain()
    bench.wait(days=5)
    bench.drain()

    assert bench.bodies() == ["See you on Fri, Jun 5 at 12:00 PM!"]


def test_the_time_of_a_sign_up_counts_before_that_of_its_form(bench: Any) -> None:
    """A slot is moved; that touches no sign-up's own date, and fires nothing."""
    bench.set_up(flow=REMINDER)
    slot = bench.now + timedelta(days=3)
    first = bench.submission(0, starts_at=slot)
    bench.apply(first)
    bench.drain()

    moved = bench.apply(replace(first, starts_at=slot + timedelta(days=1)))
    bench.wait(days=3)
    bench.drain()
    on_the_old_day = bench.bodies()
    bench.wait(days=1)
    bench.drain()

    assert (moved.applied, moved.fired, on_the_old_day) == (1, 0, [])
    assert bench.bodies() == ["See you on Sun, Jun 7 at 12:00 PM!"]


def test_a_slot_is_moved_with_its_sign_up_that_counts_no_more(bench: Any) -> None:
    """Whoever was told of the old time and does not tick the box any more is reminded at the new one."""
    bench.set_up(flow=REMINDER)
    slot = bench.now + timedelta(days=3)
    first = bench.submission(0, starts_at=slot)
    bench.apply(first)
    bench.drain()

    moved = bench.apply(replace(first, starts_at=slot - timedelta(days=1), opted_in=None))
    bench.wait(days=2)
    bench.drain()

    assert moved.ignored == 1
    assert bench.bodies() == ["See you on Fri, Jun 5 at 12:00 PM!"]


def test_the_sign_ups_of_a_form_that_was_moved_are_read_anew(bench: Any) -> None:
    """With the next round, not a day later."""
    bench.set_up(flow=REMINDER)
    slot = bench.now + timedelta(days=3)
    first = bench.submission(0, starts_at=slot)
    bench.source.log = [first]
    bench.run(sync_account(bench.core, bench.account.id))
    bench.source.log = [replace(first, starts_at=slot - timedelta(days=1))]

    bench.wait(minutes=1)
    move(bench, days=-1)
    bench.run(sync_account(bench.core, bench.account.id))
    bench.wait(days=2)
    bench.drain()

    assert bench.bodies() == ["See you on Fri, Jun 5 at 12:00 PM!"]


def test_other_timers_stay_as_they_are(bench: Any) -> None:
    """A time-out of a question, and a wait of so many days, have nothing to do with the event."""
    bench.set_up(
        flow="""
        flow: welcome
        steps:
          - wait: 1d
          - ask: coming
            text: "Coming?"
            no_reply: {after: 2d, then: [{send: "Pity."}]}
        """
    )
    bench.register(0)
    bench.drain()
    move(bench, days=1)
    before = bench.bodies()
    bench.wait(days=1)
    bench.drain()
    move(bench, days=1)

    assert before == []
    assert bench.bodies() == ["Coming?"]
