"""``ascend <channel> limits`` and ``ascend <channel> resume``."""

from __future__ import annotations

from typing import Any

import click

from ascend_core.cli.opening import opened_core
from ascend_core.cli.showing import counted, say, show_facts, show_json
from ascend_core.contracts import ChannelType, Sender
from ascend_core.errors import NotFound
from ascend_core.operations.connect import open_channel
from ascend_core.operations.core import Core
from ascend_core.operations.limits import set_sender_limits
from ascend_core.operations.resume import resume_channel
from ascend_core.operations.senders import Standing, standing_of

__all__ = ["limits_command", "resume_command"]


def limits_command(type_: ChannelType) -> click.Command:
    """How fast the sender may text."""

    @click.command("limits", help=f"See or set how fast the sender of {type_.label} may text, in segments.")
    @click.option("--per-second", type=float, metavar="N", help="Segments a second.")
    @click.option("--burst", type=float, metavar="N", help="Segments at once, after a rest.")
    @click.option("--per-day", type=click.IntRange(0), metavar="N", help="Segments a day of the carriers; 0: no limit.")
    @click.option("--day-zone", metavar="ZONE", help="Where that day begins at midnight, as America/Los_Angeles.")
    @click.option("--defaults", is_flag=True, help="Go by the kind of sender again.")
    @click.option("--json", "as_json", is_flag=True, help="One JSON document.")
    def limits(*, as_json: bool, defaults: bool, **given: Any) -> None:
        changes = dict.fromkeys(given) if defaults else {}
        changes |= {name: value for name, value in given.items() if value is not None}
        with opened_core() as core:
            if changes:
                set_sender_limits(core, type_.name, **changes)
            standing = _standing(core, type_)
        if as_json:
            show_json(_described(standing))
            return
        show_facts(_facts(standing.sender, standing) if standing.sender else [("Segments a second", "no limit")])

    return limits


def resume_command(type_: ChannelType) -> click.Command:
    """Let texts go again."""

    @click.command("resume", help=f"Let texts go out through {type_.label} again, once what stopped them is put right.")
    @click.option("--skip-missed", is_flag=True, help="Without fetching what came in while nobody listened.")
    @click.option("--json", "as_json", is_flag=True, help="One JSON document.")
    def resume(*, skip_missed: bool, as_json: bool) -> None:
        with opened_core() as core:
            record = resume_channel(core, type_.name, skip_missed=skip_missed)
        if as_json:
            show_json({"channel": record.channel, "problem": record.stopped, "alarm": record.alarm})
        elif record.problem is not None and skip_missed and record.frozen is None:
            say(f"Texts go out again. {type_.label} only listens, and is not asked any more: {record.problem}")
        elif record.stopped:
            say(f"Not yet: {record.stopped}")
        else:
            say("Texts go out again.")

    return resume


def _standing(core: Core, type_: ChannelType) -> Standing:
    opened = open_channel(core, type_.name)
    if opened is None:
        raise NotFound(f"{type_.label} is not connected; run: ascend {type_.name} connect")
    record, _, settings = opened
    return core.database.read(lambda tx: standing_of(core, tx, record, type_, settings))


def _facts(sender: Sender, standing: Standing) -> list[tuple[str, object]]:
    return [
        ("Sender", f"{sender.key} ({sender.kind})" if sender.kind else sender.key),
        ("Segments a second", f"{sender.per_second:g}"),
        ("At once, after a rest", f"{sender.burst:g}"),
        ("Segments a day", sender.per_day or "no limit"),
        ("The day begins in", sender.day_zone),
        ("Used today", counted(standing.used, "segment")),
    ]


def _described(standing: Standing) -> dict[str, Any]:
    sender = standing.sender
    if sender is None:
        return {"sender": None}
    return {
        "sender": sender.key,
        "kind": sender.kind,
        "per_second": sender.per_second,
        "burst": sender.burst,
        "per_day": sender.per_day or None,
        "day_zone": sender.day_zone,
        "used_today": standing.used,
        "day": standing.day,
    }
