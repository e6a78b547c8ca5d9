"""What holds whoever the provider is. The modules behind it are read when they are needed: some take their time."""

from __future__ import annotations

from typing import Literal

from ascend_core.contracts import Segments

__all__ = ["keyword_of", "measure"]


def keyword_of(text: str, /) -> Literal["stop", "start", "help", "doubtful"] | None:
    """What a text from a person asks for, as ``ChannelType.keyword_of``."""
    from ascend_sms.keywords import keyword_in

    return keyword_in(text)


def measure(text: str, /) -> Segments:
    """What a text costs, as ``ChannelType.measure``."""
    from ascend_sms.segments import count

    return count(text)
