"""``iw verify``: what it says, what it gives to programs, and what becomes of the key."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from iw.log.keys import LogKey
from iw.log.records import Marking
from iw.log.store import Log
from iw.workspace import Workspace, init_workspace, open_workspace
from tests.cli.conftest import Call
from tests.log.test_reviews import back_to
from tests.log.test_schema import scripts as scripts


def tamper(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "log.db", isolation_level=None)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE reports SET text = 'Nothing.' WHERE position = (SELECT min(position) FROM reports)")


def test_a_log_that_holds_is_said_to_hold_with_its_heads(on_watch: Call, watch: Workspace) -> None:
    answer = on_watch("verify")
    head = watch.log.heads()[Marking.GREEN]
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith(f"{watch.log.position()} records: links and contents hold.\n")
    assert f"  green        {head}\n" in answer.out
    assert "give one with --head" in answer.out


def test_heads_that_were_published_are_checked_one_by_one_or_from_a_file(
    on_watch: Call, watch: Workspace, tmp_path: Path
) -> None:
    head = watch.log.heads()[Marking.CLEAR]
    watch.append([], reason="nothing")
    (tmp_path / "heads.txt").write_text(f"# of the weekly reports\n\n{head}\n")
    answer = on_watch("verify", "--head", str(head), "--head", tmp_path / "heads.txt")
    assert (answer.code, "All published heads that were given (2) are in the log." in answer.out) == (0, True)
    beyond = f"{head.digest}@{head.position + 5}"
    answer = on_watch("verify", "--head", beyond)
    assert (answer.code, answer.out) == (4, "")
    assert f"The log ends with record {head.position}, but a head was published at record {head.position + 5}" in (
        answer.err
    )


def test_what_is_no_head_is_told_with_file_and_line(on_watch: Call, tmp_path: Path) -> None:
    (tmp_path / "heads.txt").write_text("abc\nabc@12\n")
    answer = on_watch("verify", "--head", tmp_path / "heads.txt")
    assert answer.code == 3
    assert all(f"heads.txt:{line}: " in answer.err for line in (1, 2))
    assert on_watch("verify", "--head", "nonsense").code == 2


def test_the_first_record_that_does_not_hold_is_named_and_the_exit_code_is_4(on_watch: Call, folder: Path) -> None:
    tamper(folder)
    answer = on_watch("verify")
    assert (answer.code, answer.out) == (4, "")
    assert "The log does not hold. Record 3 was changed after it was written" in answer.err
    assert "Records 1 to 2 hold." in answer.err


def test_programs_get_heads_and_flaw(on_watch: Call, watch: Workspace, folder: Path) -> None:
    head = watch.log.heads()[Marking.RED]
    found = on_watch("verify", "--json", "--head", str(head)).json
    assert (found["schema"], found["holds"], found["keyed"], found["flaw"]) == ("iw.verify/1", True, True, None)
    assert found["rows"][-1] == {"marking": "red", "digest": head.digest, "position": head.position}
    assert [one["position"] for one in found["published"]] == [head.position]
    tamper(folder)
    answer = on_watch("verify", "--json")
    assert (answer.code, answer.json["holds"], answer.json["flaw"]["position"]) == (4, False, 3)


def test_without_the_key_one_is_told_where_to_put_it_or_to_check_the_order_alone(on_watch: Call, folder: Path) -> None:
    (folder / "log.key").rename(folder / "elsewhere")
    answer = on_watch("verify")
    assert (answer.code, "log.key" in answer.err, "--without-key" in answer.err) == (4, True, True)
    answer = on_watch("verify", "--without-key")
    assert (answer.code, "without the key nothing is known of contents" in answer.out) == (0, True)
    logged = on_watch("log", "lethal-aid-warning", "--on", "today", "--grade", "B2", "--source", "s", "--text", "t")
    assert (logged.code, "There is no key to the log's hash chain" in logged.err) == (4, True)
    assert on_watch("events").code == 0


def test_the_key_is_a_file_for_its_owner_alone_or_stands_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with init_workspace(tmp_path / "one", author="tests", bare=True) as one:
        file = tmp_path / "one" / "log.key"
        assert os.stat(file).st_mode & 0o777 == 0o600
        assert one.log.key == LogKey.parse(file.read_text(), "file")
        assert one.log.verify().holds
    key = LogKey.new()
    monkeypatch.setenv("IW_LOG_KEY", key.text)
    with init_workspace(tmp_path / "two", author="tests", bare=True) as two:
        assert two.log.key == key
        assert not (tmp_path / "two" / "log.key").exists()


def test_a_workspace_from_before_the_chain_gets_its_key_when_it_is_opened(
    folder: Path, scripts: ScriptDirectory
) -> None:
    with Log.open(f"sqlite:///{folder / 'log.db'}") as log:
        back_to(log, scripts, "0004")
    (folder / "log.key").unlink()
    with open_workspace(folder) as watch:
        assert (watch.log.verify().holds, (folder / "log.key").exists()) == (True, True)


def test_a_report_names_the_head_of_its_own_marking(
    watch: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is above the report's marking changes neither its log position nor its head."""
    from iw.log.drafts import ReportDraft
    from iw.log.grades import parse_grade
    from iw.report.record import WeeklyReport
    from iw.report.write import files_of

    made: list[WeeklyReport] = []

    def keep(report: WeeklyReport, folder: Path, _: object) -> tuple[Path, Path]:
        made.append(report)
        for path in files_of(report.as_of, folder):
            path.touch()
        return tmp_path, tmp_path

    monkeypatch.setattr("iw.report.write.write_report", keep)
    watch.catalogue.problems.clear()
    for _ in range(2):
        watch.report(marking=Marking.GREEN)
        secret = ReportDraft("A", parse_grade("B2"), f"Secret {len(made)}.", marking=Marking.AMBER)
        watch.append([secret])
    head = watch.log.heads()[Marking.GREEN]
    assert [(one.log_position, one.chain_head) for one in made] == [(head.position, str(head))] * 2
    watch.report(marking=Marking.AMBER)
    assert made[-1].log_position == watch.log.position()
