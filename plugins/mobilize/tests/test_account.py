"""Connecting an organization."""

from __future__ import annotations

import pytest
from attrs import asdict

from ascend_core.contracts import Secret
from ascend_core.errors import BadInput
from ascend_mobilize.account import MobilizeAccount


def test_what_people_paste_is_tidied() -> None:
    """Spaces around a copied id or key, and a slash behind an address, do not matter."""
    account = MobilizeAccount(org_id=" 4310\n", api_key=" good-key ", base_url="https://staging-api.mobilize.us/v1/")

    assert account == MobilizeAccount(
        org_id="4310", api_key=Secret("good-key"), base_url="https://staging-api.mobilize.us/v1"
    )


def test_the_key_is_never_shown() -> None:
    """Neither printing an account nor turning it into a dict gives the key away."""
    account = MobilizeAccount(org_id="4310", api_key="good-key")

    assert "good-key" not in f"{account} {asdict(account)}"


@pytest.mark.parametrize("org_id", ["", "examplecounty", "0", "-4", "4310/attendances", "٤٣", "1" * 19])
def test_an_org_id_is_a_number(org_id: str) -> None:
    """The name of the organization, or a piece of a URL, is refused before anything is sent."""
    with pytest.raises(BadInput, match="Team Settings"):
        MobilizeAccount(org_id=org_id, api_key="good-key")


@pytest.mark.parametrize("key", ["", "two words", "line\nbreak", "ключ-secret", "x" * 501])
def test_a_key_that_cannot_be_one_is_refused_without_showing_it(key: str) -> None:
    """The message helps, and holds nothing of what was pasted."""
    with pytest.raises(BadInput) as refusal:
        MobilizeAccount(org_id="4310", api_key=key)

    assert str(refusal.value) == (
        "The Mobilize API key is empty, or holds spaces or characters no key has. Copy it again."
    )


@pytest.mark.parametrize(
    "base_url",
    ["", "api.mobilize.us/v1", "http://api.mobilize.us/v1", "https://me:pass@api.mobilize.us/v1", "https://h/v1?a=1",
     "ftp://api.mobilize.us/v1", "https://[half/v1"],
)  # fmt: skip
def test_an_address_that_would_leak_or_cannot_work_is_refused(base_url: str) -> None:
    """The real Mobilize is never asked in the clear; a stand-in on this machine may be."""
    with pytest.raises(BadInput):
        MobilizeAccount(org_id="4310", api_key="good-key", base_url=base_url)

    assert MobilizeAccount(org_id="1", api_key="k", base_url="http://127.0.0.1:8099/v1").base_url.startswith("http://")
