"""A CSV file as lines of named fields, and what is wrong with it as a file: encoding, quotes, missing fields.

Every fault is found in one go: after a broken line, reading goes on with the next one.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from iw.core.errors import Fault, nearest

_NOT_UTF8 = "save the file as 'CSV UTF-8'"


@dataclass(frozen=True)
class Line:
    """One line by column name; ``number`` counts from 1 and is where it begins in the file."""

    number: int
    fields: dict[str, str]


@dataclass(frozen=True)
class CsvTable:
    """The sound lines of a file, all with the fields of its header."""

    file: str
    header: tuple[str, ...]
    lines: tuple[Line, ...]

    def fault(self, line: Line, column: str, message: str, hint: str = "") -> Fault:
        """A fault at a field, whose column is its number in the line, counted from 1."""
        number = self.header.index(column) + 1 if column in self.header else 0
        return Fault(self.file, line.number, number, message, hint)


def read_table(path: Path) -> tuple[CsvTable | None, list[Fault]]:
    """The sound lines of a file and its faults; no table where there is no header to go by."""
    file = str(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        return None, [Fault(file, 0, 0, f"the file cannot be read: {error.strerror}")]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None, [Fault(file, 1, 1, "the file is UTF-16, not UTF-8", _NOT_UTF8)]
    if not data.strip():
        return None, [Fault(file, 0, 0, "the file is empty")]
    texts, faults = _decoded(file, data)
    unreadable = {fault.line for fault in faults}
    found = list(_split(texts, unreadable))
    if not found or isinstance(found[0].fields, str):
        return None, [*faults, Fault(file, 1, 1, "the header line cannot be read")]
    header = tuple(name.strip() for name in found[0].fields)
    lines: list[Line] = []
    for one in found[1:]:
        message = _shape_fault(one, header, texts)
        if message:
            faults.append(Fault(file, one.number, _place(one, header), message))
        elif not isinstance(one.fields, str):
            lines.append(Line(one.number, dict(zip(header, (text.strip() for text in one.fields), strict=True))))
    return CsvTable(file, header, tuple(lines)), sorted(faults)


def header_faults(table: CsvTable, required: Sequence[str], optional: Collection[str]) -> list[Fault]:
    """What is wrong with the header: missing, unknown and repeated columns."""
    known = [*required, *optional]
    missing = [name for name in required if name not in table.header]
    faults = [Fault(table.file, 1, 0, f"the column '{name}' is missing") for name in missing]
    for number, name in enumerate(table.header, start=1):
        if name in table.header[: number - 1]:
            faults.append(Fault(table.file, 1, number, f"the column '{name}' stands twice"))
        elif name not in known:
            near = nearest(name, known)
            hint = f"did you mean {' or '.join(near)}?" if near else ""
            faults.append(Fault(table.file, 1, number, f"there is no column '{name}'", hint))
    return faults


@dataclass(frozen=True)
class _Found:
    """One record of the file from its first line to its last, or in ``fields`` what is wrong with it."""

    number: int
    last: int
    fields: list[str] | str


def _decoded(file: str, data: bytes) -> tuple[list[str], list[Fault]]:
    plain = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    texts: list[str] = []
    faults: list[Fault] = []
    for number, line in enumerate(plain.splitlines(keepends=True) if plain else [], start=1):
        try:
            texts.append(line.decode())
        except UnicodeDecodeError as error:
            column = line[: error.start].count(b",") + 1
            message = f"the byte 0x{line[error.start]:02X} is not UTF-8"
            faults.append(Fault(file, number, column, message, _NOT_UTF8))
            texts.append(line.decode(errors="replace"))
    return texts, faults


def _split(texts: list[str], unreadable: set[int]) -> Iterator[_Found]:
    """The records; where one is broken, or swallowed further lines, the next begins one line further on."""
    done = 0
    width = 0
    reader = csv.reader(texts, strict=True)
    while True:
        first = done + reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            found = _Found(first, first, _in_words(error))
        else:
            found = _Found(first, done + reader.line_num, fields)
            width = width or len(fields)
        if found.fields and unreadable.isdisjoint(range(found.number, found.last + 1)):
            yield found
        if isinstance(found.fields, str) or (found.last > first and len(found.fields) != width):
            done = first
            reader = csv.reader(texts[done:], strict=True)


def _in_words(error: csv.Error) -> str:
    said = str(error)
    if "unexpected end of data" in said:
        return "a quotation mark is opened and never closed"
    if "expected after" in said:
        return "text follows a closing quotation mark"
    return said


def _shape_fault(one: _Found, header: Sequence[str], texts: Sequence[str]) -> str:
    cut_off = one.last == len(texts) and not texts[-1].endswith("\n")
    if isinstance(one.fields, str):
        return f"the last line is half-written: {one.fields}" if cut_off else one.fields
    if len(one.fields) == len(header):
        return ""
    if cut_off and len(one.fields) < len(header):
        return f"the last line is half-written: {len(one.fields)} of {len(header)} fields and no end of line"
    swallowed = f" up to line {one.last}; is a quotation mark not closed?" if one.last > one.number else ""
    return f"{len(one.fields)} fields where the header has {len(header)}{swallowed}"


def _place(one: _Found, header: Sequence[str]) -> int:
    return 0 if isinstance(one.fields, str) else min(len(one.fields), len(header)) + 1
