"""Flows and automations as files: checked with line and column, published, listed, paused."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def test_lint_names_the_place_of_every_problem(run: Any, documents: Path) -> None:
    """An editor jumps there; nothing needs to be installed first."""
    (documents / "tab.yaml").write_text("flow: x\nsteps:\n\t- send: hi\n")
    (documents / "key.yaml").write_text("flow: x\nstepz:\n  - send: hi\n")

    done = run("flows", "lint", documents)

    assert done.code == 4
    assert done.out.splitlines() == [
        f"{documents}/key.yaml:1:1: F013 the key 'steps' is missing",
        f"{documents}/key.yaml:2:1: F012 unknown key 'stepz' (did you mean 'steps'?)",
        f"{documents}/tab.yaml:3:1: F001 a tab; YAML is indented with blanks",
    ]
    assert done.err == "4 files: 3 errors, 0 warnings\n"


def test_lint_lets_good_documents_and_warnings_pass(run: Any, documents: Path) -> None:
    """A warning stops nothing."""
    (documents / "dear.yaml").write_text("flow: dear\nsteps:\n  - send: “Hi”\n")

    done = run("flows", "lint", documents, "--json")

    assert done.code == 0
    assert [(problem["code"], problem["line"], problem["warning"]) for problem in done.json()] == [("F104", 3, True)]
    assert done.err == "3 files: 0 errors, 1 warning\n"


def test_lint_of_what_is_not_there_is_a_sentence(run: Any, tmp_path: Path) -> None:
    """A wrong path is no traceback."""
    (tmp_path / "empty").mkdir()

    missing = run("flows", "lint", tmp_path / "none.yaml")
    empty = run("flows", "lint", tmp_path / "empty")

    assert (missing.err, missing.code) == (
        f"error: cannot read {tmp_path}/none.yaml: No such file or directory\n",
        4,
    )
    assert (empty.err, empty.code) == (f"error: there is no .yaml file in {tmp_path}/empty\n", 4)


def test_publishing_makes_versions(made: Any, documents: Path) -> None:
    """The same file again changes nothing (E3)."""
    file = documents / "hello.yaml"
    first = made("flows", "publish", file)
    same = made("flows", "publish", file)
    file.write_text(file.read_text().replace("Hi ", "Hello "))
    second = made("flows", "publish", file)

    assert first.err == "hello: version 1 is live now\n"
    assert same.err == "hello: version 1 was live already\n"
    assert second.err == "hello: version 2 is live now\n"
    assert made("flows", "list", "--json").json() == [{"flow": "hello", "version": 2}]
    assert "hello" in made("flows", "list").out


def test_one_bad_file_of_several_is_a_partial_success(made: Any, documents: Path) -> None:
    """The good ones are live, the exit code tells (3), and the bad one is named."""
    bad = documents / "bad.yaml"
    bad.write_text("flow: x\nsteps:\n  - sned: hi\n")

    some = made("flows", "publish", bad, documents / "hello.yaml")
    none = made("flows", "publish", bad, documents / "none.yaml")
    alone = made("flows", "publish", bad)

    assert (some.code, none.code, alone.code) == (3, 4, 4)
    assert f"error: {bad}:3:5: F010 there is no bot action 'sned'" in some.err
    assert some.err.endswith("hello: version 1 is live now\n")


def test_a_file_that_is_not_utf8_is_a_sentence(made: Any, tmp_path: Path) -> None:
    """Old editors still exist."""
    (tmp_path / "old.yaml").write_bytes(b"flow: caf\xe9\n")

    done = made("flows", "publish", tmp_path / "old.yaml")

    message = f"error: {tmp_path}/old.yaml: byte 10 is not UTF-8; save the file as UTF-8\n"
    assert (done.err, done.code) == (message, 4)


def test_automations_are_added_listed_paused_and_resumed(made: Any, documents: Path) -> None:
    """All of an automation's life from a file and four commands (D2, D5)."""
    made("flows", "publish", documents / "hello.yaml")

    added = made("automations", "create", documents / "new.yml")
    changed = made("automations", "create", documents / "new.yml")
    paused = made("automations", "pause", "New sign-ups")

    assert (added.err, changed.err) == ("New sign-ups: added\n", "New sign-ups: changed\n")
    assert (paused.err, paused.code) == ("New sign-ups: paused\n", 0)
    assert made("automations", "list", "--json").json() == [
        {
            "automation": "New sign-ups",
            "trigger": "mobilize.registers",
            "form": None,
            "run": "hello",
            "ab_test": None,
            "add_to_groups": [],
            "paused": True,
        }
    ]
    made("automations", "resume", "New sign-ups")
    assert "New sign-ups   mobilize.registers   any    hello   on" in made("automations", "list").out


def test_an_automation_whose_flow_or_name_is_unknown_is_a_sentence(made: Any, documents: Path) -> None:
    """What is missing is named, with what to do."""
    unknown_flow = made("automations", "create", documents / "new.yml")
    made("flows", "publish", documents / "hello.yaml")
    made("automations", "create", documents / "new.yml")
    unknown_name = made("automations", "pause", "New signups")

    assert unknown_flow.err == "error: automation 'New sign-ups': the flow 'hello' is not live; publish it first\n"
    assert unknown_name.err == "error: there is no automation 'New signups'; did you mean 'New sign-ups'?\n"
    assert (unknown_flow.code, unknown_name.code) == (4, 4)


