"""Laws of the journal and of the tables."""

from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ascend_core.errors import BadInput
from ascend_mobilize.simulator import History, World
from ascend_mobilize.simulator.history import ACTIVITIES
from ascend_mobilize.simulator.journal import Journal
from ascend_mobilize.simulator.oddities import ODDITIES
from ascend_mobilize.simulator.signups import SignUp
from ascend_mobilize.simulator.table import Table


class Ticking:
    """A minute passes at each look."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 2, 12, tzinfo=UTC)

    def now(self) -> datetime:
        self.at += timedelta(minutes=1)
        return self.at

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


def _sign_up(who: int, event: int) -> tuple[str, dict]:
    wish = SignUp(
        event_id=event,
        first_name=f"Ada{who}",
        last_name="Sample",
        email=f"ada{who}@example.org",
        phone="2125550100",
        zip="10001",
        opted_in=who % 2 == 0,
        answers={f"Question {who}": "yes"},
    )
    return "sign_up", wish.as_data()


_EVENT = st.integers(50_000, 50_002)
_ROW = st.integers(900_000, 900_006)
_ACTIONS = st.one_of(
    st.just(("add_event", {"title": "Walk", "slots": [[1, 2], [3, 4]], "url_base": "http://127.0.0.1:9"})),
    st.builds(_sign_up, st.integers(0, 3), _EVENT),
    st.builds(lambda e, n: ("limit_slots", {"event_id": e, "capacity": n}), _EVENT, st.integers(0, 2)),
    st.builds(
        lambda r, c: ("change_attendance", {"attendance_id": r, "changes": dict(c)}),
        _ROW,
        st.sampled_from(list(ACTIVITIES.values())),
    ),
    st.builds(
        lambda e, w: ("delete_event", {"event_id": e, "attendances": w}),
        _EVENT,
        st.sampled_from(["keep", "cancel", "vanish", "burn"]),
    ),
    st.builds(lambda k: ("oddity", {"kind": k}), st.sampled_from([*ODDITIES, "none"])),
    st.builds(lambda s: ("act", {"submission": s, "activity": "attends"}), st.sampled_from(["0", "1", "2"])),
)


def _history(path: Path | None) -> History:
    return History(World(org_id=1, seed=2, made_at=0), Ticking(), Journal(path) if path else None)


def _seen(history: History) -> list[list[dict]]:
    world = history.world
    return [list(table) for table in (world.events, world.attendances, world.people.table, world.deleted_events)]


@settings(max_examples=60, deadline=None)
@given(st.lists(_ACTIONS, max_size=25), st.integers(0, 400))
def test_a_journal_cut_anywhere_gives_the_world_of_its_whole_lines(actions, lost):
    """Whatever happened and whenever the process was killed, no half action is left, and no refused one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal"
        history = _history(path)
        states = [_seen(history)]
        for key, (action, data) in enumerate([("add_event", _FIRST), *actions]):
            before = _seen(history)
            try:
                history.perform(action, data, key=str(key))
                states.append(_seen(history))
            except BadInput:
                assert _seen(history) == before
        whole = path.read_bytes()
        assert _seen(_history(path)) == states[-1]

        path.write_bytes(whole[: max(len(whole) - lost, 0)])

        assert _seen(_history(path)) == states[path.read_bytes().count(b"\n")]


_FIRST = {"title": "First", "slots": [[1, 2]], "url_base": "http://127.0.0.1:9"}


def test_asking_the_same_question_again_looks_only_at_what_changed():
    """A pull of many pages costs one look through the table, also while rows change under it."""
    table, looks = Table(), []
    for number in range(1000):
        table.add({"id": number})

    def keep(row: dict) -> bool:
        looks.append(row)
        return row["id"] % 2 == 0

    first = table.select("even", keep)
    again = table.select("even", keep)
    table.replace(0, {"id": 0, "changed": True})
    table.select("even", keep)

    assert list(again) == list(first) == list(range(0, 1000, 2))
    assert len(looks) == 1001


_PLACES = st.integers(0, 9)
_CHANGES = st.lists(st.tuples(st.sampled_from(["add", "replace", "remove", "ask"]), _PLACES, _PLACES), max_size=40)


@given(_CHANGES)
def test_what_is_remembered_is_what_a_fresh_look_would_find(changes):
    """Selections and rendered rows follow every change, whatever was asked before."""
    table = Table()
    table.add({"id": 0, "size": 0})
    for what, place, size in changes:
        if what == "add":
            table.add({"id": len(changes) + size, "size": size})
        elif place < table.places and what == "replace":
            table.replace(place, {"id": place, "size": size})
        elif place < table.places and what == "remove":
            table.remove(place)
        asked = table.select("big", lambda row: row["size"] > 4)
        expected = [row for row in table if row["size"] > 4]

        assert [table.row(place) for place in asked] == expected
        assert [json.loads(table.rendered(place)) for place in asked] == expected
