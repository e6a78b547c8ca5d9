"""Tells who opened a link: a person, or one of the machines that fetch links before and beside people.

Every class gets the same answer from the web server; only the counting differs. The word lists come from user agents
seen in message previews, carriers' scanners and HTTP libraries. What cannot be told from one request (a scanner that
calls itself Chrome) is left to the rules that compare requests.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache

from attrs import frozen

__all__ = [
    "COMPARED",
    "CROWD_MEMBERS",
    "CROWD_WITHIN",
    "LONGEST_AGENT",
    "RULES_VERSION",
    "SOON",
    "SWEPT_WITHIN",
    "ClickAround",
    "ClickClass",
    "classify_click",
    "company",
    "doubt_about",
]

RULES_VERSION = 2
"""Stored with each click; raised with every change of the rules, so that history can be classified again."""

_KEPT = 16_384
"""Results remembered: user agents repeat."""
LONGEST_AGENT = 1_024
"""Characters of a user agent that are looked at."""


class ClickClass(Enum):
    """Who fetched the link. Only ``PERSON`` counts as a click."""

    PERSON = "person"
    PREVIEW = "preview"
    """A messenger draws the little picture under a text."""
    SCANNER = "scanner"
    """A carrier, a gateway or a program looks where the link leads."""
    PREFETCH = "prefetch"
    """A browser fetches ahead of a person who may never look."""
    HEAD = "head"
    """Not a GET: nobody saw anything."""
    UNSURE = "unsure"
    """Says it is a person's browser, and comes as machines come; a submission through the link makes it a person's."""


COMPARED = (ClickClass.PERSON.value, ClickClass.UNSURE.value)
"""Classes that what happened around a request may change; programs that say what they are stay what they are."""

SOON = timedelta(seconds=3)
"""Nobody reads a text and taps its link so near to the moment it was delivered; gateways look just then."""
CROWD_MEMBERS = 3
CROWD_WITHIN = timedelta(seconds=60)
"""One address that opens so many members' links in so short a time is a gateway's."""
SWEPT_WITHIN = timedelta(seconds=2)
"""Who opens every link of a text in so short a time reads none of them."""


_AHEAD = re.compile(r"\b(?:prefetch|prerender|preview|instant)\b", re.IGNORECASE)
"""In ``Sec-Purpose``, ``Purpose``, ``X-Purpose`` or ``X-Moz``."""

_PREVIEW = re.compile(
    r"google-pagerenderer|facebookexternalhit|\bfacebot\b|\bmeta-external[a-z]*|\bwhatsapp/"
    r"|[a-z]*uripreview\b|\burl preview|\blink ?preview|\btwitterbot\b|\btelegrambot\b|\bdiscordbot\b"
    r"|\bslackbot|\bslack-imgproxy|\bskype|\blinkedinbot\b|\bredditbot\b|\bpinterestbot\b|\bviber\b"
    r"|\bsnap url preview|\bmastodon/|\bkakaotalk-scrap\b|\biframely\b|\bembedly\b",
    re.IGNORECASE,
)

_SCANNER = re.compile(
    r"\bbitlybot\b|\bgoogle-safety\b|\bbarracuda|\bmimecast|\bproofpoint|\bsafelinks\b|\burldefense\b|\bmessagelabs\b"
    r"|\bdalvik/|\bcfnetwork/|\bokhttp|\bjava/|\bjakarta\b|\bapache-httpclient\b|\bgo-http-client\b|\bcurl/|\bwget\b"
    r"|\bpython-(?:requests|urllib|httpx)\b|\bpython/|\baiohttp\b|\bhttpx\b|\burllib\b|\baxios/|\bnode-fetch\b"
    r"|\bundici\b|\blibwww-perl\b|\bruby\b|\bguzzlehttp\b|\bphp/|\bhttp-client\b|\bpostmanruntime\b|\bscrapy\b"
    r"|\bheadlesschrome\b|\bphantomjs\b|\bpuppeteer\b|\bplaywright\b|\blighthouse\b"
    r"|\bgooglebot\b|\bbingbot\b|\bapplebot\b|\byandexbot\b|\bbaiduspider\b|\bduckduckbot\b|\bahrefsbot\b"
    r"|\bsemrushbot\b|\bbytespider\b|\bamazonbot\b|\bgptbot\b|\bclaudebot\b|\bccbot\b|\bpetalbot\b"
    r"|(?<!cu)bot/\d|\bbot\b(?=[;)])|\bcrawler\b|\bspider\b",
    re.IGNORECASE,
)
"""``bot`` only where a version or the end of a remark follows: Cubot is a phone."""

_BARE = re.compile(r"mozilla/\d\.0|mozilla|-|unknown|null|undefined", re.IGNORECASE)
"""What stands for no user agent at all: every browser says more."""


def classify_click(method: str, user_agent: str, purpose: str = "") -> ClickClass:
    """Tell who made a request for a link. Pure and total; the first rule that fits decides.

    *purpose* is what stood in the headers ``Sec-Purpose``, ``Purpose``, ``X-Purpose`` and ``X-Moz``, joined.
    """
    return _classify(method.upper(), user_agent[:LONGEST_AGENT].strip(), purpose[:LONGEST_AGENT])


@lru_cache(maxsize=_KEPT)
def _classify(method: str, user_agent: str, purpose: str) -> ClickClass:
    if method != "GET":
        return ClickClass.HEAD
    if _AHEAD.search(purpose):
        return ClickClass.PREFETCH
    if not user_agent or _BARE.fullmatch(user_agent):
        return ClickClass.SCANNER
    if _PREVIEW.search(user_agent):
        return ClickClass.PREVIEW
    if _SCANNER.search(user_agent):
        return ClickClass.SCANNER
    return ClickClass.PERSON


@frozen(kw_only=True)
class ClickAround:
    """A click that looks like a person's, with what happened around it."""

    id: int
    link_id: int
    member_id: int
    kind: str
    reason: str | None
    clicked_at: datetime
    delivered_at: datetime | None
    """When its text was; None: no receipt came yet."""
    submitted: int
    """Submissions that brought the link's token back from its member."""
    members_there: int
    """Members whose links were opened from the same address within ``CROWD_WITHIN``, up to ``CROWD_MEMBERS``."""
    links_in_message: int
    links_opened: int
    """Links of the message that were opened within ``SWEPT_WITHIN``, this one included."""
    address_known: bool = True
    """False: the hash of its address is dropped, so that nobody can tell its company any more."""


