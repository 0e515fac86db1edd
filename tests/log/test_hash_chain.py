"""The hash chain against a second writing of its definition, and what a log without its key can and cannot do."""

import hashlib
import hmac
import json
from datetime import date
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import text

from iw.core.errors import StoreError
from iw.log import migrate
from iw.log.canonical import record_bytes
from iw.log.drafts import (
    CorrectionDraft,
    CoverageDraft,
    FitDraft,
    RegradeDraft,
    ResolutionDraft,
    RetractionDraft,
    ReviewDraft,
    SearchDraft,
)
from iw.log.engine import reading, writing
from iw.log.grades import parse_grade
from iw.log.journal import Act, Note
from iw.log.keys import LogKey
from iw.log.linking import Head
from iw.log.products import Acknowledgement
from iw.log.records import Marking, OfEvent, Opinion, Outcome
from iw.log.schema import TABLES, Kind, records
from iw.log.store import Log
from tests.log.cast import DAY, KEY, NOW, address, append, denial, drill, report
from tests.log.conftest import empty
from tests.log.test_resolutions import change, forecast
from tests.log.test_schema import scripts as scripts

WINDOW = (date(2024, 1, 1), date(2024, 3, 31))
MARKED = ["clear", "green", "amber", "amber+strict", "red"]


def fill(log: Log, reviews: bool = True) -> None:
    """A log with records of every kind, at several markings, some of them superseded; the schema before reviews has
    no place for them."""
    first, second = append(
        log, drill("Одно учение: 演习 🚢."), drill("Two.", reports=(report("Two."), denial()), marking=Marking.AMBER)
    )
    append(log, report("Loose.", marking=Marking.RED), CoverageDraft("watch", "watch", "*", *WINDOW, 1))
    append(log, SearchDraft("bilateral-drill", *WINDOW, 0.1, marking=Marking.GREEN), now=NOW + DAY)
    append(log, CorrectionDraft(first, marking=Marking.GREEN), RegradeDraft(first - 1, parse_grade("C3")))
    append(log, RetractionDraft(second))
    summary = {"ess": [400.5, 1e-7], "name": "π", "deep": {"b": None, "a": True}}
    fit = FitDraft("f1", "war-support", "abc", date(2024, 6, 1), NOW, 3, True, "fits/f1.nc", summary, Marking.GREEN)
    log.record_fit(fit, author="worker", now=NOW + DAY, reason="refit")
    append(log, ResolutionDraft(OfEvent(first), Outcome.YES, "Seen from above."), now=NOW + DAY)
    made = [forecast(), change()]
    _, moved = log.record(made, Marking.GREEN, author="clock", now=NOW + DAY, reason="weekly")
    log.record([Acknowledgement(moved)], Marking.GREEN, author="berta", now=NOW + DAY, reason="seen")
    if reviews:
        append(log, ReviewDraft(first, Opinion.DOUBT, "Two fleets, not three."), now=NOW + DAY)
    log.note(Note(Act.EXPORT, "log.jsonl", log.position(), Marking.RED, "0f" * 32), author="anna", now=NOW + DAY)
    append(log, report("The last word."), now=NOW + DAY)


def second_writing(log: Log, marking: str, key: bytes) -> str:
    """The head of the chain at ``marking`` as the documentation says it, from rows of plain SQL types."""

    def mac(message: bytes) -> bytes:
        return hmac.new(key, message, hashlib.sha256).digest()

    head = mac(f"iw-log-chain/1\n{marking}\n".encode())
    with reading(log.engine) as connection:
        for row in connection.execute(records.select().order_by(records.c.position)).mappings().all():
            if MARKED.index(row["marking"]) > MARKED.index(marking):
                continue
            table = TABLES[Kind(row["kind"])]
            content = connection.execute(table.select().where(table.c.position == row["position"])).mappings().one()
            parts = {"record": spelt(dict(row)), "content": spelt({**content, "position": None})}
            said = json.dumps(parts, sort_keys=True, separators=(",", ":"))
            head = mac(head + mac(b"iw-record/1\n" + said.encode()))
    return head.hex()


def spelt(row: dict[str, Any]) -> dict[str, Any]:
    return {name: spell(value) for name, value in row.items() if value is not None}


def spell(value: Any) -> Any:
    if isinstance(value, float):
        return value.hex()
    if hasattr(value, "tzinfo"):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")
    return value.isoformat() if isinstance(value, date) else value


def test_the_head_of_each_marking_is_what_the_definition_says(log: Log) -> None:
    fill(log)
    heads = log.heads()
    for marking in Marking:
        assert heads[marking].digest == second_writing(log, str(marking), KEY.secret), marking


def test_both_stores_have_the_same_heads(sqlite_log: Log, postgresql_log: Log, request: pytest.FixtureRequest) -> None:
    heads = []
    for log in (sqlite_log, postgresql_log):
        empty(log, request)
        fill(log)
        heads.append(log.heads())
    assert heads[0] == heads[1]
    assert len({head.digest for head in heads[0].values()}) == len(MARKED)


