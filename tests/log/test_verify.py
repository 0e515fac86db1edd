"""Whatever is done to the tables past the program is found and named, but for what the chain cannot prove."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, text

from iw.log import walk
from iw.log.keys import LogKey
from iw.log.linking import Head
from iw.log.records import Marking
from iw.log.schema import metadata
from iw.log.store import Log
from tests.log.cast import KEY, NOW, address, append, drill
from tests.log.conftest import empty
from tests.log.test_hash_chain import fill


@contextmanager
def unguarded(log: Log) -> Iterator[Connection]:
    """A connection on which neither triggers nor foreign keys nor checks hold, as an administrator can have it."""
    with log.engine.connect() as connection:
        if log.engine.dialect.name == "sqlite":
            connection.exec_driver_sql("ROLLBACK")  # the pragmas are of no use within a transaction
            for switch in ("foreign_keys = OFF", "ignore_check_constraints = ON"):
                connection.exec_driver_sql(f"PRAGMA {switch}")
            triggers = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all()
            for name, _ in triggers:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
            connection.exec_driver_sql("BEGIN")
            yield connection
            for _, statement in triggers:
                connection.exec_driver_sql(statement)
            connection.commit()
            for switch in ("foreign_keys = ON", "ignore_check_constraints = OFF"):
                connection.exec_driver_sql(f"PRAGMA {switch}")
        else:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            yield connection
            connection.commit()


def tamper(log: Log, *statements: str) -> None:
    with unguarded(log) as connection:
        for statement in statements:
            assert connection.execute(text(statement)).rowcount, statement


def found(log: Log, *anchors: Head) -> tuple[int, str]:
    """Where the log does not hold, and what is said of it."""
    flaw = log.verify(anchors).flaw
    assert flaw is not None
    return flaw.position, flaw.message


def some(log: Log, table: str) -> int:
    """The position of a row of the table that is not the log's last."""
    with log.engine.connect() as connection:
        return int(connection.execute(text(f"SELECT min(position) FROM {table}")).scalar_one())


UNLINKED = {"journal"}  # holds no records; see test_journal.py
CHANGES = [
    ("records", "author", "'mallory'"),
    ("records", "reason", "reason || '.'"),
    ("records", "recorded_at", "'2024-05-31 12:00:00.123456'"),
    ("records", "visible_at", "'2024-05-31 12:00:00.123456'"),
    ("records", "visible_basis", "'lag'"),
    ("records", "marking", "'red'"),
    ("records", "batch", "'b'"),
    ("records", "fingerprint", f"'{'00' * 32}'"),
    ("sources", "reliability", "'A'"),
    ("reports", "text", "'Nothing was seen.'"),
    ("reports", "credibility", "'6'"),
    ("reports", "url", "'https://example.org'"),
    ("events", "occurred_first", "'2024-05-21'"),
    ("events", "value", "0.1"),
    ("backings", "stance", "'denies'"),
    ("backings", "report", "report + 1"),
    ("coverages", "coverage", "0.9999999999999999"),
    ("searches", "coverage", "0.10000000000000002"),
    ("retractions", "target", "target - 1"),
    ("resolutions", "outcome", "'no'"),
    ("resolutions", "event", "event + 1"),
    ("forecasts", "probability", "0.41"),
    ("forecasts", "made_from", """'{"paths": 9999}'"""),
    ("levels", "new", "'watchcon-2'"),
    ("levels", "events", """'["E4"]'"""),
    ("acknowledgements", "level", "level - 1"),
    ("reviews", "opinion", "'agree'"),
    ("reviews", "subject", "subject - 1"),
    ("fits", "accepted", "false"),
    ("fits", "path", "'fits/f2.nc'"),
    ("fits", "summary", """'{"ess": [400.5, 1e-7], "name": "\u03c0", "deep": {"b": null, "a": 1}}'"""),
]


def test_the_log_holds_and_its_last_heads_are_told(log: Log) -> None:
    fill(log)
    done = log.verify()
    assert (done.holds, done.keyed, done.records, done.heads) == (True, True, log.position(), log.heads())


@pytest.mark.parametrize(("table", "column", "value"), CHANGES)
def test_a_change_of_any_value_is_found_at_its_record(log: Log, table: str, column: str, value: str) -> None:
    fill(log)
    position = some(log, table)
    tamper(log, f"UPDATE {table} SET {column} = {value} WHERE position = {position}")
    last = position == log.position()
    what = f"Record {position} or its link was changed" if last else f"Record {position} was changed"
    where, said = found(log)
    assert (where, said.startswith(what)) == (position, True), said


def test_every_table_and_every_column_of_the_envelope_is_among_the_changes() -> None:
    assert {table for table, _, _ in CHANGES} | {"links"} == set(metadata.tables) - UNLINKED
    structural = {"position", "kind", "first", "supersedes"}
    changed = {column for table, column, _ in CHANGES if table == "records"}
    assert changed | structural == set(metadata.tables["records"].columns.keys())


