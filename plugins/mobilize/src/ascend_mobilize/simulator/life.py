"""What happens by itself: every chore at its time, in order, whether the clock is moved in leaps or in steps.

A chore is decided when it is due, by the row as it is then, and by chance that hangs on the chore alone. So a life is
the same however often it is looked at, and a simulator that was killed goes on with it.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from threading import RLock
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ascend_core.errors import BadInput, NotFound
from ascend_mobilize.simulator.chance import between, fraction
from ascend_mobilize.simulator.daily import Daily, Doing
from ascend_mobilize.simulator.history import LIFE, History
from ascend_mobilize.simulator.scenario import Scenario
from ascend_mobilize.simulator.table import Record, section

__all__ = ["Life"]

_HOME = ZoneInfo("America/New_York")
"""Nights are those of the simulated company."""
_ASKED_AT = time(11)
_MORNING = time(8)
_HOST_AT = time(10)
_SURVEY_AFTER = timedelta(hours=1)
_SURVEY_WITHIN_SECONDS = 8 * 3600
_EXPECTED = ("REGISTERED", "CONFIRMED")
_COMMENTS = ("Great people, see you again.", "Too loud to call.", "¡Muy bien! 🎉", "I came late, sorry.")


class _Chore(NamedTuple):
    at: int
    kind: str
    subject: int
    """A place in a table, or a number."""
    day: int


class Life:
    """Moves the world of *history* on, as its scenario says. Safe for threads."""

    def __init__(self, history: History, *, after_deletion: Callable[[], str]) -> None:
        """*after_deletion*: what becomes of attendances when an event is deleted."""
        self.history = history
        self._agenda: list[_Chore] = []
        self._rows_known = 0
        self._followed: Scenario | None = None
        self._lock = RLock()
        self._daily = Daily(history, after_deletion=after_deletion)
        self._rules: Mapping[str, Callable[[_Chore], Doing | None]] = {
            "asked": self._asked,
            "morning": self._morning,
            "survey": self._survey,
            "host": self._host,
        }

    def catch_up(self) -> Counter[str]:
        """Let everything happen that is due by now; returns how often what happened."""
        happened: Counter[str] = Counter()
        with self._lock:
            if not self._is_begun():
                return happened
            now = self.history.now()
            self._take_in_rows()
            looked = False
            while self._agenda and self._agenda[0].at <= now:
                chore = heapq.heappop(self._agenda)
                looked = True
                doing = self._decide(chore)
                if doing is not None:
                    self._do(chore, doing)
                    happened[doing.what] += 1
                    self._take_in_rows()
            if looked:
                self.history.perform("lived", {"until": now})
        return happened

    def _is_begun(self) -> bool:
        scenario = self.history.scenario
        if scenario is not self._followed:
            self._followed, self._agenda, self._rows_known = scenario, [], 0
            if scenario.running:
                day = _day_of(self.history.lived_until)
                self._plan(day, after=self.history.lived_until)
                self._push(_midnight(day + 1), "night", 0, day + 1)
        return scenario.running

    def _push(self, at: int, kind: str, subject: int, day: int) -> None:
        if at > self.history.lived_until:
            heapq.heappush(self._agenda, _Chore(at, kind, subject, day))

    def _plan(self, day: int, *, after: int) -> None:
        for at, kind, subject in self._daily.plan(day, _midnight(day), _midnight(day + 1)):
            if at > after:
                self._push(at, kind, subject, day)

    def _take_in_rows(self) -> None:
        """Put down when what will happen to rows that are new."""
        table = self.history.world.attendances
        for place in range(self._rows_known, table.places):
            for at, kind in _dates(table.row(place), self.history.scenario.seed, place):
                if at > _number(table.row(place).get("created_date")):
                    self._push(at, kind, place, 0)
        self._rows_known = table.places

    def _decide(self, chore: _Chore) -> Doing | None:
        if chore.kind == "night":
            self._plan(chore.day, after=chore.at)
            self._push(_midnight(chore.day + 1), "night", 0, chore.day + 1)
            return None
        rule = self._rules.get(chore.kind)
        return rule(chore) if rule else self._daily.decide(chore.kind, chore.subject, chore.day, at=chore.at)

    def _do(self, chore: _Chore, doing: Doing) -> None:
        key = f"{LIFE}{chore.kind}:{chore.subject}:{chore.day}:{chore.at}"
        try:
            made = self.history.perform(doing.action, doing.data, key=key, at=chore.at)
            if doing.then_mask:
                self.history.perform("mask", {"attendance_id": made[0]}, key=f"{key}:mask", at=chore.at)
        except (BadInput, NotFound):
            return  # an event without a shift to sign up for, a row that a test broke: then it does not happen

    # what befalls one sign-up

    def _happens(self, share: float, chore: _Chore, name: str = "") -> bool:
        return fraction(self.history.scenario.seed, chore.kind, name, chore.subject) < share

    def _row(self, chore: _Chore) -> Record | None:
        return self._daily.row(chore.subject)

    def _asked(self, chore: _Chore) -> Doing | None:
        row, how = self._row(chore), self.history.scenario
        if row is None or row.get("status") != "REGISTERED":
            return None
        drawn = fraction(how.seed, "asked", chore.subject)
        if drawn < how.confirms:
            return Doing.change(row, "confirmed", status="CONFIRMED")
        if drawn < how.confirms + how.cancels:
            return Doing.change(row, "cancelled", status="CANCELLED")
        return None

    def _morning(self, chore: _Chore) -> Doing | None:
        row = self._row(chore)
        if row is None or row.get("status") not in _EXPECTED:
            return None
        gone = self._happens(self.history.scenario.cancels_late, chore)
        return Doing.change(row, "cancelled", status="CANCELLED") if gone else None

    def _survey(self, chore: _Chore) -> Doing | None:
        row, how = self._row(chore), self.history.scenario
        is_asked = row is not None and row.get("status") in _EXPECTED and row.get("attended") is None
        if row is None or not is_asked or not self._happens(how.answers, chore):
            return None
        came = self._happens(how.attends, chore, "came")
        told: Record = {"attended": came}
        if came:
            told["rating"] = "Negative" if self._happens(0.05, chore, "bad") else "Positive"
            if self._happens(how.writes, chore, "writes"):
                told["feedback"] = _COMMENTS[between(0, len(_COMMENTS) - 1, how.seed, "comment", chore.subject)]
        return Doing.change(row, "attended" if came else "missed", **told)

    def _host(self, chore: _Chore) -> Doing | None:
        row, how = self._row(chore), self.history.scenario
        if row is None:
            return None
        status, attended = row.get("status"), row.get("attended")
        if attended is None and status in _EXPECTED and self._happens(how.host_marks, chore, "marks"):
            came = self._happens(how.attends, chore, "came")
            return Doing.change(row, "attended" if came else "missed", attended=came)
        if isinstance(attended, bool) and self._happens(how.flips, chore, "flips"):
            return Doing.change(row, "flipped", attended=not attended)
        if attended is None and status == "CANCELLED" and self._happens(how.cancelled_attends, chore, "all the same"):
            return Doing.change(row, "attended", attended=True)
        return None


def _dates(row: Record, seed: int, place: int) -> list[tuple[int, str]]:
    """When what happens to a sign-up; nothing where its shift or its id is hidden."""
    slot = section(row, "timeslot")
    start, end = _number(slot.get("start_date")), _number(slot.get("end_date"))
    if not isinstance(row.get("id"), int) or not start or not end:
        return []
    zone = _zone(section(row, "event").get("timezone"))
    first, last = datetime.fromtimestamp(start, zone), datetime.fromtimestamp(end, zone)
    survey = last.astimezone(UTC) + _SURVEY_AFTER
    return [
        (_local(first, -1, _ASKED_AT), "asked"),
        (_local(first, 0, _MORNING), "morning"),
        (int(survey.timestamp()) + between(0, _SURVEY_WITHIN_SECONDS, seed, "answers at", place), "survey"),
        (_local(last, 1, _HOST_AT), "host"),
    ]


def _local(day: datetime, days: int, at: time) -> int:
    """The time *at* by the wall clock, *days* after *day*."""
    date = (day + timedelta(days=days)).date()
    return int(datetime.combine(date, at, day.tzinfo).timestamp())


def _zone(name: Any) -> ZoneInfo:
    try:
        return ZoneInfo(name) if isinstance(name, str) else _HOME
    except (ZoneInfoNotFoundError, ValueError):
        return _HOME


_LAST_SECOND = 32_503_680_000
"""The year 3000: a shift later than that is a broken one."""


def _number(value: Any) -> int:
    """*value* if it is a time, else 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LAST_SECOND else 0


def _day_of(at: int) -> int:
    return datetime.fromtimestamp(at, _HOME).date().toordinal()


def _midnight(day: int) -> int:
    return int(datetime.combine(datetime.fromordinal(day).date(), time(0), _HOME).timestamp())
