# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""A plugin's settings come from environment variables; what is wrong with one is said without its value."""

from __future__ import annotations

import asyncio
from enum import Enum
from pathlib import Path
from typing import Literal

import attrs
import httpx
import pytest
from attrs import field, frozen

from ascend_core.contracts import BEHIND, HttpMaker, Secret
from ascend_core.errors import PluginError
from ascend_core.host.settings import read_settings, variable_of
from tests.host.worlds import contexts


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


@frozen(kw_only=True)
class Settings:
    key: Secret = field(metadata={BEHIND: "the key of your garden"})
    name: str = "rose"
    beds: int = field(default=1, validator=attrs.validators.gt(0))
    litres: float | None = None
    gloves: bool = False
    shed: Path | None = None
    size: Size = Size.SMALL
    soil: Literal["clay", "sand"] = "clay"


def read(**variables: str) -> Settings:
    """The settings of a plugin called garden."""
    settings = read_settings("garden", Settings, {f"ASCEND_GARDEN_{name}": value for name, value in variables.items()})
    assert isinstance(settings, Settings)
    return settings


def test_each_field_is_read_from_its_variable_as_its_type() -> None:
    """What an operator writes arrives as the plugin declared it."""
    assert read(
        KEY="k-1", NAME="tulip", BEDS="3", LITRES="2.5", GLOVES="Yes", SHED="/shed", SIZE="large", SOIL="sand"
    ) == Settings(
        key=Secret("k-1"),
        name="tulip",
        beds=3,
        litres=2.5,
        gloves=True,
        shed=Path("/shed"),
        size=Size.LARGE,
        soil="sand",
    )


def test_what_is_not_set_or_empty_has_its_default() -> None:
    """``VARIABLE=`` in a file of settings means: not set."""
    assert read(KEY="k-1", NAME="", BEDS=" ") == Settings(key=Secret("k-1"))


def test_a_missing_setting_is_named_with_what_it_is_for() -> None:
    """The operator knows which variable to set."""
    with pytest.raises(PluginError) as raised:
        read()

    assert str(raised.value) == "plugin 'garden' needs ASCEND_GARDEN_KEY: the key of your garden"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("BEDS", "int"),
        ("LITRES", "float"),
        ("GLOVES", "yes or no"),
        ("SIZE", "small or large"),
        ("SOIL", "clay or sand"),
    ],
)
def test_a_value_that_does_not_fit_is_never_shown(name: str, expected: str) -> None:
    """A secret pasted into the wrong variable does not end in a log."""
    with pytest.raises(PluginError) as raised:
        read(KEY="k-1", **{name: "hunter2"})

    assert str(raised.value) == f"plugin 'garden' cannot read ASCEND_GARDEN_{name}: it must be {expected}"


def test_a_value_that_the_plugin_refuses_is_never_shown() -> None:
    """The plugin's own check may quote the value; the message names the variables only."""
    with pytest.raises(PluginError) as raised:
        read(KEY="hunter2", BEDS="-77")

    assert str(raised.value) == (
        "plugin 'garden' does not accept its settings (ASCEND_GARDEN_KEY, ASCEND_GARDEN_BEDS): ValueError"
    )
    assert raised.value.__cause__ is None


def test_the_variable_of_a_setting() -> None:
    """Names follow one pattern."""
    assert variable_of("sms", "auth_token") == "ASCEND_SMS_AUTH_TOKEN"


def test_a_plugin_without_settings_gets_none() -> None:
    """And it is told its own name."""
    context = contexts()("garden")

    assert (context.plugin, context.settings) == ("garden", None)


def _teapot(request: httpx.Request) -> httpx.Response:
    return httpx.Response(418)


async def _status(http: HttpMaker) -> int:
    for _ in range(2):  # closing one client must not close the next one's transport
        async with http(timeout=httpx.Timeout(1)) as client:
            answer = await client.get("http://garden.example/")
    return answer.status_code


def test_a_plugin_reaches_only_the_transport_the_product_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests and demos need no network, and proxies of the environment play no part."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    world = contexts()
    maker = attrs.evolve(world, transport=lambda: httpx.MockTransport(_teapot))

    assert asyncio.run(_status(maker("garden").http)) == 418
    assert asyncio.run(_status(maker("garden").reader)) == 418


def test_a_plugins_reader_sends_nothing() -> None:
    """Texts and whatever else must not go out twice take the other one."""

    async def story() -> None:
        async with contexts()("garden").reader(timeout=httpx.Timeout(1)) as client:
            with pytest.raises(httpx.UnsupportedProtocol, match="only reads"):
                await client.post("http://127.0.0.1:9/")
        async with contexts()("garden").http(timeout=httpx.Timeout(1)) as client:
            with pytest.raises(httpx.ConnectError):
                await client.post("http://127.0.0.1:9/")

    asyncio.run(story())