@pytest.mark.parametrize("table", sorted(set(metadata.tables) - {"links", "records"} - UNLINKED))
def test_a_typed_row_that_is_deleted_is_found(log: Log, table: str) -> None:
    fill(log)
    position = some(log, table)
    tamper(log, f"DELETE FROM {table} WHERE position = {position}")
    where, said = found(log)
    assert (where, said.endswith("has no row in the table of its kind.")) == (position, True), said


def test_a_record_that_is_deleted_with_all_that_is_its_own_is_found(log: Log) -> None:
    fill(log)
    tamper(log, "DELETE FROM records WHERE position = 3", "DELETE FROM links WHERE position = 3")
    where, said = found(log)
    assert (where, "has a row for record 3, which is missing" in said) == (3, True)
    tamper(log, "DELETE FROM events WHERE position = 3")
    assert found(log) == (3, "Record 3 is missing: after 2 comes 4.")


def test_a_first_record_that_is_deleted_is_found(log: Log) -> None:
    fill(log)
    tamper(log, *(f"DELETE FROM {table} WHERE position = 1" for table in ("records", "links", "sources")))
    assert found(log) == (1, "Record 1 is missing: the first is 2.")


def test_records_that_change_places_are_found(log: Log) -> None:
    append(log, drill("One."), drill("Two."))
    swaps = [f"UPDATE {table} SET position = -position WHERE position IN (2, 5)" for table in ("records", "reports")]
    swaps += [f"UPDATE {table} SET position = 7 + position WHERE position < 0" for table in ("records", "reports")]
    tamper(log, *swaps, "UPDATE records SET first = position WHERE position IN (2, 5)")
    assert found(log) == (2, "Record 2 was changed after it was written: they do not belong together.")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("first = 2 WHERE position = 3", "Record 3 is no new record and supersedes none."),
        ("supersedes = 2 WHERE position = 3", "Record 3 cannot supersede record 2."),
        ("first = 2, supersedes = 2 WHERE position = 3", "Record 3 cannot supersede record 2."),
        ("first = 3, supersedes = 3 WHERE position = 3", "Record 3 cannot supersede record 3."),
        ("kind = 'report' WHERE position = 3", "Record 3 (report) has no row in the table of its kind."),
    ],
)
def test_a_history_that_contradicts_itself_is_found(log: Log, change: str, said: str) -> None:
    fill(log)
    tamper(log, f"UPDATE records SET {change}")
    assert found(log) == (3, said)


def test_two_records_that_supersede_the_same_one_are_found_even_without_the_key(log: Log) -> None:
    fill(log)
    with log.engine.connect() as connection:
        query = "SELECT position, supersedes FROM records WHERE supersedes IS NOT NULL ORDER BY position LIMIT 1"
        position, old = connection.execute(text(query)).one()
    before = position - 1
    tamper(
        log,
        f"UPDATE records SET supersedes = {old}, first = (SELECT first FROM records WHERE position = {old}), "
        f"kind = (SELECT kind FROM records WHERE position = {old}) WHERE position = {before}",
        f"DELETE FROM retractions WHERE position = {before}",
        f"INSERT INTO events SELECT {before}, indicator, occurred_first, occurred_precision, occurred_local, summary, "
        f"development, staged, value, period_days, coverage FROM events WHERE position = {old}",
    )
    with Log.open(address(log)) as keyless:
        assert found(keyless) == (position, f"Record {position} cannot supersede record {old}.")


@pytest.mark.parametrize("head", ["clear", "green", "amber", "amber_strict", "red"])
def test_a_link_that_is_changed_is_found_as_such(log: Log, head: str) -> None:
    fill(log)
    zeros = "zeroblob(32)" if log.engine.dialect.name == "sqlite" else "decode(repeat('00', 32), 'hex')"
    tamper(log, f"UPDATE links SET {head} = {zeros} WHERE position = 2")
    assert found(log)[0] == 2
    assert found(log)[1].startswith("The link of record 2 was changed")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("DELETE FROM links WHERE position = 4", "Record 4 has no link"),
        ("UPDATE links SET form = 9 WHERE position = 4", "The link of record 4 is of form 9"),
        (f"UPDATE links SET key_id = '{'0' * 16}' WHERE position = 4", "The link of record 4 names another key"),
        (
            "INSERT INTO links SELECT 99, form, key_id, clear, green, amber, amber_strict, red FROM links LIMIT 1",
            "links",
        ),
    ],
)
def test_links_that_are_missing_strange_or_too_many_are_found(log: Log, change: str, said: str) -> None:
    fill(log)
    tamper(log, change)
    where, told = found(log)
    assert (where, said in told) == (99 if "99" in change else 4, True), told


def test_a_row_of_another_kind_at_a_record_is_found(log: Log) -> None:
    fill(log)
    tamper(log, "INSERT INTO searches VALUES (3, 'drill', '2024-01-01', '2024-01-02', 0.5)")
    assert found(log) == (3, "Record 3 (event) has a row in the table of searches too.")


