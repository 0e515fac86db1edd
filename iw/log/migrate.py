"""The version of the log's schema, and how a log gets to the one that this program knows.

Alembic is imported only when there is something to change: opening a log that is up to date stays quick.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from iw.core.errors import StoreError
from iw.log.engine import reading, writing
from iw.log.keys import LogKey

VERSION_TABLE = "iw_log_version"
KNOWN_VERSIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009")
"""Every version that this program can bring up to date, oldest first; versions sort as texts."""

CURRENT_VERSION = KNOWN_VERSIONS[-1]
CHAINED_VERSION = "0005"  # the first with a hash chain


def schema_version(connection: Connection) -> str | None:
    """The version of the log's schema; None where the database holds no log."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
    return None if found is None else str(found)


def create(engine: Engine, key: LogKey | None = None, fill: Callable[[Connection], None] | None = None) -> None:
    """Make a log in a database that holds none; `StoreError` where there is one already."""
    if engine.dialect.name == "sqlite":
        _keep_write_ahead_log(engine)
    with writing(engine) as connection:
        if schema_version(connection) is not None:
            raise StoreError("There is a log already.", "Open it instead of creating it.")
        _alembic_upgrade(connection, key)
        if fill is not None:
            fill(connection)


def upgrade(engine: Engine, key: LogKey | None = None) -> None:
    """Bring a log up to date; do nothing where it is. Raises `StoreError` as `check_version` does.

    A log from before the hash chain is linked with ``key``; `StoreError` where it has records and there is no key.
    """
    with reading(engine) as connection:
        if check_version(connection) == CURRENT_VERSION:
            return
    with writing(engine) as connection:
        _alembic_upgrade(connection, key)


def check_version(connection: Connection) -> str:
    """The log's version; `StoreError` where there is no log or a newer program wrote it."""
    found = schema_version(connection)
    if found is None:
        raise StoreError("The database holds no log.", "Check the address; `iw init` makes a new log.")
    if found not in KNOWN_VERSIONS:
        raise StoreError(
            f"A newer program wrote this log: it has schema {found}, and this one knows {CURRENT_VERSION}.",
            "Please update iw-tracker; nothing was changed.",
        )
    return found


def _keep_write_ahead_log(engine: Engine) -> None:
    # Outside any transaction, and once: the mode stays with the file.
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA journal_mode = WAL").close()
    finally:
        connection.close()


def _alembic_upgrade(connection: Connection, key: LogKey | None) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    # Alembic reads its options with configparser, to which a per cent sign is special.
    folder = str(Path(__file__).parent / "migrations").replace("%", "%%")
    config.set_main_option("script_location", folder)
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["key"] = key
    command.upgrade(config, "head")
