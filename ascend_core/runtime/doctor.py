"""Looks for what is wrong with an installation, from its folder to the world that has to reach it; changes nothing.

It goes as far as it can: what depends on something broken is not looked at, and that is said.
"""

from __future__ import annotations

import shutil
import stat
from collections.abc import AsyncIterator, Iterator
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import attrs
import httpx

from ascend_core.errors import BadInput, DatabaseProblem, WrongDatabaseVersion
from ascend_core.host.settings import variable_of
from ascend_core.operations.checkups import HIDDEN_VISITORS, Finding, check_core
from ascend_core.operations.core import Core
from ascend_core.runtime.config import SETTINGS, Config, read_config, unknown_in
from ascend_core.runtime.engine_tables import check_engine_tables
from ascend_core.runtime.opening import Home, home_from, open_core, open_registry
from ascend_core.runtime.system import SystemClock, SystemRandomness
from ascend_core.store.channels import channels
from ascend_core.store.database import Database, open_database
from ascend_core.store.schema import check_schema
from ascend_core.store.vault import open_vault

__all__ = ["LEAST_FREE", "check_disk", "check_server", "examine"]

LEAST_POSTGRESQL = 15
LEAST_FREE = 500_000_000
"""Bytes: below that a first sync or a copy of the database may fill the disk."""

ASKED_SECONDS = 5.0
OK = 200
UNTAKEN = {(403, "the signature does not fit\n"), (503, "try again later\n")}
"""How a webhook of ours answers who is no provider; the latter while a secret cannot be opened, which is told apart."""


async def examine(*, least_free: int = LEAST_FREE) -> list[Finding]:
    """Everything that is wrong with the installation that the environment names, and what could not be looked at."""
    try:
        config, home = read_config(), home_from()
    except BadInput as error:
        return [Finding(about="settings", sentence=str(error)), _REST]
    except OSError as error:
        return [Finding(about="settings", sentence=f"{error.filename} cannot be read: {error.strerror}"), _REST]
    found = _misspelt(config)
    if not home.folder.is_dir():
        sentence = f"there is no folder {home.folder}; run: ascend init, or set ASCEND_HOME"
        return [*found, Finding(about="folder", sentence=sentence), _REST]
    found += [*check_disk(home.folder, least_free), *_key_mode(home.key_file)]
    found += await _addresses(config, home)
    closed = [*_key_file(home), *_database(home)]
    if closed:
        return [*found, *closed, _REST]
    core = open_core(home)
    try:
        reached = "ASCEND_PUBLIC_URL" in config.values and not any(each.about == "public URL" for each in found)
        webhooks = [each async for each in _webhooks(core)] if reached else []
        return [*found, *webhooks, *await check_core(core)]
    finally:
        core.database.close()


_REST = Finding(
    about="the rest", sentence="it was not looked at; put right what is told above, and run: ascend doctor", wrong=False
)


def check_disk(folder: Path, least_free: int = LEAST_FREE) -> Iterator[Finding]:
    """There is room for what comes."""
    free = shutil.disk_usage(folder).free
    if free < least_free:
        sentence = (
            f"{free // 1_000_000:,} MB are free beside {folder}, less than {least_free // 1_000_000:,}; make room"
        )
        yield Finding(about="disk", sentence=f"{sentence}, for a full disk stops everything")


def _misspelt(config: Config) -> list[Finding]:
    """Nothing is set that nobody reads. What is like none of our names may belong to another program."""
    registry = open_registry(SystemClock(), SystemRandomness())
    of_plugins = [
        variable_of(plugin, field.name)
        for plugin, settings in registry.settings.items()
        for field in attrs.fields(type(settings))
    ]
    known = [*(setting.variable for setting in SETTINGS), *of_plugins]
    out = tuple(variable_of(problem.plugin, "") for problem in registry.problems)
    return [
        Finding(about="settings", sentence=str(unknown).rstrip("."), wrong=unknown.nearest is not None)
        for unknown in unknown_in(config, known)
        if not unknown.variable.startswith(out)  # what a plugin that was left out would have read
    ]


def _key_mode(file: Path) -> Iterator[Finding]:
    """Only its owner reads the key file."""
    if file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077:
        mode = f"{stat.S_IMODE(file.stat().st_mode):04o}"
        yield Finding(about="key file", sentence=f"others can read {file} (mode {mode}); run: chmod 600 {file}")


def _key_file(home: Home) -> Iterator[Finding]:
    """The key file is there and holds keys."""
    try:
        open_vault(home.key_file)
    except BadInput as error:
        yield Finding(about="key file", sentence=str(error))
    except OSError as error:
        yield Finding(about="key file", sentence=f"{home.key_file} cannot be read: {error.strerror}; see whose it is")


