"""A log comes back equal from CSV and Parquet; faults are told, and no table of evidence is taken for a log."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from iw.core.errors import DataError, StoreError
from iw.exchange import csv_log
from iw.exchange.lines import ENVELOPE
from iw.exchange.log_files import write_log
from iw.exchange.log_forms import FORMS, is_log
from iw.exchange.parquet_files import TableName, write_table
from iw.log.drafts import CorrectionDraft
from iw.log.records import Marking
from iw.log.store import Log
from tests.exchange.cast import LATER, read_in, rows, told_of_everything, views
from tests.log.cast import DAY, NOW, append, drill, report

TABLES = [".csv", ".parquet"]
ODD = 'A "drill", said =SUM(1)\r\nin two lines; naïve, 上海, \u2028.'


@pytest.fixture(params=TABLES)
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / f"log{request.param}"


def faults(log: Log, file: Path) -> list[str]:
    """What is wrong with the file, without its name; nothing was imported."""
    with pytest.raises(DataError) as caught:
        read_in(log, file)
    assert log.position() == 0
    return [str(fault).removeprefix(f"{file}:") for fault in caught.value.faults]


def test_every_form_gives_an_equal_log(log: Log, other: Log, file: Path) -> None:
    told_of_everything(log)
    header = write_log(log, file, Marking.RED)
    assert read_in(other, file).appended == header.records == log.position()
    assert rows(other) == rows(log)
    assert views(other, *Marking) == views(log, *Marking)
    assert read_in(other, file).appended == 0


def test_a_log_has_the_same_digest_in_every_form_and_at_every_marking(mine: Log, tmp_path: Path) -> None:
    told_of_everything(mine)
    for marking in (Marking.CLEAR, Marking.AMBER, Marking.RED):
        headers = [write_log(mine, tmp_path / f"log{form}", marking) for form in FORMS]
        assert headers == headers[:1] * 3
    assert len({write_log(mine, tmp_path / "log.csv", one).digest for one in (Marking.CLEAR, Marking.RED)}) == 2


def test_texts_with_breaks_quotes_and_nothing_in_them_come_back(mine: Log, other: Log, file: Path) -> None:
    (event,) = append(mine, drill(ODD), author=ODD, reason="", batch=" ")
    append(mine, CorrectionDraft(event, development="plot"), author="\rb", reason=ODD, now=NOW + DAY)
    append(mine, drill("More than a cell of other programs: " + "long " * 50_000))
    write_log(mine, file, Marking.RED)
    read_in(other, file)
    assert rows(other) == rows(mine)


@pytest.mark.parametrize("marking", [Marking.CLEAR, Marking.GREEN])
def test_hidden_evidence_leaves_no_byte_in_a_table(mine: Log, file: Path, marking: Marking) -> None:
    told_of_everything(mine)
    write_log(mine, file, marking)
    before = file.read_bytes()
    append(mine, drill("Secret.", marking=Marking.AMBER, reports=(report("Hidden.", marking=Marking.RED),)), now=LATER)
    write_log(mine, file, marking)
    assert file.read_bytes() == before


def test_a_longer_table_of_the_same_log_continues_it_and_another_log_joins_it(
    mine: Log, another: Callable[[], Log], file: Path
) -> None:
    append(mine, drill("One."))
    write_log(mine, file, Marking.RED)
    same, joining = another(), another()
    read_in(same, file)
    append(joining, drill("Our own."))
    assert (read_in(joining, file).appended, read_in(joining, file).appended) == (1, 0)
    append(mine, drill("Two."), now=NOW + DAY)
    write_log(mine, file, Marking.RED)
    assert read_in(same, file).moved
    assert rows(same) == rows(mine)


def test_other_programs_read_the_columns(mine: Log, tmp_path: Path) -> None:
    told_of_everything(mine)
    for form in TABLES:
        write_log(mine, tmp_path / f"log{form}", Marking.RED)
    by_csv = pd.read_csv(tmp_path / "log.csv")
    by_parquet = pd.read_parquet(tmp_path / "log.parquet")
    assert list(by_csv.columns) == list(by_parquet.columns) == [*ENVELOPE, "content"]
    assert list(by_csv["kind"])[:2] == ["iw-log", "source"]
    assert list(by_parquet["position"]) == list(by_csv["position"])[1:] == list(range(1, mine.position() + 1))
    assert str(by_parquet["recorded_at"].dtype).endswith("UTC]")
    assert "summary" in json.loads(by_parquet.query("kind == 'event'")["content"].iloc[0])


def test_a_csv_file_that_pandas_wrote_anew_is_the_same_log(mine: Log, other: Log, tmp_path: Path) -> None:
    told_of_everything(mine)
    write_log(mine, tmp_path / "log.csv", Marking.RED)
    pd.read_csv(tmp_path / "log.csv").to_csv(tmp_path / "anew.csv", index=False)
    assert read_in(other, tmp_path / "anew.csv").moved
    assert rows(other) == rows(mine)


def test_a_csv_file_that_begins_with_the_mark_of_utf_8_is_the_same_log(mine: Log, other: Log, tmp_path: Path) -> None:
    append(mine, drill())
    file = tmp_path / "log.csv"
    write_log(mine, file, Marking.RED)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert is_log(file)
    assert read_in(other, file).moved


def test_a_parquet_file_that_pandas_wrote_anew_is_told_to_lack_its_header(
    mine: Log, other: Log, tmp_path: Path
) -> None:
    append(mine, drill())
    write_log(mine, tmp_path / "log.parquet", Marking.RED)
    pd.read_parquet(tmp_path / "log.parquet").to_parquet(tmp_path / "anew.parquet")
    assert is_log(tmp_path / "anew.parquet")
    assert "the header of a log is missing among its metadata" in faults(other, tmp_path / "anew.parquet")[0]


@pytest.mark.parametrize("form", FORMS)
def test_an_export_that_fails_leaves_the_old_file(
    mine: Log, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / f"log{form}"
    append(mine, drill())
    write_log(mine, file, Marking.RED)
    before = file.read_bytes()

    def failing(*_: object) -> bytes:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("iw.exchange.log_files.told", failing)
    with pytest.raises(StoreError, match="cannot be written: No space left"):
        write_log(mine, file, Marking.RED)
    assert (file.read_bytes(), list(file.parent.glob("*.part"))) == (before, [])


def change_csv(file: Path, change: Callable[[list[list[str]]], Any]) -> None:
    """Change the rows of a file; the first is the header's."""
    with file.open(encoding="utf-8", newline="") as opened:
        names, *told = csv.reader(opened)
    change(told)
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([names, *told])


