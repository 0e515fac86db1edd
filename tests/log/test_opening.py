import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from iw.core.errors import StoreError
from iw.log import engine, migrate
from iw.log.engine import writing
from iw.log.store import Log
from tests.log.cast import KEY, NOW, address, append, drill


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 50)


@pytest.fixture
def locked(sqlite_url: str, impatient: None) -> Iterator[str]:
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield sqlite_url


def test_a_new_log_is_empty_and_opens_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    with Log.create(url, KEY) as log:
        append(log, drill())
    with Log.open(url, KEY) as log:
        assert len(log.view(NOW).events) == 1


def test_a_new_log_is_made_in_an_empty_database_of_a_server(postgresql_empty_url: str) -> None:
    with pytest.raises(StoreError, match="holds no log"):
        Log.open(postgresql_empty_url)
    Log.create(postgresql_empty_url).close()
    with pytest.raises(StoreError, match="a log already"):
        Log.create(postgresql_empty_url)


def test_a_log_is_never_made_over_another_file(tmp_path: Path, sqlite_url: str) -> None:
    with pytest.raises(StoreError, match="a file already"):
        Log.create(sqlite_url)
    with pytest.raises(StoreError, match="no folder"):
        Log.create(f"sqlite:///{tmp_path / 'none' / 'log.db'}")


def test_a_missing_log_is_not_made_by_opening_it(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"There is no log at .*missing.db.*`iw init`"):
        Log.open(f"sqlite:///{tmp_path / 'missing.db'}")
    assert not list(tmp_path.iterdir())


def test_a_folder_is_no_log(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is not a file"):
        Log.open(f"sqlite:///{tmp_path}")


def test_other_files_are_no_logs(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("Notes of the watch. " * 100)
    with pytest.raises(StoreError, match="not a log"):
        Log.open(f"sqlite:///{tmp_path / 'notes.db'}")
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE records (id)")
    with pytest.raises(StoreError, match="holds no log"):
        Log.open(f"sqlite:///{tmp_path / 'other.db'}")


def test_a_locked_log_can_be_read_but_not_written(locked: str) -> None:
    with Log.open(locked, KEY) as log:
        assert log.position() == 0
        with pytest.raises(StoreError, match=r"locked by another program.*try again"):
            append(log, drill())


def test_a_read_only_log_can_be_read_but_not_written(sqlite_url: str) -> None:
    path = sqlite_url.removeprefix("sqlite:///")
    with Log.open(f"sqlite:///file:{path}?mode=ro&uri=true", KEY) as log:
        assert log.position() == 0
        with pytest.raises(StoreError, match="read-only"):
            append(log, drill())


def test_a_damaged_log_says_so(sqlite_url: str) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    with Log.open(sqlite_url, KEY) as log:
        append(log, *(drill(f"Drill {number}.") for number in range(50)))
    page = path.read_bytes()
    path.write_bytes(page[:8192] + b"\xff" * (len(page) - 8192))
    with pytest.raises(StoreError, match=r"damaged.*backup"), Log.open(sqlite_url) as log:
        log.view(NOW)


@pytest.mark.parametrize("url", ["mysql://host/log", "no address", "sqlite://", "oracle+nothing://host"])
def test_an_address_of_nothing_we_know_is_refused(url: str) -> None:
    with pytest.raises(StoreError):
        Log.open(url)


def test_a_server_that_does_not_answer_is_reported_without_the_password() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(StoreError, match="does not answer") as caught:
        Log.open("postgresql+psycopg://watch:secret@127.0.0.1:1/log")
    assert "secret" not in str(caught.value)


def test_a_log_of_a_newer_program_is_left_alone(log: Log) -> None:
    with writing(log.engine) as connection:
        connection.execute(text(f"UPDATE {migrate.VERSION_TABLE} SET version_num = '9999'"))
    try:
        with pytest.raises(StoreError, match=r"schema 9999.*knows \d{4}.*update"):
            Log.open(address(log))
    finally:
        with writing(log.engine) as connection:
            connection.execute(text(f"UPDATE {migrate.VERSION_TABLE} SET version_num = '{migrate.CURRENT_VERSION}'"))


def test_a_failure_to_make_a_log_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise StoreError("no more")

    monkeypatch.setattr(migrate, "_alembic_upgrade", fail)
    with pytest.raises(StoreError, match="no more"):
        Log.create(f"sqlite:///{tmp_path / 'new.db'}")
    assert not list(tmp_path.iterdir())


def test_opening_a_log_that_is_up_to_date_does_not_import_alembic(sqlite_url: str) -> None:
    script = (
        "import sys; from iw.log.store import Log; Log.open(sys.argv[1]).close(); "
        "print([name for name in ('alembic', 'pandas', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script, sqlite_url], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
