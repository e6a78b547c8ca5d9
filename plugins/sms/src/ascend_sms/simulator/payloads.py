"""The API's JSON: https://www.twilio.com/docs/messaging/api/message-resource"""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from typing import Any

from ascend_sms.simulator.accounts import Account
from ascend_sms.simulator.errors import message_of
from ascend_sms.simulator.views import TextView

__all__ = ["account_json", "account_path", "message_json"]

_API_VERSION = "2010-04-01"
_OPENED_ON = "Thu, 01 Jan 2026 00:00:00 +0000"
"""Invented."""


def account_path(account: Account) -> str:
    """Where everything of *account* lies."""
    return f"/{_API_VERSION}/Accounts/{account.sid}"


def message_json(account: Account, view: TextView) -> dict[str, Any]:
    """*view* as the API writes it: dates as in mail, counts as strings, the error code as a number."""
    path = f"{account_path(account)}/Messages/{view.sid}"
    return {
        "account_sid": account.sid,
        "api_version": _API_VERSION,
        "body": view.body,
        "date_created": _mail_date(view.created_at),
        "date_sent": _mail_date(view.sent_at) if view.sent_at else None,
        "date_updated": _mail_date(view.updated_at),
        "direction": view.direction,
        "error_code": view.error_code,
        "error_message": message_of(view.error_code) if view.error_code else None,
        "from": view.from_,
        "messaging_service_sid": view.service_sid,
        "num_media": str(view.media),
        "num_segments": str(view.segments),
        "price": None,
        "price_unit": "USD",
        "sid": view.sid,
        "status": view.status,
        "subresource_uris": {"media": f"{path}/Media.json"},
        "to": view.to,
        "uri": f"{path}.json",
    }


def account_json(account: Account) -> dict[str, Any]:
    """The account, without its token: nobody needs to read it back."""
    path = account_path(account)
    return {
        "sid": account.sid,
        "owner_account_sid": account.sid,
        "friendly_name": "Simulated account",
        "status": "active",
        "type": "Full",
        "date_created": _OPENED_ON,
        "date_updated": _OPENED_ON,
        "subresource_uris": {"messages": f"{path}/Messages.json"},
        "uri": f"{path}.json",
    }


def _mail_date(moment: datetime) -> str:
    """RFC 2822, to the second."""
    return format_datetime(moment)
