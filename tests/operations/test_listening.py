# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""After downtime, what people wrote meanwhile is fetched before the next text goes out (fault 56)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from ascend_core.contracts import Inbound
from ascend_core.errors import NeedsAttention, TryLater
from ascend_core.operations.listening import GAP, REST_SECONDS, begin_hearing, catch_up, note_heard, notice_gap
from ascend_core.operations.resume import resume_channel
from ascend_core.store.channels import channels, save_channel, set_channel
from tests.fakes.bench import phone
from tests.operations.test_send_messages import ONE


@pytest.fixture
def deaf(bench: Any) -> Any:
    """Nobody listened for an hour; two texts are ready, and one of the two wrote STOP meanwhile."""
    bench.set_up(flow=ONE)
    note_heard(bench.core)
    bench.register(0, 1)
    bench.channel.unheard.append(Inbound(provider_id="in-1", phone=phone(1), body="STOP", keyword="stop"))
    bench.wait(hours=1)
    notice_gap(bench.core)
    return bench


def test_nothing_goes_out_before_a_stop_that_was_missed_is_heard(deaf: Any) -> None:
    """Asked for from shortly before the gap on."""
    deaf.drain()
    before = deaf.bodies()

    new = deaf.run(catch_up(deaf.core))
    deaf.drain()

    assert (before, new) == ([], 1)
    assert deaf.states()[:2] == [("sent", None), ("suppressed", "unsubscribed")]
    (since,) = deaf.channel.asked_since
    assert 60 < (deaf.now - since).total_seconds() / 60 < 70


def test_what_was_heard_already_changes_nothing(deaf: Any) -> None:
    """The overlap tells some texts twice."""
    deaf.keep(1, "STOP", keyword="stop", id="in-1")

    new = deaf.run(catch_up(deaf.core))

    assert new == 0
    assert deaf.one("SELECT count(*) FROM inbound_text") == 1


def test_a_provider_that_cannot_tell_is_asked_again_after_a_rest(deaf: Any) -> None:
    """Until then nothing is sent."""
    deaf.channel.next_lookups.append(TryLater("down"))
    with pytest.raises(TryLater):
        deaf.run(catch_up(deaf.core))
    resting = deaf.run(catch_up(deaf.core))
    deaf.drain()
    before = deaf.bodies()

    deaf.wait(seconds=REST_SECONDS)
    new = deaf.run(catch_up(deaf.core))
    deaf.drain()

    assert (resting, before, new) == (0, [], 1)
    assert deaf.bodies().count("One") == 1


def test_what_a_person_must_put_right_stands_in_the_status(deaf: Any) -> None:
    """And a person may decide to go on without."""
    deaf.channel.next_lookups.append(NeedsAttention("too many to read"))
    deaf.run(catch_up(deaf.core))
    told = deaf.core.database.read(channels)[0].stopped

    still = resume_channel(deaf.core, "pigeon").stopped
    free = resume_channel(deaf.core, "pigeon", skip_missed=True).stopped

    assert told == "too many to read"
    assert still is not None
    assert "fetched first" in still
    assert free is None


def test_who_listens_all_the_time_is_never_deaf(bench: Any) -> None:
    """It is written down now and then, not at every tick."""
    bench.set_up(flow=ONE)
    written = 0
    for _ in range(120):
        with bench.counted() as statements:
            note_heard(bench.core)
        written += any(statement.startswith("UPDATE") for statement in statements)
        bench.wait(seconds=1)

    assert bench.core.database.read(channels)[0].deaf_since is None
    assert 2 <= written <= 5


def test_a_machine_that_slept_notices(bench: Any) -> None:
    """The ticks of a laptop stop while its lid is closed."""
    bench.set_up(flow=ONE)
    note_heard(bench.core)
    heard = bench.now
    bench.wait(seconds=GAP.total_seconds() + 1)

    note_heard(bench.core)

    assert bench.core.database.read(channels)[0].deaf_since == heard


