"""``ascend <channel> status``."""

from __future__ import annotations

import click

from ascend_core.cli.opening import opened_core
from ascend_core.cli.showing import say, show_json
from ascend_core.cli.status import channels_described, show_channels
from ascend_core.contracts import ChannelType

__all__ = ["status_command"]


def status_command(type_: ChannelType) -> click.Command:
    """Whether it is connected, to what, and whether it works."""

    @click.command("status", help=f"Whether {type_.label} is connected, to what, and whether it works.")
    @click.option("--json", "as_json", is_flag=True, help="One JSON document.")
    def status(*, as_json: bool) -> None:
        with opened_core() as core:
            described = channels_described(core, type_.name)
        if as_json:
            show_json(described)
        elif described:
            show_channels(described)
        else:
            say(f"{type_.label} is not connected; run: ascend {type_.name} connect")

    return status
