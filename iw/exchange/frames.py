"""DataFrames and Parquet files as the tables that CSV files are: the same columns, the same checks, the same faults.

Cells become the texts that somebody would have typed into the CSV file. What has no such text, a nested value say, is a
fault. Rows count from 1.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iw.core.errors import Fault
from iw.log.csv_lines import CsvTable, Line

if TYPE_CHECKING:
    import pandas as pd

AT_ONCE = 10_000
_MISSING = ("NAType", "NaTType")  # of pandas


def frame_table(frame: pd.DataFrame, name: str = "DataFrame") -> CsvTable:
    """The rows of a DataFrame, and the cells that cannot be one; ``name`` stands in faults. The index is left out."""
    header = tuple(str(column).strip() for column in frame.columns)

    def lines(faults: list[Fault]) -> Iterator[Line]:
        columns = [frame.iloc[:, place].tolist() for place in range(len(header))]
        return _lines(name, header, zip(*columns, strict=True), faults)

    return CsvTable(name, header, lines)


def parquet_table(path: Path) -> tuple[CsvTable | None, list[Fault]]:
    """The table of a Parquet file, read some thousand rows at a time; none, and its faults, where it cannot be read."""
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with path.open("rb") as opened, parquet.ParquetFile(opened) as file:
            header = tuple(name.strip() for name in file.schema_arrow.names)
    except (OSError, pa.ArrowException) as error:
        return None, [_unreadable(path, error)]

    def lines(faults: list[Fault]) -> Iterator[Line]:
        try:
            with path.open("rb") as opened, parquet.ParquetFile(opened) as file:
                rows = (
                    row
                    for batch in file.iter_batches(AT_ONCE)
                    for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)
                )
                yield from _lines(str(path), header, rows, faults)
        except (OSError, pa.ArrowException) as error:
            faults.append(_unreadable(path, error))

    return CsvTable(str(path), header, lines), []


def _unreadable(path: Path, error: Exception) -> Fault:
    # Arrow tells of damage by errors of the system, too, but of its own making.
    if isinstance(error, OSError) and error.strerror:
        return Fault(str(path), 0, 0, f"the file cannot be read: {error.strerror}")
    return Fault(str(path), 0, 0, "this is no Parquet file, or a damaged one", str(error).splitlines()[0])


def _lines(name: str, header: Sequence[str], rows: Iterable[Sequence[Any]], faults: list[Fault]) -> Iterator[Line]:
    for number, row in enumerate(rows, start=1):
        fields: dict[str, str] = {}
        for place, (column, value) in enumerate(zip(header, row, strict=True), start=1):
            text = _text(value)
            if text is None:
                faults.append(Fault(name, number, place, f"'{column}' holds a {type(value).__name__}"))
            fields[column] = (text or "").strip()
        yield Line(number, fields)


def _text(value: Any) -> str | None:
    """A cell as its text, empty where it is missing; None where it has none."""
    if value is None or type(value).__name__ in _MISSING or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, datetime):
        day_alone = value.tzinfo is None and value.time() == time()
        moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return value.date().isoformat() if day_alone else moment.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return None
    number = float(value)
    # Columns with gaps have turned years and notes into floats; the digits are what was meant.
    return str(int(number)) if number.is_integer() and abs(number) < 2**53 else repr(number)
