"""``webhook``: call another server, and go on with what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import SplitResult, urlsplit

from attrs import field, frozen

from ascend_core.contracts import (
    BEHIND,
    KEY,
    WRITES,
    Answered,
    BotActionType,
    CallWebhook,
    Effect,
    FieldValue,
    Outcome,
    Reached,
    SetFields,
    Steps,
    StepView,
    Text,
    Trace,
    WithSecrets,
    main,
    param,
)

__all__ = ["WEBHOOK", "WebhookParams", "webhook"]

MOST_HEADERS = 20
LONGEST_VALUE = 1_000
"""Characters of the answer that a member field takes; the rest is cut off."""

_OURS = frozenset({"host", "content-length", "content-type", "transfer-encoding", "connection", "idempotency-key"})
"""Headers that the call itself sets."""


@frozen(kw_only=True)
class WebhookParams:
    """What an author writes under ``webhook``."""

    url: WithSecrets = main(help="The address to call, with https://; behind the host it may hold ${secret.NAME}.")  # noqa: RUF009 -- it makes an attrs field
    method: Literal["POST", "PUT", "PATCH", "GET"] = param(default="POST", help="The HTTP method.")
    headers: Mapping[str, WithSecrets] = param(
        factory=dict, help="HTTP headers to send along: Authorization: Bearer ${secret.NAME}."
    )
    body: Mapping[str, Text] | None = field(
        default=None, metadata={BEHIND: "The JSON to send: names and texts. Without it, a POST sends who it is about."}
    )
    save: Mapping[str, str] = field(
        factory=dict,
        metadata={
            KEY: "set",
            WRITES: True,
            BEHIND: "Member fields, and where in the JSON answer they are (person.id).",
        },
    )
    then: Steps | None = param(default=None, help="The steps to take when the server says 2xx.")  # noqa: RUF009 -- it makes an attrs field
    failed: Steps | None = param(default=None, help="The steps to take when the call was given up.")  # noqa: RUF009 -- it makes an attrs field

    def __attrs_post_init__(self) -> None:
        address = urlsplit(self.url.source)
        if address.scheme not in ("https", "http") or not address.hostname or "${" in self.url.without_places():
            raise ValueError(
                "'webhook' is no web address; it begins with https:// and holds no ${…} but ${secret.NAME}"
            )
        if "$" in address.netloc:
            raise ValueError("a secret stands behind the host of a web address, never in it")
        if not _has_port(address):
            raise ValueError("the port of a web address is a number up to 65535")
        if address.username is not None or address.password is not None:
            raise ValueError("a web address holds no user name and no password; send a header")
        if self.method == "GET" and self.body is not None:
            raise ValueError("a GET sends no 'body'")
        self._check_headers()
        for name in self.save:
            if not name.isidentifier():
                raise ValueError(f"'{name}' is no field's name: letters, digits and _ only")

    def _check_headers(self) -> None:
        if len(self.headers) > MOST_HEADERS:
            raise ValueError(f"'headers' has at most {MOST_HEADERS} entries")
        for name, value in self.headers.items():
            if not name.replace("-", "").isalnum() or not name.isascii() or name.lower() in _OURS:
                raise ValueError(f"'{name}' is no header to set here")
            if not value.source.isprintable() or not value.source.isascii():
                raise ValueError(f"the header '{name}' holds what no header can")
            if "${" in value.without_places():
                raise ValueError(f"the header '{name}' holds a ${{…}} that is not ${{secret.NAME}}")

    @property
    def secrets(self) -> tuple[str, ...]:
        """The names of the secrets it calls for, each once."""
        written = (self.url, *self.headers.values())
        return tuple(dict.fromkeys(name for each in written for name in each.secrets))


def _has_port(address: SplitResult) -> bool:
    """Whether the port of *address*, if it has one, is one."""
    try:
        return address.port != 0
    except ValueError:
        return False


def webhook(view: StepView, params: WebhookParams, /) -> Outcome:
    """Ask for the call and wait for its end; then take up what was answered."""
    match view.happened:
        case Answered(ok=True, document=document):
            return Outcome(effects=_taken(params.save, document), exit=params.then, why="answered")
        case Answered(status=status):
            return Outcome(exit=params.failed, why=f"failed with {status}" if status else "failed")
        case Reached():
            call = CallWebhook(
                url=params.url.source,
                method=params.method,
                headers={name: value.source for name, value in params.headers.items()},
                secrets=params.secrets,
                document=_document(view, params),
            )
            return Outcome(effects=(call,), wait=True)
        case _:
            return Outcome(wait=True)


def _document(view: StepView, params: WebhookParams) -> Mapping[str, FieldValue] | None:
    if params.body is not None:
        return {name: view.plain(text) for name, text in params.body.items()}
    if params.method == "GET":
        return None
    return {"flow": view.run.flow, "run": view.run.id, "member": view.member.id, "phone": view.member.phone}


def _taken(save: Mapping[str, str], document: Any) -> tuple[Effect, ...]:
    """The fields that the answer fills, and a line in the trace for each that is not there."""
    values: dict[str, FieldValue] = {}
    problems: list[Effect] = []
    for name, path in save.items():
        found = _at(document, path)
        if isinstance(found, str):
            values[name] = found[:LONGEST_VALUE]
        elif isinstance(found, (bool, int, float)):
            values[name] = found
        else:
            problems.append(Trace(kind="problem", step=None, detail={"problem": "not_in_answer", "about": path}))
    return (*((SetFields(values=values),) if values else ()), *problems)


def _at(document: Any, path: str) -> Any:
    """What stands at ``a.0.b`` in a JSON document; None: nothing."""
    for part in path.split("."):
        match document:
            case dict():
                document = document.get(part)
            case list() if part.isdigit() and int(part) < len(document):
                document = document[int(part)]
            case _:
                return None
    return document


WEBHOOK = BotActionType(
    name="webhook",
    label="Call a webhook",
    params=WebhookParams,
    run=webhook,
    help="Calls another server and goes on with its answer.",
    waits=True,
)
