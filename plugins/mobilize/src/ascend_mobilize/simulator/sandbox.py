"""The simulated Mobilize as the demo and the behaviour tests use it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from ascend_core.contracts.clock import Clock
from ascend_core.contracts.sandbox import SandboxPerson
from ascend_core.errors import BadInput
from ascend_mobilize.simulator.app import Simulator
from ascend_mobilize.simulator.chance import between, pick
from ascend_mobilize.simulator.history import History
from ascend_mobilize.simulator.journal import Journal
from ascend_mobilize.simulator.signup_form import BOX_FIELD, TEXT_FIELD
from ascend_mobilize.simulator.signup_page import KEY_HEADER
from ascend_mobilize.simulator.spoiling import PASSING
from ascend_mobilize.simulator.world import World

__all__ = ["DEFAULT_ORG_ID", "MobilizeSandbox", "make_sandbox"]

DEFAULT_ORG_ID = 4017
_ORG_MADE_AT = 1_513_974_036
"""Long ago, and the same after a restart."""
_EVENT_LASTS = timedelta(hours=2)
_TIMEOUT_SECONDS = 30.0
_MOST_TROUBLES = 5
_LATEST_TROUBLE = 5
_DRIP_SECONDS = 0.05


class MobilizeSandbox:
    """A ``FormSandbox``: told what happens by key, each key once, over restarts too when it has a journal."""

    def __init__(self, *, clock: Clock, seed: int, journal: Path | None, org_id: int = DEFAULT_ORG_ID) -> None:
        self._seed = seed
        world = World(org_id=org_id, seed=seed, made_at=_ORG_MADE_AT)
        self.history = History(world, clock, Journal(journal) if journal else None)
        self.simulator = Simulator(history=self.history, api_key=f"simulated-key-{seed}")
        self._address = ""

    @property
    def app(self) -> Any:
        """The ASGI application to serve on loopback."""
        return self.simulator.app

    def account(self, base_url: str) -> Mapping[str, str]:
        """What to connect with when ``app`` is served at *base_url*."""
        return {
            "org_id": str(self.history.world.org["id"]),
            "api_key": self.simulator.api_key,
            "base_url": f"{base_url.rstrip('/')}/v1",
        }

    def add_form(self, key: str, name: str, *, starts_at: datetime, timezone: str, url_base: str) -> str:
        """Publish an event with one slot of two hours, served at *url_base*. Returns its page's URL."""
        self._address = url_base.rstrip("/")
        slot = [int(starts_at.timestamp()), int((starts_at + _EVENT_LASTS).timestamp())]
        wish = {"title": name, "slots": [slot], "timezone": timezone, "url_base": self._address}
        event_id: int = self.history.perform("add_event", wish, key=key)
        return self._page_at(event_id, self._address)

    def submit(self, key: str, person: SandboxPerson, url: str) -> None:
        """Post the form at *url*, with whatever it carries. Raises BadInput when the page does not take it.

        A URL of this sandbox from before a restart leads to where it is served now.
        """
        if self.history.result("sign_up", key) is not None:
            return
        # without certificates to read: it only ever visits this sandbox
        with httpx.Client(timeout=_TIMEOUT_SECONDS, trust_env=False, verify=False) as browser:  # noqa: S501 -- loopback
            answer = browser.post(self._current(url), data=_filled_in(person), headers={KEY_HEADER: key})
        if answer.status_code != httpx.codes.OK:
            raise BadInput(f"the sign-up page of {key!r} answered with {answer.status_code}")

    def act(self, key: str, submission: str, activity: str) -> None:
        """``registers``, ``confirms``, ``attends``, ``cancels`` or ``waitlisted`` happens. Raises BadInput."""
        self.history.perform("act", {"submission": submission, "activity": activity}, key=key)

    def trouble(self, name: str) -> None:
        """Let up to five of the next requests go wrong: *name* draws how many, which, and how."""
        faults = self.simulator.faults
        faults.clear()
        for number in range(between(0, _MOST_TROUBLES, self._seed, "troubles", name)):
            kind = pick(PASSING, self._seed, "trouble", name, number)
            skip = between(0, _LATEST_TROUBLE, self._seed, "skip", name, number)
            faults.add({"kind": kind, "skip": skip, "seconds": _DRIP_SECONDS})

    def _page_at(self, event_id: int, address: str) -> str:
        """The page's URL, now at *address*."""
        known = str(self.history.world.event(event_id)["browser_url"])
        old = _origin(known)
        url = address + known.removeprefix(old)
        if url != known:
            self.history.perform("move_event", {"event_id": event_id, "from": old, "browser_url": url})
        return url

    def _current(self, url: str) -> str:
        old = _origin(url)
        return self._address + url.removeprefix(old) if old in self.history.former_addresses else url


def make_sandbox(*, clock: Clock, seed: int, journal: Path | None) -> MobilizeSandbox:
    """A ``FormSandboxMaker``."""
    return MobilizeSandbox(clock=clock, seed=seed, journal=journal)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _filled_in(person: SandboxPerson) -> dict[str, str]:
    form = {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": person.email,
        "phone": person.phone,
        "zip": person.zip,
    }
    if person.opted_in:
        form["sms_opt_in"] = "yes"
    for name, answer in person.answers.items():
        if isinstance(answer, bool):
            form[BOX_FIELD + name] = "yes" if answer else "no"
        else:
            form[TEXT_FIELD + name] = answer
    return form
