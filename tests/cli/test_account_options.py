"""Any settings class becomes options; a secret never has to stand in the shell's history."""

from __future__ import annotations

from pathlib import Path

import attrs
import click
from click.testing import CliRunner, Result

from ascend_core.cli.account_options import SettingOptions
from ascend_core.cli.root import Ascend
from ascend_core.contracts import BEHIND, Secret


@attrs.frozen(kw_only=True)
class Garden:
    """Settings of an invented place."""

    org_id: str
    api_key: Secret
    spare_key: Secret | None = None
    base_url: str = attrs.field(default="https://garden.example", metadata={BEHIND: "Where the garden is."})


def read(*arguments: str, stdin: str = "") -> Result:
    """The values a command reads from its arguments, printed."""
    options = SettingOptions(Garden)
    group = Ascend("ascend")

    @group.command()
    @options.decorate
    def plant(**given: object) -> None:
        """Print what was read."""
        click.echo(sorted(options.read(given).items()))

    return CliRunner().invoke(group, ["plant", *arguments], input=stdin)


def test_each_field_has_its_option_and_a_short_form() -> None:
    """``--org`` is what people type."""
    given = "[('api_key', 'k'), ('org_id', '7')]\n"

    assert read("--org-id", "7", "--api-key", "k").output == given
    assert read("--org", "7", "--key", "k").output == given
    assert (
        read("--org", "7", "--key", "k", "--url", "u").output
        == "[('api_key', 'k'), ('base_url', 'u'), ('org_id', '7')]\n"
    )


def test_a_secret_comes_from_a_file_or_from_stdin(tmp_path: Path) -> None:
    """The newline at the end of a file is not part of the key."""
    (tmp_path / "key").write_text("from-a-file\n")

    assert "'from-a-file'" in read("--org", "7", "--key-file", str(tmp_path / "key")).output
    assert "'from-stdin'" in read("--org", "7", "--key-file", "-", stdin="from-stdin\n").output
    assert "'from-stdin'" in read("--org", "7", "--key", "-", stdin="from-stdin\n").output


def test_what_does_not_fit_together_is_told_by_the_options_names(tmp_path: Path) -> None:
    """The person sees which option to change."""
    missing = tmp_path / "none"

    assert "Missing option '--org-id' / '--org'" in read("--key", "k").output
    assert "Missing option '--api-key' (or '--api-key-file')." in read("--org", "7").output
    assert "Give --api-key or --api-key-file, not both." in read("--org", "7", "--key", "k", "--key-file", "-").output
    assert "Only one value can come from stdin" in read("--org", "7", "--key", "-", "--spare-key", "-").output
    assert read("--org", "7", "--key-file", str(missing)).output == (
        f"error: cannot read {missing}: No such file or directory\n"
    )


def test_the_help_shows_what_is_behind_a_field_and_no_default_secret() -> None:
    """A settings class documents itself."""
    shown = " ".join(read("--help").output.split())

    assert "Where the garden is. [default: https://garden.example]" in shown
    assert "-: read from stdin. Asked for when left out." in shown
