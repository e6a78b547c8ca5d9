"""Documents given on the command line: flows, automations and flow tests, from files and folders."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from ascend_core.errors import BadInput

__all__ = [
    "find_documents",
    "flow_documents",
    "is_automation",
    "is_flow",
    "is_flow_test",
    "only",
    "read_bytes",
    "read_text",
]

_AUTOMATION = re.compile(rb"^automation\s*:", re.MULTILINE)
_BROADCAST = re.compile(rb"^broadcast\s*:", re.MULTILINE)
_TESTS = re.compile(rb"^tests\s*:", re.MULTILINE)


def find_documents(places: Iterable[Path]) -> list[Path]:
    """The files among *places*, and every ``.yaml`` and ``.yml`` file inside the folders among them."""
    found: list[Path] = []
    for place in places:
        if place.is_dir():
            inside = sorted(path for path in place.rglob("*") if path.suffix in (".yaml", ".yml") and path.is_file())
            if not inside:
                raise BadInput(f"there is no .yaml file in {place}")
            found.extend(inside)
        else:
            found.append(place)
    return found


def read_bytes(path: Path) -> bytes:
    """The bytes of a file. Raises BadInput when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}") from error


def is_automation(text: bytes) -> bool:
    """Whether a document means to be an automation."""
    return _AUTOMATION.search(text) is not None


def is_flow_test(text: bytes) -> bool:
    """Whether a document holds tests of a flow."""
    return _TESTS.search(text) is not None


def flow_documents(folder: Path, more: Iterable[Path] = ()) -> dict[str, str]:
    """The texts of the flows in *folder*, and behind them of those among *more*, by file."""
    beside = sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".yml") and path.is_file())
    return {str(path): read_text(path) for path in dict.fromkeys([*beside, *more]) if is_flow(read_bytes(path))}


def is_flow(text: bytes) -> bool:
    """Whether a document is neither an automation nor a broadcast, and holds no flow tests."""
    return not (is_automation(text) or is_flow_test(text) or _BROADCAST.search(text))


def only(files: list[Path], kind: Callable[[bytes], bool], *, what: str) -> list[Path]:
    """Those of *files* that are of the *kind*; a single file is taken at its word. Raises BadInput when none is."""
    if len(files) == 1:
        return files
    found = [file for file in files if kind(read_bytes(file))]
    if not found:
        raise BadInput(f"there is no {what} among these {len(files)} files")
    return found


def read_text(path: Path) -> str:
    """The text of a file. Raises BadInput when it cannot be read or is not UTF-8."""
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{path}: byte {error.start + 1} is not UTF-8; save the file as UTF-8") from error