def test_a_record_is_these_bytes() -> None:
    """Pinned: a log of today must be verifiable for ever, so a change here needs a new form beside this one."""
    envelope = {
        "position": 12,
        "kind": Kind.EVENT,
        "first": 12,
        "supersedes": None,
        "recorded_at": NOW,
        "visible_at": NOW,
        "visible_basis": "recorded",
        "author": "anna",
        "reason": "seen “on” watch",
        "marking": Marking.AMBER_STRICT,
        "batch": None,
        "fingerprint": "ab" * 32,
    }
    content = {"indicator": "trade", "occurred_first": date(2024, 5, 1), "value": 2, "summary": "🚢", "staged": "no"}
    assert record_bytes(TABLES[Kind.EVENT], envelope, content).decode() == (
        "iw-record/1\n"
        '{"content":{"indicator":"trade","occurred_first":"2024-05-01","staged":"no","summary":"\\ud83d\\udea2",'
        '"value":"0x1.0000000000000p+1"},'
        '"record":{"author":"anna","fingerprint":"' + "ab" * 32 + '","first":12,"kind":"event",'
        '"marking":"amber+strict","position":12,"reason":"seen \\u201con\\u201d watch",'
        '"recorded_at":"2024-06-01T12:00:00.123456+00:00","visible_at":"2024-06-01T12:00:00.123456+00:00",'
        '"visible_basis":"recorded"}}'
    )


def test_a_head_of_a_marking_changes_with_records_at_or_below_it_alone(log: Log) -> None:
    append(log, drill("One."))
    for marking in Marking:
        before = log.heads()
        append(log, report(f"At {marking}.", source=f"source {marking}", marking=marking))
        after = log.heads()
        changed = {one for one in Marking if after[one].digest != before[one].digest}
        assert changed == {one for one in Marking if one.rank >= marking.rank}
        assert {after[one].position for one in changed} == {log.position()}


def test_an_append_that_fails_leaves_the_chain_as_it_was(log: Log) -> None:
    append(log, drill("One."))
    before = log.heads()
    with pytest.raises(Exception, match="no record 99"):
        append(log, drill("Two."), RetractionDraft(99))
    assert log.heads() == before
    append(log, drill("Three."))
    assert log.verify().holds


def test_an_empty_log_has_no_heads_and_holds(log: Log) -> None:
    assert log.heads() == {}
    assert log.verify().holds


def test_without_the_key_a_log_can_be_read_but_not_written(log: Log) -> None:
    append(log, drill())
    with Log.open(address(log)) as other:
        assert len(other.view(NOW).events) == 1
        assert other.heads() == log.heads()
        with pytest.raises(StoreError, match=r"no key.*log.key.*IW_LOG_KEY"):
            append(other, drill("Two."))
        fit = FitDraft("f1", "p", "abc", date(2024, 6, 1), NOW, 3, True, "fits/f1.nc")
        with pytest.raises(StoreError, match="no key"):
            other.record_fit(fit, author="worker", now=NOW, reason="refit")


def test_with_another_key_a_log_is_neither_written_nor_verified(log: Log) -> None:
    append(log, drill())
    with Log.open(address(log), LogKey.new()) as other:
        with pytest.raises(StoreError, match=f"kept with the key {KEY.id}; the one at hand is {other.key.id}"):  # type: ignore[union-attr]
            append(other, drill("Two."))
        with pytest.raises(StoreError, match=f"kept with the key {KEY.id}"):
            other.verify()


def test_the_key_is_nowhere_in_the_database_and_not_shown(sqlite_url: str) -> None:
    key = LogKey.new()
    with Log.open(sqlite_url, key) as log:
        append(log, drill())
        assert key.text not in repr(log.key)
    with open(sqlite_url.removeprefix("sqlite:///"), "rb") as file:
        stored = file.read()
    assert key.secret not in stored
    assert key.text.encode() not in stored
    assert key.id.encode() in stored


@pytest.mark.parametrize("wrong", ["", "abc", "00" * 31, "zz" * 32])
def test_what_is_no_key_is_refused_by_the_place_where_it_stands(wrong: str) -> None:
    with pytest.raises(StoreError, match=r"watch/log\.key holds no key"):
        LogKey.parse(wrong, "watch/log.key")


def test_a_key_is_read_as_it_is_written() -> None:
    key = LogKey.new()
    assert LogKey.parse(f"{key.text}\n", "here") == key
    assert len({LogKey.new().id for _ in range(20)}) == 20


def test_a_log_from_before_the_chain_is_linked_as_if_it_had_always_been(log: Log, scripts: ScriptDirectory) -> None:
    fill(log, reviews=False)
    before, heads = log.view(NOW + DAY), log.heads()
    take_back_the_chain(log, scripts)
    assert Log.predates_chain(address(log))
    with pytest.raises(StoreError, match="no key to make it with"):
        Log.open(address(log))
    assert Log.predates_chain(address(log))
    with Log.open(address(log), KEY) as opened:
        assert (opened.view(NOW + DAY), opened.heads()) == (before, heads)
        assert opened.verify().holds
    assert not Log.predates_chain(address(log))


def test_an_empty_log_from_before_the_chain_needs_no_key_to_be_read(log: Log, scripts: ScriptDirectory) -> None:
    take_back_the_chain(log, scripts)
    with Log.open(address(log)) as opened:
        assert opened.position() == 0


def test_a_head_is_read_as_it_is_written() -> None:
    head = Head("0f" * 32, 12)
    assert Head.parse(f" {head} ") == head
    for wrong in ("", "12", f"{'0f' * 32}", f"{'0f' * 32}@0", f"{'0g' * 32}@1"):
        with pytest.raises(Exception, match="DIGEST@POSITION"):
            Head.parse(wrong)


def take_back_the_chain(log: Log, scripts: ScriptDirectory) -> None:
    """Make the log one from before there was a hash chain."""
    log.close()  # to SQLite, a connection that was open while another process made columns does not know them yet
    with writing(log.engine) as connection:
        with Operations.context(MigrationContext.configure(connection)):
            for script in scripts.walk_revisions(base=migrate.CHAINED_VERSION):
                script.module.downgrade()
        before = scripts.get_revision(migrate.CHAINED_VERSION).down_revision
        connection.execute(text(f"UPDATE {migrate.VERSION_TABLE} SET version_num = '{before}'"))
