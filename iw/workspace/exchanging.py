"""A workspace's log in files for others, and out of their files into the log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from iw.exchange.import_log import Imported, import_log
from iw.exchange.lines import Header
from iw.exchange.log_files import write_log
from iw.log.records import Marking
from iw.log.store import Log


class Exchange:
    """What goes out of a workspace and comes into it, as files."""

    def __init__(self, log: Log, author: str, now: Callable[[], datetime]) -> None:
        self._log, self._author, self._now = log, author, now

    def write_log(self, path: Path, marking: Marking = Marking.RED) -> Header:
        """Write all records at or below ``marking`` to a file (JSON Lines); gives its header.

        Raises `StoreError` where the file cannot be written; then the one that was there is left.
        """
        return write_log(self._log, path, marking)

    def read_log(self, path: Path, *, backfill: bool = False, dry_run: bool = False) -> Imported:
        """Take in the file of a log: as it stood there where this log is its beginning, else as known from now.

        Raises `DataError` with every fault of the file; then nothing is taken in. See `iw.exchange.import_log`.
        """
        asked = {"backfill": backfill, "dry_run": dry_run}
        return import_log(self._log, path, importer=self._author, now=self._now(), **asked)
