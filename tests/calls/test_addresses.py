"""A webhook reaches the internet and nothing behind our own door."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascend_core.calls.addresses import address_to_call, is_public
from ascend_core.errors import Refused, TryLater


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34"])
def test_the_internet_is_reached(address: str) -> None:
    """In either version of IP."""
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),  # noqa: S104 -- an address to refuse
        *("100.64.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1"),
        *("::", "::1", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::"),
        *("::7f00:1", "64:ff9b:1::7f00:1", "fec0::1", "100::1", "3fff::1", "5f00::1"),
    ],
)
def test_nothing_private_is_reached(address: str) -> None:
    """Loopback, private, link-local, metadata services, multicast, and IPv4 of that sort inside IPv6."""
    assert not is_public(address)


@given(number=st.integers(0, 2**32 - 1))
def test_ipv4_inside_ipv6_counts_as_what_it_is(number: int) -> None:
    """Whoever writes an address another way reaches no more."""
    import ipaddress

    plain = str(ipaddress.IPv4Address(number))
    assert is_public(f"::ffff:{plain}") == is_public(plain)


def asked(host: str, *answers: str, private: bool = False) -> tuple[str, list[str]]:
    """The address to call, and the names that were looked up."""
    looked_up: list[str] = []

    async def resolve(name: str, port: int) -> Sequence[str]:
        looked_up.append(name)
        if not answers:
            raise OSError("no such name")
        return answers

    return asyncio.run(address_to_call(host, 443, resolve=resolve, private=private)), looked_up


def test_a_name_is_looked_up_once_and_pinned() -> None:
    """What is asked about is what is called: a second answer would come too late."""
    assert asked("crm.example.org", "93.184.216.34") == ("93.184.216.34", ["crm.example.org"])


@pytest.mark.parametrize("answers", [("127.0.0.1",), ("93.184.216.34", "10.0.0.1"), ("169.254.169.254",), ("::1",)])
def test_a_name_with_one_private_address_is_refused(answers: tuple[str, ...]) -> None:
    """Unless the operator allows it."""
    with pytest.raises(Refused, match="ASCEND_WEBHOOKS_PRIVATE=yes"):
        asked("crm.example.org", *answers)

    assert asked("crm.example.org", *answers, private=True)[0] == answers[0]


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "10.1.2.3"])
def test_an_address_instead_of_a_name_is_checked_too(host: str) -> None:
    """Nothing is looked up for it."""
    with pytest.raises(Refused):
        asked(host)


def test_a_name_nobody_knows_is_tried_again_later() -> None:
    """The resolver may be what is broken."""
    with pytest.raises(TryLater):
        asked("crm.example.org")
