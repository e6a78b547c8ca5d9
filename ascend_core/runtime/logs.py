"""The log: one place that says how it is written, for what the product says itself and for what libraries say.

An event has a name that stays (``drain.done``) and fields. No event of ours is given a phone, a name, an address, a
text or a key, and what libraries and plugins say is not trusted to keep to that:

* Of an exception its type and where it came from are written, and its message only where it is one of ours: the others
  quote what they stumbled over.
* Libraries say no more than warnings, but for a few that are known to speak of nobody.
* What looks like a phone, an e-mail address, a credential or the query of a URL is blotted out of everything.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from typing import Any, Literal, TextIO, cast, get_args

import structlog
from attrs import frozen

from ascend_core.errors import AscendError
from ascend_core.runtime.engine import Trouble

__all__ = ["LogFormat", "LogLevel", "LogSettings", "configure_logs", "hushed", "log_named", "log_trouble"]

LogFormat = Literal["console", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]

_OPEN_HEARTED = ("uvicorn", "procrastinate", "alembic")
"""Libraries that may say more than warnings when everything is asked for: they know of no person."""

_REPEATING = ("psycopg.pool",)
"""Libraries that warn every second while a server is away; the engine says it once in a while, and what is to be done
is the same.
"""

FRAMES = 8
"""Of an exception, so many of the places it came through, the innermost first."""

_Event = MutableMapping[str, Any]


@frozen(kw_only=True)
class LogSettings:
    """How much is written, and how."""

    format: LogFormat = "console"
    level: LogLevel = "info"

    @staticmethod
    def formats() -> tuple[str, ...]:
        """What ``format`` may be."""
        return get_args(LogFormat)

    @staticmethod
    def levels() -> tuple[str, ...]:
        """What ``level`` may be."""
        return get_args(LogLevel)


def configure_logs(settings: LogSettings) -> None:
    """Write this process's log to stderr, as *settings* say. The last call holds."""
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    handler = _Stderr()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_SAID,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _without_messages,
                _hushed_event,
                _renderer(settings.format),
            ],
        )
    )
    root = logging.getLogger()
    for before in [each for each in root.handlers if isinstance(each, _Stderr)]:
        root.removeHandler(before)
    root.addHandler(handler)
    root.setLevel(max(level, logging.WARNING))
    logging.getLogger("ascend").setLevel(level)
    for name in _OPEN_HEARTED:
        logging.getLogger(name).setLevel(level if settings.level == "debug" else logging.WARNING)
    for name in _REPEATING:
        logging.getLogger(name).setLevel(logging.WARNING if settings.level == "debug" else logging.ERROR)


def log_named(name: str) -> structlog.stdlib.BoundLogger:
    """The log under ``ascend.`` and that name. Before ``configure_logs`` it goes wherever ``logging`` sends it."""
    logger: structlog.stdlib.BoundLogger = structlog.wrap_logger(
        logging.getLogger(f"ascend.{name}"),
        processors=[structlog.stdlib.filter_by_level, *_SAID, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return logger


def log_trouble(trouble: Trouble) -> None:
    """What an engine says went wrong."""
    _LOG.error(trouble.event, **trouble.fields, **({} if trouble.error is None else {"exc_info": trouble.error}))


def hushed(text: str) -> str:
    """*text* without what looks like somebody's, or like a credential."""
    for pattern, instead in _BLOTS:
        text = pattern.sub(instead, text)
    return text


_SAID: list[Any] = [
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

_BLOTS = (
    (re.compile(r"(https?://[^\s?\"']+)\?[^\s\"']*"), r"\1?…"),
    (re.compile(r"(\w://[^\s:/@]*):[^\s@/]+@"), r"\1:***@"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w+/=.~-]{8,}"), r"\1 ***"),
    (
        re.compile(r"(?i)\b(\w*(?:password|secret|token|api[_-]?key|authorization))(['\"]?\s*[=:]\s*)['\"]?[^\s,'\"]+"),
        r"\1\2***",
    ),
    (re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"), "[e-mail]"),
    (
        re.compile(r"(?:\+|%2B)\d{7,15}\b|(?<![\w.:-])(?:1[ .-]?)?\(?[2-9]\d\d\)?[ .-]?[2-9]\d\d[ .-]?\d{4}(?![\w-])"),
        "[phone]",
    ),
)


class _Stderr(logging.StreamHandler[TextIO]):
    """To whatever stderr is at the time: a test may have changed it."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]  # -- the standard library's own last resort does so
        return sys.stderr


def _renderer(format_: LogFormat) -> Any:
    if format_ == "json":
        return structlog.processors.JSONRenderer(default=str, ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
    )


def _without_messages(_logger: Any, _method: str, event: _Event) -> _Event:
    """Say of an exception what it is and where it comes from."""
    given = event.pop("exc_info", None)
    event.pop("stack_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        if isinstance(error, AscendError):
            event["says"] = str(error)
        event["where"] = list(_places(error))
        if isinstance(error.__cause__, Exception):
            event["caused_by"] = type(error.__cause__).__name__
    return event


def _places(error: BaseException) -> Iterator[str]:
    frames = traceback.extract_tb(error.__traceback__)
    for frame in frames[: -FRAMES - 1 : -1]:
        yield f"{'/'.join(frame.filename.split('/')[-2:])}:{frame.lineno} {frame.name}"


def _hushed_event(_logger: Any, _method: str, event: _Event) -> _Event:
    for key, value in event.items():
        event[key] = _hushed(value) if key != "timestamp" else value
    return event


def _hushed(value: object) -> object:
    match value:
        case str():
            return hushed(value)
        case list() | tuple():
            return [_hushed(each) for each in cast("list[object]", value)]
        case bool() | int() | float() | None:
            return value
        case _:
            return hushed(str(value))


_LOG = log_named("engine")
