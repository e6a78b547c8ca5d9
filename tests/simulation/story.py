# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""One schedule: who acts next, what goes wrong, and a quiet phase at the end in which everything comes to rest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import attrs
from attrs import define, field, frozen

from ascend_core.contracts import DeliveryState, DeliveryStatus, Inbound, Outbound, Purpose
from ascend_core.operations.core import Core, ForgetfulMark
from ascend_core.operations.due import next_due, next_send
from ascend_core.operations.fetch_forms import fetch_forms
from ascend_core.operations.limits import set_caps
from ascend_core.store.accounts import cursor_of
from ascend_core.store.due import look
from ascend_core.testing import SeededRandomness
from tests.fakes.bench import Bench
from tests.simulation.carrier import Carrier, Claim
from tests.simulation.fate import Crash, Fate, MortalDatabase
from tests.simulation.product import Product

__all__ = ["ACTORS", "FLOW", "PEOPLE", "Story", "Weather", "whole"]

ACTORS = (
    *("poll", "sign_up", "write", "report", "sends", "sends", "sends", "timers"),
    *("inbound", "doubts", "time", "time", "tell_again", "go_down"),
)
"""Who acts, named like what they do; in each schedule some act more often."""
STEPS = 12
"""Of one schedule; with two or three deaths in them."""
CALM_HOURS = (0, 3, 216)
"""When everything is looked at again, once nothing goes wrong any more: nudges are due, and runs have lapsed."""
MOST_MOMENTS = 20
"""At which something that was held until then may happen; more is something that never comes to rest."""
PEOPLE = 4
"""Who may be texted; the next one signs up too, and never opted in."""
NEVER_OPTED_IN = 0.15
"""How many of the sign-ups are that one's."""

REPEAT_AFTER = timedelta(minutes=10)
"""The same words go to the same number again only after so long (the product's default)."""

NEW_YORK = ZoneInfo("America/New_York")
"""Where all their phones are."""
NIGHT = (20, 9)
"""Hours in which nobody is texted unless they wrote."""

RANK = {"ready": 0, "sending": 1, "unknown": 2, "held": 3, "suppressed": 3, "expired": 3, "sent": 4}
FINAL = ("delivered", "undelivered", "failed")

FLOW = """
    flow: welcome
    reentry: parallel
    stop_when: box.cancels
    steps:
      - send: "One"
      - send: "Two"
      - ask: coming
        text: "Three?"
        replies: [{match: [sure], then: [{send: "Four"}]}]
        nudges: [{nudge: no_reply, after: 2h, text: "Five?"}]
      - send: "Six"
"""


@frozen
class Weather:
    """What is likely in one schedule. Drawn for each, so that rare things meet each other in some of them."""

    meanwhile: float
    """How often something happens while a call to the carrier is under way."""
    stops: float
    """How many of people's texts say STOP."""
    silent: bool
    """Whether the carrier tells how texts fared only at the very end."""
    cap: int
    """The most texts to one member in 24 hours, answers apart."""
    people: int = PEOPLE
    """Who acts. With few, what happens happens to the same person, and meets."""
    often: tuple[str, ...] = ()
    """Who acts more often than others."""
    begins: timedelta = timedelta(0)
    """How long after noon."""

    @classmethod
    def drawn(cls, dice: Random) -> Weather:
        """As the seed has it."""
        return cls(
            meanwhile=dice.choice([0.0, 0.2, 0.7]),
            stops=dice.choice([0.2, 0.4, 0.9]),
            silent=dice.random() < 0.5,
            cap=dice.choice([3, 10, 10]),
            people=dice.choice([1, 2, PEOPLE]),
            often=tuple(dice.sample(ACTORS, 3)),
        )


