"""A log as lines of JSON, a header and then one record a line, exactly as the log holds it::

    {"format":"iw-log","version":1,"marking":"green","records":2,"kinds":{"report":1,"source":1},"digest":"3b1..."}
    {"position":1,"kind":"source","first":1,"supersedes":null,"recorded_at":"2024-06-01T12:00:00+00:00", ...}

Every form of the file of a log (`iw.exchange.log_forms`) holds these lines, in its own cells or as they are, so that
the digest over them is the same in all forms. A record's columns and their types are those of `iw.log.schema`.
Fingerprints are not written: the log that reads the file works them out, and at a low marking they would give away what
lies above it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache, partial
from typing import Any, NamedTuple

from sqlalchemy import JSON, Boolean, CheckConstraint, Column, Date, Double, Integer, Table

from iw.core.errors import UsageError, nearest
from iw.log.records import Marking, VisibleBasis
from iw.log.restoring import Restored
from iw.log.schema import TABLES, Kind, Moment, records

FORMAT = "iw-log"
VERSION = 1
HEADER_BYTES = 1024
"""How long a header is where it stands before what it counts; spaces fill it up."""
LONGEST_LINE = 16 * 2**20
"""Bytes; a longer line is no record but an attempt to fill the memory."""

# PostgreSQL keeps no NUL in a text, and neither store keeps half a surrogate pair.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")

type Reader = Callable[[str, Any], Any]

ENVELOPE = tuple(column.name for column in records.c if column.name != "fingerprint")


@dataclass(frozen=True)
class Header:
    """What a file says of itself; ``digest`` is the SHA-256 of all that comes after the header."""

    marking: Marking
    records: int
    kinds: Mapping[str, int]
    digest: str


# Columns that came after the format: where they are empty they are left out, so that older files and programs know them
# not.
ADDED: Mapping[Kind, tuple[str, ...]] = {Kind.EVENT: ("period_days", "coverage")}


@cache
def columns(kind: Kind) -> list[str]:
    """The names of what a record of this kind holds, in their order."""
    return [column.name for column in TABLES[kind].c if column.name != "position"]


def filled(kind: Kind, content: Mapping[str, Any]) -> list[str]:
    """The names of what a record holds, without what is empty of the columns that were added."""
    added = ADDED.get(kind, ())
    return [name for name in columns(kind) if name not in added or content[name] is not None]


class Told(NamedTuple):
    """A record's line, its end included, and the parts of it: the same for the same record everywhere."""

    line: bytes
    envelope: dict[str, Any]  # what every record has, by name, as JSON has it
    content: bytes  # what only records of its kind have, as a JSON object


def told(record: Restored) -> Told:
    """A record as the file of a log has it."""
    envelope = {name: plain(getattr(record, name)) for name in ENVELOPE}
    content = _json({name: plain(record.content[name]) for name in filled(record.kind, record.content)})
    return Told(joined(envelope, content), envelope, content)


def joined(envelope: Mapping[str, Any], content: bytes) -> bytes:
    """The line of a record from its two parts."""
    return _json(envelope)[:-1] + b',"content":' + content + b"}\n"


def encoded_header(header: Header) -> bytes:
    """The first line, without its end."""
    told = {"format": FORMAT, "version": VERSION, **vars(header), "kinds": dict(sorted(header.kinds.items()))}
    return _json(told)


def decoded_header(line: bytes) -> Header:
    """The header in a file's first line; `UsageError` where it is none that this program knows."""
    told = _parsed(line)
    if told.get("format") != FORMAT:
        raise UsageError("this is not the file of a log", "such a file is written by 'iw export'")
    if told.get("version") != VERSION:
        message = f"the file has version {told.get('version')} of the format, and this program knows {VERSION}"
        raise UsageError(message, "update iw-tracker")
    _check_keys(told, ("format", "version", "marking", "records", "kinds", "digest"))
    counts = told["kinds"]
    if not isinstance(counts, dict) or not all(type(count) is int for count in counts.values()):
        raise UsageError("'kinds' does not count the records of each kind")
    text = _text("digest", told["digest"])
    return Header(
        Marking(_one_of("marking", told["marking"], tuple(Marking))), _whole("records", told["records"]), counts, text
    )


