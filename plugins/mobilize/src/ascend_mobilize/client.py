"""Asks the Mobilize API for pages, without ever taking the key elsewhere."""

from __future__ import annotations

import asyncio

import httpx

from ascend_core.contracts import Clock, Turns
from ascend_core.errors import Refused, TryLater
from ascend_mobilize.account import MobilizeAccount, origin_of
from ascend_mobilize.answers import Answered, Page, Shaping, read_page

__all__ = ["GETS_PER_SECOND", "PAGE_BYTES", "PAGE_SECONDS", "TIMEOUT", "MobilizeClient"]

GETS_PER_SECOND = 15 / 1.05
"""Mobilize allows 15 GET a second to one address (API README, *Rate limiting*): evenly spread, with 5 % to spare for
requests that bunch up on their way."""
LEAST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 30.0
"""After asking too often, for everybody who asks from here. The limit is per second; the account that met it waits
for longer."""

TIMEOUT = httpx.Timeout(60.0, connect=30.0)
"""As a long-running client of this API settled on: it is slow at times (contract, *Rate limits*)."""
PAGE_SECONDS = 180.0
"""The whole of one page, so that a server which drips bytes does not hold the sync for ever."""
PAGE_BYTES = 20_000_000
"""Of one page, unpacked. A page of 100 attendances is about 1 MB."""
LONGEST_URL = 8000
"""In characters, as servers take it; a ``next`` is kept in a cursor."""


class MobilizeClient:
    """One account's way to the API, over one connection pool."""

    def __init__(
        self,
        account: MobilizeAccount,
        http: httpx.AsyncClient,
        turns: Turns,
        clock: Clock,
        *,
        per_second: float = GETS_PER_SECOND,
        page_seconds: float = PAGE_SECONDS,
        page_bytes: int = PAGE_BYTES,
    ) -> None:
        self._account = account
        self._http = http
        self._turns = turns
        self._per_second = per_second
        self._clock = clock
        self._page_seconds = page_seconds
        self._page_bytes = page_bytes
        self._origin = origin_of(httpx.URL(account.base_url))

    def url(self, path: str, **params: str | int | None) -> str:
        """The URL of *path* under the organization; a parameter that is None is left out."""
        given = {name: value for name, value in params.items() if value is not None}
        return str(httpx.URL(f"{self._account.base_url}/organizations/{self._account.org_id}/{path}", params=given))

    async def page(self, url: str, *, with_key: bool = True, shaping: Shaping | None = None) -> Page:
        """The page at *url*, which is one of ours or a ``next`` of Mobilize's, taken verbatim; *shaping* reads it.

        Raises Refused (``off_host``) before anything is sent when *url* leads elsewhere, and likewise when the page
        names a next one that does; else what ``read_page`` raises.
        """
        target = self._at_home(url)
        what = f"{self._who[:-1]}, {target.path[:100]})"
        bucket = f"mobilize:{self._origin}"
        if self._per_second:
            await self._turns.turn(bucket, per_second=self._per_second)
        answered = await self._get(target, what, with_key=with_key)
        try:
            page = read_page(answered, now=self._clock.now(), shaping=shaping)
        except TryLater as error:
            if error.after_seconds is not None:
                pause = max(LEAST_PAUSE_SECONDS, min(error.after_seconds, LONGEST_PAUSE_SECONDS))
                await self._turns.pause(bucket, pause)
            raise
        if page.next is not None:
            self._at_home(page.next)
        return page

    def _at_home(self, url: str) -> httpx.URL:
        """*url*, read, and surely on the account's own scheme, host and port."""
        try:
            target = httpx.URL(url[:LONGEST_URL])
        except (httpx.InvalidURL, ValueError):  # ValueError: a lone surrogate
            raise Refused(f"{self._who} named a next page that is no URL.", reason="off_host") from None
        if len(url) > LONGEST_URL:
            raise Refused(f"{self._who} named a next page of over {LONGEST_URL} characters.", reason="off_host")
        if origin_of(target) != self._origin or target.userinfo:
            raise Refused(
                f"{self._who} named a next page on {origin_of(target)[-100:]}, "
                f"not on {self._origin}. The key was not sent there. If the API has moved, change its address in the "
                "settings; else ask support@mobilize.us.",
                reason="off_host",
            )
        return target

    async def _get(self, url: httpx.URL, what: str, *, with_key: bool) -> Answered:
        headers = {"Accept": "application/json"}
        if with_key:
            headers["Authorization"] = f"Bearer {self._account.api_key.reveal()}"
        try:
            async with (
                asyncio.timeout(self._page_seconds),
                self._http.stream("GET", url, headers=headers, follow_redirects=False) as response,
            ):
                body = await self._body(response, what)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise TryLater(f"{what} did not answer in time.") from error
        except httpx.HTTPError as error:
            raise TryLater(f"{what} could not be reached: {type(error).__name__}. Check the network.") from error
        names = {name.lower(): value for name, value in response.headers.items()}
        return Answered(what=what, status=response.status_code, headers=names, body=body)

    async def _body(self, response: httpx.Response, what: str) -> bytes:
        parts, size = [], 0
        async for part in response.aiter_bytes():
            parts.append(part)
            size += len(part)
            if size > self._page_bytes:
                raise TryLater(f"{what} sent a page of more than {self._page_bytes:,} bytes. Nothing was taken of it.")
        return b"".join(parts)

    @property
    def _who(self) -> str:
        return f"Mobilize (organization {self._account.org_id})"
