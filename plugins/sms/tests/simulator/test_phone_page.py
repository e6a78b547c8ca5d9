"""The page where a person sees the texts arrive and answers."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
OFFLINE = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-sync"


def told(customer, phone=None, **headers):
    return customer.http.get(f"{customer.base_url}/phones", params={"phone": phone} if phone else {}, headers=headers)


def test_it_shows_every_phone_and_one_conversation(customer, sandbox, soon, phone):
    """Newest first, with what the carrier said by itself."""
    customer.send("+12025550124", Body="To somebody else")
    soon()
    customer.send(Body="<b>Hi</b> & welcome")
    sandbox.reply("r1", phone, "STOP")
    soon()

    found = told(customer, phone).json()

    assert found["number"] == "+12025550100"
    assert [(each["phone"], each["count"]) for each in found["phones"]] == [(phone, 3), ("+12025550124", 1)]
    assert (found["kind"], found["opted_out"]) == ("mobile", True)
    assert [(text["by"], text["body"], text["status"]) for text in found["texts"]] == [
        ("account", "<b>Hi</b> & welcome", "delivered"),
        ("person", "STOP", "received"),
        ("carrier", found["texts"][2]["body"], "delivered"),
    ]
    assert told(customer).json()["texts"] == []


def test_nothing_new_costs_nothing(customer, phone):
    """The page asks every second."""
    customer.send()
    first = told(customer, phone)
    again = told(customer, phone, **{"If-None-Match": first.headers["etag"]})
    customer.send()
    later = told(customer, phone, **{"If-None-Match": first.headers["etag"]})

    assert (first.status_code, again.status_code, again.content, later.status_code) == (200, 304, b"", 200)


def test_a_phone_that_is_none_is_said(customer):
    """In words, which the page shows."""
    answer = told(customer, "banana")

    assert (answer.status_code, answer.json()) == (
        400,
        {"error": "that is no phone number: give it as +12025550123"},
    )


@pytest.mark.parametrize(
    ("path", "kind"), [("/", "text/html"), ("/phone.css", "text/css"), ("/phone.js", "text/javascript")]
)
def test_it_may_run_its_own_script_and_nothing_else(customer, path, kind):
    """A text may say what it likes: nothing inline, nothing from elsewhere, in nobody's frame."""
    answer = customer.http.get(customer.base_url + path)

    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
    assert (policy["default-src"], policy["script-src"], policy["frame-ancestors"]) == ("'none'", "'self'", "'none'")
    assert re.findall(r"https?://(?!\[)", answer.text) == []
    assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|\bstyle=|\bon\w+=", answer.text)


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_a_browser_shows_texts_as_they_are_and_their_links(customer, soon, phone, tmp_path):
    """What a text says is shown and never done; only its link can be followed."""
    customer.send(Body='<img src=x onerror="document.title=1"> Go: https://go.example.org/Kd7Wq3RtZ. <b>Now</b>')
    soon()

    options = [*OFFLINE.split(), f"--user-data-dir={tmp_path}", "--virtual-time-budget=3000", "--dump-dom"]
    shown = subprocess.run(
        [str(BROWSER), *options, f"{customer.base_url}/#{phone}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout

    assert '<div class="bubble">&lt;img src=x onerror="document.title=1"&gt; Go: <a href="' in shown
    assert 'href="https://go.example.org/Kd7Wq3RtZ" target="_blank" rel="noopener noreferrer">' in shown
    assert "</a>. &lt;b&gt;Now&lt;/b&gt;</div>" in shown
    assert '<h2 id="who">(202) 555-0123</h2>' in shown
    assert re.search(r'<div class="note">.* · <b>delivered</b>', shown)
