"""The lint codes: stable, each with a page of its own. A code that went out of use is never given again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["CODES", "is_warning"]

CODES: Final[Mapping[str, str]] = {
    "F001": "the file is no YAML",
    "F002": "the file is too large",
    "F003": "anchors, aliases and tags are not part of the language",
    "F004": "a key is there twice",
    "F005": "another kind of value belongs here",
    "F006": "this version of the language is unknown",
    "F007": "the file holds something else",
    "F010": "unknown bot action",
    "F011": "unknown nudge type",
    "F012": "unknown key",
    "F013": "a key is missing",
    "F014": "the value does not fit",
    "F015": "unknown link tracker",
    "F016": "unknown trigger",
    "F017": "a step or a nudge stands in the wrong place",
    "F018": "an id is there twice",
    "F019": "no step has this id",
    "F020": "a place in a text is malformed",
    "F021": "a place in a text names something unknown",
    "F022": "unknown format",
    "F023": "a place in a text needs a fallback",
    "F024": "the link is not declared on this step",
    "F025": "the URL of a link does not fit",
    "F026": "the text is too long",
    "F030": "the expression does not hold",
    "F031": "the expression never gives what is needed here",
    "F040": "too many steps",
    "F041": "nested too deep",
    "F042": "too many nudges on one step",
    "F043": "a loop without a step that waits",
    "F050": "this nudge needs a link",
    "F051": "the nudge expires before it is due",
    "F060": "an automation runs one flow or one A/B test",
    "F061": "the weights of an A/B test do not fit",
    "F070": "the groups of a broadcast do not fit",
    "F071": "a broadcast sends one text or runs one flow",
    "F101": "the nudge comes sooner than its type recommends",
    "F102": "this step is never reached",
    "F103": "the text is long",
    "F104": "a character makes the text dearer",
    "F105": "carriers block public link shorteners",
    "F106": "the text ends with a link",
    "F107": "the name of a member field looks misspelt",
    "F108": "a word that the channel takes for itself",
    "F109": "a key is written in the file",
    "F110": "the flow that is named here is not there",
    "F111": "this looks like a place to fill in and is none",
    "F112": "the end of the text is taken for a comment",
    "F113": "the nudge cannot know what it waits for",
    "F114": "what some events do not have needs a fallback",
}
"""What each code is about. From F100 on they warn and stop nothing."""


def is_warning(code: str) -> bool:
    """Whether *code* only warns."""
    return code >= "F100"
