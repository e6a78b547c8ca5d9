"""Sign-ups that came through a link that was texted to somebody else (row F4)."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from ascend_core.store.bulk import table_of
from ascend_core.store.tables import Automation, Broadcast, Flow, Form, Link, Message, Submission, Url

__all__ = ["SharedSignUp", "shared_sign_ups"]

_automation = table_of(Automation)
_broadcast = table_of(Broadcast)
_flow = table_of(Flow)
_form = table_of(Form)
_link = table_of(Link)
_message = table_of(Message)
_submission = table_of(Submission)
_url = table_of(Url)


@frozen(kw_only=True)
class SharedSignUp:
    """One of them. It counts for nobody."""

    key: str
    """The sign-up's, at its source."""
    form: str | None
    created_at: datetime
    url: str
    """Where the link leads."""
    member_id: int
    """Whom it was texted to."""
    sent_for: str | None
    """The broadcast, automation or flow that it was texted for."""


def shared_sign_ups(tx: Connection, *, limit: int = 100) -> list[SharedSignUp]:
    """The newest of them, the newest first."""
    statement = (
        select(
            _submission.c.key,
            _form.c.name.label("form"),
            _submission.c.created_at,
            _url.c.target.label("url"),
            _link.c.member_id,
            func.coalesce(_broadcast.c.name, _automation.c.name, _flow.c.name).label("sent_for"),
        )
        .join(_link, _link.c.id == _submission.c.link_id)
        .join(_url, _url.c.id == _link.c.url_id)
        .join(_message, _message.c.id == _link.c.message_id)
        .outerjoin(_form, _form.c.id == _submission.c.form_id)
        .outerjoin(_broadcast, _broadcast.c.id == _message.c.broadcast_id)
        .outerjoin(_automation, _automation.c.id == _message.c.automation_id)
        .outerjoin(_flow, _flow.c.id == _message.c.flow_id)
        .where(_submission.c.matched_by == "shared")
        .order_by(_submission.c.created_at.desc(), _submission.c.id.desc())
        .limit(limit)
    )
    return [SharedSignUp(**row) for row in tx.execute(statement).mappings()]
