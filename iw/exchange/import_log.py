"""The file of a log into a log: as the same log, where it is one, else its facts as new records.

A log that is the beginning of the file, an empty one above all, is continued as it stood there: an equal log, with
all authors and times. That these records were imported, by whom and when, is kept beside them (`Log.imports`). Of any
other log it would be false to say that it knew these facts when the other one did: there they are appended as known
from now on (`iw.exchange.joining`).

Nothing is imported from a file with a fault in it. Batches are appended one by one; an import that was broken off is
continued by importing again, and importing a file twice changes nothing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from iw.core.errors import UsageError
from iw.exchange.checks import check_log_file
from iw.exchange.facts import Facts
from iw.exchange.joining import join
from iw.exchange.lines import Header, decoded, told
from iw.exchange.log_forms import form_of
from iw.exchange.stored import stored_records
from iw.log.keys import LogKey
from iw.log.records import Marking
from iw.log.restoring import Restored
from iw.log.schema import Kind
from iw.log.store import Log

AT_ONCE = 1_000


@dataclass(frozen=True)
class Imported:
    """What came of an import: how many records, or facts where ``moved`` is false, were new, and how many known."""

    appended: int
    known: int
    moved: bool


def import_log(
    log: Log, path: Path, *, importer: str, now: datetime, backfill: bool = False, dry_run: bool = False
) -> Imported:
    """Append what is in the file and not in the log; raises `DataError` with every fault of the file.

    ``backfill``: facts that were backfilled there count here, too, as known from when they were reported.
    """
    header = check_log_file(path, now)
    common, same = _common(log, path, header.marking)
    if same and common == header.records:
        return Imported(0, common, moved=True)
    if dry_run:
        return Imported(header.records - common if same else header.records, 0, moved=same)
    if same:
        _restore(log, path, header, common, importer, now)
        return Imported(header.records - common, common, moved=True)
    with tempfile.TemporaryDirectory() as folder:
        with Log.create(f"sqlite:///{Path(folder, 'other.db')}", LogKey.new()) as other:
            _restore(other, path, header, 0, importer, now)
            facts = Facts(other, now, header.marking, backfill)
        joined = join(log, facts, importer=importer, now=now, batch=f"import {header.digest[:16]}")
    return Imported(joined.appended, joined.known, moved=False)


def _common(log: Log, path: Path, marking: Marking) -> tuple[int, bool]:
    """How many records log and file have in common from the first on, and whether one is the other's beginning.

    A log that holds more than a file at this marking can show is no beginning of it, but may begin with it.
    """
    common = 0
    with closing(stored_records(log, marking)) as stored, closing(_records(path)) as file:
        for mine in stored:
            theirs = next(file, None)
            if theirs is None:
                return common, True
            if told(mine).line != told(theirs).line:
                return common, False
            common += 1
        return common, next(file, None) is None or common == log.position()


def _restore(log: Log, path: Path, header: Header, common: int, importer: str, now: datetime) -> None:
    batch: list[Restored] = []
    with closing(_records(path)) as file:
        for record in file:
            if record.position <= common:
                continue
            # A backing may be one of those that came with the event before it; no event has that many of them.
            if len(batch) >= AT_ONCE and (record.kind is not Kind.BACKING or len(batch) >= 10 * AT_ONCE):
                log.restore(batch, importer=importer, now=now, file=path.name, digest=header.digest)
                batch = []
            batch.append(record)
    log.restore(batch, importer=importer, now=now, file=path.name, digest=header.digest)


def _records(path: Path) -> Generator[Restored]:
    for _, line in form_of(path).lines(path):
        if isinstance(line, UsageError):
            raise line
        yield decoded(line)
