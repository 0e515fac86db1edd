"""The journal of reads, exports and imports: its chain; and the database's own guard."""

import hashlib
import hmac
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

from iw.core.errors import StoreError, UsageError
from iw.log.engine import reading
from iw.log.journal import Act, Note
from iw.log.keys import LogKey
from iw.log.linking import Head
from iw.log.records import Marking
from iw.log.schema import journal, metadata
from iw.log.store import Log
from tests.log.cast import DAY, KEY, NOW, address, append, drill
from tests.log.test_verify import tamper, unguarded

READ = Note(Act.READ, "iw status", 4, Marking.AMBER)
GIVEN = Note(Act.EXPORT, "iw export: журнал.json", 4, Marking.AMBER_STRICT, "0f" * 32)


def note(log: Log, *notes: Note, **more: Any) -> None:
    for one in notes or (READ, GIVEN, READ):
        log.note(one, **{"author": "anna", "now": NOW, **more})


def flaw(log: Log, *anchors: Head) -> str:
    done = log.verify(journal_anchors=anchors)
    assert not done.holds
    assert done.flaw is None
    return done.journal.flaw


def head(log: Log) -> Head:
    found = log.verify().journal.head
    assert found is not None
    return found


def test_what_was_noted_comes_back_in_order_with_who_and_when(log: Log) -> None:
    note(log, READ)
    note(log, GIVEN, author="berta", now=NOW + DAY)
    first, second = log.journal()
    assert (first.position, first.at, first.author, first.note) == (1, NOW, "anna", READ)
    assert (second.position, second.at, second.author, second.note) == (2, NOW + DAY, "berta", GIVEN)


def test_a_note_changes_nothing_in_the_log(log: Log) -> None:
    append(log, drill(marking=Marking.AMBER))
    before = log.position(), log.heads(), log.view(NOW), log.markings()
    note(log)
    assert (log.position(), log.heads(), log.view(NOW), log.markings()) == before
    done = log.verify()
    assert (done.holds, done.journal.entries, done.journal.head) == (True, 3, head(log))


def test_the_head_of_the_journal_is_what_the_definition_says(log: Log) -> None:
    def mac(message: bytes) -> bytes:
        return hmac.new(KEY.secret, message, hashlib.sha256).digest()

    note(log)
    expected = mac(b"iw-journal/1\n")
    at = NOW.strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")
    for position, one in enumerate((READ, GIVEN, READ), start=1):
        told = {"position": position, "act": str(one.act), "at": at, "author": "anna", "what": one.what}
        told |= {"marking": str(one.marking), "log_position": 4} | ({"digest": one.digest} if one.digest else {})
        said = json.dumps(told, sort_keys=True, separators=(",", ":"))
        expected = mac(expected + mac(f"iw-journal-entry/1\n{said}\n".encode()))
    assert head(log) == Head(expected.hex(), 3)


CHANGES = {
    "act": "'read'",
    "at": "'2024-05-31 12:00:00.123456'",
    "author": "'mallory'",
    "what": "'iw status'",
    "marking": "'green'",
    "log_position": "3",
    "first_position": "1",
    "digest": "NULL",
    "form": "2",
    "key_id": "'0123456789abcdef'",
}


def test_every_column_of_the_journal_is_among_the_changes() -> None:
    assert {*CHANGES, "position", "head"} == set(journal.columns.keys())


@pytest.mark.parametrize("column", CHANGES)
def test_a_change_of_any_value_of_an_entry_is_found(log: Log, column: str) -> None:
    note(log)
    tamper(log, f"UPDATE journal SET {column} = {CHANGES[column]} WHERE position = 2")
    assert flaw(log).startswith("Entry 2 of the journal")
    assert log.verify().journal.entries == 1


def test_an_entry_that_is_deleted_moved_or_put_in_is_found(log: Log) -> None:
    note(log)
    tamper(log, "DELETE FROM journal WHERE position = 2")
    assert flaw(log) == "Entry 2 of the journal is missing."
    tamper(log, "UPDATE journal SET position = 2 WHERE position = 3")
    assert flaw(log).startswith("Entry 2 of the journal was changed")


