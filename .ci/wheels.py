"""Builds the three wheels, installs only them, and tries them from a folder where there is no source.

Called by ``tox -e wheels`` with a folder it may fill: the plugins' own tests must pass against the wheels, the demo
must run, and every file of the source must be in a wheel.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROJECTS = {
    "ascend_core": (ROOT, ROOT),
    "ascend_mobilize": (ROOT / "plugins/mobilize", ROOT / "plugins/mobilize/src"),
    "ascend_sms": (ROOT / "plugins/sms", ROOT / "plugins/sms/src"),
}
"""By package: where its project is, and the folder its package is in."""
DISTRIBUTIONS = [package.replace("_", "-") for package in PROJECTS]
PYTEST = "[pytest]\naddopts = --import-mode=importlib -W error --strict-markers --strict-config\n"
IMPORTED = """
import importlib, pkgutil, sys
for package in sys.argv[2:]:
    module = importlib.import_module(package)
    where = list(module.__path__)
    assert len(where) == 1 and where[0].startswith(sys.argv[1]), f"{package} comes from {where}, not from its wheel"
    for found in pkgutil.walk_packages(module.__path__, f"{package}."):
        if ".migrations" not in found.name and not found.name.endswith("__main__"):
            importlib.import_module(found.name)
"""


def main(scratch: Path) -> None:
    """Do all of it, in *scratch*; end with the status of the first command that fails."""
    shutil.rmtree(scratch, ignore_errors=True)
    wheels, elsewhere = scratch / "wheels", scratch / "elsewhere"
    elsewhere.mkdir(parents=True)
    for project, _ in PROJECTS.values():
        # In a copy: what an earlier build left beside the source must not reach the wheel.
        copy = scratch / "source" / project.name
        ignored = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "dist", "plugins", "tests")
        shutil.copytree(project, copy, ignore=ignored)
        run("-m", "build", "--wheel", "--no-isolation", "--outdir", str(wheels), str(copy), cwd=elsewhere)
    built = sorted(wheels.glob("*.whl"))
    check_contents(built)
    run("-m", "pip", "uninstall", "--yes", "--quiet", *DISTRIBUTIONS, cwd=elsewhere)
    run("-m", "pip", "install", "--quiet", "-c", str(ROOT / "constraints.txt"), *map(str, built), cwd=elsewhere)
    run("-I", "-c", IMPORTED, sysconfig.get_path("purelib"), *PROJECTS, cwd=elsewhere)
    (elsewhere / "pytest.ini").write_text(PYTEST, "utf-8")
    for plugin in ("mobilize", "sms"):
        shutil.copytree(ROOT / "plugins" / plugin / "tests", elsewhere / plugin / "tests")
    run("-m", "pytest", "-n", "2", "-q", "-p", "no:cacheprovider", cwd=elsewhere)
    run_program([str(Path(sys.executable).with_name("ascend")), "demo"], cwd=elsewhere)


def check_contents(wheels: list[Path]) -> None:
    """Make sure that every file git knows of a package is in its wheel, templates and migrations too."""
    packed = {name for wheel in wheels for name in zipfile.ZipFile(wheel).namelist()}
    missing = [
        name
        for package, (_, folder) in PROJECTS.items()
        for path in (folder / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
        for name in [path.relative_to(folder).as_posix()]
        if name not in packed
    ]
    if missing:
        sys.exit(f"not in any wheel: {', '.join(missing)}")


def run(*arguments: str, cwd: Path) -> None:
    """Run this environment's Python in *cwd*, with nothing of ours on its path."""
    run_program([sys.executable, *arguments], cwd=cwd)


def run_program(command: list[str], *, cwd: Path) -> None:
    """Run *command* in *cwd*; end with its status unless it is 0."""
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "ASCEND_HOME"}}
    status = subprocess.run(command, cwd=cwd, env=environment, check=False).returncode  # noqa: S603 -- commands of ours
    if status != 0:
        sys.exit(status)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve() / "wheels")