def company(visits: Sequence[tuple[int, int]]) -> list[int]:
    """Who came at about the time of each visit to one address: members within ``CROWD_WITHIN``, up to
    ``CROWD_MEMBERS``. Pure.

    *visits*: when (microseconds) and whose link, in the order of time. One walk, however many they are.
    """
    reach = CROWD_WITHIN // timedelta(microseconds=1)
    there: Counter[int] = Counter()
    first, after, found = 0, 0, []
    for moment, _ in visits:
        while after < len(visits) and visits[after][0] <= moment + reach:
            there[visits[after][1]] += 1
            after += 1
        while visits[first][0] < moment - reach:
            gone = visits[first][1]
            there[gone] -= 1
            if not there[gone]:
                del there[gone]
            first += 1
        found.append(min(len(there), CROWD_MEMBERS))
    return found


def doubt_about(click: ClickAround) -> str | None:
    """Why a click is not taken for a person's: ``soon``, ``crowd`` or ``swept``; None: it is. Pure.

    It looks at all that is known, in whatever order it became known.
    """
    if click.submitted:
        return None
    if click.delivered_at is not None and abs(click.clicked_at - click.delivered_at) <= SOON:
        return "soon"
    if click.members_there >= CROWD_MEMBERS or (click.reason == "crowd" and not click.address_known):
        return "crowd"
    if 1 < click.links_in_message <= click.links_opened:
        return "swept"
    return None
