"""Whose certificates the product trusts when it calls others."""

from __future__ import annotations

import ssl
from functools import cache

import httpx

__all__ = ["usual_trust"]


@cache
def usual_trust() -> ssl.SSLContext:
    """The usual authorities. Made once a process: reading their certificates takes longer than most requests."""
    return httpx.create_ssl_context(trust_env=False)