def cell(row: int, name: str, value: str) -> Callable[[list[list[str]]], None]:
    """A change of one cell."""
    return lambda told: told[row].__setitem__(csv_log.COLUMNS.index(name), value)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (cell(3, "author", "bert"), "2: the digest is not that of the lines"),
        (cell(3, "author", ""), "5: the author is empty"),
        (cell(3, "position", "three"), "5: 'position' is \"three\", and no number of a record"),
        (cell(3, "position", "3" * 30), "5: 'position' is \"333"),
        (cell(3, "supersedes", "2"), "5: the first record of its chain, 3, is no event"),
        (cell(3, "recorded_at", "01/06/2024 12:00"), "5: 'recorded_at' is \"01/06/2024 12:00\", and no moment"),
        (cell(3, "content", ""), "5: this is not JSON"),
        (cell(3, "content", '{"summary":1},"first":2'), "5: this is not JSON: a key stands twice"),
        (cell(3, "content", "{}"), "5: 'indicator' is missing"),
        (cell(0, "content", '{"format":"iw-log","version":7}'), "2: the file has version 7 of the format"),
        (cell(0, "kind", "log"), "2: this is not the file of a log"),
        (lambda told: told.pop(), "2: the header counts 4 records, and the file has 3"),
        (lambda told: told[3].pop(), "5: 11 cells where a record has 12"),
        (lambda told: told.clear(), "2: this is not the file of a log"),
    ],
)
def test_a_fault_in_a_csv_file_is_told(
    mine: Log, other: Log, tmp_path: Path, change: Callable[[list[list[str]]], Any], fault: str
) -> None:
    append(mine, drill())
    write_log(mine, tmp_path / "log.csv", Marking.RED)
    change_csv(tmp_path / "log.csv", change)
    assert faults(other, tmp_path / "log.csv")[0].startswith(fault)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda data: data[: data.rindex(b"stance") + 3], "6: the row cannot be read: unexpected end of data"),
        (lambda data: data.replace(b'"anna"', b'"an\xffa"', 1), "3: the byte 0xFF is not UTF-8"),
        (lambda data: data.replace(b'"anna"', b'"an"na"', 1), "3: the row cannot be read"),
        (lambda data: data + b'"' + b"x" * 50_000, "7: the row cannot be read: field larger than field limit"),
    ],
)
def test_a_csv_file_that_is_not_whole_is_told(
    mine: Log,
    other: Log,
    tmp_path: Path,
    change: Callable[[bytes], bytes],
    fault: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(csv_log, "LONGEST_LINE", 20_000)
    limit = csv.field_size_limit()
    file = tmp_path / "log.csv"
    append(mine, drill())
    write_log(mine, file, Marking.RED)
    file.write_bytes(change(file.read_bytes()))
    assert faults(other, file)[0].startswith(fault)
    assert csv.field_size_limit() == limit


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda table: table.slice(0, 3), "the header counts 4 records, and the file has 3"),
        (lambda table: table.drop(["author"]), "its columns are not those of a log (they are position, kind"),
        (lambda table: table.slice(0, 2), "the header of a log is missing among its metadata"),
        (lambda table: changed(table, "author", "bert"), "the digest is not that of the lines"),
        (lambda table: changed(table, "content", "[]"), "1: 'content' is no object"),
        (lambda table: changed(table, "kind", "evnt"), "1: 'kind' is \"evnt\""),
    ],
)
def test_a_fault_in_a_parquet_file_is_told(
    mine: Log, other: Log, tmp_path: Path, change: Callable[[pa.Table], pa.Table], fault: str
) -> None:
    file = tmp_path / "log.parquet"
    append(mine, drill())
    write_log(mine, file, Marking.RED)
    table, header = change(parquet.read_table(file)), FORMS[".parquet"].header(file).decode()
    with parquet.ParquetWriter(file, table.schema) as written:
        written.write_table(table)
        written.add_key_value_metadata({"iw.log" if table.num_rows != 2 else "iw.else": header})
    assert faults(other, file)[0].strip().startswith(fault)


