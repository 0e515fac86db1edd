"""DataFrames and Parquet files are held to the same as CSV files, and the tables come back whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from iw.core.errors import Fault
from iw.exchange.frames import frame_table, parquet_table
from iw.exchange.parquet_files import COLUMNS, TableName, write_table
from iw.log import csv_files
from iw.log.csv_lines import CsvTable, read_table
from iw.log.records import Marking
from iw.log.store import Log
from iw.log.tables import coverage_rows, event_rows, reading_rows, report_rows, review_rows
from tests.exchange.cast import told_of_everything
from tests.log.cast import DAY, NOW
from tests.log.test_csv_files import COVERAGE, GOOD, HEADER, KNOWN

ROWS = {
    TableName.EVENTS: event_rows,
    TableName.REPORTS: report_rows,
    TableName.READINGS: reading_rows,
    TableName.COVERAGE: coverage_rows,
    TableName.REVIEWS: review_rows,
}
FAULTY = (
    GOOD,
    "bilateral-dril,2023-03-05,A drill.,TASS,B2,,,,,,,,",
    "bilateral-drill,2023-13,,TASS,G9,,,,,maybe,,,",
    GOOD,
)


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    file = tmp_path / "evidence.csv"
    file.write_text("\n".join([HEADER, *FAULTY]) + "\n", encoding="utf-8")
    return file


@pytest.fixture
def frame(csv: Path) -> pd.DataFrame:
    return pd.read_csv(csv, dtype=str)


def read(table: CsvTable | None, **more: Any) -> tuple[list[Any], list[str]]:
    assert table is not None
    faults: list[Fault] = []
    drafts = list(csv_files.drafts_of(table, faults, **{**KNOWN, **more}))
    return drafts, [str(fault).removeprefix(f"{table.file}:") for fault in sorted(faults)]


def by_row(faults: list[str]) -> list[str]:
    """The faults of a CSV file with the rows counted as in a DataFrame: without the header."""

    def parts() -> Iterator[str]:
        for fault in faults:
            line, rest = fault.split(":", 1)
            first = rest.replace("repeats line 2", "repeats line 1")
            yield f"{int(line) - 1}:{first}"

    return list(parts())


def test_a_frame_has_the_faults_of_a_csv_file(csv: Path, frame: pd.DataFrame) -> None:
    expected = by_row(read(read_table(csv)[0])[1])
    assert len(expected) == 6
    assert read(frame_table(frame))[1] == expected


def test_a_parquet_file_has_the_faults_of_a_csv_file(csv: Path, frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_parquet(tmp_path / "evidence.parquet", index=False)
    assert read(parquet_table(tmp_path / "evidence.parquet")[0])[1] == by_row(read(read_table(csv)[0])[1])


def test_a_sound_frame_gives_the_drafts_of_a_csv_file(csv: Path, tmp_path: Path) -> None:
    csv.write_text(f"{HEADER}\n{GOOD}\n", encoding="utf-8")
    expected = read(read_table(csv)[0], backfill=True)
    frame = pd.read_csv(csv)  # with types guessed, as people do
    frame.to_parquet(tmp_path / "evidence.parquet", index=False)
    assert read(frame_table(frame), backfill=True) == expected
    assert read(parquet_table(tmp_path / "evidence.parquet")[0], backfill=True) == expected


def test_typed_columns_mean_what_their_texts_mean(tmp_path: Path) -> None:
    typed = {
        "indicator": ["bilateral-drill"] * 4,
        "occurred_on": [pd.Timestamp("2023-03-05"), date(2023, 3, 5), 2023, 2023.0],
        "summary": ["One.", "Two.", "Three.", "Four."],
        "source": pd.Categorical(["TASS"] * 4),
        "grade": ["B2"] * 4,
        "reported_at": [pd.Timestamp("2023-03-06T10:00", tz="Asia/Tokyo"), pd.NaT, None, pd.NaT],
        "note": [7.0, np.nan, pd.NA, Decimal("7")],
    }
    drafts, faults = read(frame_table(pd.DataFrame(typed)))
    assert faults == []
    assert [str(one.occurred) for one in drafts] == ["2023-03-05", "2023-03-05", "2023", "2023"]
    reports = [one.attached[0].report for one in drafts]
    assert [one.reported_at for one in reports] == [datetime(2023, 3, 6, 1, tzinfo=UTC), None, None, None]
    assert [one.note for one in reports] == ["7", None, None, "7"]


def test_coverage_and_readings_come_in_by_the_same_columns(tmp_path: Path) -> None:
    coverage = pd.DataFrame([["cnas-2021", "document", "*", date(2020, 1, 1), date(2020, 6, 1), 0.3, "declared", None]])
    coverage.columns = COVERAGE.split(",")
    coverage.to_parquet(tmp_path / "coverage.parquet")
    (window,), faults = read(parquet_table(tmp_path / "coverage.parquet")[0])
    assert (faults, window.coverage, window.since) == ([], 0.3, date(2020, 1, 1))
    readings = {"indicator": ["trade"], "measured_on": [2023], "value": [240.1], "summary": ["Trade."]}
    frame = pd.DataFrame({**readings, "source": ["Customs"], "grade": ["A1"]})
    (reading,), faults = read(frame_table(frame), indicators={"trade": 1.0}, levels={"trade"})
    assert (faults, reading.value, str(reading.occurred)) == ([], 240.1, "2023")
    _, (fault,) = read(frame_table(frame.assign(value=np.inf)), indicators={"trade": 1.0}, levels={"trade"})
    assert fault == "1:3: The value inf is not a number that can be kept"


@pytest.mark.parametrize("value", [True, [1], {"a": 1}, b"x", timedelta(days=1)])
def test_a_cell_without_a_text_is_a_fault_with_its_row_and_column(value: object) -> None:
    frame = pd.DataFrame({"indicator": ["bilateral-drill", value]}, dtype=object)
    faults: list[Fault] = []
    assert len(list(frame_table(frame, "mine").lines(faults))) == 2
    assert [str(fault) for fault in faults] == [f"mine:2:1: 'indicator' holds a {type(value).__name__}"]


@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1" + b"\0" * 100 + b"PAR1", b"indicator,grade\n"])
def test_a_file_that_is_no_parquet_is_told(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "evidence.parquet"
    file.write_bytes(data)
    table, (fault,) = parquet_table(file)
    assert table is None
    assert "this is no Parquet file, or a damaged one" in fault.message


def test_a_parquet_file_that_is_damaged_inside_is_told(frame: pd.DataFrame, tmp_path: Path) -> None:
    file = tmp_path / "evidence.parquet"
    frame.to_parquet(file)
    data = bytearray(file.read_bytes())
    data[4:60] = b"\xff" * 56
    file.write_bytes(data)
    table, faults = parquet_table(file)
    drafts = [] if table is None else list(csv_files.drafts_of(table, faults, **KNOWN))
    assert (drafts, ["Parquet" in fault.message for fault in faults]) == ([], [True])


def test_a_missing_parquet_file_is_told(tmp_path: Path) -> None:
    table, (fault,) = parquet_table(tmp_path / "none.parquet")
    assert (table, fault.message) == (None, "the file cannot be read: No such file or directory")


@pytest.mark.parametrize("name", list(TableName))
def test_a_table_comes_back_from_its_file_as_it_was(log: Log, tmp_path: Path, name: TableName) -> None:
    told_of_everything(log)
    for known_at in (NOW + 5 * DAY, NOW + 12 * DAY):
        count = write_table(log, name, tmp_path / "table.parquet", known_at, Marking.GREEN)
        rows = ROWS[name](log.view(known_at, Marking.GREEN))
        read_back = parquet.read_table(tmp_path / "table.parquet")
        assert count == len(rows) > 0
        assert read_back.to_pylist() == rows
        assert read_back.schema.metadata[b"iw.marking"] == b"green"


@pytest.mark.parametrize("name", list(TableName))
def test_an_empty_table_has_the_columns_and_types_of_a_full_one(log: Log, tmp_path: Path, name: TableName) -> None:
    empty, full = tmp_path / "empty.parquet", tmp_path / "full.parquet"
    assert write_table(log, name, empty, NOW, Marking.RED) == 0
    told_of_everything(log)
    write_table(log, name, full, NOW + 12 * DAY, Marking.RED)
    assert parquet.read_schema(empty).equals(parquet.read_schema(full))
    assert list(ROWS[name](log.view(NOW + 12 * DAY))[0]) == list(COLUMNS[name])


def test_moments_are_in_utc_whatever_the_zone_of_the_frame() -> None:
    moment = datetime(2023, 3, 6, 1, tzinfo=timezone(timedelta(hours=9)))
    frame = pd.DataFrame({"reported_at": [moment]})
    (line,) = frame_table(frame).lines([])
    assert line.fields["reported_at"] == "2023-03-05T16:00:00+00:00"


def test_large_files_are_read_in_batches(tmp_path: Path) -> None:
    rows = 25_000
    table = pa.table({"indicator": ["bilateral-drill"] * rows, "note": list(range(rows))})
    parquet.write_table(table, tmp_path / "large.parquet")
    found, faults = parquet_table(tmp_path / "large.parquet")
    assert found is not None
    lines = list(found.lines(faults))
    assert (len(lines), lines[-1].fields["note"], faults) == (rows, str(rows - 1), [])
