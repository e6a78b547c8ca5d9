"""Signs webhooks as the provider documents it: https://www.twilio.com/docs/usage/security#validating-requests"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping

from ascend_sms.simulator.accounts import Account

__all__ = ["signature", "signature_headers"]


def signature(secret: str, url: str, form: Mapping[str, str], *, algorithm: str = "sha1") -> str:
    """Sign *form* posted to *url* (as configured: with its query, without its fragment), base64."""
    signed = url + "".join(name + form[name] for name in sorted(form))
    mac = hmac.new(secret.encode(), signed.encode(), getattr(hashlib, algorithm))
    return base64.b64encode(mac.digest()).decode("ascii")


def signature_headers(account: Account, url: str, form: Mapping[str, str]) -> dict[str, str]:
    """The headers that prove *account* posts *form* to *url*: by its token, or by its shared key when it has one."""
    if account.shared_key is None:
        return {"X-Twilio-Signature": signature(account.token.reveal(), url, form)}
    key_id, secret = account.shared_key
    return {
        "X-Twilio-Signature": signature(secret.reveal(), url, form, algorithm="sha256"),
        "X-Twilio-Webhooks-Signature-Settings": f"key={key_id},algorithm=HMAC_SHA256",
    }