def changed(table: pa.Table, name: str, value: str) -> pa.Table:
    """The table with one column all of one text."""
    place = table.schema.get_field_index(name)
    return table.set_column(place, table.schema.field(place), pa.array([value] * len(table)))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda data: data[:-40], "this is no Parquet file, or a damaged one"),
        (lambda data: b"", "this is no Parquet file, or a damaged one"),
        (lambda data: data[:200] + b"\xff" * 400 + data[600:], "1: the file is damaged from here on"),
    ],
)
def test_a_damaged_parquet_file_is_told(
    mine: Log, other: Log, tmp_path: Path, change: Callable[[bytes], bytes], fault: str
) -> None:
    file = tmp_path / "log.parquet"
    append(mine, drill())
    write_log(mine, file, Marking.RED)
    file.write_bytes(change(file.read_bytes()))
    assert fault in faults(other, file)[0]


def test_a_missing_table_is_told(other: Log, file: Path) -> None:
    assert "the file cannot be read: No such file" in faults(other, file)[0]
    assert not is_log(file)


def test_a_table_of_evidence_is_no_log(mine: Log, tmp_path: Path) -> None:
    append(mine, drill())
    write_table(mine, TableName.EVENTS, tmp_path / "events.parquet", LATER, Marking.RED)
    (tmp_path / "events.csv").write_text("indicator,occurred_on,summary,source,grade\n")
    for form in FORMS:
        write_log(mine, tmp_path / f"log{form}", Marking.RED)
        assert is_log(tmp_path / f"log{form}")
    assert not any(is_log(tmp_path / f"events{form}") for form in TABLES)
