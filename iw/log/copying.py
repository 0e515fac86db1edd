"""A log in another place or store, row by row, and the proof that it is the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, RowMapping, Table, insert, select

from iw.core.errors import StoreError
from iw.log.canonical import row_bytes
from iw.log.engine import reading, sqlite_file, translated
from iw.log.schema import TABLES, journal, links, records
from iw.log.store import Log

LOG_TABLES: tuple[Table, ...] = (records, *TABLES.values(), links, journal)
"""All tables of a log; each refers to those before it alone."""

_AT_ONCE = 5_000


@dataclass(frozen=True)
class TableDigest:
    """A table's rows in the order of positions, as one SHA-256: equal where all rows are, in whatever store."""

    table: str
    rows: int
    digest: str


def copy(source: Log, url: str) -> list[TableDigest]:
    """Copy ``source``, as it is at one moment, to an address that holds no log; give the digests of both.

    The copy is there whole or not at all. Raises `StoreError` where there is a log already, the place cannot be
    written, or the copy is not equal to its source.
    """
    found: list[TableDigest] = []
    with reading(source.engine) as connection:

        def fill(copied: Connection) -> None:
            for table in LOG_TABLES:
                for rows in _portions(connection, table):
                    copied.execute(insert(table), [dict(row) for row in rows])
            found.extend(compare(connection, copied))

        Log.create(url, source.key, fill).close()
    return found


def compare(one: Connection, other: Connection) -> list[TableDigest]:
    """The digests of two logs that are equal; `StoreError` names the table where they are not."""
    found = []
    for table in LOG_TABLES:
        here, there = table_digest(one, table), table_digest(other, table)
        if here != there:
            message = f"The copy is not equal to its source: its table of {table.name} differs."
            raise StoreError(message, "Nothing was kept of it; run `iw verify` on the source.")
        found.append(here)
    return found


def table_digest(connection: Connection, table: Table) -> TableDigest:
    """The digest of a table, read a few thousand rows at a time."""
    digest, count = hashlib.sha256(), 0
    for rows in _portions(connection, table):
        count += len(rows)
        for row in rows:
            digest.update(row_bytes(table, row))
    return TableDigest(table.name, count, digest.hexdigest())


def snapshot(source: Log, file: Path) -> None:
    """The log as it is at one moment, as a SQLite file; `StoreError` where it cannot be written."""
    if sqlite_file(source.engine.url) is None:
        copy(source, f"sqlite:///{file}")
        return
    import sqlite3

    with translated(source.engine.url):
        origin = source.engine.raw_connection()
        try:
            with sqlite3.connect(file) as copied:
                # All pages in one step: in between, somebody else's append would make it begin anew for ever.
                origin.driver_connection.backup(copied, pages=-1)  # type: ignore[union-attr]  # it is SQLite's own
            copied.close()
        except sqlite3.Error as error:
            raise StoreError(f"The log cannot be copied to {file}: {error}.", "Is there space?") from error
        finally:
            origin.close()


def _portions(connection: Connection, table: Table) -> Iterator[Sequence[RowMapping]]:
    after: int | None = None
    while True:
        query = select(table).order_by(table.c.position).limit(_AT_ONCE)
        if after is not None:
            query = query.where(table.c.position > after)
        rows = connection.execute(query).mappings().all()
        if rows:
            yield rows
        if len(rows) < _AT_ONCE:
            return
        after = rows[-1]["position"]
