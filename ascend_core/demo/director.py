"""Plays the week: lets people act, lets the product work, and remembers how far it came.

Everything people do has a name and is done once, so a demo that is killed goes on from its folder and ends with the
same figures.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path

from ascend_core.contracts import SandboxText
from ascend_core.demo.people import Supporter, friend_of, invent_supporters
from ascend_core.demo.reactions import PREVIEW_AGENT, Reaction, reactions_to
from ascend_core.demo.week import END, FORMS, NEXT_FORM, START, Deed, ceil_slot, plan_week
from ascend_core.engine.phones import Phone, parse_phone
from ascend_core.errors import BadInput, NeedsAttention
from ascend_core.operations.connect import the_account
from ascend_core.operations.count_clicks import count_clicks
from ascend_core.operations.fetch_forms import fetch_forms, find_form
from ascend_core.operations.import_members import import_members
from ascend_core.operations.publish import publish_flow, put_automation
from ascend_core.operations.record_clicks import find_link
from ascend_core.operations.sync_forms import sync_form
from ascend_core.runtime.drains import recover
from ascend_core.store.clicks import has_click
from ascend_core.testing.world import PHONE_AGENT, World, rebased

__all__ = ["PROGRESS_FILE", "Director", "Tell", "read_progress"]

Tell = Callable[[float, str], None]
"""Hears how far the week is (0 to 1) and what day it is."""

PROGRESS_FILE = "progress.json"
MOST_LOOKS = 30
"""At one moment; after each there is less that can go wrong."""
LEFT_BEFORE = 3
"""So many of the members of long ago have sent STOP before the week begins."""


class Director:
    """The one that lets things happen."""

    def __init__(self, world: World, folder: Path, seed: int, *, faults: bool = False) -> None:
        """*faults*: the companies around us answer wrongly now and then."""
        self.world = world
        self.seed = seed
        self.faults = faults
        self.supporters = invent_supporters(seed)
        self.by_key = {supporter.person.key: supporter for supporter in self.supporters}
        self.by_phone = _by_phone(self.supporters)
        self.progress_file = folder / PROGRESS_FILE
        self.done_until, self.acting_at = read_progress(self.progress_file, seed)
        self.urls: dict[str, str] = {}
        self.agenda: list[tuple[datetime, str, Deed | Reaction]] = []
        self.heard = 0
        self.ordinals: dict[str, int] = {}

    def play(self, tell: Tell) -> None:
        """The whole week, or what is left of it."""
        world = self.world
        # in the middle of a moment its time goes on: what people did in it is told, and heard, in no earlier one
        world.clock.set(max(self.acting_at or self.done_until or START, START))
        self._set_up()
        for deed in plan_week(self.seed, self.supporters):
            self._plan(deed.at, deed.key, deed)
        self._hear()
        recover(world.core)
        world.settle()
        while (moment := self._next_moment()) is not None and moment <= END:
            self._trouble(moment)
            world.go_to(moment, poll=False)
            self._keep(acting_at=moment)
            self._act(moment)
            self._hear()
            if not self.agenda or self.agenda[0][0] > moment:  # else somebody reacts at once, and that is not done yet
                self._remember(moment)
            tell((moment - START) / (END - START), f"{moment:%A %H:%M}")
        self._trouble(END)
        world.go_to(END, poll=False)
        self._poll()
        world.settle()
        self._remember(END)

    # before the week

    def _set_up(self) -> None:
        world = self.world
        for form in FORMS:
            starts_at = START + timedelta(hours=form.at)
            self.urls[form.key] = world.forms.add_form(
                form.key, form.name, starts_at=starts_at, timezone=form.timezone, url_base=world.forms_url
            )
        world.connect()
        world.connect_channel()
        account = world.core.database.read(lambda tx: the_account(tx, world.integration))
        world.run(fetch_forms(world.core, account, everything=True))
        for form in FORMS:
            record = world.core.database.read(lambda tx, name=form.name: find_form(tx, account.id, name))  # type: ignore[misc]  # -- bound by default
            if form.synced and record.synced_at is None:
                sync_form(world.core, record)
        for name, text in _documents(self.urls[NEXT_FORM]):
            (publish_flow if text.startswith("flow:") else put_automation)(world.core, text, file=name)
        if self.done_until is None:
            self._bring_members()
            self._trouble(START)
            self._poll()
            world.settle()
            self._remember(START)

    def _bring_members(self) -> None:
        known = [supporter for supporter in self.supporters if supporter.known_before]
        phones = [supporter for supporter in known if isinstance(parse_phone(supporter.person.phone), Phone)]
        rows = [{"phone": each.person.phone, "first_name": each.person.first_name} for each in phones]
        proof = "invented for the demo"
        import_members(self.world.core, rows, proof=proof, groups=["Long-time members"])
        for each in phones[:LEFT_BEFORE]:
            self.world.carrier.reply(f"left:{each.person.key}", _e164(each), "STOP")

    # the week

    def _plan(self, at: datetime, key: str, what: Deed | Reaction) -> None:
        if self.done_until is None or at > self.done_until:
            heapq.heappush(self.agenda, (at, key, what))

    def _next_moment(self) -> datetime | None:
        moments = [self.agenda[0][0]] if self.agenda else []
        due = self.world.next_due()
        if due is not None:
            moments.append(ceil_slot(max(due, self.world.clock.now())))
        return min(moments, default=None)

    def _act(self, moment: datetime) -> None:
        upstream = False
        while self.agenda and self.agenda[0][0] <= moment:
            _, _, what = heapq.heappop(self.agenda)
            if isinstance(what, Deed):
                self._do(what)
                upstream = True
            else:
                upstream |= self._react(what)
        if upstream:
            self._poll()
        self.world.settle()

    def _do(self, deed: Deed) -> None:
        if deed.activity == "submits":
            self.world.forms.submit(deed.key, self.by_key[deed.person].person, self.urls[deed.form])
        else:
            self.world.forms.act(deed.key, deed.submission, deed.activity)

    def _react(self, reaction: Reaction) -> bool:
        """Let it happen; True: it changed something upstream."""
        supporter = self.by_phone[reaction.phone]
        if reaction.kind == "reply":
            self.world.carrier.reply(reaction.key, reaction.phone, reaction.body)
            return False
        if reaction.kind in ("preview", "click"):
            self._tap(reaction.code, PREVIEW_AGENT if reaction.kind == "preview" else PHONE_AGENT)
            return False
        target = find_link(self.world.core, reaction.code)
        if target is None:
            raise AssertionError("a text held a link that does not exist")
        url = rebased(target.location, self.world.forms_url)
        person = supporter.person
        if reaction.kind == "submit_plainly":
            url = url.partition("?")[0]
        elif reaction.kind == "forward":
            person = friend_of(supporter, self.seed)
        self.world.forms.submit(reaction.key, person, url)
        return True

    def _tap(self, code: str, agent: str) -> None:
        now = self.world.clock.now()
        count_clicks(self.world.core)
        # a tap has no name of its own, so one that was recorded before a crash is told by its time
        if not self.world.core.database.read(lambda tx: has_click(tx, code, now, agent)):
            self.world.tap(f"/{code}", agent=agent)

    # trouble

    def _trouble(self, moment: datetime) -> None:
        if self.faults:
            self.world.forms.trouble(moment.isoformat())
            self.world.carrier.trouble(moment.isoformat())

    def _poll(self) -> None:
        """Look at the source until it told everything; what a person has to do meanwhile is done at once."""
        for _ in range(MOST_LOOKS):
            if all(done.problem is None for done in self.world.poll()) and self._mended():
                return
        raise AssertionError(f"after {MOST_LOOKS} looks the source still answers wrongly")

    def _mended(self) -> bool:
        """Whether nobody had to mend the account; whoever has to connects it again, as its problem says."""
        account = self.world.core.database.read(lambda tx: the_account(tx, self.world.integration))
        if account.problem is None:
            return True
        with suppress(NeedsAttention):  # it may still answer wrongly
            self.world.connect()
        return False

    # what came of it

    def _hear(self) -> None:
        """Let people see the texts that reached them."""
        for text in self.world.carrier.texts(self.heard):
            self.heard += 1
            self._hear_one(text)

    def _hear_one(self, text: SandboxText) -> None:
        supporter = self.by_phone.get(text.phone)
        if supporter is None:
            return
        ordinal = self.ordinals.get(text.phone, 0)
        self.ordinals[text.phone] = ordinal + 1
        for reaction in reactions_to(self.seed, supporter, text, ordinal):
            self._plan(reaction.at, reaction.key, reaction)

    def _remember(self, moment: datetime) -> None:
        self.done_until = moment
        self._keep(acting_at=None)

    def _keep(self, *, acting_at: datetime | None) -> None:
        """How far it came, and the moment in which people act just now."""
        done = {"seed": self.seed, "done_until": self.done_until, "acting_at": acting_at}
        fresh = self.progress_file.with_suffix(".new")
        fresh.write_text(json.dumps(done, default=datetime.isoformat))
        fresh.replace(self.progress_file)


def read_progress(file: Path, seed: int) -> tuple[datetime | None, datetime | None]:
    """How far the demo in that folder came, and at which moment people were acting; None: it did not begin, they were
    not. Raises BadInput when it is another demo's.
    """
    if not file.exists():
        return None, None
    kept = json.loads(file.read_text())
    if kept["seed"] != seed:
        raise BadInput(f"the folder {file.parent} holds a demo with seed {kept['seed']}; say --seed {kept['seed']}")
    done, acting = (kept.get(name) for name in ("done_until", "acting_at"))
    return datetime.fromisoformat(done), None if acting is None else datetime.fromisoformat(acting)


def _documents(next_url: str) -> list[tuple[str, str]]:
    """The demo's flows, then its automations."""
    folder = files("ascend_core.demo") / "documents"
    texts = [
        (entry.name, entry.read_text(encoding="utf-8")) for entry in folder.iterdir() if entry.name.endswith(".yaml")
    ]
    ready = [(name, text.replace("NEXT_FORM_URL", next_url)) for name, text in texts]
    return sorted(ready, key=lambda each: (not each[1].startswith("flow:"), each[0]))


def _by_phone(supporters: list[Supporter]) -> dict[str, Supporter]:
    """Who answers a phone: of two people with one phone, the first."""
    owners: dict[str, Supporter] = {}
    for supporter in supporters:
        phone = parse_phone(supporter.person.phone)
        if isinstance(phone, Phone):
            owners.setdefault(phone.e164, supporter)
    return owners


def _e164(supporter: Supporter) -> str:
    phone = parse_phone(supporter.person.phone)
    if not isinstance(phone, Phone):
        raise AssertionError("a member's phone can be read")
    return phone.e164
