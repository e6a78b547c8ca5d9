"""The key that secrets are sealed with can be changed, whatever happens in the middle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ascend_core.errors import BadInput
from ascend_core.operations.connect import open_account, open_channel
from ascend_core.operations.rotate_key import rotate_key
from ascend_core.store.channels import channels, set_channel
from ascend_core.store.vault import add_key, make_key_file, open_vault


def opened(bench: Any) -> tuple[str, str]:
    """The secrets of the account and of the channel, as the product opens them now."""
    channel = open_channel(bench.core)
    assert channel is not None
    return open_account(bench.core, bench.account).key.reveal(), channel[2].key.reveal()


def test_everything_is_sealed_anew_and_the_old_key_opens_nothing(bench: Any, tmp_path: Path) -> None:
    """Whoever has the old key file has nothing."""
    bench.set_up()
    key_file: Path = bench.folder / "key"
    (tmp_path / "old").write_bytes(key_file.read_bytes())

    count = rotate_key(bench.core, key_file)

    assert count == 2
    assert key_file.read_bytes().count(b"\n") == 1
    assert key_file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(BadInput, match="sealed with another key"):
        open_vault(tmp_path / "old").open(bench.account.sealed)


def test_a_running_server_goes_on(bench: Any) -> None:
    """It read the key file before the rotation, and reads it again when a secret does not open."""
    bench.set_up()
    before = opened(bench)

    rotate_key(bench.core, bench.folder / "key")

    assert opened(bench) == before == ("k-1", "sesame")


def test_a_rotation_that_was_killed_is_finished_by_the_next(bench: Any) -> None:
    """After the new key was written, every secret still opens; afterwards there is one key again."""
    bench.set_up()
    key_file: Path = bench.folder / "key"
    add_key(key_file)  # as far as it came
    in_between = opened(bench)

    rotate_key(bench.core, key_file)

    assert in_between == opened(bench) == ("k-1", "sesame")
    assert key_file.read_bytes().count(b"\n") == 1


def test_a_secret_of_another_key_stops_it_and_no_key_is_lost(bench: Any, tmp_path: Path) -> None:
    """What cannot be sealed anew keeps its chance: the old keys stay in the file."""
    bench.set_up()
    key_file: Path = bench.folder / "key"
    old = key_file.read_bytes().split()
    make_key_file(tmp_path / "foreign")
    foreign = open_vault(tmp_path / "foreign").seal({"key": "other"})
    bench.core.database.write(lambda tx: set_channel(tx, channels(tx)[0].id, sealed=foreign))

    with pytest.raises(BadInput, match="sealed with another key"):
        rotate_key(bench.core, key_file)

    assert old[0] in key_file.read_bytes().split()
    assert open_account(bench.core, bench.account).key.reveal() == "k-1"
