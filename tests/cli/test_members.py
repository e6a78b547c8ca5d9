"""People brought along from a file, with the proof of their consent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

PEOPLE = "\ufeffPhone,First Name,Zip\n(202) 555-0150,Bo,20001\n12,Cy,\n+12025550151,Di,\n"


def test_a_file_of_people_becomes_members(made: Any, tmp_path: Path) -> None:
    """Good rows are in, bad ones are named by their number, and the exit code tells (3)."""
    (tmp_path / "people.csv").write_text(PEOPLE)

    done = made("members", "import", tmp_path / "people.csv", "--proof", "Paper form, May", "--group", "Friends")
    listed = made("members", "list", "--group", "Friends", "--json").json()

    assert done.code == 3
    assert done.err.splitlines()[0] == "2 members added, 0 updated, 1 row refused"
    assert done.err.splitlines()[1].startswith("  row 2: ")
    assert [(each["phone"], each["fields"]["first_name"], each["consent"]) for each in listed] == [
        ("+12025550150", "Bo", "subscribed"),
        ("+12025550151", "Di", "subscribed"),
    ]


def test_importing_again_updates(made: Any, tmp_path: Path) -> None:
    """The same file twice makes nobody twice (A5)."""
    (tmp_path / "people.csv").write_text("phone,first_name\n2025550150,Bo\n")
    made("members", "import", tmp_path / "people.csv", "--proof", "x")
    (tmp_path / "people.csv").write_text("phone,first_name\n2025550150,Bob\n")

    done = made("members", "import", tmp_path / "people.csv", "--proof", "x", "--json")

    assert done.json() == {"created": 0, "updated": 1, "refused": [], "kept_out": []}
    assert "Bob" in made("members", "list").out


def test_a_field_is_defined_and_checks_what_is_imported(made: Any, tmp_path: Path) -> None:
    """Row C5, from the command line: the member is in, the odd value is not, and both are told."""
    (tmp_path / "people.csv").write_text("phone,age,size\n2025550150,41,m\n2025550151,old,huge\n")

    added = [
        made("members", "fields", "add", "age", "--kind", "number"),
        made(
            "members", "fields", "add", "size", "--kind", "choice", "--choice", "S", "--choice", "M", "--label", "Shirt"
        ),
    ]
    done = made("members", "import", tmp_path / "people.csv", "--proof", "x")
    members = made("members", "list", "--json").json()
    listed = made("members", "fields", "list")
    removed = made("members", "fields", "remove", "age")
    again = made("members", "fields", "remove", "age")

    assert [each.err for each in added] == ["Age (age): number\n", "Shirt (size): choice of S, M\n"]
    assert done.err.splitlines() == [
        "2 members added, 0 updated, 0 rows refused",
        "2 values kept out:",
        "  row 2: age takes a number, like 12 or 1,250.50",
        "  row 2: size takes one of: S, M",
    ]
    assert [each["fields"] for each in members] == [{"age": 41, "size": "M"}, {}]
    assert "size   Shirt   choice   S, M" in listed.out
    assert (removed.code, again.code) == (0, 4)


def test_what_cannot_be_imported_is_a_sentence(made: Any, tmp_path: Path) -> None:
    """No proof, no column, no file: each is told, and nothing is changed."""
    (tmp_path / "odd.csv").write_text("name,zip\nBo,20001\n")
    (tmp_path / "good.csv").write_text("phone\n2025550150\n")

    no_column = made("members", "import", tmp_path / "odd.csv", "--proof", "x")
    no_file = made("members", "import", tmp_path / "none.csv", "--proof", "x")
    no_proof = made("members", "import", tmp_path / "good.csv")
    empty_proof = made("members", "import", tmp_path / "good.csv", "--proof", " ")
    no_group = made("members", "list", "--group", "Nobody")

    assert no_column.err == f"error: {tmp_path}/odd.csv has no column 'phone'; its columns are: name, zip\n"
    assert no_file.err == f"error: cannot read {tmp_path}/none.csv: No such file or directory\n"
    assert "Missing option '--proof'" in no_proof.err
    assert "without consent nobody is texted" in empty_proof.err
    assert no_group.err == "error: there is no group 'Nobody'\n"
    assert [each.code for each in (no_column, no_file, no_proof, empty_proof, no_group)] == [4, 4, 2, 4, 4]
    assert made("members", "list", "--json").json() == []


def test_a_long_list_says_that_there_is_more(made: Any, tmp_path: Path) -> None:
    """Nobody takes the first page for everybody."""
    (tmp_path / "people.csv").write_text("phone\n2025550150\n2025550151\n2025550152\n")
    made("members", "import", tmp_path / "people.csv", "--proof", "x")

    done = made("members", "list", "--limit", "2")

    assert done.err == "The first 2 are shown; see more with --limit\n"


def test_two_members_who_are_one_person_become_one(made: Any, tmp_path: Path) -> None:
    """The person is asked first; a phone that nobody has is said."""
    (tmp_path / "people.csv").write_text("phone,first_name,zip\n2025550150,Bo,\n2025550151,,20001\n")
    made("members", "import", tmp_path / "people.csv", "--proof", "x")

    unsure = made("members", "merge", "202 555 0150", "202 555 0151", stdin="n\n")
    nobody = made("members", "merge", "2025550150", "2025550159", "--yes")
    done = made("members", "merge", "2025550150", "2025550151", "--yes")
    (left,) = made("members", "list", "--json").json()

    assert unsure.code == 130
    assert (nobody.code, nobody.err.strip()) == (4, "error: no member has the second phone; see: ascend members list")
    assert done.err == "Member 2 is part of member 1 now; what waited for the number given up is called off.\n"
    assert (left["phone"], left["fields"]) == ("+12025550150", {"first_name": "Bo", "zip": "20001"})
