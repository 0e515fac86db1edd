"""A log goes into a file and out of it again: equal, or joined with another; and nothing above the marking goes in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from iw.core.errors import StoreError
from iw.exchange import import_log as importing
from iw.exchange import stored
from iw.exchange.lines import HEADER_BYTES
from iw.exchange.log_files import write_log
from iw.log.drafts import BackingDraft, CorrectionDraft, RegradeDraft, RetractionDraft, Visible
from iw.log.grades import parse_grade
from iw.log.journal import Act
from iw.log.records import Marking, Stance, VisibleBasis
from iw.log.schema import Kind
from iw.log.store import Log
from tests.exchange.cast import LATER, known, read_in, rows, told_of_everything, views
from tests.log.cast import DAY, KEY, NOW, address, append, drill, events, report
from tests.log.test_reviews import back_to
from tests.log.test_schema import scripts as scripts
from tests.log.test_verify import tamper


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "log.jsonl"


def test_what_is_exported_is_imported_to_an_equal_log(log: Log, other: Log, file: Path) -> None:
    told_of_everything(log)
    header = write_log(log, file, Marking.RED)
    assert read_in(other, file).appended == header.records == log.position()
    assert rows(other) == rows(log)
    assert views(other, *Marking) == views(log, *Marking)


def test_a_log_is_imported_into_either_store(log: Log, other: Log, file: Path) -> None:
    told_of_everything(other)
    write_log(other, file, Marking.RED)
    read_in(log, file)
    assert rows(log) == rows(other)


@pytest.mark.parametrize("marking", [Marking.CLEAR, Marking.GREEN, Marking.AMBER])
def test_what_is_exported_at_a_marking_gives_the_views_up_to_it(
    log: Log, other: Log, file: Path, marking: Marking, tmp_path: Path
) -> None:
    told_of_everything(log)
    write_log(log, file, marking)
    read_in(other, file)
    lower = [one for one in Marking if one.rank <= marking.rank]
    for day in range(12):
        for one in lower:
            assert known_then(other, day, one) == known_then(log, day, one)
    assert other.sources(LATER) == log.sources(LATER, marking)
    (fit,) = other.fits()
    assert fit.log_position == fit.stamp.position - 1
    again = tmp_path / "again.jsonl"
    write_log(other, again, Marking.RED)
    assert again.read_bytes()[HEADER_BYTES:] == file.read_bytes()[HEADER_BYTES:]


def known_then(log: Log, day: int, marking: Marking) -> object:
    """A view in words, with who said so and when but without positions: those are the file's own."""
    view = log.view(NOW + day * DAY, marking)

    def stamp(one: object) -> object:
        names = ("recorded_at", "visible_at", "visible_basis", "author", "reason", "marking", "batch")
        return tuple(getattr(one.stamp, name) for name in names)  # type: ignore[attr-defined]

    told = [
        (
            *(one.indicator, one.occurred, one.summary, one.development, getattr(one, "value", None), stamp(one)),
            *((to.stance, to.report.text, to.report.grade, stamp(to.report)) for to in one.backings),
        )
        for one in (*view.events, *view.readings)
    ]
    loose = [(one.text, one.grade, stamp(one)) for one in view.unassigned]
    windows = [(one.since, one.until, one.coverage, stamp(one)) for one in (*view.coverages, *view.searches)]
    return sorted(map(repr, told)), sorted(map(repr, loose)), sorted(map(repr, windows))


@pytest.mark.parametrize("marking", [Marking.CLEAR, Marking.GREEN])
def test_changing_amber_evidence_leaves_every_byte_of_a_lower_export(log: Log, file: Path, marking: Marking) -> None:
    told_of_everything(log)
    write_log(log, file, marking)
    before = file.read_bytes()
    amber, seen = Marking.AMBER, events(log, LATER)
    open_event = next(one for one in seen.values() if one.summary == "A third drill.")
    (secret,) = append(log, drill("Secret.", marking=amber), now=LATER)
    append(
        log,
        BackingDraft(open_event.first_position, report("Backed in secret.", source="Agent", marking=amber)),
        RegradeDraft(events(log, LATER)[f"E{secret}"].backings[0].report.first_position, parse_grade("E5")),
        CorrectionDraft(secret, development="plot"),
        RetractionDraft(secret),
        now=LATER,
    )
    write_log(log, file, marking)
    assert file.read_bytes() == before


