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
from json.encoder import encode_basestring_ascii as _text
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Date, Double, Integer, LargeBinary, Table
from sqlalchemy.types import TypeEngine

from iw.log.schema import Moment, records

FORM = 1
_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def record_bytes(table: Table, envelope: Mapping[Any, Any], content: Mapping[Any, Any]) -> bytes:
    """The record in form 1; ``table`` is its kind's, ``content`` may hold the position, which is left out."""
    text = f'{{"content":{_object(table, content, False)},"record":{_object(records, envelope, True)}}}'
    return f"iw-record/{FORM}\n{text}".encode("ascii")


def row_bytes(table: Table, row: Mapping[Any, Any]) -> bytes:
    """Any row of any table as a line, by the rules of form 1."""
    return f"{_object(table, row, True)}\n".encode("ascii")


def _object(table: Table, row: Mapping[Any, Any], with_position: bool) -> str:
    members = [
        begun + write(value)
        for name, begun, write in _writers(table, with_position)
        if (value := row.get(name)) is not None
    ]
    return "{" + ",".join(members) + "}"


@cache
def _writers(table: Table, with_position: bool) -> tuple[tuple[str, str, Callable[[Any], str]], ...]:
    """For each column in the order of names: its name, how its member begins, and how its value is written."""
    columns = sorted((column for column in table.columns), key=lambda column: column.name)
    return tuple(
        (column.name, f"{_text(column.name)}:", _writer(column))
        for column in columns
        if with_position or column.name != "position"
    )


def _writer(column: Column[Any]) -> Callable[[Any], str]:
    kind: TypeEngine[Any] = column.type
    for known, write in _WRITERS:
        if isinstance(kind, known):
            return write
    return lambda value: _text(str(value))


def _moment(value: Any) -> str:
    return f'"{value.astimezone(UTC).isoformat(timespec="microseconds")}"'


def _date(value: date) -> str:
    return f'"{date(value.year, value.month, value.day).isoformat()}"'


def _float(value: float) -> str:
    return f'"{(float(value) + 0.0).hex()}"'  # SQLite keeps no minus zero


def _truth(value: Any) -> str:
    return "true" if value else "false"


def _whole(value: Any) -> str:
    return str(int(value))


def _binary(value: bytes) -> str:
    return f'"{bytes.hex(value)}"'


def _json(value: Any) -> str:
    return _JSON.encode(json.loads(json.dumps(value)))  # as a store gives it back: keys are texts, tuples lists


_WRITERS: tuple[tuple[type[Any], Callable[[Any], str]], ...] = (
    (Moment, _moment),
    (Date, _date),
    (Double, _float),
    (Boolean, _truth),
    (Integer, _whole),  # BigInteger is one
    (JSON, _json),
    (LargeBinary, _binary),
)
