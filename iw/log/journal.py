"""The journal: who read or gave away marked material, and who imported the file of another log, in a chain of its own.

It lies beside the records and not among them, so that a read changes no log position and no head of the log. With
``mac`` for HMAC-SHA-256 under the log's key and ``||`` for joined bytes::

    head before the first entry = mac("iw-journal/1" LF)
    head after an entry         = mac(head before || mac("iw-journal-entry/1" LF || entry))

``entry`` is the entry's row by the rules of `iw.log.canonical` (form 1), its position with it, without ``form``,
``key_id`` and ``head``, which keep the chain itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select, text

from iw.core.errors import StoreError
from iw.log.canonical import FORM, row_bytes
from iw.log.keys import LogKey
from iw.log.linking import Head
from iw.log.records import ImportRecord, Marking
from iw.log.schema import journal

_CHAIN = ("form", "key_id", "head")
_AT_ONCE = 2_000


class Act(StrEnum):
    """What was done."""

    READ = "read"
    EXPORT = "export"
    REPORT = "report"
    BACKUP = "backup"
    COPY = "copy"
    IMPORT = "import"


@dataclass(frozen=True)
class Note:
    """What is to be entered: ``what`` is the command or product, ``marking`` the most restricted one of what it holds.

    ``log_position`` is the last record that was taken into account. ``digest`` is the SHA-256 of the file that was
    written, or, of an import, read; an import has no marking, and brought the records from ``first_position`` on.
    """

    act: Act
    what: str
    log_position: int
    marking: Marking | None = None
    digest: str | None = None
    first_position: int | None = None


@dataclass(frozen=True)
class Entry:
    """An entry of the journal: what was noted, by whom and when."""

    position: int
    at: datetime
    author: str
    note: Note


@dataclass(frozen=True)
class JournalCheck:
    """What came of walking through the journal: how many entries hold, the head after them, and what does not hold."""

    entries: int
    head: Head | None
    flaw: str = ""


def enter(connection: Connection, key: LogKey, note: Note, *, author: str, at: datetime) -> Entry:
    """Add an entry; `StoreError` where the journal is kept with another key."""
    if connection.dialect.name == "postgresql":
        # One writer at a time, as on SQLite: each entry is chained to the one before it.
        connection.execute(text("LOCK TABLE journal IN SHARE ROW EXCLUSIVE MODE"))
    last = connection.execute(select(journal).order_by(journal.c.position.desc()).limit(1)).mappings().first()
    if last is not None and last["key_id"] != key.id:
        message = f"The journal is kept with the key {last['key_id']}; the one at hand is {key.id}."
        raise StoreError(message, "Put that key into log.key beside iw.toml, or into the variable IW_LOG_KEY.")
    position, head = (last["position"] + 1, bytes(last["head"])) if last else (1, first_head(key))
    row = {"position": position, "at": at, "author": author, **vars(note)}
    connection.execute(insert(journal), chained(key, head, row))
    return Entry(position, at, author, note)


def first_head(key: LogKey) -> bytes:
    """The head of an empty journal."""
    return key.mac(b"iw-journal/1\n")


def chained(key: LogKey, head: bytes, row: Mapping[str, Any]) -> dict[str, Any]:
    """The row of an entry with what chains it to ``head``, that of the entry before it."""
    return {**row, "form": FORM, "key_id": key.id, "head": _next_head(key, head, row)}


def _next_head(key: LogKey, head: bytes, row: Mapping[str, Any]) -> bytes:
    content = {name: value for name, value in row.items() if name not in _CHAIN}
    return key.mac(head + key.mac(b"iw-journal-entry/1\n" + row_bytes(journal, content)))


def read_journal(connection: Connection) -> list[Entry]:
    """All entries, in the order of their positions."""
    found = connection.execute(select(journal).order_by(journal.c.position)).mappings()
    return [Entry(row["position"], row["at"], row["author"], _note(row)) for row in found]


def _note(row: Mapping[Any, Any]) -> Note:
    marking = None if row["marking"] is None else Marking(row["marking"])
    return Note(Act(row["act"]), row["what"], row["log_position"], marking, row["digest"], row["first_position"])


def read_imports(connection: Connection) -> list[ImportRecord]:
    """The imports of the files of other logs, in log order."""
    query = select(journal).where(journal.c.act == str(Act.IMPORT)).order_by(journal.c.log_position)
    return [
        ImportRecord(
            row["first_position"], row["log_position"], row["author"], row["at"], row["what"], row["digest"] or ""
        )
        for row in connection.execute(query).mappings()
    ]


def check_journal(connection: Connection, key: LogKey | None, anchors: Iterable[Head] = ()) -> JournalCheck:
    """Walk through the journal: positions without gaps, each head what the key makes of it, ``anchors`` where told.

    Without a key only positions and anchors are checked.
    """
    waiting: dict[int, list[Head]] = defaultdict(list)
    for anchor in anchors:
        waiting[anchor.position].append(anchor)
    last: Head | None = None
    before = first_head(key) if key else b""
    position = 0
    try:
        for row in _rows(connection):
            wrong = _wrong(row, position, before, key)
            if wrong:
                return JournalCheck(position, last, wrong)
            position, before = row["position"], bytes(row["head"])
            last = Head(before.hex(), position)
            for anchor in waiting.pop(position, ()):
                if anchor.digest != last.digest:
                    message = f"The head at entry {position} of the journal is not the one that was noted."
                    return JournalCheck(position - 1, last, message)
    except (ValueError, TypeError) as error:
        return JournalCheck(position, last, f"After entry {position} of the journal a value cannot be read ({error}).")
    if waiting:
        noted = min(waiting)
        message = f"The journal ends with entry {position}, but a head was noted at entry {noted}: entries are gone."
        return JournalCheck(position, last, message)
    return JournalCheck(position, last)


def _rows(connection: Connection) -> Iterator[Mapping[Any, Any]]:
    """All rows in the order of positions, some thousand at a time."""
    query = select(journal).order_by(journal.c.position).limit(_AT_ONCE)
    rows = connection.execute(query).mappings().all()
    while rows:
        yield from rows
        rows = connection.execute(query.where(journal.c.position > rows[-1]["position"])).mappings().all()


def _wrong(row: Mapping[Any, Any], last: int, before: bytes, key: LogKey | None) -> str:
    position = row["position"]
    if position != last + 1:
        return f"Entry {last + 1} of the journal is missing."
    if row["form"] != FORM:
        return f"Entry {position} of the journal is of form {row['form']}, unknown here."
    if key is None:
        return ""
    if row["key_id"] != key.id:
        return f"Entry {position} of the journal names another key: {row['key_id']}."
    if bytes(row["head"]) != _next_head(key, before, row):
        return f"Entry {position} of the journal was changed after it was written, or the entry before it."
    return ""
