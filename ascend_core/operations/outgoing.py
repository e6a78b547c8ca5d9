"""Texts and links in the making: an intent becomes a message row, its links become codes, all in one transaction."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from attrs import define, field
from msgspec import Struct

from ascend_core.contracts import Body, LinkRef, LinkTrackerType, LinkUse, Purpose, QuietHours, TrackedUrl
from ascend_core.flow.shorteners import shortener_in
from ascend_core.operations.core import Core
from ascend_core.operations.views import quiet_to_json
from ascend_core.store import links as link_rows
from ascend_core.store import messages as message_rows
from ascend_core.store.database import Tx
from ascend_core.store.forms import form_ids_by_key
from ascend_core.store.links import LinkRecord
from ascend_core.store.messages import MessageRecord

__all__ = ["CODE_ALPHABET", "CODE_LENGTH", "PUBLIC_SHORTENER", "NewText", "Outgoing"]

CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz"
"""No 0 O 1 I l o: a code can be read aloud and typed."""
CODE_LENGTH = 9
"""56^9: with ten million live links and a hundred guesses a second the first hit takes about two months."""
SHARED_LENGTH, OWN_LENGTH = 4, 7
"""Of the opaque ids in ``utm_content`` and ``utm_campaign``: they end up in other people's analytics, so they are
never the code. Those of one batch begin alike, so that an index takes them in one place: a page of it that was changed
for one row is written as a whole, and with a thousand rows all over it that was half of what a commit writes. Should
two be alike, the transaction is made again (``Database.write``)."""


PUBLIC_SHORTENER = "public_shortener"
"""Why a text with a link of a public shortener is not sent."""


class NewText(Struct, kw_only=True, gc=False):
    """A text to send. ``body`` may hold places for the links it brings."""

    intent: str
    member_id: int
    phone: str
    body: Body
    purpose: Purpose
    expires_at: datetime
    links: tuple[TrackedUrl, ...] = ()
    quiet_hours: QuietHours | None = None
    links_url: str | None = None
    """Which of our addresses its links have; None: the usual one."""
    run_id: int | None = None
    flow_id: int | None = None
    version_id: int | None = None
    automation_id: int | None = None
    broadcast_id: int | None = None
    form_id: int | None = None
    timer_id: int | None = None
    step: str | None = None
    suppressed: str | None = None
    """Why it will not be sent after all; None: it will."""


@define(eq=False)
class Outgoing:
    """The texts of one batch."""

    core: Core
    now: datetime
    texts: list[NewText] = field(factory=list, init=False)
    _letters: str = field(default="", init=False)
    _used: int = field(default=0, init=False)
    _shared: str = field(default="", init=False)
    _trackers: dict[tuple[str, str | None], LinkTrackerType | None] = field(factory=dict, init=False)
    _addresses: dict[str | None, tuple[str, str | None]] = field(factory=dict, init=False)

    def add(self, text: NewText) -> None:
        """One more text, behind those there are. One with a public shortener in it, which came from a member's field,
        an event or a webhook, is kept and not sent: carriers would block it, and the sender's good name with it."""
        if text.suppressed is None and text.purpose is not Purpose.CONFIRMATION and _names_shortener(text):
            text.suppressed = PUBLIC_SHORTENER
        self.texts.append(text)

    def suppress(self, run_id: int, reason: str) -> None:
        """The texts of a run that ends before they were written: kept with the *reason*, never sent."""
        for text in self.texts:
            if text.run_id == run_id and text.suppressed is None:
                text.suppressed = reason

    def write(self, tx: Tx) -> None:
        """Write every text with its links."""
        each = sum(OWN_LENGTH + len(text.links) * (OWN_LENGTH + CODE_LENGTH) for text in self.texts)
        self._letters = self.core.randomness.token(SHARED_LENGTH + each, CODE_ALPHABET)  # one draw: it is much quicker
        self._used, self._shared = SHARED_LENGTH, self._letters[:SHARED_LENGTH]
        ids = message_rows.reserve_message_ids(tx, len(self.texts))
        urls = self._urls(tx)
        messages: list[MessageRecord] = []
        links: list[LinkRecord] = []
        for id_, text in zip(ids, self.texts, strict=True):
            message, its_links = self._message(id_, text, urls)
            messages.append(message)
            links.extend(its_links)
        message_rows.insert_messages(tx, messages)
        link_rows.insert_links(tx, links)

    def _urls(self, tx: Tx) -> dict[tuple[str, str], int]:
        """The id of every URL that the texts link to, by the URL and who follows it."""
        places = {(link.url, link.tracker) for text in self.texts for link in text.links}
        keys: dict[tuple[str, str | None], tuple[str, str]] = {}
        for url, name in places:
            type_ = self._tracker(url, name)
            form_key = None if type_ is None else type_.tracker.form_key(url)
            if type_ is not None and form_key is not None:
                keys[url, name] = (type_.integration, form_key)
        ids = form_ids_by_key(tx, set(keys.values()))
        forms = {place: ids[key] for place, key in keys.items() if key in ids}
        return link_rows.ensure_urls(tx, {(url, name or "", forms.get((url, name))) for url, name in places})

    def _message(
        self, id_: int, text: NewText, urls: dict[tuple[str, str], int]
    ) -> tuple[MessageRecord, list[LinkRecord]]:
        key = self._shared + self._token(OWN_LENGTH)
        links = self._links(id_, key, text, urls)
        address, _ = self._address(text.links_url)
        body: list[str] = []
        used: dict[str, LinkRecord] = {}
        for part in text.body:
            if isinstance(part, LinkRef):
                link = links[part.name]
                used[link.code] = link
                body.append(f"{address}/{link.code}")
            else:
                body.append(part)
        message = MessageRecord(
            id=id_,
            key=key,
            intent=text.intent,
            member_id=text.member_id,
            phone=text.phone,
            run_id=text.run_id,
            flow_id=text.flow_id,
            version_id=text.version_id,
            automation_id=text.automation_id,
            broadcast_id=text.broadcast_id,
            form_id=text.form_id,
            timer_id=text.timer_id,
            step=text.step,
            purpose=int(text.purpose),
            body="".join(body),
            quiet_hours=quiet_to_json(text.quiet_hours),
            state="ready" if text.suppressed is None else "suppressed",
            reason=text.suppressed,
            settled_at=None if text.suppressed is None else self.now,
            due_at=self.now,
            expires_at=text.expires_at,
            created_at=self.now,
        )
        return message, list(used.values())

    def _links(
        self, message_id: int, campaign: str, text: NewText, urls: dict[tuple[str, str], int]
    ) -> dict[str, LinkRecord]:
        """The links of a text by name. Names of one address share a link: a message has one code for each URL."""
        if len(text.links) == 1:
            only = text.links[0]
            return {only.name: self._link(message_id, campaign, text, only, urls, name=only.name)}
        names: dict[int, list[str]] = {}
        for link in text.links:
            names.setdefault(urls[link.url, link.tracker or ""], []).append(link.name)
        found: dict[str, LinkRecord] = {}
        for link in text.links:
            if link.name not in found:
                its_names = names[urls[link.url, link.tracker or ""]]
                record = self._link(message_id, campaign, text, link, urls, name=" ".join(its_names))
                found.update(dict.fromkeys(its_names, record))
        return found

    def _link(
        self,
        message_id: int,
        campaign: str,
        text: NewText,
        link: TrackedUrl,
        urls: dict[tuple[str, str], int],
        *,
        name: str,
    ) -> LinkRecord:
        token = self._shared + self._token(OWN_LENGTH)
        location = link.url
        type_ = self._tracker(link.url, link.tracker)
        if type_ is not None:
            use = LinkUse(token=token, campaign=campaign, source=self.core.options.utm_source)
            location = type_.tracker.mark(link.url, use)
        return LinkRecord(
            code=self._token(CODE_LENGTH),
            token=token,
            name=name,
            message_id=message_id,
            member_id=text.member_id,
            url_id=urls[link.url, link.tracker or ""],
            run_id=text.run_id,
            location=location,
            host=self._address(text.links_url)[1],
            created_at=self.now,
            expires_at=None if self.core.options.links_live is None else self.now + self.core.options.links_live,
        )

    def _tracker(self, url: str, name: str | None) -> LinkTrackerType | None:
        """Who follows *url*, asked of the tracker *name* once a batch; None: nobody (none was named, the URL is not its
        own, or its plugin is gone), and the link leads where it says."""
        if (url, name) not in self._trackers:
            type_ = None if name is None else self.core.registry.link_trackers.get(name)
            self._trackers[url, name] = type_ if type_ is not None and type_.tracker.claims(url) else None
        return self._trackers[url, name]

    def _address(self, wanted: str | None) -> tuple[str, str | None]:
        """What the links of a text are texted with, and its host."""
        if wanted not in self._addresses:
            address = self.core.options.links_at(wanted)
            self._addresses[wanted] = address, urlsplit(address).hostname
        return self._addresses[wanted]

    def _token(self, length: int) -> str:
        """The next *length* letters of those that were drawn for the whole batch."""
        start = self._used
        self._used += length
        return self._letters[start : self._used]


def _names_shortener(text: NewText) -> bool:
    for link in text.links:
        if shortener_in(link.url) is not None:
            return True
    words = [part if isinstance(part, str) else " " for part in text.body]
    return shortener_in("".join(words)) is not None
