"""Every fault the simulator knows, met by the plugin over real HTTP: what was said of it, and that nothing is lost."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import aclosing

import httpx
import pytest

from ascend_core.calls.reading import ReadingTransport
from ascend_core.contracts import PluginContext
from ascend_core.errors import NeedsAttention, Refused, TryLater
from ascend_mobilize.account import MobilizeAccount
from ascend_mobilize.simulator.spoiling import HEALING, KINDS
from ascend_mobilize.source import MobilizeSource

RIGHT = None
OUTCOMES = {
    "429": TryLater,
    "rate_limited_200": TryLater,
    "html_200": TryLater,
    "html_403": TryLater,
    "500": TryLater,
    "502": TryLater,
    "503": TryLater,
    "401": NeedsAttention,
    "wrong_key": NeedsAttention,
    "redirect": Refused,
    "empty": TryLater,
    "bare_list": TryLater,
    "error_200": TryLater,
    "truncated": TryLater,
    "bom": RIGHT,
    "nul_byte": TryLater,
    "deep": TryLater,
    "huge": TryLater,
    "wrong_count": RIGHT,
    "no_count": RIGHT,
    "limited": Refused,
    "off_host_next": Refused,
    "cycling_next": Refused,
    "row_twice": RIGHT,
    "backwards": RIGHT,
    "invalid_utf8": RIGHT,
    "nul_text": RIGHT,
    "lone_surrogate": RIGHT,
    "deep_row": RIGHT,
    "null_row": RIGHT,
    "null_enums": RIGHT,
    "unknown_enums": RIGHT,
    "silent": TryLater,
    "drip": RIGHT,
    "cut_off": TryLater,
    "reset": TryLater,
}
"""What the plugin makes of an answer with that fault: a page, or an error that says what happens next."""


def _source(clock, *, patience: float) -> MobilizeSource:
    def http(*, timeout: httpx.Timeout, follow_redirects: bool = False) -> httpx.AsyncClient:
        # the wire of the product, without certificates to read: it only ever visits the simulator
        transport = ReadingTransport(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        return httpx.AsyncClient(transport=transport, timeout=patience, follow_redirects=follow_redirects)

    return MobilizeSource(PluginContext(plugin="mobilize", clock=clock, randomness=None, http=http))


async def _pull(source, account, cursor):
    """Keys read, those set aside, the last cursor, and the error that ended it."""
    read, aside = [], []
    try:
        async with aclosing(source.submissions(account, cursor)) as pages:
            async for page in pages:
                read += [submission.key for submission in page.submissions]
                aside += page.rejected
                cursor = page.cursor
    except (TryLater, NeedsAttention, Refused) as error:
        return read, aside, cursor, error
    return read, aside, cursor, None


def test_every_fault_has_an_outcome():
    """A new fault says what it leads to."""
    assert set(OUTCOMES) == set(KINDS)


@pytest.mark.parametrize("kind", OUTCOMES)
@pytest.mark.parametrize("skip", [0, 1])
def test_a_fault_is_told_and_the_next_pull_has_everything(mobilize, serve, clock, kind, skip):
    """On the first page and in the middle: no row is lost, none comes under two keys, and the key stays at home."""
    made = {str(mobilize.sign_up(f"Ada{number}")) for number in range(150)}
    source = _source(clock, patience=0.3 if kind == "silent" else 30)
    with serve(mobilize.simulator.app) as url:
        account = MobilizeAccount(org_id=str(mobilize.org), api_key=mobilize.key, base_url=f"{url}/v1")
        mobilize.lever("/faults", kind=kind, skip=skip, seconds=0.1)

        read, aside, cursor, error = asyncio.run(_pull(source, account, None))
        rest, more_aside, _, second = asyncio.run(_pull(source, account, cursor))

    is_begun_anew = kind == "off_host_next" and skip  # a cursor of an address it had before: once, from the first page
    assert type(error) is (type(None) if is_begun_anew or OUTCOMES[kind] is RIGHT else OUTCOMES[kind])
    assert mobilize.simulator.faults.struck[kind] == 1
    assert second is None
    assert set(read) | set(rest) == made
    assert {(each.reason, each.detail) for each in [*aside, *more_aside]} <= {
        ("malformed", "field (the record itself): expected an object"),
        ("masked", ""),
    }


def test_weather_is_what_asking_again_is_enough_for():
    """Nobody is called for it."""
    assert {OUTCOMES[kind] for kind in HEALING} == {TryLater, RIGHT}
