"""Which addresses an author's webhook may reach: the internet, and nothing behind our own door."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence

from ascend_core.errors import Refused, TryLater

__all__ = ["Resolve", "address_to_call", "is_public", "resolve_name"]

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""From a host's name and a port to its IP addresses. Raises OSError for a name nobody knows."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NOT_OUT_THERE = tuple(
    map(ipaddress.IPv6Network, ("::/96", "64:ff9b:1::/48", "fec0::/10", "3fff::/20", "5f00::/16", "100::/64"))
)
"""What Python's own table leaves out: addresses that carry an IPv4 one, a network's own NAT64, old and new private
ranges."""


async def resolve_name(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


async def address_to_call(host: str, port: int, *, resolve: Resolve, private: bool) -> str:
    """The one IP address to connect to, looked up once: whoever answers the next question differently is not asked.

    Raises Refused when any of the host's addresses is not on the public internet, unless *private* ones are allowed;
    TryLater when the name cannot be looked up.
    """
    try:
        addresses = [str(ipaddress.ip_address(host.strip("[]")))]
    except ValueError:
        try:
            addresses = [address.partition("%")[0] for address in await resolve(host, port)]
        except (OSError, UnicodeError) as error:
            raise TryLater("the webhook's host cannot be looked up") from error
    if not addresses:
        raise TryLater("the webhook's host has no address")
    if not private and not all(is_public(address) for address in addresses):
        raise Refused(
            "the webhook leads to a private address; set ASCEND_WEBHOOKS_PRIVATE=yes to allow that",
            reason="private_address",
        )
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether *address* is on the public internet. Addresses that carry another one inside count as that one too."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo or (None, None))[1]
        if any(ip in network for network in _NOT_OUT_THERE):
            return False
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None and not is_public(str(inner)):
            return False
        if ip.ipv4_mapped is not None:
            return True
    return ip.is_global and not ip.is_multicast