def test_empty_lists_say_what_fills_them(made: Any) -> None:
    """Nothing yet is no failure, and no empty table."""
    flows, automations = made("flows", "list"), made("automations", "list")

    assert (flows.out, flows.code, automations.out, automations.code) == ("", 0, "", 0)
    assert "ascend flows publish FILE" in flows.err
    assert "ascend automations create FILE" in automations.err
    assert made("flows", "list", "--json").json() == []


def test_a_folder_of_flows_automations_and_tests_is_taken_apart(made: Any) -> None:
    """``publish`` takes the flows of a folder and ``create`` its automations; tests are for neither."""
    folder = Path(__file__).parents[2] / "specs/flows"

    published = made("flows", "publish", folder)
    created = made("automations", "create", folder)

    assert (published.code, created.code) == (0, 0)
    automations = list(folder.glob("*.automation.yaml"))
    flows = set(folder.glob("*.yaml")).difference(automations, folder.glob("*.test.yaml"))
    assert len(published.err.splitlines()) == len(flows) >= 10
    assert len(created.err.splitlines()) == len(automations) >= 10
    assert made("automations", "create", *sorted(folder.glob("*.test.yaml"))).code == 4


BROADCAST = "broadcast: June\nto: [Everybody]\nrun: ladder\n"
STARTS = "flow: starts\nsteps:\n  - start_flow: lader\n"
LADDER = "flow: ladder\nsteps:\n  - stop:\n"


def test_lint_of_a_folder_tells_of_flows_that_are_not_in_it(run: Any, tmp_path: Path) -> None:
    """Whatever names them; a broadcast is one, and no flow. Of one file alone nobody knows."""
    for name, text in (("june", BROADCAST), ("starts", STARTS)):
        (tmp_path / f"{name}.yaml").write_text(text)
    without = run("flows", "lint", tmp_path)
    alone = run("flows", "lint", tmp_path / "starts.yaml")
    (tmp_path / "ladder.yaml").write_text(LADDER)
    within = run("flows", "lint", tmp_path)

    assert without.code == within.code == alone.code == 0
    assert [line.partition(".yaml:")[2][:38] for line in without.out.splitlines()] == [
        "3:6: F110 there is no flow 'ladder' he",
        "3:17: F110 there is no flow 'lader' he",
    ]
    assert "(did you mean 'ladder'?)" in within.out
    assert len(within.out.splitlines()) == 1
    assert alone.out == ""


def test_publishing_a_folder_leaves_broadcasts_out_and_tells_what_is_missing(made: Any, tmp_path: Path) -> None:
    """What a flow names and is not there stops nothing: it may be published next."""
    (tmp_path / "june.yaml").write_text(BROADCAST)
    (tmp_path / "starts.yaml").write_text(STARTS.replace("lader", "ladder"))
    hooks = "flow: hooks\nsteps:\n  - webhook: https://crm.example.org/${secret.CRM_KEY}\n"
    (tmp_path / "hooks.yaml").write_text(hooks)

    done = made("flows", "publish", tmp_path)
    made("secrets", "set", "CRM_KEY", "--file", "-", stdin="k-1\n")
    (tmp_path / "ladder.yaml").write_text(LADDER)
    again = made("flows", "publish", tmp_path)

    assert done.code == again.code == 0
    assert done.err.splitlines()[:2] == ["hooks: version 1 is live now", "starts: version 1 is live now"]
    warned = [line for line in done.err.splitlines() if line.startswith("warning: ")]
    assert len(warned) == 2
    assert "the secret 'CRM_KEY' is not set" in warned[0]
    assert "F110 there is no flow 'ladder'" in warned[1]
    assert "warning" not in again.err


def test_secrets_are_set_listed_and_removed_and_never_shown(made: Any, tmp_path: Path) -> None:
    """From stdin or a file; not as an argument, which others on the machine see."""
    (tmp_path / "key").write_text("k-2\n")
    new = made("secrets", "set", "CRM_KEY", "--file", "-", stdin="k-1\n")
    changed = made("secrets", "set", "CRM_KEY", "--file", tmp_path / "key")
    missing = made("secrets", "set", "OTHER")
    listed = made("secrets", "list")
    machine = made("secrets", "list", "--json")
    removed = made("secrets", "remove", "CRM_KEY")
    gone = made("secrets", "remove", "CRM_KEY")

    assert new.err == "CRM_KEY is set; a flow's webhook says ${secret.CRM_KEY}\n"
    assert changed.err.startswith("CRM_KEY is changed")
    assert missing.code == 2
    assert [each["name"] for each in machine.json()] == ["CRM_KEY"]
    assert (removed.code, gone.code) == (0, 4)
    for done in (new, changed, missing, listed, machine, removed, gone):
        assert "k-1" not in done.out + done.err
        assert "k-2" not in done.out + done.err
    assert "There is no secret yet" in made("secrets", "list").err
