"""An installation in a temporary folder, commands run in it, and stand-ins to connect it to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from attrs import frozen
from click.testing import CliRunner, Result

from ascend_core.cli.root import ascend
from ascend_core.runtime.opening import open_registry
from ascend_core.runtime.system import SystemClock, SystemRandomness
from ascend_core.web.serving import ThreadedServer, bind

FLOW = """\
flow: hello
steps:
  - send: "Hi ${member.first_name|there}! Finish here: ${link.form} It takes a minute."
    links:
      form: {url: "${event.url}", track: mobilize}
"""
AUTOMATION = """\
automation: New sign-ups
trigger: mobilize.registers
form: any
run: hello
"""


@frozen(kw_only=True)
class Ran:
    """What a command said, and how it ended."""

    out: str
    err: str
    code: int

    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder where nothing was made yet."""
    return tmp_path / "home"


@pytest.fixture
def run(home: Path) -> Run:
    """Runs ``ascend`` with these arguments in the installation."""

    def run(*arguments: object, stdin: str = "", **environment: str | None) -> Ran:
        cleared = {"ASCEND_DATABASE_URL": None, "ASCEND_PUBLIC_URL": None, "ASCEND_LINKS_URL": None}
        given = {**cleared, "ASCEND_HOME": str(home), **environment}
        result: Result = CliRunner().invoke(ascend, [str(each) for each in arguments], input=stdin, env=given)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception  # an expected failure is a sentence and an exit code, never this
        return Ran(out=result.stdout, err=result.stderr, code=result.exit_code)

    return run


@pytest.fixture
def made(run: Run) -> Run:
    """The same, with the installation made."""
    assert run("init").code == 0
    return run


class Mobilize:
    """A served stand-in for Mobilize with two events."""

    def __init__(self) -> None:
        registry = open_registry(SystemClock(), SystemRandomness(), environment={})
        maker = registry.integrations["mobilize"].sandbox
        self.sandbox = maker(clock=SystemClock(), seed=1, journal=None)
        self.server = ThreadedServer(self.sandbox.app, bind())
        self.account = self.sandbox.account(self.server.url)
        starts_at = SystemClock().now() + timedelta(days=7)
        self.pages = {
            name: self.sandbox.add_form(
                name, name, starts_at=starts_at, timezone="America/New_York", url_base=self.server.url
            )
            for name in ("Phone Bank", "Town Hall")
        }

    def connect_with(self, **changes: str) -> list[str]:
        """The arguments of ``mobilize connect``."""
        given = {**self.account, **changes}
        return ["--org", given["org_id"], "--key", given["api_key"], "--url", given["base_url"]]

    def sign_up(self, event: str, **changes: str) -> None:
        """Ana fills in the form of an event, as a browser would."""
        form = {
            "first_name": "Ana",
            "last_name": "Lopez",
            "email": "ana@example.org",
            "phone": "(202) 555-0142",
            "zip": "10001",
            "sms_opt_in": "yes",
            "text_field:Shirt size": "M",
        }
        httpx.post(self.pages[event], data={**form, **changes}, trust_env=False).raise_for_status()


@pytest.fixture
def mobilize() -> Iterator[Mobilize]:
    """A served stand-in."""
    served = Mobilize()
    yield served
    served.server.close()


@pytest.fixture
def connected(made: Run, mobilize: Mobilize) -> Run:
    """An installation connected to the stand-in, with its events fetched."""
    assert made("mobilize", "connect", *mobilize.connect_with()).code == 0
    assert made("mobilize", "fetch").code == 0
    return made


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """A folder with a flow and an automation."""
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "hello.yaml").write_text(FLOW)
    (folder / "new.yml").write_text(AUTOMATION)
    return folder
