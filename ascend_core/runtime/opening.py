"""Opening the product: from settings in the environment and a folder to a ``Core``."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import cast

from attrs import evolve, field, frozen

from ascend_core.contracts import Clock, Duration, HoursByLaw, Randomness, Turns
from ascend_core.errors import BadInput
from ascend_core.flow.values import SCALARS
from ascend_core.host.build import load_registry
from ascend_core.host.context import ContextMaker
from ascend_core.host.registry import Registry
from ascend_core.laws import hours_in, load_hours
from ascend_core.operations.batch_of_calls import CALL_WITHIN_SECONDS
from ascend_core.operations.core import Core, Options
from ascend_core.operations.turns import SharedTurns
from ascend_core.operations.wording import Program
from ascend_core.runtime.claim_file import ClaimFile
from ascend_core.runtime.config import FOLDER, read_config
from ascend_core.runtime.logs import LogFormat, LogLevel, LogSettings
from ascend_core.runtime.system import SystemClock, SystemRandomness
from ascend_core.store.database import Database, open_database, sqlite_url
from ascend_core.store.schema import check_schema, upgrade_schema
from ascend_core.store.vault import make_key_file, open_vault

__all__ = ["Home", "home_from", "init_home", "open_core", "open_registry"]

DATABASE_FILE = "ascend.db"
KEY_FILE = "ascend.key"
CLAIM_FILE = "ascend.claims"

_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
MOST_DAYS = 36_500
POLL_SECONDS = (1, 900)
"""A sign-up is promised its text within a quarter of an hour."""
LOOKUP_SECONDS = (math.ceil(CALL_WITHIN_SECONDS) + 1, 3600)
"""A call that was held up must have begun before the text is looked up: else it could be sent twice."""
HIGHEST_PORT = 65_535


@frozen(kw_only=True)
class Home:
    """Where one installation keeps its things."""

    folder: Path
    database_url: str
    options: Options
    metrics: tuple[str, int] | None = None
    """The host and port where figures are served; None: nowhere."""
    logs: LogSettings = field(factory=LogSettings)

    @property
    def key_file(self) -> Path:
        """The keys that seal secrets."""
        return self.folder / KEY_FILE


def home_from(environment: Mapping[str, str] = os.environ) -> Home:
    """Read the settings (``runtime.config.SETTINGS``) from *environment* and the configuration file.

    Raises BadInput for a value that does not fit.
    """
    environment = read_config(environment).values
    folder = Path(environment.get("ASCEND_HOME", FOLDER))
    options = Options(
        hours=_hours(environment),
        program=Program(name=environment.get("ASCEND_PROGRAM", ""), contact=environment.get("ASCEND_CONTACT", "")),
        public_url=next(iter(_urls(environment, "ASCEND_PUBLIC_URL")), Options().public_url),
        links_urls=_urls(environment, "ASCEND_LINKS_URL"),
        links_live=_days(environment, "ASCEND_LINKS_DAYS"),
        utm_source=environment.get("ASCEND_UTM_SOURCE"),
        clicks_anonymous=_is_yes(environment, "ASCEND_CLICKS_ANONYMOUS"),
        webhooks_private=_is_yes(environment, "ASCEND_WEBHOOKS_PRIVATE"),
    )
    if gap := environment.get("ASCEND_NUDGE_GAP"):
        options = evolve(options, nudge_gap=_length("ASCEND_NUDGE_GAP", gap))
    if poll := _seconds(environment, "ASCEND_POLL_SECONDS", POLL_SECONDS):
        options = evolve(options, poll_every=poll)
    if lookup := _seconds(environment, "ASCEND_LOOKUP_SECONDS", LOOKUP_SECONDS):
        options = evolve(options, lookup_after=lookup)
    url = environment.get("ASCEND_DATABASE_URL") or sqlite_url(folder.resolve() / DATABASE_FILE)
    return Home(
        folder=folder,
        database_url=url,
        options=options,
        metrics=_place(environment, "ASCEND_METRICS"),
        logs=_logs(environment),
    )


def _is_yes(environment: Mapping[str, str], name: str) -> bool:
    return environment.get(name, "").lower() in {"yes", "true", "on", "1"}


def _hours(environment: Mapping[str, str]) -> HoursByLaw:
    """The preset ``ASCEND_HOURS``, of our file or of the operator's own."""
    preset = environment.get("ASCEND_HOURS") or "federal"
    own = environment.get("ASCEND_HOURS_FILE")
    return load_hours(preset) if not own else hours_in(Path(own).read_text("utf-8"), preset)


