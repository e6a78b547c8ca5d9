"""The simulated carrier as a stand-in the demonstration and the tests drive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import blake2b
from pathlib import Path

from attrs import frozen
from starlette.applications import Starlette
from starlette.types import ASGIApp

from ascend_core.contracts import Clock, SandboxText
from ascend_sms.simulator.accounts import Account
from ascend_sms.simulator.broken_answers import Wire
from ascend_sms.simulator.carrier import Carrier, CarrierRules
from ascend_sms.simulator.control import Control
from ascend_sms.simulator.dialect import Api, Dialect
from ascend_sms.simulator.faults import HARMLESS, Fault, Faults
from ascend_sms.simulator.journal import Journal
from ascend_sms.simulator.messages_api import MessagesApi
from ascend_sms.simulator.phone_page import PhonePage
from ascend_sms.simulator.phones import read_number
from ascend_sms.simulator.telnyx_api import TelnyxApi, api_key
from ascend_sms.simulator.telnyx_dialect import TelnyxDialect, public_key
from ascend_sms.simulator.twilio_dialect import TwilioDialect
from ascend_sms.simulator.webhooks import Postman

__all__ = ["TELNYX", "TWILIO", "CarrierSandbox", "Provider", "make_sandbox", "make_telnyx_sandbox"]


@frozen(kw_only=True)
class Provider:
    """Which provider's API and webhooks the carrier is reached through."""

    dialect: Callable[[Carrier], Dialect]
    api: Callable[[Carrier, Faults, Postman], Api]
    settings: Callable[[Carrier], dict[str, str]]
    """What to connect with, besides the API's address."""


def _twilio_settings(carrier: Carrier) -> dict[str, str]:
    account = carrier.account
    return {"account_sid": account.sid, "auth_token": account.token.reveal(), "from_number": account.number}


def _telnyx_settings(carrier: Carrier) -> dict[str, str]:
    account = carrier.account
    return {"api_key": api_key(carrier), "public_key": public_key(account), "from_number": account.number}


TWILIO = Provider(dialect=TwilioDialect, api=MessagesApi, settings=_twilio_settings)
TELNYX = Provider(dialect=TelnyxDialect, api=TelnyxApi, settings=_telnyx_settings)

_MOST_TROUBLES = 5
_SLOW_SECONDS = 0.05


class CarrierSandbox:
    """A provider with one account, some invented phones and every bad habit a provider has. Safe for threads."""

    def __init__(
        self,
        *,
        account: Account,
        clock: Clock,
        seed: int,
        journal: Path | None,
        rules: CarrierRules | None = None,
        provider: Provider = TWILIO,
    ) -> None:
        self._seed = seed
        self.carrier = Carrier(account=account, clock=clock, seed=seed, journal=Journal(journal), rules=rules)
        self.faults = Faults()
        self._provider = provider
        self._postman = Postman(self.carrier, self.faults, provider.dialect(self.carrier))
        api = provider.api(self.carrier, self.faults, self._postman)
        control = Control(self.carrier, self.faults, self._postman)
        page = PhonePage(self.carrier)
        self._app = Wire(Starlette(routes=[*api.routes(), *control.routes(), *page.routes()]))

    @property
    def app(self) -> ASGIApp:
        """The ASGI application to serve on loopback."""
        return self._app

    def settings(self, base_url: str) -> Mapping[str, str]:
        """What to connect with, ``base_url`` among it."""
        return {**self._provider.settings(self.carrier), "base_url": base_url}

    def point_webhooks(self, inbound_url: str) -> None:
        """Post inbound texts to *inbound_url*, and callbacks to where it is. Raises BadInput: not on this computer."""
        self._postman.point(inbound_url, callbacks_too=True)

    def texts(self, after: int = 0) -> tuple[SandboxText, ...]:
        """The texts accepted from us, in order, without the first *after*; not what the carrier says by itself."""
        return tuple(
            SandboxText(provider_id=text.sid, phone=text.to, body=text.body, accepted_at=text.accepted_at)
            for text in self.carrier.texts(after)
        )

    def reply(self, key: str, phone: str, body: str) -> None:
        """The person with *phone* writes *body*, posted to the webhook before this returns.

        With a *key* told before it is the same text once more, as a retry. A webhook that is not there gets it when
        statuses are settled.
        """
        text, again = self.carrier.receive(key, read_number(phone) or phone, body)
        self._postman.deliver(text, retry=again)

    def settle(self) -> int:
        """Post every status that is due by the clock, in order, and inbound texts still waiting; returns how many."""
        return self._postman.settle()

    def next_due(self) -> datetime | None:
        """When the next post is due (aware, UTC); None: nothing waits."""
        return self._postman.next_due()

    def trouble(self, name: str) -> None:
        """Let up to five harmless things go wrong with the next texts and webhooks: *name* draws how many, and which.

        What is left of earlier trouble is over.
        """
        self.faults.clear()
        count, *drawn = blake2b(f"{self._seed}:{name}".encode(), digest_size=1 + _MOST_TROUBLES).digest()
        for each in drawn[: count % (_MOST_TROUBLES + 1)]:
            self.faults.order(Fault(kind=HARMLESS[each % len(HARMLESS)], seconds=_SLOW_SECONDS))


def make_sandbox(*, clock: Clock, seed: int, journal: Path | None) -> CarrierSandbox:
    """A simulated carrier with an account invented from *seed*, which remembers what its *journal* holds."""
    return CarrierSandbox(account=Account.invented(seed), clock=clock, seed=seed, journal=journal)


def make_telnyx_sandbox(*, clock: Clock, seed: int, journal: Path | None) -> CarrierSandbox:
    """The same carrier, reached through Telnyx."""
    account = Account.invented(seed)
    return CarrierSandbox(account=account, clock=clock, seed=seed, journal=journal, provider=TELNYX)
