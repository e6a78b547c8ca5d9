# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""``ascend doctor`` names each fault with what to do, and says so where there is none."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from cryptography.fernet import Fernet

from ascend_core.contracts import Answer
from ascend_core.operations.checkups import check_clock
from ascend_core.operations.core import Core
from ascend_core.operations.restored import freeze_sends
from ascend_core.runtime.doctor import check_server
from ascend_core.runtime.opening import home_from, open_core, open_registry
from ascend_core.runtime.system import SystemClock, SystemRandomness
from ascend_core.store.accounts import accounts, set_account
from ascend_core.store.channels import channels, set_channel
from ascend_core.store.database import SAFE_SQLITE, open_database
from ascend_core.testing import VirtualClock
from ascend_core.web.requests import send_answer
from ascend_core.web.serving import ThreadedServer, bind
from tests.cli.test_messages import held
from tests.cli.test_serve import serving
from tests.runtime.test_engine_tables import older

__all__ = ["held"]

LONG_AGO = timedelta(hours=3)


@pytest.fixture
def doctor(connected: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The command, in an installation with an account and a channel that work."""
    for name in [name for name in os.environ if name.startswith("ASCEND_")]:
        monkeypatch.delenv(name)
    sandbox = open_registry(SystemClock(), SystemRandomness(), environment={}).channels["sms"].sandbox
    carrier = sandbox(clock=SystemClock(), seed=1, journal=None)
    server = ThreadedServer(carrier.app, bind())
    given = [(f"--{name.replace('_', '-')}", value) for name, value in carrier.settings(server.url).items()]
    assert connected("sms", "connect", *(part for pair in given for part in pair)).code == 0

    def doctor(*arguments: str, **environment: str) -> Any:
        return connected("doctor", *arguments, **environment)

    yield doctor
    server.close()


def sentences(ran: Any) -> dict[str, str]:
    """What is wrong, by what it is about; several sentences in lines."""
    found: dict[str, str] = {}
    for each in ran.json()["wrong"]:
        found[each["about"]] = "\n".join(filter(None, (found.get(each["about"]), each["sentence"])))
    return found


def change(home: Path, work: Callable[[Core], None]) -> None:
    """Do something to the installation."""
    core = open_core(home_from({"ASCEND_HOME": str(home)}))
    work(core)
    core.database.close()


def test_a_healthy_installation_is_told_so(doctor: Any, home: Path) -> None:
    """Served and working, with credentials that work and an address that answers."""
    with serving(home) as (_, url, _said):
        done = doctor(ASCEND_PUBLIC_URL=url)
        document = doctor("--json", ASCEND_PUBLIC_URL=url).json()

    assert (done.out, done.err, done.code) == ("", "All is well.\n", 0)
    assert document == {"healthy": True, "wrong": [], "notes": []}


def test_each_fault_of_a_broken_installation_is_named(doctor: Any, home: Path, mobilize: Any) -> None:
    """All at once, each with what to do."""

    def spoil(core: Core) -> None:
        long_ago = core.clock.now() - LONG_AGO
        freeze_sends(core, "an older copy of the database was restored")
        (account,) = core.database.read(accounts)
        (channel,) = core.database.read(channels)
        soon = core.clock.now() + timedelta(minutes=5)
        core.database.write(lambda tx: set_account(tx, account.id, last_success_at=long_ago, trouble="It broke."))
        core.database.write(lambda tx: set_channel(tx, channel.id, failures=7, retry_at=soon))
        core.database.write(
            lambda tx: set_channel(tx, channel.id, problem="It is suspended.", alarm="Many failed", deaf_since=long_ago)
        )

    change(home, spoil)
    mobilize.server.close()
    (home / "ascend.key").chmod(0o640)
    nobody = bind()
    port = nobody.getsockname()[1]
    nobody.close()

    done = doctor(
        "--json", "--least-free", "999999999999", ASCEND_PUBLIC_URL=f"http://127.0.0.1:{port}", ASCEND_PUBLC_URL="x"
    )  # fmt: skip
    found = sentences(done)

    assert done.code == 1
    assert found["settings"] == "ASCEND_PUBLC_URL (environment) is no setting; did you mean ASCEND_PUBLIC_URL?"
    assert "make room" in found["disk"]
    assert found["key file"] == f"others can read {home}/ascend.key (mode 0640); run: chmod 600 {home}/ascend.key"
    assert found["public URL"] == f"nobody answers at http://127.0.0.1:{port}; run: ascend serve"
    assert found["worker"].startswith("none is alive")
    (account,) = (text.splitlines() for about, text in found.items() if about.startswith("mobilize "))
    assert account[0] == "its last sync was 3 h 0 min ago; run: ascend mobilize poll, and see (it says: It broke.)"
    assert account[1].endswith("try again, and see to this machine's network if it lasts")
    frozen, stopped, alarm, silent, deaf = found["sms"].splitlines()
    assert frozen.startswith("it is frozen: an older copy")
    assert frozen.endswith("run: ascend messages reconcile")
    assert stopped == "it has stopped: It is suspended. Then run: ascend sms resume"
    assert alarm.startswith("flows and broadcasts stand still: Many failed")
    assert silent.startswith("its provider left the last 7 calls unanswered, so texts wait; it is tried again at ")
    assert deaf.startswith("nobody listens to what people text since ")


def test_people_read_one_line_a_fault(doctor: Any) -> None:
    """On stdout, so that it can be mailed; the exit code says the rest."""
    done = doctor()

    assert done.out.splitlines() == [
        "public URL  it is not set, so links lead to http://127.0.0.1:8000, where no phone gets; set ASCEND_PUBLIC_URL",
        "worker      none is alive: nothing is synced or sent; run: ascend serve, or: ascend worker",
    ]
    assert (done.err, done.code) == ("", 1)


def test_credentials_that_another_key_sealed_and_those_that_are_refused(
    doctor: Any, home: Path, tmp_path: Path
) -> None:
    """The wrong key file is told at each secret it does not open."""
    (home / "ascend.key").rename(tmp_path / "kept")
    (home / "ascend.key").write_bytes(Fernet.generate_key())
    (home / "ascend.key").chmod(0o600)
    other = sentences(doctor("--json"))
    (tmp_path / "kept").rename(home / "ascend.key")

    def wrong_token(core: Core) -> None:
        (channel,) = core.database.read(channels)
        sealed = core.vault.seal({**core.vault.open(channel.sealed), "auth_token": "nonsense"})
        core.database.write(lambda tx: set_channel(tx, channel.id, sealed=sealed))

    change(home, wrong_token)
    refused = doctor("--json")

    (account,) = (text for about, text in other.items() if about.startswith("mobilize "))
    assert account == other["sms"] == (
        "a stored secret was sealed with another key; put the right key file back, or connect again"
    )  # fmt: skip
    assert "auth token" in sentences(refused)["sms"]
    assert "nonsense" not in refused.out


def test_a_text_in_doubt_is_counted(doctor: Any, held: Any) -> None:
    """Only a person can decide."""
    assert sentences(doctor("--json"))["held texts"].startswith("1 text is held")


def test_a_plugin_that_was_left_out_is_told_with_what_it_was_needed_for(doctor: Any) -> None:
    """Its settings are not called misspelt."""
    done = doctor("--json", ASCEND_MOBILIZE_REQUESTS_PER_SECOND="many")
    found = sentences(done)

    assert "ASCEND_MOBILIZE_REQUESTS_PER_SECOND" in found["plugin mobilize"]
    (account,) = (text for about, text in found.items() if about.startswith("mobilize "))
    assert account.startswith("no installed plugin offers the integration 'mobilize'")
    assert "settings" not in found
    assert done.json()["notes"] == []


def spoil_revision(home: Path, revision: str) -> None:
    """Let the database be of another version."""
    with sqlite3.connect(home / "ascend.db") as database:
        database.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    database.close()


@pytest.mark.parametrize(
    ("spoil", "about", "sentence"),
    [
        (lambda home: spoil_revision(home, "0001"), "database", "run: ascend db upgrade"),
        (lambda home: spoil_revision(home, "9999"), "database", "made by a newer version of Ascend (revision 9999)"),
        (lambda home: (home / "ascend.db").unlink(), "database", "run: ascend init"),
        (lambda home: (home / "ascend.db").write_text("nonsense " * 1000), "database", "put a good copy back"),
        (lambda home: (home / "ascend.key").unlink(), "key file", "there is no key file"),
        (lambda home: (home / "ascend.key").write_text("nonsense"), "key file", "does not hold keys"),
        (lambda home: home.rename(home.with_name("away")), "folder", "run: ascend init, or set ASCEND_HOME"),
        (lambda home: (home / "ascend.toml").write_text("publc_url = 1"), "settings", "did you mean 'public_url'?"),
    ],
)
def test_what_depends_on_something_broken_is_not_looked_at_and_that_is_said(
    doctor: Any, home: Path, spoil: Callable[[Path], object], about: str, sentence: str
) -> None:
    """The first thing to put right comes first."""
    spoil(home)
    done = doctor("--json")

    assert sentence in sentences(done)[about]
    assert [note["about"] for note in done.json()["notes"]] == ["the rest"]
    assert "worker" not in sentences(done)
    assert done.code == 1


def test_a_database_that_is_not_there_is_told_without_its_password_and_nothing_is_made(doctor: Any, home: Path) -> None:
    """Looking changes nothing."""
    done = doctor("--json", ASCEND_DATABASE_URL="postgresql://me:hush@127.0.0.1:1/nothing")
    (home / "ascend.db").unlink()
    doctor()

    assert "see that it runs, and that ASCEND_DATABASE_URL is right" in sentences(done)["database"]
    assert "hush" not in done.out
    assert not (home / "ascend.db").exists()


@pytest.mark.skipif(sqlite3.sqlite_version_info >= SAFE_SQLITE, reason="this Python's own SQLite is a sound one")
def test_a_library_with_the_wal_bug_is_told(doctor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's own, where the newer one is not installed."""
    monkeypatch.setitem(sys.modules, "pysqlite3", None)

    assert sentences(doctor("--json"))["database"].endswith("run: pip install pysqlite3, or use PostgreSQL")


def test_clocks_that_disagree_are_told(home: Path, made: Any) -> None:
    """By how much, and whose is ahead; a second is no disagreement."""
    told = []

    def look(core: Core) -> None:
        for seconds in (3600, -60, 1):
            clock = VirtualClock(core.clock.now() + timedelta(seconds=seconds))
            told.append([finding.sentence for finding in check_clock(evolve(core, clock=clock))])

    change(home, look)

    assert "3600 s ahead of the database's" in told[0][0]
    assert "60 s behind the database's" in told[1][0]
    assert told[2] == []


def test_an_address_that_is_not_ours_or_not_encrypted(doctor: Any, mobilize: Any) -> None:
    """What answers there must be us; beyond this machine people's words need https, and want of network is said."""
    strange = sentences(doctor("--json", ASCEND_PUBLIC_URL=mobilize.server.url))
    far = doctor("--json", ASCEND_PUBLIC_URL="http://texts.invalid", ASCEND_LINKS_URL="https://l.invalid")

    assert "answers 404, and not as Ascend does" in strange["public URL"]
    assert sentences(far)["public URL"].startswith("http://texts.invalid is not encrypted")
    assert [(note["about"], "which may be its own network" in note["sentence"]) for note in far.json()["notes"]] == [
        ("public URL", True),
        ("links URL", True),
    ]


async def unbelieved(scope: Any, receive: Any, send: Any) -> None:
    """What Ascend answers behind a proxy that it does not believe."""
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    headers = [(b"content-length", b"3"), (b"x-ascend-visitors", b"hidden")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok\n"})


def test_a_proxy_that_is_not_believed_is_told(doctor: Any) -> None:
    """Every click would look like one machine's, and a few bad links would stop everybody."""
    server = ThreadedServer(unbelieved, bind())
    told = sentences(doctor("--json", ASCEND_PUBLIC_URL=server.url))["public URL"]
    server.close()

    assert "is not believed" in told
    assert "FORWARDED_ALLOW_IPS" in told


def test_a_web_server_that_keeps_webhooks_to_itself_is_told(doctor: Any) -> None:
    """Links work, and no reply or STOP ever arrives: nobody would notice."""

    async def links_only(scope: Any, receive: Any, send: Any) -> None:
        answer = Answer(body=b"ok\n") if scope.get("path") == "/health" else Answer(status=405, body=b"not here\n")
        if scope["type"] == "lifespan":
            for _ in range(2):
                await send({"type": f"{(await receive())['type']}.complete"})
        else:
            await send_answer(send, answer)

    proxy = ThreadedServer(links_only, bind())
    found = sentences(doctor("--json", ASCEND_PUBLIC_URL=proxy.url))
    proxy.close()

    assert "public URL" not in found
    assert found["webhook of sms"].startswith(f"{proxy.url}/hooks/sms/inbound answers 405, and not as Ascend does: no")


def test_a_server_that_is_too_old_and_a_url_that_is_none_are_told(run: Any, new_database: Callable[[str], str]) -> None:
    """With what to do."""
    database = open_database(new_database("postgresql"))
    fine, old = list(check_server(database)), list(check_server(database, least=99))
    database.close()
    assert run("init").code == 0
    wrong = sentences(run("doctor", "--json", ASCEND_DATABASE_URL="postgresql://me:hush@host:PORT/name"))

    assert fine == []
    assert "the product needs 99 or later" in old[0].sentence
    assert wrong["database"].startswith("the database URL cannot be read; write ")


def test_a_flow_whose_address_was_given_up_is_told(doctor: Any, connected: Any, tmp_path: Path) -> None:
    """Its texts go on, with the usual address; somebody should know."""
    file = tmp_path / "own.yaml"
    file.write_text("flow: own\nlinks_url: https://north.invalid\nsteps: [{send: Hi}]\n")
    both = "https://go.invalid,https://north.invalid"
    assert connected("flows", "publish", file, ASCEND_LINKS_URL=both).code == 0

    known = sentences(doctor("--json", ASCEND_LINKS_URL=both))
    given_up = sentences(doctor("--json", ASCEND_LINKS_URL="https://go.invalid"))["flow own"]

    assert "flow own" not in known
    assert "to be at https://north.invalid" in given_up
    assert "are at https://go.invalid" in given_up


def test_tables_of_another_task_engine_are_told(run: Any, new_database: Callable[[str], str]) -> None:
    """On PostgreSQL; and ``db upgrade`` brings them along."""
    url = new_database("postgresql")
    assert run("init", ASCEND_DATABASE_URL=url).code == 0
    database = open_database(url)
    none_yet = sentences(run("doctor", "--json", ASCEND_DATABASE_URL=url))
    older(database)
    told = sentences(run("doctor", "--json", ASCEND_DATABASE_URL=url))
    upgraded = run("db", "upgrade", ASCEND_DATABASE_URL=url)
    after = sentences(run("doctor", "--json", ASCEND_DATABASE_URL=url))
    database.close()

    assert told["database"] == "the task engine's tables are older than its library; run: ascend db upgrade"
    assert upgraded.code == 0
    assert "database" not in {**none_yet, **after}
    assert "worker" in after
