"""Whatever becomes of a writer, of the disk or of the clock: what was acknowledged is there, and the log holds."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import event

from iw.core.errors import StoreError
from iw.log.store import Log
from tests.assessment.dam import dam
from tests.log.cast import DAY, KEY, NOW, address, append, drill, report
from tests.log.conftest import empty
from tests.log.fit_kills import BEGUN, kill_while_fitting
from tests.log.kills import Writers, kill_often, kill_while_migrating, look, writers
from tests.log.test_hash_chain import take_back_the_chain
from tests.log.test_schema import scripts as scripts


def test_a_writer_that_is_killed_leaves_a_log_that_holds_with_all_that_was_acknowledged(log: Log) -> None:
    acknowledged, _ = kill_often(address(log), rounds=8, seed=1)
    assert acknowledged > 8
    append(log, drill("Life goes on."))


@pytest.mark.slow
def test_a_thousand_kills_lose_nothing(
    log: Log, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    """Five hundred on each store, with a new log after every twenty."""
    total, cut = 0, 0
    for seed in range(25):
        empty(log, request)
        acknowledged, beyond = kill_often(address(log), rounds=20, seed=seed)
        total, cut = total + acknowledged, cut + beyond
    with capsys.disabled():
        print(f"\n{log.engine.dialect.name}: 500 kills, {total} appends acknowledged, {cut} kept unacknowledged")


def test_a_migration_that_is_killed_is_done_or_not_begun_and_is_done_at_the_next_opening(
    log: Log, scripts: ScriptDirectory
) -> None:
    append(log, *(drill(f"Drill {number}.") for number in range(300)))
    kill_while_migrating(log, lambda: take_back_the_chain(log, scripts), rounds=4, seed=1)


@pytest.mark.slow
def test_a_hundred_kills_while_migrating_lose_nothing(
    log: Log, scripts: ScriptDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    """Fifty on each store."""
    append(log, *(drill(f"Drill {number}.") for number in range(300)))
    old, new = kill_while_migrating(log, lambda: take_back_the_chain(log, scripts), rounds=50, seed=1)
    assert old
    with capsys.disabled():
        print(f"\n{log.engine.dialect.name}: 50 kills while migrating, {old} undone, {new} done")


@pytest.fixture(scope="module")
def fitters() -> Iterator[Writers]:
    """One process for both stores: to compile the model takes most of the time."""
    with writers() as forked:
        yield forked


@pytest.mark.slow
def test_fifty_kills_while_fitting_lose_nothing_and_leave_the_last_fit_in_force(
    log: Log, fitters: Writers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Twenty-five on each store."""
    folder = tmp_path / "watch"
    dam(folder, BEGUN)[0].close()
    with (folder / "iw.toml").open("a") as settings:
        settings.write("today = 2024-05-20\n")
    monkeypatch.setenv("IW_DATABASE_URL", address(log))
    monkeypatch.setenv("IW_LOG_KEY", KEY.text)
    log.close()
    done = kill_while_fitting(fitters, address(log), folder, rounds=25, seed=1)
    assert done.unrecorded
    with capsys.disabled():
        print(
            f"\n{log.engine.dialect.name}: 25 kills while fitting, {done.unrecorded} fits unrecorded, "
            f"{done.recorded} recorded, {len(done.logged)} events acknowledged"
        )


def test_twenty_writers_at_once_lose_and_double_nothing(log: Log) -> None:
    with writers() as forked:
        for number in range(20):
            forked.start(address(log), f"writer-{number}", 1, 3)
        forked.wait()
        assert len(forked.acknowledged) == 60
        assert look(address(log), forked.acknowledged) == 0


@pytest.fixture
def full_disk(log: Log) -> Iterator[Log]:
    """A SQLite log with 50 events on a disk that has no room for one page more."""
    if log.engine.dialect.name != "sqlite":
        pytest.fail("only SQLite has such a switch")
    append(log, *(drill(f"Drill {number}.") for number in range(50)))

    def limit(connection: object, *_: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # type: ignore[attr-defined]  # SQLite's own connection

    log.engine.dispose()
    event.listen(log.engine, "connect", limit)
    yield log
    event.remove(log.engine, "connect", limit)
    log.engine.dispose()


@pytest.mark.parametrize("log", ["sqlite"], indirect=True)
def test_a_full_disk_is_told_and_nothing_is_half_written(full_disk: Log) -> None:
    before, heads = full_disk.view(NOW), full_disk.heads()
    with pytest.raises(StoreError, match=r"the disk is full.*nothing was changed"):
        append(full_disk, *(drill(f"Large {number}.", reports=(report("x" * 9_000),)) for number in range(9)))
    assert (full_disk.view(NOW), full_disk.heads()) == (before, heads)
    assert full_disk.verify().holds


def test_a_clock_that_was_set_back_a_little_does_not_date_a_record_before_the_one_before_it(log: Log) -> None:
    append(log, drill("One."))
    append(log, drill("Two."), now=NOW - timedelta(hours=3))
    assert [one.stamp.recorded_at for one in log.view(NOW).events] == [NOW, NOW]
    assert not log.view(NOW - timedelta(hours=1)).events


def test_a_clock_that_was_set_back_a_lot_is_told_and_nothing_is_appended(log: Log) -> None:
    append(log, drill("One."))
    with pytest.raises(StoreError, match=r"The clock says 2024-05-30 11:59 UTC, but the last record is of 2024-06-01"):
        append(log, drill("Two.", on="2024-05-01"), now=NOW - 2 * DAY - timedelta(minutes=1))
    assert [one.summary for one in log.view(NOW).events] == ["One."]
    append(log, drill("Two.", on="2024-05-01"), now=NOW - DAY)


def test_portions_in_which_drafts_are_taken_make_no_difference(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drafts of one append see one another in whatever portion they are: shared reports, sources, duplicates."""
    shared = report("Shared.")
    drafts = [drill("One.", reports=(shared,)), drill("Two.", reports=(shared,)), drill("One.", reports=(shared,))]
    monkeypatch.setattr("iw.log.store.AT_ONCE", 1)
    assert len(append(log, *drafts, skip_duplicates=True)) == 2
    view = log.view(NOW)
    assert len({one.backings[0].report.id for one in view.events}) == 1
    assert (len(log.sources(NOW)), log.position(), log.verify().holds) == (1, 6, True)


def test_a_fault_in_a_late_portion_takes_back_the_earlier_ones(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iw.log.store.AT_ONCE", 2)
    with pytest.raises(Exception, match="holds this already"):
        append(log, *(drill(f"Drill {number}.") for number in range(5)), drill("Drill 0."))
    assert (log.position(), log.heads()) == (0, {})
