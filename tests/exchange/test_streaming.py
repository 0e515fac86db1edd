"""Files of any length come in as a stream: all of them or nothing, again or further, and in no more memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from iw.core.errors import DataError, StoreError
from iw.log.store import Log
from iw.workspace import Workspace, init_workspace

HEADER = "indicator,occurred_on,summary,source,grade"


@pytest.fixture
def watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A watch that appends fifty events at once."""
    monkeypatch.setattr("iw.log.store.AT_ONCE", 50)
    monkeypatch.setattr("iw.exchange.frames.AT_ONCE", 50)
    with init_workspace(tmp_path / "watch", today=date(2026, 4, 12), author="tests") as workspace:
        yield workspace


def line(number: int) -> str:
    return f"bilateral-drill,2023-{1 + number % 12:02d},Drill number {number} was held.,TASS,B2"


def written(file: Path, *lines: str) -> Path:
    """The file with these lines, as CSV or Parquet by its ending."""
    csv = file.with_suffix(".csv")
    csv.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    if file.suffix == ".parquet":
        pd.read_csv(csv, dtype=str).to_parquet(file, index=False)
    return file


@pytest.fixture(params=["evidence.csv", "evidence.parquet"])
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return tmp_path / str(request.param)


def test_a_fault_in_the_last_of_many_lines_lets_nothing_in(watch: Workspace, file: Path) -> None:
    before = watch.log.position()
    lines = [*map(line, range(120)), line(7), line(121).replace("B2", "G9")]
    with pytest.raises(DataError, match="Nothing was imported: 2 faults") as caught:
        watch.import_files([written(file, *lines)])
    first = 2 if file.suffix == ".csv" else 1
    assert [(fault.line, fault.column) for fault in caught.value.faults] == [(120 + first, 0), (121 + first, 5)]
    assert f"this repeats line {7 + first}" in str(caught.value)
    assert watch.log.position() == before


def test_a_dry_run_counts_and_lets_nothing_in(watch: Workspace, file: Path) -> None:
    before = watch.log.position()
    assert watch.import_files([written(file, *map(line, range(120)))], dry_run=True) == (120, 0)
    assert watch.log.position() == before


def test_a_file_comes_in_again_without_harm_and_a_longer_one_adds_its_rest(watch: Workspace, file: Path) -> None:
    assert watch.import_files([written(file, *map(line, range(120)))]) == (120, 0)
    position = watch.log.position()
    assert watch.import_files([file]) == (0, 120)
    assert watch.log.position() == position
    assert watch.import_files([written(file, *map(line, range(130)))]) == (10, 120)
    assert len(watch.log.view(watch.now()).events) == 130
    assert watch.log.verify().holds


@pytest.mark.parametrize("lines", [120, 129, 131])
def test_a_file_that_changes_while_it_is_read_lets_nothing_in(
    watch: Workspace, file: Path, monkeypatch: pytest.MonkeyPatch, lines: int
) -> None:
    before, load = watch.log.position(), Log.load

    def changed(log: Log, *args: Any, **more: Any) -> int:
        written(file, *map(line, range(lines - 1)), line(lines - 1).replace("B2", "B2" if lines != 120 else "G9"))
        return load(log, *args, **more)

    written(file, *map(line, range(130 if lines != 120 else 120)))
    monkeypatch.setattr(Log, "load", changed)
    with pytest.raises(StoreError, match="A file changed while it was read; nothing was imported"):
        watch.import_files([file])
    assert watch.log.position() == before


def test_a_longer_file_takes_no_more_memory(watch: Workspace, file: Path) -> None:
    def peak(first: int, last: int) -> int:
        written(file, *map(line, range(first, last)))
        tracemalloc.start()
        try:
            assert watch.import_files([file]) == (last - first, 0)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(0, 60)  # what is made once and kept
    short = peak(60, 160)
    assert peak(160, 860) < 1.5 * short
