# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Webhooks: only the provider is heard, once, and nothing is answered before it is stored."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import attrs
import httpx
import pytest

from ascend_core.web.public import PublicApp
from ascend_core.web.requests import MOST_BODY_BYTES
from tests.runtime.test_drains import Leaving

STOP = [{"id": "SM1", "phone": "+12125550100", "body": "STOP"}]


@pytest.fixture
def site(bench: Any) -> Iterator[Any]:
    """The public application; ``post`` calls a webhook, ``stirred`` counts the wakes, ``missed`` what was not kept."""
    bench.set_up()
    bench.register(0)
    bench.stirred, bench.missed = [], []
    bench.leaving = Leaving(bench.core.database.engine)
    core = attrs.evolve(bench.core, database=bench.leaving)
    app = PublicApp(core, stir=lambda: bench.stirred.append(1), missed=lambda: bench.missed.append(1))

    def post(content: Any, path: str = "/hooks/pigeon/inbound", key: str = "sesame") -> httpx.Response:
        async def once() -> httpx.Response:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="https://go.example.org") as client:
                body = content if isinstance(content, bytes) else json.dumps(content).encode()
                return await client.post(path, content=body, headers={"x-key": key})

        return asyncio.run(once())

    bench.post = post
    yield bench
    app.close()


def test_a_text_is_stored_before_it_is_answered(site: Any) -> None:
    """STOP counts from the answer on; the worker is woken for the rest."""
    reply = site.post(STOP)

    assert (reply.status_code, reply.text) == (200, "coo\n")
    assert site.one("SELECT state FROM consent") == "unsubscribed"
    assert site.states() == [("suppressed", "unsubscribed")]
    assert (site.stirred, site.missed) == ([1], [])


def test_what_cannot_be_kept_is_refused_and_that_is_told(site: Any) -> None:
    """Its sender may not tell it again: whoever listens fetches it."""
    site.leaving.away = True
    refused = site.post(STOP)
    told = list(site.missed)
    again = site.post(STOP)

    assert (refused.status_code, told) == (503, [1])
    assert (again.status_code, site.missed) == (200, [1])
    assert site.one("SELECT state FROM consent") == "unsubscribed"


def test_the_same_request_again_is_answered_and_changes_nothing(site: Any) -> None:
    """Providers repeat what they think was lost."""
    site.post(STOP)
    before = site.picture()

    reply = site.post(STOP)

    assert reply.status_code == 200
    assert site.picture() == before


@pytest.mark.parametrize("key", ["", "wrong", "sesame "])
def test_whoever_is_not_the_provider_is_refused(site: Any, key: str) -> None:
    """Before a byte of it is read."""
    reply = site.post(b"not even JSON", key=key)

    assert reply.status_code == 403 if key.strip() != "sesame" else reply.status_code in (400, 403)
    assert site.one("SELECT count(*) FROM inbound_text") == 0
    assert site.stirred == site.missed == []


@pytest.mark.parametrize("body", [b"", b"{", b'[{"id": 1}]', b"\xff\xfe", b'[{"key": "k", "state": "lost"}]'])
def test_what_cannot_be_read_is_told_so(site: Any, body: bytes) -> None:
    """400, and nothing half stored."""
    assert site.post(body).status_code == 400
    assert site.one("SELECT count(*) FROM inbound_text") == site.one("SELECT count(*) FROM delivery_event") == 0


def test_a_body_larger_than_anything_sensible_is_cut_off(site: Any) -> None:
    """Memory stays flat."""
    assert site.post(b"x" * (MOST_BODY_BYTES + 1)).status_code == 413
    assert site.post(b" " * MOST_BODY_BYTES).status_code == 400


@pytest.mark.parametrize("path", ["/hooks/nobody/inbound", "/hooks/pigeon", "/hooks/pigeon/inbound/more", "/hooks/"])
def test_an_address_that_nobody_has_is_not_found(site: Any, path: str) -> None:
    """As for any other page."""
    assert site.post(STOP, path=path).status_code == 404


def test_a_channel_that_is_not_connected_is_not_found(bench: Any) -> None:
    """Its plugin is there; its settings are not."""
    app = PublicApp(bench.core)

    async def once() -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://x.example") as client:
            return (await client.post("/hooks/pigeon/inbound", content=b"[]")).status_code

    assert asyncio.run(once()) == 404
    app.close()
