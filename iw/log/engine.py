"""Connections to the log's database, set up alike everywhere, and its errors in words that help.

SQLite is used with a write-ahead log, so that reading goes on while somebody writes; a writer takes the write
lock at once (BEGIN IMMEDIATE), because a reader that turns writer later can only fail. On PostgreSQL a writer
locks the table of records against other writers, and a reader sees one snapshot.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from iw.core.errors import StoreError

BUSY_TIMEOUT_MS = 10_000
_CACHE_KIB = 65_536  # with SQLite's own 2 MB a long import writes the pages of the indices again and again
_WRITES = "iw_writes"

# What the database says (in lower case), what we say, what to try.
_TRANSLATIONS = (
    ("locked", "The log is locked by another program.", "Wait until it has finished, then try again."),
    ("readonly", "The log is read-only.", "Check the permissions of the file and of its folder."),
    ("read-only", "The log is read-only.", "Ask for the right to write to this database."),
    ("permission denied", "The log is not open to this user.", "Ask for the rights to this database."),
    ("unable to open", "The log cannot be opened.", "Check the permissions of the file and of its folder."),
    ("not a database", "The file is not a log.", "Check the path; `iw init` makes a new log."),
    ("malformed", "The log is damaged.", "Restore it from a backup."),
    ("is full", "The log could not be written: the disk is full.", "Free some space; nothing was changed."),
    (
        "append-only",
        "The log is append-only: nothing in it is changed or deleted.",
        "Append a correction or a retraction.",
    ),
    (
        "connection refused",
        "The database server does not answer.",
        "Check that it runs, and the host and port.",
    ),
    ("does not exist", "The database does not exist.", "Create it, or check the address."),
    ("password", "The database server refused the user or password.", "Check the address of the log."),
)


def make_engine(url: str) -> Engine:
    """An engine for a SQLite or PostgreSQL address; `StoreError` for any other."""
    try:
        address = make_url(url)
        backend = address.get_backend_name()
        if backend not in ("sqlite", "postgresql"):
            raise StoreError(
                f"A log cannot be kept in '{backend}'.", "Use a sqlite:/// or postgresql+psycopg:// address."
            )
        engine = create_engine(address)
    except (ArgumentError, NoSuchModuleError) as error:
        raise StoreError(
            f"'{url}' is not the address of a log.", "Use a sqlite:/// or postgresql+psycopg:// address."
        ) from error
    except ImportError as error:
        raise StoreError("The driver for this database is not installed.", "Install the extra 'postgres'.") from error
    if backend == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def sqlite_file(url: URL) -> Path | None:
    """The file of a SQLite address; None for PostgreSQL."""
    if url.get_backend_name() != "sqlite":
        return None
    if not url.database or url.database == ":memory:":
        raise StoreError("A log in memory would be forgotten.", "Name a file: sqlite:///path/to/log.db.")
    name = url.database
    return Path(name.removeprefix("file:"))


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection on which every query sees the same state of the log; faults become `StoreError`."""
    with translated(engine.url), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A connection with the write lock: what is done on it is kept whole or, on any error, not at all."""
    with translated(engine.url), engine.connect() as connection:
        connection = connection.execution_options(**{_WRITES: True})
        with connection.begin():
            yield connection


@contextmanager
def translated(url: URL) -> Iterator[None]:
    """Turn what the database says into a `StoreError` that names the log and says what to try next."""
    try:
        yield
    except DBAPIError as error:
        said = str(error.orig).strip()
        name = url.render_as_string(hide_password=True)
        for sign, message, hint in _TRANSLATIONS:
            if sign in said.lower():
                raise StoreError(f"{message} ({name})", hint) from error
        raise StoreError(f"The log failed: {said} ({name})") from error


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver begins no transaction by itself: `_begin_sqlite` does
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
