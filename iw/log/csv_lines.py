"""A CSV file as lines of named fields, and what is wrong with it as a file: encoding, quotes, missing fields.

Every fault is found in one go: after a broken line, reading goes on with the next one. The file is never in memory as
a whole: a table is read line by line, as often as it is asked for.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from iw.core.errors import Fault, nearest

_NOT_UTF8 = "save the file as 'CSV UTF-8'"
_BYTE = re.compile("[\udc80-\udcff]")  # how the decoder keeps a byte that is no UTF-8


@dataclass(frozen=True)
class Line:
    """One line by column name; ``number`` counts from 1 and is where it begins in the file."""

    number: int
    fields: dict[str, str]


@dataclass(frozen=True)
class CsvTable:
    """The sound lines of a file, all with the fields of its header.

    Each call of ``lines`` reads them from the first one on, and adds the faults of all others to the list.
    """

    file: str
    header: tuple[str, ...]
    lines: Callable[[list[Fault]], Iterator[Line]]

    def fault(self, line: Line, column: str, message: str, hint: str = "") -> Fault:
        """A fault at a field, whose column is its number in the line, counted from 1."""
        number = self.header.index(column) + 1 if column in self.header else 0
        return Fault(self.file, line.number, number, message, hint)


def read_table(path: Path) -> tuple[CsvTable | None, list[Fault]]:
    """The table of a file; where there is no header to go by, none, and the file's faults."""
    file, faults = str(path), list[Fault]()
    try:
        with path.open("rb") as opened:
            if opened.read(2) in (b"\xff\xfe", b"\xfe\xff"):
                return None, [Fault(file, 1, 1, "the file is UTF-16, not UTF-8", _NOT_UTF8)]
            opened.seek(0)
            if not any(line.strip() for line in opened):
                return None, [Fault(file, 0, 0, "the file is empty")]
        first = next(_records(path, faults), None)
    except OSError as error:
        return None, [_unreadable(file, error)]
    if first is None or isinstance(first.fields, str):
        return None, [*faults, Fault(file, 1, 1, "the header line cannot be read")]
    header = tuple(name.strip() for name in first.fields)
    return CsvTable(file, header, lambda faults: _lines(path, header, faults)), []


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
    """One record of the file from its first line to its last, or in ``fields`` what is wrong with it.

    ``whole`` is false where it ends with the file, and without an end of line.
    """

    number: int
    last: int
    fields: list[str] | str
    whole: bool


class _Source:
    """The lines of a file for the CSV reader, which can take back those that it was wrong to read."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines, self._again, self.taken = lines, deque[str](), list[str]()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self.taken.append(line)
        return line

    def take_back_all_but_one(self) -> None:
        """The next line is the one after the first of those that were taken."""
        self._again.extendleft(reversed(self.taken[1:]))


def _lines(path: Path, header: tuple[str, ...], faults: list[Fault]) -> Iterator[Line]:
    records = _records(path, faults)
    try:
        next(records, None)  # the header
        for one in records:
            message = _shape_fault(one, header)
            if message:
                faults.append(Fault(str(path), one.number, _place(one, header), message))
            elif not isinstance(one.fields, str):
                yield Line(one.number, dict(zip(header, map(str.strip, one.fields), strict=True)))
    except OSError as error:
        faults.append(_unreadable(str(path), error))


def _unreadable(file: str, error: OSError) -> Fault:
    return Fault(file, 0, 0, f"the file cannot be read: {error.strerror}")


def _records(path: Path, faults: list[Fault]) -> Iterator[_Found]:
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as opened:
        unreadable: set[int] = set()
        yield from _split(_Source(_decoded(str(path), opened, faults, unreadable)), unreadable)


def _decoded(file: str, lines: Iterable[str], faults: list[Fault], unreadable: set[int]) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if not line.isascii() and (found := _BYTE.search(line)):
            column = line.count(",", 0, found.start()) + 1
            byte = ord(found[0]) - 0xDC00
            faults.append(Fault(file, number, column, f"the byte 0x{byte:02X} is not UTF-8", _NOT_UTF8))
            unreadable.add(number)
        yield line


def _split(source: _Source, unreadable: set[int]) -> Iterator[_Found]:
    """The records; where one is broken, or swallowed further lines, the next begins one line further on."""
    done = 0
    width = 0
    reader = csv.reader(source, strict=True)
    while True:
        first = done + 1
        source.taken.clear()
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            found = _Found(first, first, _in_words(error), source.taken[0].endswith("\n"))
        else:
            done += len(source.taken)
            found = _Found(first, done, fields, source.taken[-1].endswith("\n"))
            width = width or len(fields)
        if found.fields and unreadable.isdisjoint(range(found.number, found.last + 1)):
            yield found
        if isinstance(found.fields, str) or (found.last > first and len(found.fields) != width):
            done = first
            source.take_back_all_but_one()
            reader = csv.reader(source, strict=True)


def _in_words(error: csv.Error) -> str:
    said = str(error)
    if "unexpected end of data" in said:
        return "a quotation mark is opened and never closed"
    if "expected after" in said:
        return "text follows a closing quotation mark"
    if "field limit" in said:
        return f"a field has more than {csv.field_size_limit():,} characters; is a quotation mark not closed?"
    return said


def _shape_fault(one: _Found, header: Sequence[str]) -> str:
    if isinstance(one.fields, str):
        return one.fields if one.whole else f"the last line is half-written: {one.fields}"
    if len(one.fields) == len(header):
        return ""
    if not one.whole and len(one.fields) < len(header):
        return f"the last line is half-written: {len(one.fields)} of {len(header)} fields and no end of line"
    swallowed = f" up to line {one.last}; is a quotation mark not closed?" if one.last > one.number else ""
    return f"{len(one.fields)} fields where the header has {len(header)}{swallowed}"


def _place(one: _Found, header: Sequence[str]) -> int:
    return 0 if isinstance(one.fields, str) else min(len(one.fields), len(header)) + 1