@define(eq=False)
class Story:
    """One schedule over one database."""

    bench: Bench
    carrier: Carrier
    fate: Fate
    seed: int
    product: Product
    weather: Weather
    core: Core = field(init=False)
    mark: ForgetfulMark = field(factory=ForgetfulMark, init=False)
    """What the machine remembers beside the database; a process that dies takes none of it along."""
    states: dict[str, str] = field(factory=dict, init=False)
    texts: list[Inbound] = field(factory=list, init=False)
    untold: list[Inbound] = field(factory=list, init=False)
    """Texts the provider told us of in vain, and will again."""
    stopped: set[str] = field(factory=set, init=False)
    """Phones whose STOP was committed and whose START was not."""
    left_unheard: set[str] = field(factory=set, init=False)
    """Phones whose STOP came while nobody listened, before the last start."""
    wrong: list[str] = field(factory=list, init=False)
    starts: int = field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self.carrier.inspect = self.inspect
        self.carrier.meanwhile = self.meanwhile
        if self.product.unsure is not None:
            self.carrier.unsure = self.product.unsure

    def start(self) -> None:
        """The process starts, as often as it has to."""
        self.fate.dead = False
        self.starts += 1
        database = MortalDatabase(self.bench.core.database.engine, self.fate)
        randomness = SeededRandomness(f"{self.seed}:{self.starts}")
        opened = attrs.evolve(self.bench.core, database=database, randomness=randomness, mark=self.mark)
        self.core = self.product.opened(opened)
        self.attempt(lambda: self.product.recover(self.core))

    def attempt(self, work: Callable[[], Any]) -> bool:
        """Do *work*; when the process dies of it, start again. True: it was done."""
        try:
            work()
        except Crash:
            self.start()
            return False
        finally:
            self.look()
        return True

    def play(self) -> None:
        """The whole schedule, then a quiet phase in which everything comes to its end."""
        self.start()
        actors = [name for name in (*ACTORS, *self.weather.often * 3) if name != "report" or not self.weather.silent]
        set_caps(self.bench.core, per_day=self.weather.cap)
        self.bench.clock.advance(self.weather.begins)
        for begin in (self.sign_up, self.sign_up, self.sign_up, self.poll):
            begin()
        for _ in range(STEPS):
            getattr(self, self.fate.dice.choice(actors))()
            if self.fate.happens(0.04):
                self.call_off()
        self.fate.calm = True
        began = self.bench.now
        for hours in CALM_HOURS:
            self.bench.clock.set(began + timedelta(hours=hours))
            self.poll()
            self.tell_again()
            if hours == CALM_HOURS[-1] or not self.weather.silent:
                self.deliver_all()
            self.attempt(lambda: asyncio.run(self.drain()))
        for _ in range(MOST_MOMENTS):
            due = next_due(self.core)
            if due is None:
                return
            self.bench.clock.set(max(due, self.bench.now))
            self.attempt(lambda: asyncio.run(self.drain()))

    async def drain(self) -> None:
        """Everything that can be done now, as the worker does it."""
        product, core, done = self.product, self.core, 1
        product.tick(core)
        await product.listen(core)
        self.look()
        while done:
            now, waiting = self.bench.now, core.database.read(look)
            done = product.handle(core)
            if waiting.timer_at is not None and waiting.timer_at <= now:
                done += product.fire(core)
            if waiting.unknown_at is not None and waiting.unknown_at <= now:
                done += await product.resolve(core)
            turn = now if done else next_send(core, waiting)
            if turn is not None and turn <= now:
                done += await product.send(core)

    # who acts

    def sign_up(self) -> None:
        """Somebody registers or cancels; the source tells some of it twice, and some of it late."""
        dice, log = self.fate.dice, self.bench.source.log
        person, form = dice.randrange(self.weather.people), dice.choice(["f0", "f1"])
        person = PEOPLE if dice.random() < NEVER_OPTED_IN else person
        self.bench.clock.advance(timedelta(seconds=1))
        status = dice.choice(["registers", "registers", "cancels"])
        opted_in = True if person < PEOPLE else None
        key = f"{person}{form}"
        log.append(self.bench.submission(person, form_key=form, key=key, status=status, opted_in=opted_in))
        if self.fate.happens(0.5):
            log.append(dice.choice(log))

    def call_off(self) -> None:
        """One of the two events does not take place."""
        source = self.bench.source
        source.forms_now = [attrs.evolve(form, deleted=form.key == "f1") for form in source.forms_now]
        account = self.bench.account
        self.attempt(lambda: asyncio.run(whole(fetch_forms(self.core, account, everything=True))))

    def go_down(self) -> None:
        """The process is away for a moment or an hour, in which somebody writes; then it starts again."""
        self.attempt(lambda: self.product.tick(self.core))
        text = self.new_text()
        self.bench.clock.advance(self.fate.dice.choice([timedelta(seconds=5), timedelta(hours=1)]))
        if text.keyword == "stop":
            self.left_unheard.add(text.phone)
        self.start()

    def poll(self) -> None:
        """The next page of the source, as a round of its account applies it."""
        seen = self.core.database.read(lambda tx: cursor_of(tx, 1, "submissions"))
        log = self.bench.source.log
        place = int(seen.position or 0)
        page = self.bench.page(*log[place:], cursor=str(len(log)))
        self.attempt(lambda: self.product.apply(self.core, page, seen))

    def write(self) -> None:
        """Somebody texts us. The provider tells it until we say that we have it, and sometimes again."""
        text = self.new_text()
        self.attempt(lambda: self.hear(text))
        if self.fate.happens(0.3):
            again = self.fate.dice.choice(self.texts)
            self.attempt(lambda: self.hear(again, again=True))

    def new_text(self) -> Inbound:
        """What somebody writes."""
        dice = self.fate.dice
        phone = self.bench.submission(dice.randrange(self.weather.people)).phone or ""
        keyword = "stop" if dice.random() < self.weather.stops else dice.choice([None, "start"])
        text = Inbound(provider_id=f"I{len(self.texts)}", phone=phone, body=keyword or "sure", keyword=keyword)
        self.texts.append(text)
        self.untold.append(text)
        self.carrier.written = self.texts
        if keyword == "start":
            self.left_unheard.discard(phone)
        return text

    def tell_again(self) -> None:
        """The provider tells what it told in vain."""
        while self.untold:
            text = self.untold[0]
            self.attempt(partial(self.hear, text))

    def hear(self, text: Inbound, *, again: bool = False) -> None:
        """One request of the provider; what it says counts from the moment that it is answered or kept."""
        database: Any = self.core.database
        commits = database.commits
        kept = False
        try:
            self.product.receive(self.core, [text])
            kept = True
        finally:
            if not again and (kept or database.commits > commits):
                self.told(text)

    def told(self, text: Inbound) -> None:
        """The product has *text*: it counts from now on."""
        if text not in self.untold:
            return
        self.untold.remove(text)
        if text.keyword == "stop":
            self.stopped.add(text.phone)
        elif text.keyword == "start":
            self.stopped.discard(text.phone)

    async def meanwhile(self) -> None:
        """While a call to the carrier is under way: somebody writes, a page comes, another worker works."""
        self.carrier.meanwhile = None  # one thing at a time
        product, core, choice = self.product, self.core, self.fate.dice.randrange(6)
        try:
            if not self.fate.happens(self.weather.meanwhile):
                return
            if choice <= 1:
                self.hear(self.new_text())
            elif choice == 2:
                product.handle(core)
            elif choice == 3:
                await product.send(core)
            elif choice == 4:
                await product.resolve(core)
            else:
                product.fire(core)
        finally:
            self.carrier.meanwhile = self.meanwhile

    def report(self) -> None:
        """A delivery status of any text, any number of times, in any order."""
        if self.carrier.taken:
            text = self.fate.dice.choice(self.carrier.taken).text
            state = self.fate.dice.choice([DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.FAILED])
            status = DeliveryStatus(provider_id=None, message_key=text.message_key, state=state)
            self.attempt(lambda: self.product.receive(self.core, [status]))

    def deliver_all(self) -> None:
        """The provider's last word about each text."""
        last = DeliveryState.DELIVERED
        keys = [each.text.message_key for each in self.carrier.taken]
        self.product.receive(self.core, [DeliveryStatus(provider_id=None, message_key=key, state=last) for key in keys])

    def sends(self) -> None:
        """A round of sending."""
        self.attempt(lambda: self.product.tick(self.core))
        self.attempt(lambda: asyncio.run(whole(self.product.listen(self.core))))
        self.attempt(lambda: asyncio.run(whole(self.product.send(self.core))))

    def timers(self) -> None:
        """A round over what is due."""
        self.attempt(lambda: self.product.fire(self.core))

    def inbound(self) -> None:
        """A round over what came in."""
        self.attempt(lambda: self.product.handle(self.core))

    def doubts(self) -> None:
        """A round over texts in doubt."""
        self.attempt(lambda: asyncio.run(whole(self.product.resolve(self.core))))

    def time(self) -> None:
        """Time passes: seconds, hours, a night; now and then days, while the process is down; rarely backwards."""
        dice, clock = self.fate.dice, self.bench.clock
        if self.fate.happens(0.06):
            clock.set(self.bench.now - timedelta(hours=1))
        elif self.fate.happens(0.06):
            clock.advance(timedelta(days=2))
        else:
            clock.advance(timedelta(seconds=dice.choice([5, 70, 1200, 4000, 32_000])))

    # what must hold

    def inspect(self, text: Outbound, claim: Claim) -> None:
        """As a call begins: invariants 2, 5, 6, 7 and 8."""
        now = self.bench.now
        confirms = claim.purpose == Purpose.CONFIRMATION.value
        answers = claim.purpose in (Purpose.CONFIRMATION.value, Purpose.REPLY.value)
        if claim.states != ("sending",):
            self.wrong.append("2: sent without a committed claim")
        if text.phone in self.stopped and not confirms:
            self.wrong.append("5: sent after STOP")
        if text.phone == self.bench.submission(PEOPLE).phone:
            self.wrong.append("6: sent to somebody who never opted in")
        if _is_night(now) and not answers:
            self.wrong.append("7: sent at night")
        if claim.expires_at is not None and claim.expires_at <= now:
            self.wrong.append("8: sent after it had expired")
        if text.phone in self.left_unheard and not confirms:
            self.wrong.append("56: sent to somebody who wrote STOP while nobody listened")
        if not answers:
            self.inspect_unasked(text, claim, now)

    def inspect_unasked(self, text: Outbound, claim: Claim, now: datetime) -> None:
        """The same of a text that answers nobody: invariants 9, 14 and 15. What failed reached nobody."""
        if claim.event_is_off:
            self.wrong.append("9: sent for an event that is off")
        failed = {key for (key,) in self.bench.rows("SELECT key FROM message WHERE state = 'failed'")}
        mine = [
            each
            for each in self.carrier.taken
            if each.text.phone == text.phone and each.purpose > 1 and each.text.message_key not in failed
        ]
        if sum(each.at > now - timedelta(days=1) for each in mine) >= self.weather.cap:
            self.wrong.append("14: more texts in a day than the cap")
        same = [each for each in mine if each.text.body == text.body]
        if any(timedelta(0) <= now - each.at < REPEAT_AFTER for each in same):
            self.wrong.append("15: the same words again")

    def look(self) -> None:
        """Invariants 10 and 11: between two looks, a message has moved up, or was surely not sent.

        Notices too what the product has fetched by itself of people's texts.
        """
        if self.untold:
            kept = {row[0] for row in self.bench.rows("SELECT provider_id FROM inbound_text")}
            for text in [text for text in self.untold if text.provider_id in kept]:
                self.told(text)
        for key, state in self.bench.rows("SELECT key, state FROM message"):
            if self.states.get(key) == state:
                continue
            before = self.states.get(key, "ready")
            down = state != before and (before in FINAL or RANK.get(state, 5) < RANK.get(before, 5))
            if down and not (state == "ready" and key in self.carrier.may_be_ready):
                self.wrong.append(f"10: {before} became {state}")
            self.states[key] = state


async def whole(work: Any) -> Any:
    """What may be awaited, as a coroutine."""
    return await work


def _is_night(now: datetime) -> bool:
    hour = now.astimezone(NEW_YORK).hour
    return hour >= NIGHT[0] or hour < NIGHT[1]
