"""The simulated carrier and the plugin check each other, so neither may lean on the other."""

from __future__ import annotations

import ast
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import ascend_sms.simulator
from ascend_sms.simulator.segments import count_segments

FOLDER = Path(ascend_sms.simulator.__file__).parent
MODULES = sorted(FOLDER.glob("*.py"))
ALLOWED = ("ascend_sms.simulator", "ascend_core.contracts", "ascend_core.errors")


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_nothing_of_the_plugin_is_used(module):
    """Only the contracts and the errors of the product are, besides itself."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    names = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]

    assert [name for name in names if name.startswith("ascend") and not name.startswith(ALLOWED)] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_time_and_chance_come_from_outside(module):
    """A run can be repeated: no module reads a clock or throws dice."""
    text = module.read_text(encoding="utf-8")

    assert [word for word in ("datetime.now", "utcnow", "time.time", "import random", "uuid4") if word in text] == []


@pytest.mark.parametrize(
    ("body", "segments"),
    [
        ("", 1),
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ç" * 70, 1),
        ("ç" * 71, 2),
        ("😀" * 36, 2),
    ],
)
def test_segments_are_counted_by_its_own_rules(body, segments):
    """160 and 153 of the phone alphabet, 70 and 67 of anything else."""
    assert count_segments(body) == segments


def test_many_threads_lose_and_double_nothing(customer, sandbox, webhook, soon):
    """Messages come in while several threads settle: each is accepted once and each callback is posted once."""
    phones = [f"+12025550{n}" for n in range(110, 190)]
    with ThreadPoolExecutor(8) as threads:
        sids = [answer.json()["sid"] for answer in threads.map(customer.send, phones)]
        soon()
        posted = sum(threads.map(lambda _: sandbox.settle(), range(8)))

    seen = Counter((form["MessageSid"], form["MessageStatus"]) for form in webhook.forms)
    assert sorted(sids) == sorted(text.provider_id for text in sandbox.texts())
    assert (len(set(sids)), set(seen.values())) == (80, {1})
    assert posted == len(seen)
    assert sandbox.next_due() is None
