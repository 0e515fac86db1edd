"""Which line of a file claimed something first, in a table on disk: memory does not grow with the file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from types import TracebackType
from typing import Self

from iw.core.errors import StoreError

_ENOUGH = 16  # bytes of a fingerprint: as many as tell a billion lines apart


class Claims:
    """Fingerprints with the number of the line that had each first; use it in a ``with`` statement.

    Raises `StoreError` where the temporary file cannot be written.
    """

    def __init__(self) -> None:
        self._table = sqlite3.connect("", isolation_level=None)  # a file of SQLite's own, gone when it is closed
        self._table.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA cache_size = -16384;"
            "CREATE TABLE claims (fingerprint BLOB PRIMARY KEY, line INTEGER NOT NULL) WITHOUT ROWID; BEGIN"
        )

    def first(self, fingerprint: str, line: int) -> int:
        """The line that claimed this first: the one that is given, unless there was one before."""
        key = bytes.fromhex(fingerprint)[:_ENOUGH]
        try:
            with closing(self._table.execute("INSERT OR IGNORE INTO claims VALUES (?, ?)", (key, line))) as done:
                if done.rowcount:
                    return line
            found: int = self._table.execute("SELECT line FROM claims WHERE fingerprint = ?", (key,)).fetchone()[0]
        except sqlite3.Error as error:
            message = f"The temporary file of the lines that were read cannot be written: {error}."
            raise StoreError(message, "Free some space in the folder for temporary files (TMPDIR).") from error
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._table.close()
