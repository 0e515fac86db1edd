"""The tables that analysts use as Parquet files, with the same columns and types whatever they hold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from iw.exchange.log_files import whole
from iw.log.records import LogView, Marking
from iw.log.store import Log
from iw.log.tables import Row, coverage_rows, event_rows, reading_rows, report_rows, review_rows


class TableName(StrEnum):
    """Which table; what a row of it is, `iw.log.tables` says."""

    EVENTS = "events"
    REPORTS = "reports"
    READINGS = "readings"
    COVERAGE = "coverage"
    REVIEWS = "reviews"


_ROWS: dict[TableName, Callable[[LogView], list[Row]]] = {
    TableName.EVENTS: event_rows,
    TableName.REPORTS: report_rows,
    TableName.READINGS: reading_rows,
    TableName.COVERAGE: coverage_rows,
    TableName.REVIEWS: review_rows,
}
_STAMP = "position recorded_at visible_at visible_basis author reason marking batch"
_FOUND = "reports sources grades origins documents denied_by reported_at"
COLUMNS: dict[TableName, tuple[str, ...]] = {
    name: tuple(f"{columns} {_STAMP}".split())
    for name, columns in {
        TableName.EVENTS: (
            "id indicator occurred_on occurred_first occurred_last precision occurred_local summary development staged "
            "reported_at reports sources grades origins documents denied_by"
        ),
        TableName.REPORTS: (
            "id event stance source grade grade_reason text reported_at origin url document section note bears_on "
            "contradicts"
        ),
        TableName.READINGS: f"id indicator measured_on measured_first value period_days coverage summary {_FOUND}",
        TableName.COVERAGE: "id collector kind selects since until coverage",
        TableName.REVIEWS: "id subject opinion reviewer ground",
    }.items()
}
_DAYS = {"occurred_first", "occurred_last", "measured_first", "since", "until"}
_MOMENTS = {"reported_at", "recorded_at", "visible_at"}
_COUNTS = {"reports", "position", "period_days"}
_NUMBERS = {"value", "coverage"}


def write_table(log: Log, table: TableName, path: Path, known_at: datetime, marking: Marking) -> int:
    """Write a table of what is in force, as known at a moment and at a marking; gives the number of rows.

    The file takes its name only when it is complete. Raises `StoreError` where it cannot be written.
    """
    import pyarrow as pa
    from pyarrow import parquet

    view = log.view(known_at, marking)
    rows = _ROWS[table](view)
    told = {"iw.table": str(table), "iw.known_at": view.known_at.isoformat(), "iw.marking": str(marking)}
    schema = pa.schema([(name, _type(name)) for name in COLUMNS[table]], metadata=told)
    with whole(path) as file:
        parquet.write_table(pa.Table.from_pylist(rows, schema=schema), file)
    return len(rows)


def _type(name: str) -> Any:
    import pyarrow as pa

    if name in _DAYS:
        return pa.date32()
    if name in _MOMENTS:
        return pa.timestamp("us", tz="UTC")
    if name in _COUNTS:
        return pa.int64()
    return pa.float64() if name in _NUMBERS else pa.string()
