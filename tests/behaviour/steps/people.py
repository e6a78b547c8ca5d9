# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Steps: What people and machines do."""

from __future__ import annotations

from pytest_bdd import parsers, when

from ascend_core.testing.world import PHONE_AGENT
from tests.behaviour.story import Story

__all__: list[str] = []

MACHINES = {
    "a link preview": ("GET", {"user-agent": "facebookexternalhit/1.1 Facebot Twitterbot/1.0"}),
    "a scanner": ("GET", {"user-agent": "curl/8.5.0"}),
    "a prefetching browser": ("GET", {"user-agent": PHONE_AGENT, "sec-purpose": "prefetch"}),
    "a gateway": ("GET", {"x-forwarded-for": "198.51.100.7"}),
    "a HEAD request": ("HEAD", {"user-agent": PHONE_AGENT}),
}
"""What opens links without being a person: method and headers."""

ACTIVITIES = {
    "confirms": "confirms",
    "attends": "attends",
    "cancels": "cancels",
    "is waitlisted for": "waitlisted",
    "registers again for": "registers",
}


@when(parsers.parse('they all submit the form "{form}"'))
def _all_submit(story: Story, form: str) -> None:
    for name in story.people:
        story.submit(name, form, story.form_urls[form])


@when(parsers.parse('{name:w} submits the form "{form}"'))
def _submits(story: Story, name: str, form: str) -> None:
    story.submit(name, form, story.form_urls[form])


@when(parsers.parse('{name:w} submits the form "{form}" with'))
def _submits_with(story: Story, name: str, form: str, datatable: list[list[str]]) -> None:
    story.submit(name, form, story.form_urls[form], datatable)


@when(parsers.parse('{name:w} submits the form "{form}" through the link in {owner:w}\'s text'))
def _submits_through(story: Story, name: str, form: str, owner: str) -> None:
    story.submit(name, form, story.open(story.links(owner)[0]))


@when(parsers.parse('{name:w} submits the form "{form}" through the link in {owner:w}\'s text, with'))
def _submits_through_with(story: Story, name: str, form: str, owner: str, datatable: list[list[str]]) -> None:
    story.submit(name, form, story.open(story.links(owner)[0]), datatable)


@when(parsers.re(rf'(?P<name>\w+) (?P<activity>{"|".join(ACTIVITIES)}) "(?P<form>[^"]+)"'))
def _acts(story: Story, name: str, activity: str, form: str) -> None:
    story.world.forms.act(story.key(), story.submissions[name, form], ACTIVITIES[activity])


@when(parsers.parse("{name:w} taps the link"))
def _taps(story: Story, name: str) -> None:
    story.open(story.links(name)[0])


@when(parsers.parse("{name:w} taps link {number:d}"))
def _taps_one(story: Story, name: str, number: int) -> None:
    story.open(story.links(name)[number - 1])


@when(parsers.re(rf"(?P<machine>{'|'.join(MACHINES)}) opens the link in (?P<name>\w+)'s text"))
def _machine_opens(story: Story, machine: str, name: str) -> None:
    method, headers = MACHINES[machine]
    story.open(story.links(name)[0], method, headers)


@when(parsers.parse('somebody opens the short link "{path}"'))
def _opens_a_code(story: Story, path: str) -> None:
    story.open(f"{story.world.public_url}/{path}")


@when(parsers.parse('somebody opens the link in {name:w}\'s text with "{query}" added'))
def _opens_with(story: Story, name: str, query: str) -> None:
    story.open(story.links(name)[0] + query)


@when(parsers.parse('{name:w} replies "{text}"'))
def _replies(story: Story, name: str, text: str) -> None:
    story.world.carrier.reply(story.key(), story.phone(name), text)
    story.world.settle()