def test_a_record_that_is_written_past_the_program_is_found_and_nothing_is_linked_to_it(log: Log) -> None:
    fill(log)
    last = log.position()
    columns = "kind, {0}, NULL, recorded_at, visible_at, visible_basis, author, reason, marking, batch, fingerprint"
    tamper(
        log,
        f"INSERT INTO records SELECT {last + 1}, {columns.format(last + 1)} FROM records WHERE position = 1",
        f"INSERT INTO sources SELECT {last + 1}, 'Mallory', 'A' FROM sources LIMIT 1",
    )
    where, said = found(log)
    assert (where, said.startswith(f"Record {last + 1} has no link")) == (last + 1, True)
    with pytest.raises(Exception, match=f"reaches record {last}, but the last record is {last + 1}"):
        append(log, drill("New."))


def test_a_value_that_no_program_of_ours_wrote_is_found(sqlite_log: Log, request: pytest.FixtureRequest) -> None:
    """SQLite keeps anything in any column."""
    log = empty(sqlite_log, request)
    fill(log)
    tamper(log, "UPDATE coverages SET coverage = 'much'")
    position = some(log, "coverages")
    assert found(log)[0] == position
    tamper(log, "UPDATE records SET kind = 'secret' WHERE position = 3")
    assert found(log) == (3, "Record 3 (secret) has no row in the table of its kind.")
    tamper(log, "UPDATE links SET green = 'green' WHERE position = 2")
    assert found(log) == (2, "The link of record 2 holds something else than heads.")
    tamper(log, "UPDATE records SET recorded_at = 'long ago' WHERE position = 2")
    where, said = found(log)
    assert (where, "cannot be read" in said) == (1, True)


def test_a_tail_that_is_cut_off_is_found_by_an_anchor_and_by_nothing_else(log: Log) -> None:
    fill(log)
    anchor = log.heads()[Marking.RED]
    cut = [f"DELETE FROM {table} WHERE position > 9" for table in ("links", "records")]
    with unguarded(log) as connection:
        for statement in [*cut, *(f"DELETE FROM {table} WHERE position > 9" for table in metadata.tables)]:
            connection.execute(text(statement))
    done = log.verify()
    assert (done.holds, done.records) == (True, 9)
    where, said = found(log, anchor)
    assert (where, f"a head was published at record {anchor.position}" in said) == (10, True)


def test_a_log_that_was_written_anew_with_the_key_is_found_by_an_anchor_and_by_nothing_else(log: Log) -> None:
    append(log, drill("As it was."))
    anchor = log.heads()[Marking.CLEAR]
    with unguarded(log) as connection:
        for table in metadata.tables:
            connection.execute(text(f"DELETE FROM {table}"))
    append(log, drill("As somebody would have it."))
    assert log.verify().holds
    assert found(log, anchor)[0] == anchor.position


def test_a_published_head_is_found_again_with_its_marking(log: Log) -> None:
    fill(log)
    early = log.heads()
    append(log, drill("Later."))
    done = log.verify(early.values())
    assert done.holds
    assert {head: marking for head, marking in done.anchors} == {head: marking for marking, head in early.items()}


def test_without_the_key_order_and_anchors_are_checked_and_contents_are_not(log: Log) -> None:
    fill(log)
    head = log.heads()[Marking.GREEN]
    tamper(log, "UPDATE reports SET text = 'Nothing.' WHERE position = 2")
    with Log.open(address(log)) as keyless:
        done = keyless.verify([head])
        assert (done.holds, done.keyed) == (True, False)
        assert found(keyless, Head("00" * 32, head.position))[0] == head.position
        tamper(log, "DELETE FROM links WHERE position = 4")
        assert found(keyless)[0] == 4
    assert found(log)[0] == 2


def test_a_chain_by_another_key_is_no_chain_of_ours(log: Log) -> None:
    """Who has no key can make a chain of his own, but neither the key's id nor its heads."""
    append(log, drill("One."), drill("Two."))
    with unguarded(log) as connection:
        for table in metadata.tables:
            connection.execute(text(f"DELETE FROM {table}"))
    forger = LogKey.new()
    with Log.open(address(log), forger) as forged:
        append(forged, drill("Forged."))
    tamper(log, f"UPDATE links SET key_id = '{KEY.id}'")
    assert found(log)[0] == 1


def test_a_long_log_is_walked_through_in_stretches(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(log)
    whole = log.verify(log.heads().values())
    assert whole.holds
    for size in (1, 2, 3, log.position()):
        monkeypatch.setattr(walk.chunks, "__defaults__", (size,))
        assert log.verify(log.heads().values()) == whole
    tamper(log, "INSERT INTO searches VALUES (999, 'drill', '2024-01-01', '2024-01-02', 0.5)")
    assert found(log)[0] == 999
    tamper(log, "UPDATE reports SET text = 'Nothing.' WHERE position = 2")
    monkeypatch.setattr(walk.chunks, "__defaults__", (1,))
    assert found(log)[0] == 2


def test_appends_in_any_portions_give_the_same_heads(log: Log, request: pytest.FixtureRequest) -> None:
    drafts = [drill(f"Drill {number}.") for number in range(6)]
    heads = []
    for size in (1, 2, 6):
        empty(log, request)
        for part in itertools.batched(drafts, size):
            append(log, *part, now=NOW)
        heads.append(log.heads())
    assert heads[0] == heads[1] == heads[2]
