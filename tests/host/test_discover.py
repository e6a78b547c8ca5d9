# ruff: noqa: TID251 -- tests may lean on tests; the ban is for the product
"""Plugins are found by their entry points; one that cannot be loaded is reported and disturbs nothing."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from ascend_core.host import FoundPlugin, discover, load_registry
from tests.host.worlds import contexts


def point(name: str, value: str) -> EntryPoint:
    """An entry point as a distribution declares it."""
    return EntryPoint(name=name, value=value, group="ascend")


GOOD = point("good", "ascend_core.hookspecs:AscendHooks")


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        (
            point("bad", "ascend_no_such_module:Plugin"),
            """plugin 'bad' cannot be imported from ascend_no_such_module:Plugin: \
ModuleNotFoundError: No module named 'ascend_no_such_module'""",
        ),
        (
            point("bad", "ascend_core.hookspecs:NoSuchPlugin"),
            """plugin 'bad' cannot be imported from ascend_core.hookspecs:NoSuchPlugin: \
AttributeError: module 'ascend_core.hookspecs' has no attribute 'NoSuchPlugin'""",
        ),
        (
            point("bad", "ascend_core.contracts:Secret"),
            """plugin 'bad' cannot be made by ascend_core.contracts:Secret(): \
TypeError: Secret.__init__() missing 1 required positional argument: 'value'""",
        ),
        (
            point("Bad-One", "ascend_core.hookspecs:AscendHooks"),
            "plugin 'Bad-One' has a name that is not lower-case letters, digits and underscores",
        ),
    ],
)
def test_a_plugin_that_cannot_be_loaded_is_reported_and_the_others_are_found(bad: EntryPoint, problem: str) -> None:
    """One broken installation does not stop the product."""
    discovery = discover(found=[bad, GOOD])

    assert [str(each) for each in discovery.problems] == [problem]
    assert [plugin.name for plugin in discovery.plugins] == ["good"]


def test_a_plugin_that_ends_the_process_while_it_is_imported_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``sys.exit`` at the top of a plugin's module does not end the product."""
    (tmp_path / "ascend_quitting_plugin.py").write_text("raise SystemExit('bye')\n")
    monkeypatch.syspath_prepend(tmp_path)

    discovery = discover(found=[point("quits", "ascend_quitting_plugin:Plugin"), GOOD])

    assert [str(each) for each in discovery.problems] == [
        "plugin 'quits' cannot be imported from ascend_quitting_plugin:Plugin: SystemExit: bye"
    ]
    assert len(discovery.plugins) == 1


def test_two_distributions_that_offer_one_name_are_both_left_out() -> None:
    """Which of them was meant cannot be known."""
    discovery = discover(found=[point("twin", "a:A"), point("twin", "b:B"), GOOD])

    assert [str(each) for each in discovery.problems] == [
        "plugin 'twin' is offered more than once, also by a:A; uninstall one",
        "plugin 'twin' is offered more than once, also by b:B; uninstall one",
    ]
    assert [plugin.name for plugin in discovery.plugins] == ["good"]


def test_a_folder_that_is_on_the_path_twice_lists_its_plugins_once() -> None:
    """An editable installation may be seen twice; it is one plugin."""
    assert [plugin.name for plugin in discover(found=[GOOD, GOOD]).plugins] == ["good"]


def test_only_the_plugins_that_are_asked_for_are_loaded() -> None:
    """What is not asked for is not even imported; what is asked for and not there is said."""
    discovery = discover(only={"good", "absent"}, found=[point("bad", "ascend_no_such_module:Plugin"), GOOD])

    assert [plugin.name for plugin in discovery.plugins] == ["good"]
    assert [str(each) for each in discovery.problems] == [
        "plugin 'absent' is asked for but not installed; install its distribution"
    ]


def test_an_entry_point_may_name_a_ready_object() -> None:
    """A plugin that is an object already is taken as it is."""
    (plugin,) = discover(found=[point("ready", "ascend_core.hookspecs.marks:PROJECT")]).plugins

    assert plugin == FoundPlugin(name="ready", plugin="ascend", version="unknown")


def test_the_core_comes_along_without_an_entry_point() -> None:
    """With no plugin at all there are built-in actions, nudges and gates, and nothing is wrong."""
    registry = load_registry(context_for=contexts(), only=())

    assert registry.problems == ()
    assert {"send", "ask", "wait"} <= set(registry.actions)
    assert {"consent", "quiet_hours"} <= set(registry.gates)
    assert list(registry.plugins) == ["core"]
    assert registry.nudges
