"""The carrier's error codes, and the exception that answers a request with one.

Codes and messages: https://www.twilio.com/docs/api/errors
"""

from __future__ import annotations

from typing import Any

from ascend_core.errors import AscendError

__all__ = ["ApiError", "bad_request", "message_of", "not_found"]

_MESSAGES = {
    20003: "Authenticate",
    20004: "Method not allowed",
    20009: "Cannot act on this Message in its current state",
    20415: "Unsupported Media Type: parameters are application/x-www-form-urlencoded",
    20429: "Too Many Requests",
    20500: "Internal Server Error",
    21211: "Invalid 'To' Phone Number",
    21212: "Invalid From Number (caller ID)",
    21266: "'To' and 'From' number cannot be the same",
    21408: "Permission to send an SMS has not been enabled for the region indicated by the 'To' number",
    21602: "Message body is required.",
    21603: "A 'From' phone number is required.",
    21604: "A 'To' phone number is required.",
    21606: (
        "The 'From' phone number provided is not a valid message-capable phone number or Short Code for this account "
        "or for this destination"
    ),
    21609: "The 'StatusCallback' URL is not a valid URL.",
    21610: "Attempt to send to unsubscribed recipient",
    21611: "This 'From' number has exceeded the maximum number of queued messages",
    21612: "The 'To' phone number is not currently reachable using the 'From' phone number via SMS",
    21614: "'To' number is not a valid mobile number",
    21617: "The concatenated message body exceeds the 1600 character limit.",
    21624: "Invalid ValidityPeriod value",
    21701: "The Messaging Service does not exist",
    30001: "Queue overflow",
    30003: "Unreachable destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Message filtered",
    30036: "Validity period expired",
    35114: "The 'SendAt' time must be from 900 seconds to 35 days in the future",
    35118: "'MessagingServiceSid' is required to schedule a message",
}


class ApiError(AscendError):
    """The request is answered with *status* and *code*; nothing happened at the carrier."""

    def __init__(self, status: int, code: int, message: str | None = None) -> None:
        super().__init__(message or message_of(code))
        self.status = status
        self.code = code

    def payload(self) -> dict[str, Any]:
        """The answer's JSON."""
        return {
            "code": self.code,
            "message": str(self),
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }


def message_of(code: int) -> str:
    """The carrier's words for *code*."""
    return _MESSAGES.get(code, "Unknown error")


def bad_request(code: int, message: str | None = None) -> ApiError:
    """A request that can never work as it is."""
    return ApiError(400, code, message)


def not_found(path: str) -> ApiError:
    """There is nothing at *path*."""
    return ApiError(404, 20404, f"The requested resource {path} was not found")