def test_a_hidden_report_behind_an_open_event_leaves_no_trace(mine: Log, other: Log, tmp_path: Path) -> None:
    """The event's own fingerprint rests on all its reports: it must not be written."""
    hidden = report("Backed in secret.", marking=Marking.RED)
    append(mine, drill(reports=(report("Open."),)))
    append(other, drill(reports=(report("Open."), hidden)))
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    write_log(mine, one, Marking.CLEAR)
    write_log(other, two, Marking.CLEAR)
    assert one.read_bytes() == two.read_bytes()


def test_an_export_is_the_same_at_every_time_and_from_either_store(log: Log, other: Log, tmp_path: Path) -> None:
    for one in (log, other):
        told_of_everything(one)
        write_log(one, tmp_path / f"{one.engine.dialect.name}-{one is log}.jsonl", Marking.RED)
    first, second = (path.read_bytes() for path in tmp_path.glob("*-*.jsonl"))
    assert first == second


def test_the_header_counts_what_follows(mine: Log, file: Path) -> None:
    append(mine, drill())
    write_log(mine, file, Marking.RED)
    told = json.loads(file.read_bytes().splitlines()[0])
    assert (told["format"], told["version"], told["marking"], told["records"]) == ("iw-log", 1, "red", 4)
    assert told["kinds"] == {"backing": 1, "event": 1, "report": 1, "source": 1}


def test_who_imported_what_and_when_is_kept_beside_the_records(mine: Log, other: Log, file: Path) -> None:
    told_of_everything(mine)
    header = write_log(mine, file, Marking.RED)
    read_in(other, file)
    (kept,) = other.imports()
    assert (kept.first_position, kept.position) == (1, mine.position())
    assert (kept.importer, kept.imported_at, kept.file, kept.digest) == ("eva", LATER, "log.jsonl", header.digest)
    assert {one.stamp.author for one in other.view(LATER).events} == {"anna"}


def test_who_imported_stands_in_the_journal_and_a_change_of_it_is_found(mine: Log, other: Log, file: Path) -> None:
    told_of_everything(mine)
    write_log(mine, file, Marking.RED)
    read_in(other, file)
    assert [(one.author, one.note.act, one.note.what) for one in other.journal()] == [("eva", Act.IMPORT, "log.jsonl")]
    assert other.verify().holds
    tamper(other, "UPDATE journal SET author = 'anna'")
    assert other.verify().journal.flaw.startswith("Entry 1 of the journal was changed")


def test_imports_from_before_the_journal_become_its_first_entries(
    log: Log, other: Log, file: Path, scripts: ScriptDirectory
) -> None:
    append(other, drill())
    write_log(other, file, Marking.RED)
    read_in(log, file)
    append(other, drill("Another drill."), now=NOW + DAY)
    write_log(other, file, Marking.RED)
    read_in(log, file)
    imports, entries, before = log.imports(), log.journal(), log.view(LATER)
    assert len(imports) == 2
    back_to(log, scripts, "0007")
    with pytest.raises(StoreError, match="there is no key to protect that"):
        Log.open(address(log))
    with Log.open(address(log), KEY) as opened:
        assert (opened.imports(), opened.journal(), opened.view(LATER)) == (imports, entries, before)
        assert opened.verify().holds


def test_importing_again_changes_nothing(log: Log, other: Log, file: Path) -> None:
    told_of_everything(log)
    write_log(log, file, Marking.RED)
    read_in(other, file)
    before = rows(other)
    again = read_in(other, file)
    assert (again.appended, again.known) == (0, log.position())
    assert rows(other) == before
    assert read_in(log, file).appended == 0


def test_a_longer_file_of_the_same_log_continues_it(log: Log, other: Log, file: Path) -> None:
    told_of_everything(log)
    write_log(log, file, Marking.RED)
    read_in(other, file)
    append(log, drill("A later drill.", "2024-06-20"), now=NOW + 30 * DAY)
    write_log(log, file, Marking.RED)
    assert read_in(other, file).appended == 3  # report, event, backing
    assert rows(other) == rows(log)
    assert [one.position for one in other.imports()] == [log.position() - 3, log.position()]


