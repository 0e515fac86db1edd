"""The forms in which a whole log stands in a file: JSON Lines, CSV or Parquet, by the ending of its name.

All hold the same lines (`iw.exchange.lines`), so the same log has the same digest in each. CSV and Parquet have a
column for each part of a record's envelope, and one for its content, a JSON object.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import IO, Protocol

from iw.core.errors import DataError, Fault, UsageError
from iw.exchange.csv_log import CsvLog
from iw.exchange.json_lines import JsonLines
from iw.exchange.lines import Header, Told, decoded_header
from iw.exchange.parquet_log import ParquetLog


class Form(Protocol):
    """How a log stands in a file."""

    header_line: int  # of the header in faults; 0 where it stands in no line

    def write(self, file: IO[bytes], records: Iterable[Told], header: Callable[[], bytes]) -> None:
        """Write the records into an open file, and the header, which is known only after them."""

    def is_log(self, path: Path) -> bool:
        """Whether a file is meant to be that of a log, not a table of evidence; `OSError` where it is unreadable."""

    def header(self, path: Path) -> bytes:
        """The header; `UsageError` where there is none, `OSError` where the file cannot be read."""

    def lines(self, path: Path) -> Generator[tuple[int, bytes | UsageError]]:
        """Where each record stands in the file, and its line or what is wrong there; `OSError` as before."""


FORMS: dict[str, Form] = {".jsonl": JsonLines(), ".csv": CsvLog(), ".parquet": ParquetLog()}


def form_of(path: Path) -> Form:
    """The form of a file by the ending of its name; JSON Lines for any that is not known."""
    return FORMS.get(path.suffix, FORMS[".jsonl"])


def is_log(path: Path) -> bool:
    """Whether a file is meant to be that of a log; false also where it cannot be read."""
    try:
        return path.suffix in FORMS and FORMS[path.suffix].is_log(path)
    except OSError:
        return False


def read_header(path: Path) -> Header:
    """The header of the file of a log; `DataError` where there is none, or none that this program knows."""
    form = form_of(path)
    try:
        return decoded_header(form.header(path))
    except UsageError as error:
        raise DataError([Fault(str(path), form.header_line, 0, error.message, error.hint)]) from error
    except OSError as error:
        raise DataError([Fault(str(path), 0, 0, f"the file cannot be read: {error.strerror}")]) from error
