"""The file of a log as CSV: the names of the columns, a row for the header, and then a row for each record.

The header is the content of a row of its own, of the kind `iw-log`, so that every program reads the file as a table. It
is padded with spaces to a fixed length, because it counts what comes after it. Every cell is quoted: records hold line
breaks and commas. An empty cell is nothing where a column may be empty, and an empty text elsewhere.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Integer

from iw.core.errors import UsageError
from iw.exchange.lines import ENVELOPE, FORMAT, HEADER_BYTES, LONGEST_LINE, Told, joined
from iw.log.schema import records

COLUMNS = (*ENVELOPE, "content")
_NUMBERS = {column.name for column in records.c if isinstance(column.type, Integer)}
_WHOLE = re.compile(r"[0-9]{1,19}(\.0)?")  # programs that know no empty whole numbers write 12.0
_MAY_BE_EMPTY = {column.name for column in records.c if column.nullable}


class CsvLog:
    """One row for the header, and one for each record."""

    header_line = 2

    def write(self, file: IO[bytes], records: Iterable[Told], header: Callable[[], bytes]) -> None:
        """Write the rows, and at the end the header above them."""
        file.write(_row(COLUMNS))
        place = file.tell()
        file.write(b" " * HEADER_BYTES)
        file.writelines(_row((*told.envelope.values(), told.content.decode())) for told in records)
        cells = {"position": 0, "kind": FORMAT, "first": 0, "content": header().decode()}
        file.seek(place)
        file.write(_row(map(cells.get, COLUMNS)).removesuffix(b'"\n').ljust(HEADER_BYTES - 2) + b'"\n')

    def is_log(self, path: Path) -> bool:
        """Whether the columns are those of a log."""
        with _opened(path) as rows:
            return tuple(_next(rows)) == COLUMNS

    def header(self, path: Path) -> bytes:
        """The content of the first row."""
        with _opened(path) as rows:
            names, cells = _next(rows), _next(rows)
        if tuple(names) != COLUMNS or cells[1:2] != [FORMAT]:
            raise UsageError("this is not the file of a log", "such a file is written by 'iw export FILE.csv'")
        return cells[-1].encode("utf-8", "surrogateescape")

    def lines(self, path: Path) -> Generator[tuple[int, bytes | UsageError]]:
        """The rows after the header. A broken quotation ends them: where the next row begins is not known then."""
        with _opened(path) as rows:
            for _ in range(2):
                _next(rows)
            while True:
                number = rows.line_num + 1
                try:
                    cells = next(rows, None)
                except csv.Error as error:
                    yield number, UsageError(f"the row cannot be read: {error}")
                    return
                if cells is None:
                    return
                yield number, _line(cells)


def _row(cells: Iterable[Any]) -> bytes:
    row = io.StringIO()
    csv.writer(row, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow(cells)
    return row.getvalue().encode()


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The rows of a file, whose cells may be as long as a record."""
    usual = csv.field_size_limit(LONGEST_LINE)
    try:
        # A byte that is no UTF-8 is told of with its row.
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            yield csv.reader(iter(lambda: file.readline(LONGEST_LINE), ""), strict=True)
    finally:
        csv.field_size_limit(usual)


def _next(rows: Iterator[list[str]]) -> list[str]:
    """The next row; empty where there is none or it cannot be read."""
    try:
        return next(rows, [])
    except csv.Error:
        return []


def _line(cells: Sequence[str]) -> bytes | UsageError:
    if len(cells) != len(COLUMNS):
        return UsageError(f"{len(cells)} cells where a record has {len(COLUMNS)}")
    *told, content = cells
    envelope = dict(zip(ENVELOPE, map(_value, ENVELOPE, told), strict=True))
    try:
        return joined(envelope, content.encode())
    except UnicodeEncodeError as error:
        return UsageError(f"the byte 0x{ord(error.object[error.start]) - 0xDC00:02X} is not UTF-8")


def _value(name: str, cell: str) -> str | int | None:
    if name in _MAY_BE_EMPTY and not cell:
        return None
    return int(cell.removesuffix(".0")) if name in _NUMBERS and _WHOLE.fullmatch(cell) else cell
