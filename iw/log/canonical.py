"""A record as bytes, the same from either store and for ever: what the hash chain and comparisons are made of.

Form 1, byte by byte: the line ``iw-record/1``, a line feed, and a JSON object without white space, its keys sorted by
code point and every character beyond ASCII escaped as ``\\uXXXX`` (in pairs beyond the first plane). The object has
two members, ``content`` (the row of the kind's own table, without its position) and ``record`` (the envelope); each is
an object from column names to values. In a value

- NULL is left out together with its name, so that a column added later, which must be NULL there, changes no older
  record;
- a text is a JSON string, a whole number a JSON number, a truth ``true`` or ``false``;
- a moment is a string in UTC to the microsecond, ``2024-06-01T12:00:00.123456+00:00``; a date ``2024-05-20``;
- a float is a string in Python's hexadecimal notation, ``0x1.8000000000000p+0``, exact; minus zero is zero;
- JSON stands as it is, by the same rules for keys and characters, floats in the shortest notation that reads back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date
from functools import cache
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Date, Double, Integer, LargeBinary, Table
from sqlalchemy.types import TypeEngine

from iw.log.schema import Moment, records

FORM = 1
_HEAD = b"iw-record/1\n"
_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def record_bytes(table: Table, envelope: Mapping[Any, Any], content: Mapping[Any, Any]) -> bytes:
    """The record in form 1; ``table`` is its kind's, ``content`` may hold the position, which is left out."""
    parts = {"content": _plain(table, content), "record": _plain(records, envelope)}
    return _HEAD + canonical_json(parts).encode("ascii")


def canonical_json(value: Any) -> str:
    """JSON with sorted keys, without white space, in ASCII."""
    return _JSON.encode(value)


def row_bytes(table: Table, row: Mapping[Any, Any]) -> bytes:
    """Any row of any table as a line, by the rules of form 1."""
    return canonical_json(_plain(table, row, keep_position=True)).encode("ascii") + b"\n"


def _plain(table: Table, row: Mapping[Any, Any], keep_position: bool = False) -> dict[str, Any]:
    keep_position = keep_position or table is records
    return {
        name: write(value)
        for name, write in _writers(table)
        if (value := row.get(name)) is not None and (keep_position or name != "position")
    }


@cache
def _writers(table: Table) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    return tuple((column.name, _writer(column)) for column in table.columns)


def _writer(column: Column[Any]) -> Callable[[Any], Any]:
    kind: TypeEngine[Any] = column.type
    for known, write in _WRITERS:
        if isinstance(kind, known):
            return write
    return str


def _moment(value: Any) -> str:
    return str(value.astimezone(UTC).isoformat(timespec="microseconds"))


def _date(value: date) -> str:
    return date(value.year, value.month, value.day).isoformat()


def _float(value: float) -> str:
    return (float(value) + 0.0).hex()  # SQLite keeps no minus zero


def _json(value: Any) -> Any:
    return json.loads(json.dumps(value))  # as a store gives it back: keys are texts, tuples lists


_WRITERS: tuple[tuple[type[Any], Callable[[Any], Any]], ...] = (
    (Moment, _moment),
    (Date, _date),
    (Double, _float),
    (Boolean, bool),
    (Integer, int),  # BigInteger is one
    (JSON, _json),
    (LargeBinary, bytes.hex),
)