def _urls(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    values = [value.strip() for value in environment.get(name, "").split(",")]
    for value in filter(None, values):
        if not value.startswith(("http://", "https://")):
            raise BadInput(f"{name} must begin with http:// or https://, not '{value}'")
    return tuple(value.rstrip("/") for value in values if value)


def _place(environment: Mapping[str, str], name: str) -> tuple[str, int] | None:
    value = environment.get(name, "").strip()
    if not value:
        return None
    host, _, port = value.rpartition(":")
    if not port.isdecimal() or int(port) > HIGHEST_PORT:
        raise BadInput(f"{name} must be a port, or HOST:PORT, not '{value}'")
    return host.strip("[]") or "127.0.0.1", int(port)


def _logs(environment: Mapping[str, str]) -> LogSettings:
    format_ = _one_of(environment, "ASCEND_LOG", LogSettings.formats(), LogSettings().format)
    level = _one_of(environment, "ASCEND_LOG_LEVEL", LogSettings.levels(), LogSettings().level)
    return LogSettings(format=cast("LogFormat", format_), level=cast("LogLevel", level))


def _one_of(environment: Mapping[str, str], name: str, known: Sequence[str], otherwise: str) -> str:
    value = environment.get(name, otherwise).strip().lower()
    if value not in known:
        raise BadInput(f"{name} must be {', '.join(known[:-1])} or {known[-1]}, not '{value}'")
    return value


def _days(environment: Mapping[str, str], name: str) -> timedelta | None:
    value = environment.get(name)
    if not value:
        return None
    if not value.isdecimal() or not 1 <= int(value) <= MOST_DAYS:
        raise BadInput(f"{name} must be a number of days between 1 and {MOST_DAYS}, not '{value}'")
    return timedelta(days=int(value))


def _seconds(environment: Mapping[str, str], name: str, allowed: tuple[int, int]) -> timedelta | None:
    value, (least, most) = environment.get(name), allowed
    if not value:
        return None
    if not value.isdecimal() or not least <= int(value) <= most:
        raise BadInput(f"{name} must be a number of seconds between {least} and {most}, not '{value}'")
    return timedelta(seconds=int(value))


def _length(name: str, written: str) -> timedelta:
    if written.strip() == "0":
        return timedelta(0)
    try:
        length: Duration = SCALARS[Duration](written)
    except ValueError as error:
        raise BadInput(f"{name} {error}, or 0") from error
    return length.length


def init_home(home: Home) -> None:
    """Make the folder, the key file (mode 0600) and the newest tables; what is there already stays."""
    home.folder.mkdir(parents=True, exist_ok=True)
    make_key_file(home.key_file)
    database = open_database(home.database_url)
    try:
        upgrade_schema(database)
    finally:
        database.close()


def open_registry(
    clock: Clock,
    randomness: Randomness,
    *,
    environment: Mapping[str, str] = os.environ,
    turns: Turns | None = None,
) -> Registry:
    """Ask every installed plugin what it offers; plugins read their settings from *environment* and the file.

    *turns*: None: plugins wait for their turns within this process.
    """
    maker = ContextMaker(clock=clock, randomness=randomness, environment=read_config(environment).values)
    return load_registry(context_for=maker if turns is None else evolve(maker, turns=turns))


def open_core(home: Home, *, clock: Clock | None = None, randomness: Randomness | None = None) -> Core:
    """Open an installation. Raises BadInput when it was never made, WrongDatabaseVersion when its tables do not fit."""
    rules = clock
    clock = clock or SystemClock()
    randomness = randomness or SystemRandomness()
    vault = open_vault(home.key_file)
    database: Database = open_database(home.database_url)
    check_schema(database)
    return Core(
        database=database,
        registry=open_registry(clock, randomness, turns=SharedTurns(database, clock, time=rules)),
        vault=vault,
        clock=clock,
        randomness=randomness,
        options=home.options,
        worker=randomness.token(10, _LETTERS),
        time=rules,
        mark=ClaimFile(home.folder / CLAIM_FILE),
    )
