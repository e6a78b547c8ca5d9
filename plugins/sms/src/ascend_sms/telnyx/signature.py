"""Whether Telnyx itself made a request: an Ed25519 signature over ``timestamp|body``, and a timestamp that is fresh.

Source: https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks
"""

from __future__ import annotations

import base64
import re
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ascend_core.contracts import RawRequest

__all__ = ["SIGNATURE_HEADER", "TIMESTAMP_HEADER", "is_signed"]

SIGNATURE_HEADER: Final = "telnyx-signature-ed25519"
TIMESTAMP_HEADER: Final = "telnyx-timestamp"
_FRESH_SECONDS: Final = 300
"""Either way: clocks differ, and what is older may be a recording."""
_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}")


def is_signed(request: RawRequest, public_keys: tuple[str, ...], now: datetime) -> bool:
    """Tell whether *request* was signed with one of *public_keys* (base64), around *now*. Total: never raises."""
    timestamp = request.header(TIMESTAMP_HEADER) or ""
    if not _TIMESTAMP.fullmatch(timestamp) or abs(int(timestamp) - now.timestamp()) > _FRESH_SECONDS:
        return False
    try:
        signature = base64.b64decode(request.header(SIGNATURE_HEADER) or "", validate=True)
    except ValueError:
        return False
    signed = timestamp.encode("ascii") + b"|" + request.body
    return any(_fits(key, signature, signed) for key in public_keys if key)


def _fits(public_key: str, signature: bytes, signed: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key)).verify(signature, signed)
    except (InvalidSignature, ValueError):
        return False
    return True
