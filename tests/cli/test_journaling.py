"""Reads and exports of marked material are entered into the journal, and those of open material are not."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from iw.core.dates import PartialDate
from iw.core.errors import StoreError
from iw.log.drafts import EventDraft, FitDraft, ReportDraft
from iw.log.grades import parse_grade
from iw.log.journal import Act
from iw.log.records import Marking
from iw.workspace import Workspace, open_workspace
from tests.cli.conftest import Answer, Call
from tests.log.conftest import postgresql as postgresql
from tests.log.conftest import postgresql_empty_url as postgresql_empty_url
from tests.log.test_resolutions import change, forecast


def secret(marking: Marking = Marking.AMBER, text: str = "Arms were seen on the way.") -> EventDraft:
    report = ReportDraft("An agent", parse_grade("B2"), text, marking=marking)
    return EventDraft("lethal-aid-warning", PartialDate.parse("2026-04-11"), text, (report,), marking=marking)


def told(watch: Workspace) -> list[tuple[str, str, str | None]]:
    """What the journal says: what was done, by which command or to which product, at which marking."""
    return [(str(one.note.act), one.note.what, one.note.marking) for one in watch.log.journal()]


@pytest.fixture
def marked(folder: Path) -> Path:
    """The watch with an event at AMBER; nobody has read it yet."""
    with open_workspace(folder) as watch:
        watch.append([secret()])
        assert told(watch) == []
    return folder


READS = [
    ("events",),
    ("events", "lethal-aid-warning", "--json"),
    ("unassigned",),
    ("status",),
    ("explain", "war-support"),
    ("whatif", "war-support", "--without-staged"),
    ("sources",),
]


@pytest.mark.parametrize("call", READS, ids=lambda call: call[0])
def test_a_read_at_amber_is_noted_once_and_one_at_clear_is_not(
    on_watch: Call, marked: Path, watch: Workspace, call: tuple[str, ...]
) -> None:
    assert on_watch(*call, "--marking", "clear").code == 0
    assert told(watch) == []
    answer = on_watch(*call, "--marking", "amber")
    assert (answer.code, told(watch)) == (0, [("read", f"iw {call[0]}", Marking.AMBER)])
    (entry,) = watch.log.journal()
    assert (entry.author, entry.at.date()) == ("tests", watch.today)
    assert entry.note.log_position == watch.log.position()


def test_a_read_of_all_there_is_is_noted_at_the_marking_of_what_it_holds(
    on_watch: Call, marked: Path, watch: Workspace
) -> None:
    assert on_watch("events").code == 0
    assert told(watch) == [("read", "iw events", Marking.AMBER)]
    assert on_watch("events", "--marking", "red").code == 0
    assert told(watch)[1:] == [("read", "iw events", Marking.AMBER)]


def test_the_shipped_evidence_is_open_and_nobodys_reading_of_it_is_noted(on_watch: Call, watch: Workspace) -> None:
    for call in (("events",), ("status",), ("unassigned",), ("check",)):
        assert on_watch(*call).code == 0
    assert told(watch) == []


@pytest.mark.parametrize("marking", list(Marking)[1:])
def test_marked_begins_at_green(folder: Path, marking: Marking) -> None:
    with open_workspace(folder) as watch:
        watch.append([secret(marking)])
        watch.events(marking=Marking.CLEAR)
        assert told(watch) == []
        watch.events(marking=marking)
        assert told(watch) == [("read", "Python", marking)]


def test_a_question_to_the_past_before_the_marked_record_is_not_noted(
    on_watch: Call, marked: Path, watch: Workspace
) -> None:
    assert on_watch("events", "--known-at", "2026-04-11").code == 0
    assert told(watch) == []


def test_products_and_fits_from_marked_material_are_marked(on_watch: Call, watch: Workspace) -> None:
    now = watch.now()
    moved = change(problem="war-support", as_of=watch.today)
    watch.log.record([moved], Marking.GREEN, author="clock", now=now, reason="weekly")
    assert on_watch("levels", "--marking", "amber").code == 0
    assert told(watch) == []
    assert on_watch("levels", "--marking", "green").code == 0
    assert told(watch) == [("read", "iw levels", Marking.GREEN)]
    asked = forecast(as_of=watch.today, question="lethal-aid-one-year", indicator="lethal-aid-delivery")
    watch.log.record([asked], Marking.GREEN, author="clock", now=now, reason="weekly")
    assert len(watch.log.forecasts(Marking.GREEN)) == 1
    assert told(watch)[1:] == [("read", "Python", Marking.GREEN)]
    made = {"fit_id": "f1", "problem": "war-support", "model_version": "v", "as_of": watch.today, "known_at": now}
    fit = FitDraft(**made, log_position=1, accepted=True, path="f1.nc", marking=Marking.AMBER)
    watch.log.record_fit(fit, author="clock", now=now, reason="fit")
    assert on_watch("events", "--marking", "green").code == 0
    assert len(told(watch)) == 2
    assert on_watch("events", "--marking", "amber").code == 0
    assert told(watch)[2:] == [("read", "iw events", Marking.AMBER)]


def test_a_python_session_is_noted_once_for_each_state_of_the_log(marked: Path) -> None:
    with open_workspace(marked, purpose="a notebook") as watch:
        for _ in range(3):
            watch.events()
            watch.belief("war-support")
        assert told(watch) == [("read", "a notebook", Marking.AMBER)]
        watch.append([secret(text="More of them were seen.")])
        watch.events()
        assert len(told(watch)) == 2


def test_who_reads_is_named_by_the_environment_before_the_settings(
    on_watch: Call, marked: Path, watch: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IW_AUTHOR", "Berta")
    assert on_watch("events").code == 0
    assert [one.author for one in watch.log.journal()] == ["Berta"]


def report(on_watch: Call, to: Path, marking: str) -> Answer:
    return on_watch("report", "--as-of", "2014-02-01", "--known-at", "2026-04-12", "--to", to, "--marking", marking)


def test_a_report_is_noted_with_the_digest_of_each_file_and_changes_no_byte_by_it(
    on_watch: Call, marked: Path, watch: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[str, bytes]] = []

    def write(report: object, folder: Path, _: object) -> tuple[Path, Path]:
        """In place of setting the page, which takes long: the record that all files are made from, issued whenever."""
        from dataclasses import replace
        from datetime import UTC, datetime

        from iw.report.record import WeeklyReport
        from iw.report.write import files_of

        assert isinstance(report, WeeklyReport)
        folder.mkdir(exist_ok=True)
        paths = files_of(report.as_of, folder)
        for path in paths:
            path.write_text(f"{path.suffix} {replace(report, issued_at=datetime(2026, 4, 12, tzinfo=UTC))!r}")
        made.append((report.marking, paths[0].read_bytes()))
        return paths[0], paths[1]

    monkeypatch.setattr("iw.report.write.write_report", write)
    for marking in ("green", "amber", "green", "amber"):
        assert report(on_watch, tmp_path / "out", marking).code == 0
    assert {content for marking, content in made if marking == "green"} == {made[0][1]}
    assert {content for marking, content in made if marking == "amber"} == {made[1][1]}
    endings = ("html", "pdf", "json")
    digests = {
        f"iw report: weekly-2014-02-01.{end}": hashlib.sha256(
            (tmp_path / "out" / f"weekly-2014-02-01.{end}").read_bytes()
        ).hexdigest()
        for end in endings
    }
    noted = [one.note for one in watch.log.journal()]
    assert {note.what: note.digest for note in noted if note.act is Act.REPORT} == digests
    assert {note.marking for note in noted} == {Marking.AMBER}
    assert len([note for note in noted if note.act is Act.REPORT]) == 2 * len(endings)


def test_exports_backups_and_copies_of_marked_material_are_noted(
    on_watch: Call, marked: Path, watch: Workspace, tmp_path: Path
) -> None:
    for name, more in (("l.jsonl", ()), ("t.parquet", ("--table", "events")), ("b.json", ())):
        assert on_watch("export", tmp_path / f"clear-{name}", *more, "--marking", "clear").code == 0
    assert told(watch) == []
    for name, more in (("l.jsonl", ()), ("t.parquet", ("--table", "events")), ("b.json", ())):
        assert on_watch("export", tmp_path / name, *more).code == 0
        entry = watch.log.journal()[-1].note
        assert (entry.act, entry.what, entry.marking) == (Act.EXPORT, f"iw export: {name}", Marking.AMBER)
        assert entry.digest == hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
    assert on_watch("backup", tmp_path / "b.zip").code == 0
    entry = watch.log.journal()[-1].note
    assert (entry.act, entry.what) == (Act.BACKUP, "iw backup: b.zip")
    assert entry.digest == hashlib.sha256((tmp_path / "b.zip").read_bytes()).hexdigest()
    assert on_watch("db", "copy", f"sqlite:///{tmp_path / 'copy.db'}").code == 0
    copied = f"iw db: sqlite:///{tmp_path / 'copy.db'}"
    assert told(watch)[-1] == ("copy", copied, Marking.AMBER)
    assert on_watch("verify").code == 0


def test_without_a_key_marked_material_is_refused_and_open_material_is_not(
    on_watch: Call, marked: Path, tmp_path: Path
) -> None:
    (marked / "log.key").unlink()
    for call in (("events",), ("status",), ("export", tmp_path / "l.jsonl"), ("backup", tmp_path / "b.zip")):
        answer = on_watch(*call)
        assert (answer.code, answer.out) == (4, "")
        assert "This holds amber material. Whoever reads or exports that is noted, which fails here" in answer.err
        assert "--marking clear" in answer.err
    assert not list(tmp_path.glob("*.jsonl")) + list(tmp_path.glob("*.zip"))
    assert on_watch("events", "--marking", "clear").code == 0
    assert on_watch("export", tmp_path / "l.jsonl", "--marking", "clear").code == 0


def test_from_a_read_only_database_open_material_alone_is_read(
    on_watch: Call, marked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IW_DATABASE_URL", f"sqlite:///file:{marked / 'log.db'}?mode=ro&uri=true")
    answer = on_watch("events")
    assert (answer.code, "read-only" in answer.err) == (4, True)
    assert on_watch("events", "--marking", "clear").code == 0


def test_a_file_whose_export_cannot_be_noted_is_taken_away_again(marked: Path, tmp_path: Path) -> None:
    with open_workspace(marked) as watch:
        watch.events()  # noted, so that only the note of the file is left to fail
        with sqlite3.connect(marked / "log.db") as connection:
            connection.execute("CREATE TRIGGER full BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'full'); END")
        connection.close()
        with pytest.raises(StoreError, match=r"is noted, which fails here.*full"):
            watch.exchange.write_table("events", tmp_path / "t.parquet")
    assert not (tmp_path / "t.parquet").exists()


def test_on_a_server_reads_are_noted_and_the_journal_came_along(
    on_watch: Call, marked: Path, postgresql_empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert on_watch("events").code == 0
    assert on_watch("db", "copy", postgresql_empty_url).code == 0
    monkeypatch.setenv("IW_DATABASE_URL", postgresql_empty_url)
    assert on_watch("events", "--marking", "clear").code == 0
    assert on_watch("events").code == 0
    with open_workspace(marked) as there:
        acts = [one.note.act for one in there.log.journal()]
    assert acts == [Act.READ, Act.COPY, Act.READ]
    assert on_watch("verify").code == 0


def test_the_journal_is_listed_and_verified(on_watch: Call, marked: Path, watch: Workspace, tmp_path: Path) -> None:
    assert on_watch("events").code == 0
    assert on_watch("export", tmp_path / "l.jsonl").code == 0
    listed = on_watch("journal").out.splitlines()
    last = watch.log.position()
    assert listed[-1] == "3 entries"
    assert listed[2].endswith(f"tests: read of amber, iw events, up to record {last}")
    assert "tests: export of amber, iw export: l.jsonl, up to record" in listed[0]
    assert "SHA-256" in listed[0]
    rows = on_watch("journal", "--json").json["rows"]
    assert [(row["position"], row["act"], row["marking"]) for row in rows][-1] == (1, "read", "amber")
    assert on_watch("journal", "--top", "1").out.count("amber") == 1
    head = on_watch("verify", "--json").json["journal"]["head"]
    assert f"The journal's 3 entries hold: {head['digest']}@3" in on_watch("verify").out
    with closing(sqlite3.connect(marked / "log.db", isolation_level=None)) as connection:
        guard = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'journal_no_delete'").fetchone()[0]
        connection.execute("DROP TRIGGER journal_no_delete")
        answer = on_watch("verify")
        assert (answer.code, "no longer refuses every change" in answer.err) == (4, True)
        assert "the triggers of the table journal" in answer.err
        connection.execute("DELETE FROM journal WHERE position = 3")
        connection.execute(guard)
    assert on_watch("verify").code == 0
    cut = on_watch("verify", "--journal-head", f"{head['digest']}@3")
    assert (cut.code, "The journal does not hold. The journal ends with entry 2" in cut.err) == (4, True)
