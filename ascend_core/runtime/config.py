"""Where settings come from: environment variables, then one TOML file, then what holds without either.

The file is ``ascend.toml`` in the product's folder, or what ``ASCEND_CONFIG`` names. Its keys are the variables' names
without ``ASCEND_``, in lower case; a plugin's settings stand in a table of its name::

    public_url = "https://go.example.org"

    [sms]
    keyword_replies = "provider"        # ASCEND_SMS_KEYWORD_REPLIES
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from ascend_core.errors import BadInput

__all__ = ["FOLDER", "SETTINGS", "Config", "Setting", "Unknown", "read_config", "unknown_in"]

CONFIG_FILE = "ascend.toml"
FOLDER = "ascend-data"
"""Where the product is kept, below the current folder, when nothing else is said."""

_PREFIX = "ASCEND_"


@frozen(kw_only=True)
class Setting:
    """One thing that may be set for the whole product."""

    key: str
    """In the file; the variable is ``ASCEND_`` and this in capitals."""
    help: str
    otherwise: str
    """What holds when it is not set, as people read it."""

    @property
    def variable(self) -> str:
        """The environment variable."""
        return f"{_PREFIX}{self.key.upper()}"


SETTINGS = (
    Setting(key="home", help="The folder of the database and the key file", otherwise=f"./{FOLDER}"),
    Setting(key="config", help="The configuration file", otherwise=f"{CONFIG_FILE} in that folder"),
    Setting(key="database_url", help="Another database: postgresql://…", otherwise="ascend.db in that folder"),
    Setting(
        key="public_url",
        help="Where the world reaches this server: webhooks and short links",
        otherwise="the address it listens on",
    ),
    Setting(
        key="links_url",
        help="The short links' own addresses, with commas; texts have the first, or what their flow names (links_url)",
        otherwise="the public one",
    ),
    Setting(key="links_days", help="How many days a short link leads somewhere", otherwise="for ever"),
    Setting(
        key="clicks_anonymous",
        help="yes: no address and no browser of whoever opens a link is kept, not even hashed",
        otherwise="no",
    ),
    Setting(key="utm_source", help="utm_source on tracked links", otherwise="none"),
    Setting(
        key="program", help="The name people know you by, in the answers to STOP, START and HELP", otherwise="none"
    ),
    Setting(key="contact", help="Where people reach a person, in the answer to HELP", otherwise="none"),
    Setting(
        key="hours", help="The preset of hours in which nobody is texted, whatever a flow says", otherwise="federal"
    ),
    Setting(key="hours_file", help="A file with presets of your own", otherwise="the one that comes along"),
    Setting(key="nudge_gap", help="The least time between two nudges to one member", otherwise="1h"),
    Setting(key="poll_seconds", help="How often accounts are asked what is new, 1 to 900", otherwise="60"),
    Setting(
        key="lookup_seconds",
        help="How long after it was handed over a text without an answer is looked up, 31 to 3600",
        otherwise="60",
    ),
    Setting(
        key="metrics",
        help="Where Prometheus may ask for figures: a port of this machine, or HOST:PORT",
        otherwise="nowhere",
    ),
    Setting(key="log", help="How the log is written: console (for people) or json", otherwise="console"),
    Setting(key="log_level", help="How much is written: debug, info, warning or error", otherwise="info"),
    Setting(key="webhooks_private", help="yes: flows may call addresses of your own network", otherwise="no"),
)
_ONLY_IN_THE_ENVIRONMENT = ("home", "config")


@frozen(kw_only=True)
class Config:
    """Everything that is set. ``values`` and ``sources`` go by variable; a source is ``environment`` or the file."""

    file: Path | None
    """None: there is none."""
    values: Mapping[str, str]
    sources: Mapping[str, str]


def read_config(environment: Mapping[str, str] = os.environ) -> Config:
    """Read the file and the environment; the environment wins, variable by variable. An empty variable is none, and
    quotes around a value are not part of it.

    Raises BadInput when the file cannot be read or holds a key that nobody knows.
    """
    ours = {name: _unquoted(value) for name, value in environment.items() if name.startswith(_PREFIX)}
    given = {name: value for name, value in ours.items() if value.strip()}
    file = _file(given)
    written = {} if file is None else _written(file)
    return Config(
        file=file,
        values={**written, **given},
        sources={**dict.fromkeys(written, str(file)), **dict.fromkeys(given, "environment")},
    )


@frozen(kw_only=True)
class Unknown:
    """A variable or a key that nobody reads."""

    variable: str
    source: str
    nearest: str | None
    """What may be meant."""

    def __str__(self) -> str:
        meant = f"; did you mean {self.nearest}?" if self.nearest else "."
        return f"{self.variable} ({self.source}) is no setting{meant}"


def unknown_in(read: Config, known: Collection[str]) -> list[Unknown]:
    """What is set and is none of the variables *known*, by name."""
    found = []
    for name in sorted(set(read.values) - set(known)):
        nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
        found.append(Unknown(variable=name, source=read.sources[name], nearest=nearest[0] if nearest else None))
    return found


def _unquoted(value: str) -> str:
    """A shell and systemd take the quotes off in a file of variables; ``podman run --env-file`` leaves them on."""
    bare = value.strip()
    quoted = len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "'\""
    return bare[1:-1] if quoted else value


def _file(given: Mapping[str, str]) -> Path | None:
    named = given.get(f"{_PREFIX}CONFIG")
    if named is not None:
        return Path(named)
    usual = Path(given.get(f"{_PREFIX}HOME", FOLDER)) / CONFIG_FILE
    return usual if usual.is_file() else None


def _written(file: Path) -> dict[str, str]:
    try:
        document = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise BadInput(f"the configuration file {file} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"the configuration file {file} is no TOML: {error}") from error
    written = {}
    for key, value in document.items():
        if isinstance(value, dict):
            for name, inner in value.items():
                written[f"{_PREFIX}{key}_{name}".upper()] = _text(file, f"{key}.{name}", inner)
        else:
            _check(file, key)
            written[f"{_PREFIX}{key}".upper()] = _text(file, key, value)
    return written


def _check(file: Path, key: str) -> None:
    known = [setting.key for setting in SETTINGS if setting.key not in _ONLY_IN_THE_ENVIRONMENT]
    if key in known:
        return
    if key in _ONLY_IN_THE_ENVIRONMENT:
        raise BadInput(f"{file}: '{key}' says where this file is; set {_PREFIX}{key.upper()} in the environment")
    nearest = difflib.get_close_matches(key, known, n=1)
    hint = f"did you mean '{nearest[0]}'?" if nearest else f"there are {', '.join(known)}"
    raise BadInput(f"{file}: nobody knows the setting '{key}'; {hint}")


def _text(file: Path, key: str, value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case str() | int() | float():
            return str(value)
        case _:
            raise BadInput(f"{file}: '{key}' must be a text, a number or true or false")
