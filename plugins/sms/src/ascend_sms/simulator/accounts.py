"""The one account the simulated carrier has: who may call, from which numbers, and what signs its webhooks."""

from __future__ import annotations

import re

from attrs import field, frozen

from ascend_core.contracts import Secret
from ascend_core.errors import BadInput
from ascend_sms.simulator.chance import hexadecimal
from ascend_sms.simulator.phones import read_number

__all__ = ["DEFAULT_NUMBER", "Account"]

DEFAULT_NUMBER = "+12025550100"
"""An invented number: 555-01xx is kept free for fiction."""


@frozen(kw_only=True)
class Account:
    """A customer of the carrier."""

    sid: str
    token: Secret
    key_sid: str
    """An API key: it opens the API as well as the token does, and never signs a webhook."""
    key_secret: Secret
    number: str
    service_sid: str
    """The messaging service: it picks one of *number* and *pool* for each person, always the same one."""
    pool: tuple[str, ...] = ()
    """More numbers of the account."""
    shared_key: tuple[str, Secret] | None = field(default=None)
    """Id and secret of the key that signs webhooks with SHA-256; None: the token signs, with SHA-1."""

    @classmethod
    def invented(
        cls,
        seed: int,
        *,
        sid: str | None = None,
        token: str | None = None,
        number: str | None = None,
        pool: tuple[str, ...] = (),
    ) -> Account:
        """An account with credentials made up from *seed*, except for those that are given.

        Raises BadInput: a given one does not look as it must.
        """
        if sid is not None and not re.fullmatch(r"AC[0-9a-fA-F]{32}", sid):
            raise BadInput(f"the account sid {sid!r} is not AC and 32 hexadecimal digits")
        if any(read_number(each) != each for each in (*pool, number or DEFAULT_NUMBER)):
            raise BadInput("the account's number is not in E.164 format: give it as +12025550100")
        return cls(
            sid=sid or "AC" + hexadecimal(seed, "account"),
            token=Secret(token or hexadecimal(seed, "token")),
            key_sid="SK" + hexadecimal(seed, "key"),
            key_secret=Secret(hexadecimal(seed, "key secret")),
            number=number or DEFAULT_NUMBER,
            service_sid="MG" + hexadecimal(seed, "service"),
            pool=pool,
        )

    @property
    def numbers(self) -> tuple[str, ...]:
        """Every number of the account."""
        return (self.number, *self.pool)

    def number_for(self, phone: str) -> str:
        """The number that the messaging service texts *phone* from."""
        return self.numbers[int(hexadecimal(0, "sticky", phone)[:8], 16) % len(self.numbers)]

    def opens_for(self, user: str, password: str) -> bool:
        """Tell whether *user* and *password* (basic authentication) may use this account."""
        return (user == self.sid and Secret(password) == self.token) or (
            user == self.key_sid and Secret(password) == self.key_secret
        )
