"""A log that is copied, in either direction, is the same log: row for row, view for view, head for head."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Boolean, Connection, Date, Double, Integer, String, Table, select, text
from sqlalchemy.types import TypeEngine

from iw.core.errors import StoreError
from iw.log import copying
from iw.log.canonical import row_bytes
from iw.log.copying import LOG_TABLES, compare, copy, snapshot
from iw.log.engine import reading
from iw.log.records import Marking
from iw.log.schema import Moment, metadata
from iw.log.store import Log
from tests.log.cast import DAY, KEY, NOW, append, drill
from tests.log.test_hash_chain import fill


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a place without a log, in either store."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'copy.db'}"
    else:
        yield request.getfixturevalue("postgresql_empty_url")


def contents(log: Log) -> dict[str, Any]:
    """Everything that a log holds and shows."""
    with reading(log.engine) as connection:
        rows = {table.name: connection.execute(select(table).order_by(table.c.position)).all() for table in LOG_TABLES}
    moments = [NOW, NOW + DAY, NOW + 2 * DAY]
    views = [log.view(moment, marking) for moment in moments for marking in Marking]
    return {"rows": rows, "views": views, "heads": log.heads(), "fits": log.fits(), "sources": log.sources(NOW)}


def test_a_copy_in_either_direction_is_equal_and_goes_on_alike(log: Log, target: str) -> None:
    fill(log)
    tables = copy(log, target)
    assert {one.table: one.rows for one in tables} == {k: len(v) for k, v in contents(log)["rows"].items()}
    with Log.open(target, KEY) as copied:
        assert contents(copied) == contents(log)
        assert copied.verify(log.heads().values()).holds
        for one in (log, copied):
            append(one, drill("Later."), now=NOW + 2 * DAY)
        assert contents(copied) == contents(log)


def test_every_table_of_the_log_is_copied_after_those_that_it_refers_to() -> None:
    assert {table.name for table in LOG_TABLES} == set(metadata.tables)
    for number, table in enumerate(LOG_TABLES):
        there = {one.name for one in LOG_TABLES[: number + 1]}
        assert {key.column.table.name for key in table.foreign_keys} <= there


def test_the_copy_refuses_changes_as_the_log_does(log: Log, target: str) -> None:
    fill(log)
    copy(log, target)
    with (
        Log.open(target, KEY) as copied,
        pytest.raises(Exception, match="append-only"),
        copied.engine.begin() as connection,
    ):
        connection.execute(text("DELETE FROM records WHERE position = 1"))


def test_a_copy_in_small_portions_is_the_same(log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(log)
    for size in (1, 3):
        monkeypatch.setattr(copying, "_AT_ONCE", size)
        copy(log, f"sqlite:///{tmp_path / f'{size}.db'}")


def test_a_copy_never_goes_over_another_log(log: Log, target: str) -> None:
    fill(log)
    copy(log, target)
    with pytest.raises(StoreError, match="already"):
        copy(log, target)


def test_a_copy_that_breaks_off_or_is_not_equal_leaves_nothing(
    log: Log, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(log)

    def break_off(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(copying, "compare", break_off)
    with pytest.raises(KeyboardInterrupt):
        copy(log, target)
    monkeypatch.undo()
    with pytest.raises(StoreError, match=r"There is no log|holds no log"):
        Log.open(target)

    real, begun = copying._portions, set()

    def lose_one(connection: Connection, table: Table) -> Iterator[Any]:
        for rows in real(connection, table):
            yield rows[: len(rows) - (table.name == "links" and table.name not in begun)]
        begun.add(table.name)

    monkeypatch.setattr(copying, "_portions", lose_one)
    with pytest.raises(StoreError, match="its table of links differs"):
        copy(log, target)
    monkeypatch.undo()
    copy(log, target)


def _another(value: Any, kind: TypeEngine[Any]) -> Any:
    """Some other value of a column of this type."""
    if value is None:
        some = ((Boolean, True), (Integer, 98), (Date, NOW.date()), (Double, 0.5), (String, "other"), (Moment, NOW))
        return next(one for known, one in some if isinstance(kind, known))
    if isinstance(value, float):
        return value + 0.125
    others = {bool: not value, int: 99, str: f"{value}x", bytes: b"0" * 32, dict: {"ess": [400.25]}, list: ["E4"]}
    return others[type(value)] if type(value) in others else value + DAY


@pytest.mark.parametrize("table", LOG_TABLES, ids=lambda table: table.name)
def test_a_row_differs_as_bytes_where_any_value_does(shared_log: Log, table: Table) -> None:
    if not shared_log.position():
        fill(shared_log)
    with reading(shared_log.engine) as connection:
        row = dict(connection.execute(select(table)).mappings().first() or {})
    said = {row_bytes(table, row)}
    for column, value in row.items():
        said.add(row_bytes(table, {**row, column: _another(value, table.c[column].type)}))
    assert len(said) == 1 + len(row)


def test_two_logs_that_differ_are_said_to(log: Log, tmp_path: Path) -> None:
    fill(log)
    with Log.create(f"sqlite:///{tmp_path / 'other.db'}", KEY) as other:
        append(other, drill())
        with (
            reading(log.engine) as one,
            reading(other.engine) as two,
            pytest.raises(StoreError, match="its table of records differs"),
        ):
            compare(one, two)


def test_a_snapshot_is_the_log_of_one_moment_while_somebody_writes(log: Log, tmp_path: Path) -> None:
    fill(log)
    before = contents(log)
    snapshot(log, tmp_path / "snapshot.db")
    append(log, drill("Later."), now=NOW + 2 * DAY)
    with Log.open(f"sqlite:///{tmp_path / 'snapshot.db'}", KEY) as copied:
        assert contents(copied) == before
        assert copied.verify().holds
