"""What a demo remembers of how far it came, so that one that is killed goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from ascend_core.contracts import SandboxText
from ascend_core.demo.director import PROGRESS_FILE, Director, read_progress
from ascend_core.demo.reactions import Reaction
from ascend_core.demo.week import START, ceil_slot
from ascend_core.store.types import from_micros
from ascend_core.testing.world import World

SEED = 1
SOME = 3


class Killed(Exception):
    """The demo ends here."""


class AtOnce(Director):
    """A director whose people answer a text in the moment in which it reaches them."""

    def _hear_one(self, text: SandboxText) -> None:
        at, key = ceil_slot(text.accepted_at), f"at once:{text.provider_id}"
        self._plan(at, key, Reaction(at=at, key=key, kind="reply", phone=text.phone, body="Who is this?"))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The demo's, before its week."""
    with World(tmp_path, start=START, seed=SEED, durable=True) as made:
        yield made


def test_no_moment_is_remembered_as_done_before_all_of_it_is(world: World, tmp_path: Path) -> None:
    """Whoever reacts at once does so when the moment was played already; a demo killed in between plays it again."""
    director = AtOnce(world, tmp_path, SEED)
    played: list[str] = []

    def look(_share: float, _moment: str) -> None:
        done_until = read_progress(tmp_path / PROGRESS_FILE, SEED)[0] or START
        assert [key for at, key, _ in director.agenda if at <= done_until] == []
        played.append("in part" if director.agenda[0][0] <= world.clock.now() else "whole")
        if played.count("in part") == SOME:
            raise Killed

    with pytest.raises(Killed):
        director.play(look)

    assert "whole" in played


class KilledOnceTold(AtOnce):
    """A director whose demo ends when the first person has written."""

    def _react(self, reaction: Reaction) -> bool:
        super()._react(reaction)
        raise Killed


def test_what_somebody_wrote_is_heard_no_earlier_than_it_was_written(tmp_path: Path) -> None:
    """A demo that is killed while people act goes on in that moment, not in the one before."""
    with World(tmp_path, start=START, seed=SEED, durable=True) as world, pytest.raises(Killed):
        KilledOnceTold(world, tmp_path, SEED).play(lambda *_: None)
    written_at = world.clock.now()
    done_until, acting_at = read_progress(tmp_path / PROGRESS_FILE, SEED)
    heard: list[int] = []

    def look(_share: float, _moment: str) -> None:
        heard.extend(again.core.database.read(lambda tx: tx.execute(HANDLED).scalars().all()))
        raise Killed

    with World(tmp_path, start=START, seed=SEED, durable=True) as again, pytest.raises(Killed):
        AtOnce(again, tmp_path, SEED).play(look)

    assert done_until is not None
    assert done_until < written_at == acting_at
    assert heard
    assert from_micros(min(heard)) == written_at


HANDLED = text("SELECT handled_at FROM inbound_text WHERE handled_at IS NOT NULL AND body = 'Who is this?'")