def decoded(line: bytes) -> Restored:
    """The record in a line, each value of its column's type; `UsageError` for the first thing that is not so."""
    told = _parsed(line)
    _check_keys(told, (*ENVELOPE, "content"))
    envelope = _values(records, {name: told[name] for name in ENVELOPE})
    kind = Kind(envelope["kind"])
    content = told["content"]
    if not isinstance(content, dict):
        raise UsageError("'content' is no object")
    content = {**dict.fromkeys(ADDED.get(kind, ())), **content}
    _check_keys(content, columns(kind))
    envelope |= {
        "kind": kind,
        "marking": Marking(envelope["marking"]),
        "visible_basis": VisibleBasis(envelope["visible_basis"]),
    }
    return Restored(**envelope, content=_values(TABLES[kind], content))


def plain(value: Any) -> Any:
    """A value of a column as JSON has it: moments and days as texts."""
    # A date is not a moment, but a moment is a date.
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        told = json.loads(line.decode(), object_pairs_hook=_no_key_twice, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise UsageError(f"the byte 0x{line[error.start]:02X} is not UTF-8") from error
    except RecursionError as error:
        raise UsageError("this is not JSON: it is nested too deeply") from error
    except ValueError as error:
        where = f" (character {error.pos + 1})" if isinstance(error, json.JSONDecodeError) else ""
        said = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise UsageError(f"this is not JSON: {said}{where}") from error
    if not isinstance(told, dict):
        raise UsageError("this is no JSON object")
    return told


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _check_keys(told: Mapping[str, Any], wanted: tuple[str, ...] | list[str]) -> None:
    for name in wanted:
        if name not in told:
            raise UsageError(f"'{name}' is missing")
    for name in told:
        if name not in wanted:
            near = nearest(name, wanted)
            raise UsageError(f"there is no '{name}'", f"did you mean {' or '.join(near)}?" if near else "")


def _values(table: Table, told: Mapping[str, Any]) -> dict[str, Any]:
    readers = _readers(table)
    return {name: readers[name](name, value) for name, value in told.items()}


@cache
def _readers(table: Table) -> dict[str, Reader]:
    """What reads the values of each column."""
    choices = {
        one.info["column"]: one.info["values"]
        for one in table.constraints
        if isinstance(one, CheckConstraint) and "values" in one.info
    }
    return {column.name: _reader(column, choices.get(column.name)) for column in table.c}


def _reader(column: Column[Any], choices: tuple[str, ...] | None) -> Reader:
    kinds = ((Moment, _moment), (Date, _day), (Double, _number), (Boolean, _flag), (JSON, _object))
    read: Reader = next((read for kind, read in kinds if isinstance(column.type, kind)), _text)
    if isinstance(column.type, Integer):
        read = _whole
    if choices is not None:
        read = partial(_one_of, choices=choices)
    return (lambda name, value: None if value is None else read(name, value)) if column.nullable else read


def _one_of[T: str](name: str, value: Any, choices: tuple[T, ...]) -> T:
    if not isinstance(value, str) or value not in choices:
        raise UsageError(f"'{name}' is {_short(value)}", f"known: {', '.join(choices)}")
    return choices[choices.index(value)]


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise UsageError(f"'{name}' is {_short(value)}, and no text")
    if _UNSTORABLE.search(value):
        raise UsageError(f"'{name}' holds a character that cannot be stored")
    return value


def _whole(name: str, value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**63:
        raise UsageError(f"'{name}' is {_short(value)}, and no number of a record")
    return value


def _number(name: str, value: Any) -> float:
    with suppress(OverflowError):
        if type(value) in (int, float) and math.isfinite(value):
            return float(value)
    raise UsageError(f"'{name}' is {_short(value)}, and no number")


def _flag(name: str, value: Any) -> bool:
    if type(value) is not bool:
        raise UsageError(f"'{name}' is {_short(value)}, and neither true nor false")
    return value


def _object(name: str, value: Any) -> dict[str, Any] | list[Any]:
    if not isinstance(value, dict | list):
        raise UsageError(f"'{name}' is {_short(value)}, and neither object nor list")
    return value


def _moment(name: str, value: Any) -> datetime:
    with suppress(ValueError, OverflowError):
        moment = datetime.fromisoformat(_text(name, value))
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    raise UsageError(f"'{name}' is {_short(value)}, and no moment with its zone", "such as 2024-06-01T12:00:00+00:00")


def _day(name: str, value: Any) -> date:
    with suppress(ValueError):
        # Python reads other forms of ISO 8601 as well, weeks for one.
        if date.fromisoformat(_text(name, value)).isoformat() == value:
            return date.fromisoformat(value)
    raise UsageError(f"'{name}' is {_short(value)}, and no day", "such as 2024-06-01")


def _short(value: Any) -> str:
    told = json.dumps(value, ensure_ascii=True)
    return told if len(told) <= 40 else f"{told[:37]}..."
