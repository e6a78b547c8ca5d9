"""Settings come from the environment and one file, and nobody has to guess which."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from ascend_core.errors import BadInput
from ascend_core.operations.batch_of_calls import CALL_WITHIN_SECONDS
from ascend_core.runtime.config import read_config
from ascend_core.runtime.opening import home_from


def written(folder: Path, text: str) -> dict[str, str]:
    """An environment whose folder holds this file."""
    (folder / "ascend.toml").write_text(text, "utf-8")
    return {"ASCEND_HOME": str(folder)}


def test_the_file_in_the_folder_is_read(tmp_path: Path) -> None:
    """Keys are the variables' names; a plugin's stand in its own table."""
    environment = written(
        tmp_path, 'public_url = "https://go.example.org/"\nwebhooks_private = true\n[sms]\nlimit = 3\n'
    )

    config = read_config(environment)
    home = home_from(environment)

    assert config.values["ASCEND_SMS_LIMIT"] == "3"
    assert config.sources["ASCEND_PUBLIC_URL"] == str(tmp_path / "ascend.toml")
    assert home.options.public_url == "https://go.example.org"
    assert home.options.webhooks_private is True


def test_the_environment_wins_and_an_empty_variable_is_none(tmp_path: Path) -> None:
    """So that one machine may differ without a file of its own."""
    environment = written(tmp_path, 'utm_source = "file"\nprogram = "Northfield"\n')

    config = read_config({**environment, "ASCEND_UTM_SOURCE": "here", "ASCEND_PROGRAM": "  "})

    assert (config.values["ASCEND_UTM_SOURCE"], config.sources["ASCEND_UTM_SOURCE"]) == ("here", "environment")
    assert config.values["ASCEND_PROGRAM"] == "Northfield"


def test_a_file_elsewhere_is_named_in_the_environment(tmp_path: Path) -> None:
    """And it must be there: whoever names a file means it."""
    named = tmp_path / "other.toml"
    named.write_text('utm_source = "x"', "utf-8")

    assert read_config({"ASCEND_CONFIG": str(named)}).values["ASCEND_UTM_SOURCE"] == "x"
    with pytest.raises(BadInput, match="cannot be read: No such file"):
        read_config({"ASCEND_CONFIG": str(tmp_path / "none.toml")})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('publik_url = "x"', "nobody knows the setting 'publik_url'; did you mean 'public_url'?"),
        ('home = "x"', "'home' says where this file is; set ASCEND_HOME in the environment"),
        ("utm_source = [1]", "'utm_source' must be a text, a number or true or false"),
        ("[sms]\nlimit = [1]", "'sms.limit' must be a text"),
        ("utm_source", "is no TOML"),
        ('public_url = "ftp://x"', "ASCEND_PUBLIC_URL must begin with http"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, text: str, said: str) -> None:
    """A setting that is misspelt must not be a setting that is silently not there."""
    with pytest.raises(BadInput, match=said.replace("?", r"\?").replace("(", r"\(")):
        home_from(written(tmp_path, text))


def test_how_often_is_asked_and_when_is_looked_up_can_be_set() -> None:
    """Within bounds that keep what is promised: a text within a quarter of an hour, and none twice."""
    options = home_from({"ASCEND_POLL_SECONDS": "15", "ASCEND_LOOKUP_SECONDS": "31"}).options

    assert (options.poll_every, options.lookup_after) == (timedelta(seconds=15), timedelta(seconds=31))
    assert options.lookup_after > timedelta(seconds=CALL_WITHIN_SECONDS)
    for wrong in ({"ASCEND_POLL_SECONDS": "901"}, {"ASCEND_LOOKUP_SECONDS": "30"}, {"ASCEND_POLL_SECONDS": "1m"}):
        with pytest.raises(BadInput, match="must be a number of seconds between"):
            home_from(wrong)


def test_quotes_around_a_value_are_not_part_of_it() -> None:
    """A container's file of variables keeps them; a quote within a value stays."""
    given = {"ASCEND_PROGRAM": "'Northfield Volunteers'", "ASCEND_CONTACT": '"help@example.org"', "ASCEND_LOG": "''"}

    values = read_config({**given, "ASCEND_UTM_SOURCE": "Ana's"}).values

    assert values == {
        "ASCEND_PROGRAM": "Northfield Volunteers",
        "ASCEND_CONTACT": "help@example.org",
        "ASCEND_UTM_SOURCE": "Ana's",
    }