def _database(home: Home) -> Iterator[Finding]:
    """The database can be used, has our tables, and a library that does not damage it."""
    try:
        database = open_database(home.database_url)
    except DatabaseProblem as error:
        yield Finding(about="database", sentence=str(error))
        return
    then = "see that it runs, and that ASCEND_DATABASE_URL is right"
    if database.file is not None:
        then = "see to its disk, and put a good copy back; run: ascend db restore FILE"
    try:
        if database.file is not None and not database.file.exists():
            sentence = f"there is no database at {database.file}; run: ascend init, or: ascend db restore FILE"
            yield Finding(about="database", sentence=sentence)
        else:
            check_schema(database)
            if database.kind == "postgresql":
                yield from check_server(database)
                check_engine_tables(database)
    except WrongDatabaseVersion as error:
        yield Finding(about="database", sentence=str(error))
    except DatabaseProblem as error:
        yield Finding(about="database", sentence=f"{error}; {then}")
    finally:
        database.close()


def check_server(database: Database, least: int = LEAST_POSTGRESQL) -> Iterator[Finding]:
    """The server is new enough."""
    version = database.server_version()
    if version < least:
        sentence = f"the server is PostgreSQL {version}; the product needs {least} or later, so upgrade the server"
        yield Finding(about="database", sentence=sentence)


async def _addresses(config: Config, home: Home) -> list[Finding]:
    """The world reaches this server, over https, where texts and webhooks say."""
    options = home.options
    found = []
    if "ASCEND_PUBLIC_URL" in config.values:
        found += await _address("public URL", options.public_url)
    else:
        sentence = f"it is not set, so links lead to {options.public_url}, where no phone gets; set ASCEND_PUBLIC_URL"
        found.append(Finding(about="public URL", sentence=sentence))
    for url in options.links_urls:
        if url != options.public_url:
            found += await _address("links URL", url)
    return found


async def _address(about: str, url: str) -> list[Finding]:
    parts = urlsplit(url)
    near = _is_loopback(parts.hostname or "")
    if parts.scheme == "http" and not near:
        plain = f"{url} is not encrypted: anybody on the way reads what people text; serve it with https"
        found = [Finding(about=about, sentence=plain)]
    else:
        found = []
    try:
        async with httpx.AsyncClient(timeout=ASKED_SECONDS, trust_env=False) as http:
            answer = await http.get(f"{url}/health")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return [*found, _unreached(about, url, error, near=near)]
    if answer.status_code != OK or answer.text.strip() != "ok":
        sentence = f"{url}/health answers {answer.status_code}, and not as Ascend does; let it lead to ascend serve"
        found.append(Finding(about=about, sentence=sentence))
    header, hidden = HIDDEN_VISITORS
    if answer.headers.get(header) == hidden:
        sentence = (
            f"the web server before {url} names its visitors and is not believed, so that all of them seem to be one "
            "machine: their clicks count for nobody, and a few bad links stop everybody; let FORWARDED_ALLOW_IPS of "
            "ascend serve name that server's address"
        )
        found.append(Finding(about=about, sentence=sentence))
    return found


async def _webhooks(core: Core) -> AsyncIterator[Finding]:
    """What providers tell arrives: a request that nobody signed is refused, and by us."""
    for channel in core.database.read(channels):
        url = f"{core.options.public_url}/hooks/{channel.channel}/inbound"
        try:
            async with httpx.AsyncClient(timeout=ASKED_SECONDS, trust_env=False) as http:
                answer = await http.post(url, content=b"")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            yield Finding(about=f"webhook of {channel.channel}", sentence=f"{url} breaks off ({type(error).__name__})")
            continue
        if (answer.status_code, answer.text) not in UNTAKEN:
            sentence = f"{url} answers {answer.status_code}, and not as Ascend does: no reply and no STOP arrives; "
            then = "let the web server pass on /hooks/, POST and all"
            yield Finding(about=f"webhook of {channel.channel}", sentence=sentence + then)


def _unreached(about: str, url: str, error: Exception, *, near: bool) -> Finding:
    if near:
        return Finding(about=about, sentence=f"nobody answers at {url}; run: ascend serve")
    if "certificate" in str(error).lower():
        return Finding(about=about, sentence=f"the certificate of {url} does not hold; renew it")
    sentence = f"{url} cannot be reached from this machine ({type(error).__name__}), which may be its own network; "
    return Finding(about=about, sentence=f"{sentence}open {url}/health from elsewhere", wrong=False)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
