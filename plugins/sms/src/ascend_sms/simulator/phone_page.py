"""A page that shows the texts as phones would, with a form to write back. Plain HTML, no scripts."""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import parse_qs, quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from ascend_core.errors import BadInput
from ascend_sms.simulator.carrier import Carrier
from ascend_sms.simulator.control import Control
from ascend_sms.simulator.transcript import transcript

__all__ = ["PhonePage"]

_REFRESH_SECONDS = 2
_MOST_TEXTS = 200
"""Shown at once, the latest."""

_STYLE = """
body{font:16px/1.4 system-ui,sans-serif;max-width:44rem;margin:0 auto;padding:1rem;color:#1b1b1f;background:#fff}
iframe{width:100%;height:60vh;border:1px solid #74777f;border-radius:.5rem}
h2{font-size:1rem;margin:1.5rem 0 .25rem}ol{list-style:none;margin:0;padding:0;display:flex;flex-direction:column}
li{max-width:80%;margin:.2rem 0;padding:.4rem .7rem;border-radius:.9rem;white-space:pre-wrap;overflow-wrap:anywhere}
.in{align-self:flex-end;background:#1f5fbf;color:#fff}.out{align-self:flex-start;background:#e7e8ee}
.carrier{background:#fff3d6}small{display:block;font-size:.75rem}
form{display:grid;gap:.5rem;margin-top:1rem}input,textarea,button{font:inherit;padding:.5rem;min-height:2.75rem}
"""


class PhonePage:
    """``/`` with the form, ``/texts`` with the conversations in it, ``/write`` behind the form."""

    def __init__(self, carrier: Carrier, control: Control) -> None:
        self._carrier = carrier
        self._control = control

    def routes(self) -> list[Route]:
        """What to mount at the server's root."""
        return [
            Route("/", self._page, methods=["GET"]),
            Route("/texts", self._texts, methods=["GET"]),
            Route("/write", self._write, methods=["POST"]),
        ]

    async def _page(self, request: Request) -> Response:
        phone = request.query_params.get("phone", "")
        problem = request.query_params.get("problem", "")
        return _document(
            "Simulated carrier",
            f"<h1>Simulated carrier</h1><p>Texts to and from {escape(self._carrier.account.number)}</p>"
            f'<iframe title="Conversations" src="/texts?phone={quote(phone)}"></iframe>'
            + (f'<p role="alert">{escape(problem)}</p>' if problem else "")
            + '<form method="post" action="/write">'
            f'<label for="from">Phone</label><input id="from" name="from" required value="{escape(phone)}" '
            'placeholder="+12025550123"><label for="body">Text</label>'
            '<textarea id="body" name="body" rows="2"></textarea><button>Send as this phone</button></form>',
        )

    async def _texts(self, request: Request) -> Response:
        phone = request.query_params.get("phone") or None
        rows = await run_in_threadpool(transcript, self._carrier, phone)
        by_phone: dict[str, list[dict[str, Any]]] = {}
        for row in rows[-_MOST_TEXTS:]:
            by_phone.setdefault(row["phone"], []).append(row)
        body = "".join(_conversation(phone, texts) for phone, texts in by_phone.items()) or "<p>No texts yet.</p>"
        return _document("Conversations", body, f'<meta http-equiv="refresh" content="{_REFRESH_SECONDS}">')

    async def _write(self, request: Request) -> Response:
        form = parse_qs((await request.body()).decode("utf-8", "replace"), keep_blank_values=True)
        phone, body = form.get("from", [""])[0], form.get("body", [""])[0]
        try:
            await run_in_threadpool(self._control.write, phone, body, None)
        except BadInput as error:
            return RedirectResponse(f"/?problem={quote(str(error))}", 303)
        return RedirectResponse(f"/?phone={quote(phone)}", 303)


def _conversation(phone: str, texts: list[dict[str, Any]]) -> str:
    link = f'<a target="_top" href="/?phone={quote(phone)}">{escape(phone)}</a>'
    return f"<h2>{link}</h2><ol>{''.join(map(_bubble, texts))}</ol>"


def _bubble(row: dict[str, Any]) -> str:
    kind = "in" if row["direction"] == "in" else "out carrier" if row["by"] == "carrier" else "out"
    writer = "the carrier itself, " if row["by"] == "carrier" else ""
    code = f" {row['error_code']}" if row["error_code"] else ""
    note = f"{writer}{row['at'][:16].replace('T', ' ')} UTC, {row['status']}{code}"
    return f'<li class="{kind}">{escape(row["body"])}<small>{escape(note)}</small></li>'


def _document(title: str, body: str, head: str = "") -> HTMLResponse:
    return HTMLResponse(
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>{head}'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>{body}</body></html>',
        headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'"},
    )
