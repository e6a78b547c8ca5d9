"""Compares the SMS plugin with what the providers themselves publish, fetched by npm into a folder it may fill.

``tox -e oracles`` does all of it: the committed slice of Twilio's OpenAPI file and the committed segment vectors are
made anew and must be the same; thousands of texts, made up from a seed, are counted by both; and then the tests run
whose oracle is a provider's own library. ``python .ci/oracles.py FOLDER --write`` writes the committed files.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "plugins/sms/tests/data"
SLICE, VECTORS = DATA / "twilio-messages.openapi.json", DATA / "segment_vectors.json"
SPECIFICATION = "@twilio/cli-core@8.3.2"
INSIDE = "package/src/services/twilio-api/twilio_api_v2010.json"
CALCULATOR = "sms-segments-calculator@1.3.0"
COUNT = """
const { SegmentedMessage } = require('sms-segments-calculator');
const texts = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const counted = texts.map(text => {
  const message = new SegmentedMessage(text);
  return { text, encoding: message.encodingName, segments: message.segmentsCount };
});
process.stdout.write(JSON.stringify(counted));
"""
PROSE = {"description", "summary", "example", "examples", "externalDocs", "tags"}
"""Left out of the slice: it holds names, types and choices."""
PIECES = [
    *"aZ 09.,!?'@£$", *"éèùìòÇØøÅåÄÖÑÜäöñüà", *"^{}\\[]~|€", *"çáêíóú", *"’“”–—…•", "\n", "\r\n", "\t", "日", "😀",
    "👨‍👩‍👧‍👦", "🇺🇸", "👋🏽", "e\u0301",
]  # fmt: skip
TRIES, MOST_APART = 4_000, 0.002
"""The calculator cuts clusters by the Unicode rules of 2018: a text in a thousand may be counted otherwise."""


def main(folder: Path, *, write: bool) -> None:
    """Do all of it; end with the status of the first thing that fails."""
    folder.mkdir(parents=True, exist_ok=True)
    sliced = json.dumps(slice_of(fetched(folder)), indent=1, sort_keys=True) + "\n"
    texts = [vector["text"] for vector in json.loads(VECTORS.read_text("utf-8"))]
    vectors = json.dumps(counted(folder, texts), indent=0, ensure_ascii=False) + "\n"
    if write:
        SLICE.write_text(sliced, "utf-8")
        VECTORS.write_text(vectors, "utf-8")
    problems = [f"{path} is not what it is made from" for path, text in ((SLICE, sliced), (VECTORS, vectors))
                if json.loads(path.read_text("utf-8")) != json.loads(text)]  # fmt: skip
    problems += compared(folder)
    if problems:
        sys.exit("\n".join(problems))
    tests = ["test_telnyx_sdk.py", "test_official_sdk.py", "test_openapi.py"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rs"]
    done = subprocess.run(  # noqa: S603 -- our own tests
        [*command, *(str(ROOT / "plugins/sms/tests/simulator" / name) for name in tests)], cwd=ROOT, check=False
    )
    sys.exit(done.returncode)


def fetched(folder: Path) -> dict[str, Any]:
    """The provider's specification, out of its package."""
    name = npm(folder, "pack", "--silent", SPECIFICATION).split()[-1]
    with tarfile.open(folder / name) as archive:
        file = archive.extractfile(INSIDE)
        assert file is not None  # noqa: S101 -- the version is pinned, and it is there
        found: dict[str, Any] = json.load(file)
    return found


def slice_of(specification: dict[str, Any]) -> dict[str, Any]:
    """What *specification* says of messages: paths, and the schemas these name."""
    paths = {path: plain(each) for path, each in specification["paths"].items() if "/Messages" in path
             and path.endswith(("/Messages.json", "/Messages/{Sid}.json"))}  # fmt: skip
    schemas: dict[str, Any] = {}
    waiting = names_in(paths)
    while waiting:
        name = waiting.pop()
        schemas[name] = plain(specification["components"]["schemas"][name])
        waiting |= names_in(schemas[name]) - schemas.keys()
    return {"openapi": specification["openapi"], "paths": paths, "components": {"schemas": schemas}}


def plain(part: Any) -> Any:
    """*part* without prose and extensions. Below ``properties`` a name is a name, whatever it says."""
    if isinstance(part, list):
        return [plain(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {
        key: {name: plain(each) for name, each in value.items()} if key == "properties" else plain(value)
        for key, value in part.items()
        if key not in PROSE and not key.startswith("x-")
    }


def names_in(part: Any) -> set[str]:
    """The schemas that *part* refers to."""
    found = json.dumps(part).split('"$ref": "#/components/schemas/')[1:]
    return {each.partition('"')[0] for each in found}


def compared(folder: Path) -> list[str]:
    """What is counted otherwise than by the provider, if it is too much."""
    from ascend_sms.segments import count

    chance = random.Random(1)  # noqa: S311 -- made-up texts, the same ones each time
    texts = ["".join(chance.choices(PIECES, k=chance.randrange(400))) for _ in range(TRIES)]
    apart = []
    for each in counted(folder, texts):
        ours = count(each["text"])
        if (ours.encoding, ours.segments) != (each["encoding"], each["segments"]):
            apart.append(each)
    sys.stdout.write(f"{len(apart)} of {TRIES} made-up texts are counted otherwise by {CALCULATOR}\n")
    return [f"that is too many; the first: {apart[0]}"] if len(apart) > TRIES * MOST_APART else []


def counted(folder: Path, texts: list[str]) -> list[dict[str, Any]]:
    """*texts* as the provider's calculator bills them."""
    if not (folder / "node_modules/sms-segments-calculator").exists():
        npm(folder, "install", "--silent", "--no-audit", "--no-fund", "--prefix", ".", CALCULATOR)
    done = run(folder, "node", "-e", COUNT, words=json.dumps(texts))
    found: list[dict[str, Any]] = json.loads(done)
    return found


def npm(folder: Path, *arguments: str) -> str:
    """Run npm in *folder*; its output."""
    return run(folder, "npm", *arguments)


def run(folder: Path, program: str, *arguments: str, words: str = "") -> str:
    """Run *program*, which must be installed, in *folder* with *words* to read; its output."""
    found = shutil.which(program)
    if found is None:
        sys.exit(f"{program} is not installed")
    return subprocess.run(  # noqa: S603 -- pinned packages and our own script
        [found, *arguments], cwd=folder, input=words, capture_output=True, text=True, check=True
    ).stdout


if __name__ == "__main__":
    main(Path(sys.argv[1]), write="--write" in sys.argv[2:])
