"""Everything that ever happened to the world: each action once, with its time, in the journal."""

from __future__ import annotations

from collections.abc import Mapping
from threading import RLock
from typing import Any

from ascend_core.contracts.clock import Clock
from ascend_core.errors import BadInput, NotFound
from ascend_mobilize.simulator.journal import Journal
from ascend_mobilize.simulator.oddities import add_oddity
from ascend_mobilize.simulator.scenario import Scenario, read_scenario
from ascend_mobilize.simulator.signups import SignUp
from ascend_mobilize.simulator.world import World

__all__ = ["ACTIVITIES", "LIFE", "History"]

LIFE = "life:"
"""How the keys of what happens by itself begin: these come in the order of their times."""

ACTIVITIES: Mapping[str, Mapping[str, Any]] = {
    "registers": {"status": "REGISTERED"},
    "confirms": {"status": "CONFIRMED"},
    "attends": {"attended": True},
    "cancels": {"status": "CANCELLED"},
    "waitlisted": {"status": "WAITLISTED"},
}
"""What each activity does to an attendance."""


class History:
    """The only way to change a world. Safe to use from several threads; readers need no lock."""

    def __init__(self, world: World, clock: Clock, journal: Journal | None = None) -> None:
        self.world = world
        self.clock = clock
        self.former_addresses: set[str] = set()
        """Where sign-up pages were served before; links to them may still be about."""
        self.scenario = Scenario()
        self.lived_until = 0
        """Up to when everything that happens by itself has happened, in Unix seconds."""
        self._ahead = 0
        self._journal = journal
        self._done: dict[tuple[str, str], Any] = {}
        self._lock = RLock()
        for entry in journal.read() if journal else ():
            self._apply(entry["do"], entry.get("key"), entry["data"], entry["at"])

    def now(self) -> int:
        """The time by the clock, and as far ahead as it was moved, in Unix seconds."""
        return int(self.clock.now().timestamp()) + self._ahead

    def result(self, action: str, key: str) -> Any:
        """What came out when *action* was done under *key*; None: it never was."""
        return self._done.get((action, key))

    def perform(self, action: str, data: Mapping[str, Any], *, key: str | None = None, at: int | None = None) -> Any:
        """Do it, unless *key* says that it was done; returns what came out then or now. *data* is JSON.

        It is dated *at*, if that is given, else now.

        Raises BadInput when it cannot be done; nothing is changed and nothing remembered.
        """
        with self._lock:
            if key is not None and (action, key) in self._done:
                return self._done[action, key]
            at = self.now() if at is None else at
            outcome = self._apply(action, key, data, at)
            if self._journal is not None:
                self._journal.append({"at": at, "do": action, "key": key, "data": dict(data)})
            return outcome

    def _apply(self, action: str, key: str | None, data: Mapping[str, Any], at: int) -> Any:
        outcome = self._change(action, data, at)
        if key is not None:
            self._done[action, key] = outcome
            if key.startswith(LIFE):
                self.lived_until = max(self.lived_until, at - 1)
        return outcome

    def _change(self, action: str, data: Mapping[str, Any], at: int) -> Any:
        match action:
            case "add_event":
                fields = {name: value for name, value in data.items() if name not in {"title", "slots"}}
                return self.world.add_event(data["title"], [(s, e) for s, e in data["slots"]], at=at, **fields)
            case "move_event":
                self.former_addresses.add(data["from"])
                return self.world.change_event(data["event_id"], {"browser_url": data["browser_url"]})
            case "change_event":
                return self.world.change_event(data["event_id"], {"modified_date": at, **data["changes"]})
            case "limit_slots":
                return self.world.limit_slots(data["event_id"], data["capacity"])
            case "delete_event":
                return self.world.delete_event(data["event_id"], attendances=data["attendances"], at=at)
            case "sign_up":
                return list(self.world.sign_up(SignUp.from_data(data), at=at))
            case "act":
                return self._act(data["submission"], data["activity"], at)
            case "change_attendance":
                return self.world.change_attendance(data["attendance_id"], data["changes"], at=at)
            case "damage":
                return self.world.damage(data["list"], data["id"], data["path"], data["kind"], at=at)
            case "restore_event":
                return self.world.restore_event(data["event_id"], at=at)
            case "change_person":
                return self.world.change_person(data["person_id"], data["changes"], at=at)
            case "mask":
                return self.world.mask(data["attendance_id"])
            case "advance":
                return self._advance(data["seconds"])
            case "scenario":
                return self._direct(read_scenario(data, self.scenario), at)
            case "lived":
                return self._live(data["until"])
            case "oddity":
                return add_oddity(self.world, data["kind"], at=at)
            case _:
                raise BadInput(f"the simulator knows no action {action!r}")

    def _advance(self, seconds: int) -> None:
        self._ahead += seconds

    def _live(self, until: int) -> None:
        self.lived_until = max(self.lived_until, until)

    def _direct(self, scenario: Scenario, at: int) -> None:
        self.lived_until = max(self.lived_until, at)
        self.scenario = scenario

    def _act(self, submission: str, activity: str, at: int) -> None:
        changes = ACTIVITIES.get(activity)
        if changes is None:
            raise BadInput(f"there is no activity {activity!r}; there are {', '.join(ACTIVITIES)}")
        attendance_ids = self.result("sign_up", submission)
        if attendance_ids is None:
            raise NotFound(f"nobody signed up under the key {submission!r}")
        for attendance_id in attendance_ids:
            self.world.change_attendance(attendance_id, changes, at=at)
