"""Plays a flow test: each entry of its script in turn, up to the first that does not hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import assert_never

from attrs import define, field, frozen

from ascend_core.errors import NotPossible
from ascend_core.flow.document import Flow
from ascend_core.host.registry import Registry
from ascend_core.rehearsal.phone_view import clock_face
from ascend_core.rehearsal.script import (
    Action,
    Click,
    Ends,
    Enter,
    Entry,
    Expect,
    FlowTest,
    Happens,
    Quiet,
    Reply,
    State,
    Submit,
    Wait,
)
from ascend_core.rehearsal.stage import Line, Stage

__all__ = ["Failure", "Played", "fits", "play_test"]


@frozen(kw_only=True)
class Failure:
    """The entry that did not hold: what should have been, what was, and why it may be so."""

    entry: Entry
    problem: str
    expected: str | None = None
    got: str | None = None
    hints: tuple[str, ...] = ()


@frozen(kw_only=True)
class Played:
    """What came of a test; *zone* is where its member's phone is (IANA name)."""

    test: FlowTest
    lines: tuple[Line, ...]
    zone: str
    failure: Failure | None = None


def play_test(registry: Registry, flows: Sequence[Flow], test: FlowTest) -> Played:
    """Play *test* of the first of *flows*; the others are what it may start. Total for flows that were checked."""
    with Stage(registry, flows, test.cast) as stage:
        failure = _Player(stage).play(test)
        return Played(test=test, lines=tuple(stage.lines), zone=stage.zone(), failure=failure)


def fits(pattern: str, text: str) -> bool:
    """Whether *text* is what *pattern* says; ``*`` stands for anything, and runs of white space are one blank."""
    parts = [re.escape(_plain(part, keep=True)) for part in pattern.split("*")]
    return re.fullmatch(".*".join(parts).strip(), _plain(text), re.DOTALL) is not None


def _plain(text: str, *, keep: bool = False) -> str:
    plain = re.sub(r"\s+", " ", text)
    return plain if keep else plain.strip()


@define(eq=False)
class _Player:
    stage: Stage
    seen: int = field(default=0, init=False)
    """How many of our texts an ``expect`` has looked at."""

    def play(self, test: FlowTest) -> Failure | None:
        entry = Entry(action=Enter(), line=test.line, column=1)
        try:
            self.stage.enter()
            for entry in test.script:
                failure = self._one(entry)
                if failure is not None:
                    return failure
        except NotPossible as error:
            return Failure(entry=entry, problem=str(error), hints=self._hints())
        return self._nothing_left(entry, "the test ends")

    def _one(self, entry: Entry) -> Failure | None:
        action = entry.action
        match action:
            case Expect():
                return self._expect(entry, action.text)
            case State():
                return self._state(entry, action)
            case Ends():
                return self._ends(entry, action.reason)
            case _:
                early = self._nothing_left(entry, "the script goes on")
                return early if early is not None else self._do(entry, action)

    def _do(self, entry: Entry, action: Action) -> Failure | None:
        match action:
            case Click():
                self.stage.click(action.link)
            case Submit():
                self.stage.submit(action.link)
            case Reply():
                self.stage.reply(action.text)
            case Happens():
                self.stage.happens(action.trigger)
            case Enter():
                self.stage.enter()
            case Wait():
                time = action.time
                self.stage.go_to(self.stage.now + time if isinstance(time, timedelta) else time)
            case Quiet():
                self.stage.go_to(self.stage.now + action.time)
                return self._nothing_left(entry, "this much time has passed quietly")
            case Expect() | State() | Ends():
                raise AssertionError("these do nothing")
            case _:
                assert_never(action)
        return None

    # looking

    def _texts(self) -> list[Line]:
        return [line for line in self.stage.lines if line.who == "us"]

    def _expect(self, entry: Entry, pattern: str) -> Failure | None:
        unseen = self._texts()[self.seen :]
        if not unseen:
            return Failure(entry=entry, problem="no text came", expected=pattern, hints=self._hints())
        self.seen += 1
        if fits(pattern, unseen[0].text):
            return None
        return Failure(entry=entry, problem="another text came", expected=pattern, got=unseen[0].text)

    def _nothing_left(self, entry: Entry, when: str) -> Failure | None:
        unseen = self._texts()[self.seen :]
        if not unseen:
            return None
        return Failure(entry=entry, problem=f"a text came that nothing expected before {when}", got=unseen[0].text)

    def _state(self, entry: Entry, wanted: State) -> Failure | None:
        member = self.stage.member()
        for group in wanted.groups:
            if group not in member.groups:
                return self._not_so(entry, f"in the group '{group}'", f"in {_listed(member.groups)}")
        for group in wanted.not_in_groups:
            if group in member.groups:
                return self._not_so(entry, f"not in the group '{group}'", f"in {_listed(member.groups)}")
        for name, value in wanted.fields.items():
            found = _written(member.fields.get(name))
            if found != (value or ""):
                return self._not_so(entry, f"{name}: {value or 'empty'}", f"{name}: {found or 'empty'}")
        return None

    def _not_so(self, entry: Entry, expected: str, got: str) -> Failure:
        return Failure(entry=entry, problem="the member is not as expected", expected=expected, got=got)

    def _ends(self, entry: Entry, reason: str | None) -> Failure | None:
        run = self.stage.runs()[-1]
        if run.ended_at is None:
            where = run.state.get("position")
            return Failure(entry=entry, problem=f"the run goes on: it waits at step {where}", expected=reason)
        if reason is not None and run.end_reason != reason:
            return Failure(
                entry=entry, problem="the run ended for another reason", expected=reason, got=run.end_reason
            )  # fmt: skip
        return None

    def _hints(self) -> tuple[str, ...]:
        """Why a text may not be there."""
        hints = []
        for message in self.stage.unsent():
            if message.state == "ready":
                until = clock_face(message.due_at, self.stage.zone())
                hints.append(f"a text is held until {until}: {message.reason or 'it waits for another'}")
            else:
                hints.append(f"a text was not sent: {message.reason or message.state}")
        if not self.stage.runs():
            hints.append("no run was started")
        return tuple(hints)


def _listed(names: frozenset[str]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(names)) or "no group"


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
