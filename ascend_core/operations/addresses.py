"""Which of our addresses the short links of a flow or broadcast have."""

from __future__ import annotations

import difflib

from ascend_core.errors import BadInput
from ascend_core.operations.core import Options

__all__ = ["check_links_url"]


def check_links_url(options: Options, what: str, links_url: str | None) -> None:
    """Make sure that *what* (a flow, a broadcast) asks for an address of ours; BadInput says which there are."""
    if links_url is None or links_url in options.addresses:
        return
    near = difflib.get_close_matches(links_url, options.addresses, n=1, cutoff=0.8)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(options.addresses)}"
    raise BadInput(f"{what}: no short link is answered at {links_url} (ASCEND_LINKS_URL); {hint}")
