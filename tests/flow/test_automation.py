"""An automation document becomes one value."""

from __future__ import annotations

import pytest

from ascend_core.errors import FlowProblem
from ascend_core.flow.document import ABTest, Automation
from ascend_core.flow.load import load_automation

EXAMPLE = """\
automation: Mobilize – June Phonebank – Register Confirmation
spec: 1
trigger: mobilize.registers
form: any                                # or the form's key, url or exact name
once_per: [member, form]
run: register_confirmation
add_to_groups: [June volunteers]
"""
TRIGGERS = {"mobilize.registers", "mobilize.cancels"}


def test_the_example_of_the_language_loads() -> None:
    """What the language's description shows is what the product reads."""
    assert load_automation(EXAMPLE, file="a.yaml", triggers=TRIGGERS) == Automation(
        name="Mobilize – June Phonebank – Register Confirmation",
        trigger="mobilize.registers",
        form="any",
        once_per=("member", "form"),
        run="register_confirmation",
        ab_test=None,
        add_to_groups=("June volunteers",),
        source=EXAMPLE,
    )


def test_an_ab_test_stands_in_place_of_a_flow() -> None:
    """Row D2: one flow, or a test over several with weights."""
    text = "automation: A\ntrigger: mobilize.registers\nab_test: {name: copy, arms: {long: 70, short: 30}}"
    automation = load_automation(text, file="a.yaml")

    assert automation.ab_test == ABTest(name="copy", arms={"long": 70, "short": 30})
    assert (automation.run, automation.form, automation.once_per) == (None, "any", ("member", "form"))


@pytest.mark.parametrize(
    ("rest", "problems"),
    [
        ("run: a\nab_test: {name: b, arms: {c: 1}}", ["1:1: F060 an automation has 'run' or 'ab_test', one of them"]),
        ("form: any", ["1:1: F060 an automation has 'run' or 'ab_test', one of them"]),
        (
            "ab_test: {name: b, arms: {c: 0}}",
            ["3:10: F061 the arms' weights are whole numbers from 0, and one of them is above 0"],
        ),
        ("ab_test: {name: b, arms: {c: half}}", ["3:30: F014 'c' is 'half'; a whole number belongs here"]),
        ("run: a\nspec: 2", ["4:7: F006 'spec' is 2; this release reads 1"]),
        (
            "run: a\nonce_per: [member, week]",
            ["4:20: F014 entry 2 of 'once_per' holds the value 'week'; one of member, form belongs there"],
        ),
        ("run: a\nadd_to_group: A", ["4:1: F012 unknown key 'add_to_group' (did you mean 'add_to_groups'?)"]),
    ],
)
def test_a_mistake_is_shown_with_its_place(rest: str, problems: list[str]) -> None:
    """As in a flow."""
    with pytest.raises(FlowProblem) as refused:
        load_automation(f"automation: A\ntrigger: mobilize.registers\n{rest}", file="a.yaml", triggers=TRIGGERS)

    assert str(refused.value).splitlines() == [f"a.yaml:{problem}" for problem in problems]


def test_an_unknown_trigger_is_found_where_the_triggers_are_known() -> None:
    """With the nearest right name."""
    text = "automation: A\ntrigger: mobilize.register\nrun: a"

    assert load_automation(text, file="a.yaml").trigger == "mobilize.register"
    with pytest.raises(FlowProblem, match=r"a\.yaml:2:10: F016 .*\(did you mean 'mobilize\.registers'\?\)"):
        load_automation(text, file="a.yaml", triggers=TRIGGERS)