def test_a_head_that_was_changed_is_found_at_its_entry(log: Log) -> None:
    note(log)
    with unguarded(log) as connection:
        connection.execute(journal.update().where(journal.c.position == 1).values(head=b"0" * 32))
    assert flaw(log).startswith("Entry 1 of the journal was changed")


def test_entries_cut_off_at_the_end_are_found_by_a_noted_head_and_by_nothing_else(log: Log) -> None:
    note(log)
    noted = head(log)
    assert log.verify(journal_anchors=[noted]).holds
    tamper(log, "DELETE FROM journal WHERE position = 3")
    assert log.verify().holds
    assert "ends with entry 2, but a head was noted at entry 3" in flaw(log, noted)
    note(log, GIVEN)
    assert flaw(log, noted) == "The head at entry 3 of the journal is not the one that was noted."


def test_without_the_key_nothing_is_noted_and_only_the_order_is_checked(log: Log) -> None:
    note(log)
    with Log.open(address(log)) as keyless:
        with pytest.raises(StoreError, match="no key"):
            note(keyless)
        assert keyless.verify().journal.entries == 3
        tamper(log, "UPDATE journal SET author = 'mallory' WHERE position = 2")
        assert keyless.verify().holds
        tamper(log, "DELETE FROM journal WHERE position = 2")
        assert not keyless.verify().holds


def test_with_another_key_nothing_is_noted(log: Log) -> None:
    note(log)
    with Log.open(address(log), LogKey.new()) as other, pytest.raises(StoreError, match=f"kept with the key {KEY.id}"):
        note(other)


def test_somebody_reads(log: Log) -> None:
    with pytest.raises(UsageError, match="author is empty"):
        note(log, author=" ")


def test_of_what_several_readers_note_at_once_nothing_is_lost(log: Log) -> None:
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(note, log, author=f"reader {number}") for number in range(16)]:
            done.result()
    assert len(log.journal()) == 48
    assert log.verify().holds


@pytest.mark.parametrize("table", sorted(metadata.tables))
def test_a_guard_that_was_taken_from_the_database_is_found(log: Log, table: str) -> None:
    assert log.verify().unguarded == ()
    statements = {
        "sqlite": f"DROP TRIGGER {table}_no_update",
        "postgresql": f"ALTER TABLE {table} DISABLE TRIGGER {table}_append_only",
    }
    dialect = log.engine.dialect.name
    with log.engine.begin() as connection:
        statement = "SELECT sql FROM sqlite_master WHERE name = :name"
        if dialect == "sqlite":
            sql = connection.execute(text(statement), {"name": f"{table}_no_update"}).scalar_one()
        connection.execute(text(statements[dialect]))
    try:
        done = log.verify()
        assert (done.holds, len(done.unguarded), table in done.unguarded[0]) == (False, 1, True)
    finally:
        with log.engine.begin() as connection:
            enable = f"ALTER TABLE {table} ENABLE TRIGGER {table}_append_only"
            connection.execute(text(sql if dialect == "sqlite" else enable))
    assert log.verify().holds


def test_a_guard_that_does_something_else_is_found(log: Log) -> None:
    with reading(log.engine) as connection:
        if log.engine.dialect.name == "sqlite":
            name = "records_no_delete"
            query = text("SELECT sql FROM sqlite_master WHERE name = :name")
            original = connection.execute(query, {"name": name}).scalar_one()
            spoil = [f"DROP TRIGGER {name}", f"CREATE TRIGGER {name} BEFORE DELETE ON records BEGIN SELECT 1; END"]
            mend = [f"DROP TRIGGER {name}", original]
            said = "the triggers of the table records"
        else:
            query = text("SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = 'iw_refuse_change'")
            original = connection.execute(query).scalar_one()
            spoil = [original.replace("RAISE EXCEPTION 'the log is append-only'", "RETURN NULL")]
            mend = [original]
            said = "the function of the triggers"
    assert spoil != mend
    try:
        with log.engine.begin() as connection:
            for statement in spoil:
                connection.exec_driver_sql(statement)
        assert log.verify().unguarded == (said,)
    finally:
        with log.engine.begin() as connection:
            for statement in mend:
                connection.exec_driver_sql(statement)
    assert log.verify().holds