def test_a_channel_nobody_ever_listened_to_has_missed_nothing(bench: Any) -> None:
    """A new installation sends at once."""
    bench.set_up(flow=ONE)
    notice_gap(bench.core)
    bench.register(0)
    bench.drain()

    assert bench.bodies() == ["One"]


def test_a_restart_is_a_gap_however_short(bench: Any) -> None:
    """Providers give up telling within seconds; a STOP of that time is fetched like any other."""
    bench.set_up(flow=ONE)
    note_heard(bench.core)
    bench.register(0)
    bench.channel.unheard.append(Inbound(provider_id="in-1", phone=phone(0), body="STOP", keyword="stop"))
    bench.wait(seconds=5)

    begin_hearing(bench.core)
    bench.drain()
    before = bench.bodies()
    bench.run(catch_up(bench.core))
    bench.drain()

    assert before == []
    assert bench.states()[0] == ("suppressed", "unsubscribed")
    assert bench.core.database.read(channels)[0].deaf_since is None


class AskedTooSoon:
    """The pigeons, but something is missed while they are being asked."""

    def __init__(self, pigeons: Any, meanwhile: Callable[[], None]) -> None:
        self._pigeons, self._meanwhile = pigeons, meanwhile

    async def missed(self, settings: Any, since: Any) -> Any:
        told = await self._pigeons.missed(settings, since)
        self._meanwhile()
        return told

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pigeons, name)


def test_what_is_missed_while_the_provider_is_asked_is_asked_for_again(deaf: Any) -> None:
    """The answer that was on its way does not have it."""
    again = [lambda: begin_hearing(deaf.core)]
    deaf.pigeons(channel=AskedTooSoon(deaf.channel, lambda: again.pop()() if again else None))
    told = []
    for _ in range(2):
        deaf.run(catch_up(deaf.core))
        told.append(deaf.core.database.read(channels)[0].deaf_since is not None)

    assert told == [True, False]
    assert len(deaf.channel.asked_since) == 2


def test_a_provider_that_lists_late_is_asked_late(bench: Any) -> None:
    """Counted from when somebody listens again, for what came in just before."""
    bench.set_up(flow=ONE)
    bench.pigeons(listed_after=timedelta(seconds=60))
    note_heard(bench.core)
    bench.wait(seconds=5)
    begin_hearing(bench.core)
    asked = []
    for _ in range(3):
        bench.run(catch_up(bench.core))
        asked.append(len(bench.channel.asked_since))
        bench.wait(seconds=30)

    assert asked == [0, 0, 1]
    assert bench.core.database.read(channels)[0].deaf_since is None


def test_nobody_listens_before_a_channel_is_connected(bench: Any) -> None:
    """A new installation is served before it texts."""
    begin_hearing(bench.core)

    assert bench.core.database.read(channels) == []


def test_an_old_channel_that_cannot_be_asked_any_more_holds_up_nobody_for_ever(bench: Any) -> None:
    """Its account is closed; a person has said once to go on without it, and a restart does not ask again."""
    bench.set_up(flow=ONE)
    bench.core.database.write(
        lambda tx: save_channel(tx, "owl", settings={}, sealed="", now=bench.now - timedelta(days=1))
    )
    owl = next(channel for channel in bench.core.database.read(channels) if channel.channel == "owl")
    bench.core.database.write(lambda tx: set_channel(tx, owl.id, problem="closed", deaf_since=bench.now))
    bench.register(0)
    bench.drain()
    before = bench.bodies()

    resume_channel(bench.core, "owl", skip_missed=True)
    for _ in range(2):
        bench.wait(hours=1)
        begin_hearing(bench.core)
        bench.run(catch_up(bench.core))
    bench.drain()
    old = next(channel for channel in bench.core.database.read(channels) if channel.channel == "owl")

    assert (before, bench.bodies()) == ([], ["One"])
    assert (old.problem, old.deaf_since) == ("closed", None)
