"""The report as a picture: one bar a line, who got a link, who of them tapped it, who of those signed up. Plain SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from attrs import frozen

__all__ = ["Bar", "draw_chart"]

MOST_BARS = 60
WIDTH = 880
LABEL_WIDTH = 250
NUMBERS_WIDTH = 190
LINE_HEIGHT = 34
TOP = 84
BAR_HEIGHT = 16
LONGEST_LABEL = 31
"""Characters that fit beside the bars."""

_STYLE = """\
svg { --paper: #ffffff; --ink: #1c2430; --faint: #5a6675; --all: #d5dce6; --tapped: #6aa5e0; --done: #1f5fa8; }
@media (prefers-color-scheme: dark) {
  svg { --paper: #14181f; --ink: #eef2f7; --faint: #a3afbf; --all: #39424f; --tapped: #3f7fc4; --done: #9ccbff; }
}
text { font: 13px system-ui, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; fill: var(--ink); }
.title { font-size: 17px; font-weight: 600; }
.faint { fill: var(--faint); font-size: 12px; }
.all { fill: var(--all); } .tapped { fill: var(--tapped); } .done { fill: var(--done); }"""


@frozen(kw_only=True)
class Bar:
    """One line of the chart. Who signed up tapped, and who tapped got a link: each part lies within the one before."""

    label: str
    recipients: int
    clicked: int
    submitted: int


def draw_chart(title: str, bars: Sequence[Bar], note: str) -> str:
    """The picture as an SVG document that reads well on light and on dark paper."""
    shown = bars[:MOST_BARS]
    widest = max((bar.recipients for bar in shown), default=0) or 1
    height = TOP + LINE_HEIGHT * len(shown) + 44
    left = f" {len(bars) - len(shown)} more lines are not shown." if len(bars) > len(shown) else ""
    lines = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
            'role="img" aria-labelledby="title">'
        ),
        f"<style>{_STYLE}</style>",
        f'<title id="title">{escape(title)}</title>',
        f'<rect width="{WIDTH}" height="{height}" style="fill: var(--paper)"/>',
        f'<text class="title" x="20" y="32">{escape(title)}</text>',
        *_legend(),
        *(part for place, bar in enumerate(shown) for part in _bar(bar, TOP + place * LINE_HEIGHT, widest)),
        f'<text class="faint" x="20" y="{height - 16}">{escape(note + left)}</text>',
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _legend() -> list[str]:
    parts, x = [], 20
    for kind, word in (("all", "got a link"), ("tapped", "tapped it"), ("done", "signed up")):
        parts.append(f'<rect class="{kind}" x="{x}" y="48" width="12" height="12" rx="2"/>')
        parts.append(f'<text class="faint" x="{x + 18}" y="58">{word}</text>')
        x += 110
    return parts


def _bar(bar: Bar, y: int, widest: int) -> list[str]:
    room = WIDTH - LABEL_WIDTH - NUMBERS_WIDTH
    label = bar.label if len(bar.label) <= LONGEST_LABEL else bar.label[: LONGEST_LABEL - 1] + "…"
    middle = y + BAR_HEIGHT - 3
    numbers = f"{bar.recipients:,} · {_share(bar.clicked, bar.recipients)} · {_share(bar.submitted, bar.clicked)}"
    widths = (("all", bar.recipients), ("tapped", bar.clicked), ("done", bar.submitted))
    return [
        f'<text x="{LABEL_WIDTH - 12}" y="{middle}" text-anchor="end">{escape(label)}</text>',
        *(
            f'<rect class="{kind}" x="{LABEL_WIDTH}" y="{y}" width="{room * count / widest:.1f}" '
            f'height="{BAR_HEIGHT}" rx="2"/>'
            for kind, count in widths
            if count
        ),
        f'<text x="{LABEL_WIDTH + room + 12}" y="{middle}">{numbers}</text>',
    ]


def _share(part: int, whole: int) -> str:
    return "–" if not whole else f"{part / whole:.1%}"