def test_a_log_that_holds_more_than_the_file_can_show_is_no_beginning_of_it(mine: Log, other: Log, file: Path) -> None:
    append(mine, drill())
    write_log(mine, file, Marking.CLEAR)
    read_in(other, file)
    append(other, drill("Secret.", marking=Marking.RED))
    append(mine, drill("A later drill.", "2024-05-22"), now=NOW + DAY)
    write_log(mine, file, Marking.CLEAR)
    assert not read_in(other, file).moved
    assert {one.summary: one.stamp.recorded_at for one in other.view(LATER).events} == {
        "A joint drill was held.": NOW,
        "Secret.": NOW,
        "A later drill.": LATER,
    }


def test_an_import_that_broke_off_is_continued(
    log: Log, other: Log, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told_of_everything(log)
    write_log(log, file, Marking.RED)
    monkeypatch.setattr(importing, "AT_ONCE", 5)
    restore, left = Log.restore, [2]

    def breaking(self: Log, *args: object, **more: object) -> object:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return restore(self, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Log, "restore", breaking)
    with pytest.raises(KeyboardInterrupt):
        read_in(other, file)
    assert 0 < other.position() < log.position()
    monkeypatch.setattr(Log, "restore", restore)
    read_in(other, file)
    assert rows(other) == rows(log)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_the_size_of_the_batches_changes_nothing(
    mine: Log, other: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    told_of_everything(mine)
    whole, green = tmp_path / "whole.jsonl", tmp_path / "green.jsonl"
    write_log(mine, whole, Marking.RED)
    write_log(mine, green, Marking.GREEN)
    expected = whole.read_bytes(), green.read_bytes()
    monkeypatch.setattr(stored, "AT_ONCE", size)
    monkeypatch.setattr(importing, "AT_ONCE", size)
    write_log(mine, whole, Marking.RED)
    write_log(mine, green, Marking.GREEN)
    assert (whole.read_bytes(), green.read_bytes()) == expected
    read_in(other, whole)
    assert rows(other) == rows(mine)


def test_somebody_who_appends_meanwhile_is_not_overwritten(
    mine: Log, other: Log, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told_of_everything(mine)
    write_log(mine, file, Marking.RED)
    restore = Log.restore

    def overtaken(self: Log, *args: object, **more: object) -> object:
        append(self, drill("Logged meanwhile."))
        return restore(self, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Log, "restore", overtaken)
    with pytest.raises(Exception, match="does not follow on the log"):
        read_in(other, file)
    assert [one.summary for one in other.view(NOW).events] == ["Logged meanwhile."]
    assert other.imports() == []


def test_a_dry_run_changes_nothing(mine: Log, other: Log, file: Path) -> None:
    told_of_everything(mine)
    write_log(mine, file, Marking.RED)
    assert read_in(other, file, dry_run=True).appended == mine.position()
    assert other.position() == 0


def test_another_log_gets_the_facts_in_force_as_known_from_now(mine: Log, other: Log, file: Path) -> None:
    told_of_everything(mine)
    write_log(mine, file, Marking.RED)
    append(other, drill("Our own drill."), now=NOW - DAY)
    done = read_in(other, file)
    assert not done.moved
    assert events(other, LATER - DAY).keys() == events(other, NOW).keys()
    joined = next(one for one in other.view(LATER).events if one.summary == "A drill by three.")
    assert (joined.stamp.author, joined.stamp.recorded_at) == ("eva", LATER)
    assert joined.stamp.reason == f"three fleets; recorded by anna at {(NOW + 2 * DAY).isoformat()}"


def test_two_logs_joined_hold_the_facts_of_both(log: Log, other: Log, file: Path) -> None:
    told_of_everything(log)
    write_log(log, file, Marking.RED)
    append(other, drill("Our own drill."))
    before = known(other)
    read_in(other, file)
    for marking in Marking:
        mine, theirs = known(other, marking), known(log, marking)
        assert all(wanted <= got for wanted, got in zip(theirs, mine, strict=True))
    assert all(got == wanted | old for got, wanted, old in zip(known(other), known(log), before, strict=True))


def test_joining_again_changes_nothing(mine: Log, other: Log, file: Path) -> None:
    told_of_everything(mine)
    write_log(mine, file, Marking.RED)
    append(other, drill("Our own drill."))
    first = read_in(other, file)
    position = other.position()
    again = read_in(other, file)
    assert (again.appended, again.known) == (0, first.appended + first.known)
    assert other.position() == position


def test_what_a_longer_file_adds_to_a_known_event_is_joined_too(mine: Log, other: Log, file: Path) -> None:
    (event,) = append(mine, drill())
    append(other, drill("Our own drill.", "2024-05-01"))
    write_log(mine, file, Marking.RED)
    read_in(other, file)
    append(mine, BackingDraft(event, report("No drill was held.", source="Ministry")), now=NOW + DAY)
    append(mine, RegradeDraft(event - 1, parse_grade("E5")), now=NOW + DAY)
    write_log(mine, file, Marking.RED)
    read_in(other, file)
    (joined,) = (one for one in other.view(LATER).events if one.summary == "A joint drill was held.")
    assert sorted(one.report.source for one in joined.backings) == ["Ministry", "TASS"]


def test_what_came_to_an_event_before_it_was_joined_does_not_make_another_of_it(
    mine: Log, other: Log, file: Path
) -> None:
    (event,) = append(mine, drill())
    append(other, drill("Our own drill.", "2024-05-01"))
    for day, source in enumerate(("Ministry", "Wire"), start=1):
        append(mine, BackingDraft(event, report("Seen, too.", source=source)), now=NOW + day * DAY)
        write_log(mine, file, Marking.RED)
        read_in(other, file)
    (joined,) = (one for one in other.view(LATER).events if one.summary == "A joint drill was held.")
    assert sorted(one.report.source for one in joined.backings) == ["Ministry", "TASS", "Wire"]


def test_a_fact_that_both_logs_hold_is_joined_once(mine: Log, other: Log, file: Path) -> None:
    append(mine, drill())
    append(other, drill("Our own drill.", "2024-05-01"), drill())
    write_log(mine, file, Marking.RED)
    assert read_in(other, file).known == 1
    assert len(other.view(LATER).events) == 2


def test_a_link_that_is_more_restricted_than_its_ends_stays_so_when_logs_are_joined(
    mine: Log, other: Log, file: Path
) -> None:
    (event,) = append(mine, drill())
    append(mine, BackingDraft(event, report("Seen, too.", marking=Marking.CLEAR), marking=Marking.RED))
    (bare,) = append(mine, drill("Another drill.", "2024-05-21"))
    lone = events(mine)[f"E{bare}"].backings[0]
    append(mine, BackingDraft(bare, report("Secretly so.", marking=Marking.CLEAR), marking=Marking.RED))
    append(mine, RetractionDraft(lone.position))
    append(other, drill("Our own drill.", "2024-05-01"))
    write_log(mine, file, Marking.RED)
    read_in(other, file)
    open_events = {one.summary: len(one.backings) for one in other.view(LATER, Marking.AMBER).events}
    assert open_events == {"Our own drill.": 1, "A joint drill was held.": 1}
    assert known(other)[0] >= {one for one in known(mine)[0] if one[2] == "A joint drill was held."}


def test_a_link_to_an_event_that_is_more_restricted_here_is_so_too(mine: Log, other: Log, file: Path) -> None:
    (event,) = append(mine, drill())
    append(mine, BackingDraft(event, report("No.", source="Ministry"), Stance.DENIES))
    (here,) = append(other, drill())
    append(other, CorrectionDraft(here, marking=Marking.AMBER))
    write_log(mine, file, Marking.CLEAR)
    read_in(other, file)
    links = [one for one in stored.stored_records(other, Marking.RED) if one.kind is Kind.BACKING]
    assert [one.marking for one in links] == [Marking.CLEAR, Marking.AMBER]


def test_only_a_backfill_keeps_what_was_backfilled_there(mine: Log, another: Callable[[], Log], file: Path) -> None:
    old = Visible(NOW - 400 * DAY, VisibleBasis.REPORTED)
    append(mine, drill("Backfilled.", "2022", visible=old), drill("Plain.", "2022-02"))
    write_log(mine, file, Marking.RED)
    for backfill, seen in ((False, set()), (True, {"Backfilled."})):
        other = another()
        append(other, drill("Our own drill."), now=LATER)
        read_in(other, file, backfill=backfill)
        assert {one.summary for one in other.view(NOW).events} == seen


def test_columns_that_were_added_stand_only_in_records_that_have_them(mine: Log, file: Path) -> None:
    """So a file of a log without counts is one that older programs read, and older files are read."""
    told_of_everything(mine)
    write_log(mine, file, Marking.RED)
    events = [json.loads(line) for line in file.read_text().splitlines()[1:]]
    events = [one["content"] for one in events if one["kind"] == "event"]
    assert {one["summary"] for one in events if "period_days" in one} == {"34 sorties in a week."}
    assert {one["summary"] for one in events if "coverage" in one} == {"34 sorties in a week."}
