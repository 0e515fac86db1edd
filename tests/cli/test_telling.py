"""``iw log``, ``iw import`` and ``iw events``: nothing is written unless all of it is right."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from iw.assessment.beliefs import Beliefs
from iw.cli.session import Session
from iw.core.errors import StoreError
from iw.log.records import Marking
from iw.workspace import Workspace
from tests.cli.conftest import TODAY, Call

SOUND = (
    *("log", "lethal-aid-warning", "--on", "2026-04-11", "--grade", "B2"),
    *("--source", "Example wire", "--text", "Ministers speak of plans to send arms."),
)
HEADER = "indicator,occurred_on,summary,source,grade\n"


def test_everything_wrong_is_told_at_once_and_nothing_is_written(on_watch: Call, watch: Workspace) -> None:
    before = watch.log.position()
    answer = on_watch(
        *("log", "lethal-aid-warnig", "--on", "2026-02-30", "--grade", "G9", "--reported", "never", "--url", "ftp:x"),
        *("--staged", "maybe", "--marking", "purple", "--document", "cepa-2062", "--source", " "),
    )
    assert answer.code == 2
    assert answer.out == ""
    assert answer.err.startswith("Error: Nothing was logged. 10 faults:\n")
    for part in (
        "INDICATOR: There is no indicator named 'lethal-aid-warnig'. Did you mean lethal-aid-warning",
        "--on: '2026-02-30' is not a date in the calendar.",
        "--grade: 'G9' is not a grade. Write a letter A-F",
        "--reported: 'never' is not a moment in time.",
        "--url: 'ftp:x' is not a web address.",
        "--staged: 'maybe' does not say whether it was staged.",
        "--marking: 'purple' is not a marking.",
        "--document: There is no document named 'cepa-2062'. Did you mean cepa-2026",
        "--source: is empty.",
        "--text: is missing.",
    ):
        assert part in answer.err
    assert watch.log.position() == before


@pytest.mark.parametrize(
    ("option", "value", "fault"),
    [
        ("--on", "2026-04-13", "lies in the future"),
        ("--on", "2027", "lies in the future"),
        ("--on", "tomorrow", "is not a date"),
        ("--grade", "G9", "is not a grade"),
        ("--reported", "2026-04-10", "lies before the event"),
        ("--reported", "2026-04-13", "lies in the future"),
    ],
)
def test_an_impossible_date_or_grade_is_refused(on_watch: Call, option: str, value: str, fault: str) -> None:
    answer = on_watch(*SOUND, option, value)
    assert (answer.code, fault in answer.err, answer.out) == (2, True, "")


def test_a_future_date_and_an_impossible_grade_are_told_together(on_watch: Call) -> None:
    answer = on_watch(*SOUND, "--on", "2026-04-13", "--grade", "G9")
    assert answer.err.startswith("Error: Nothing was logged. 2 faults:\n")
    assert "--on: 2026-04-13 lies in the future (today is 2026-04-12)." in answer.err
    assert "--grade: 'G9' is not a grade." in answer.err


def test_a_logged_event_is_named_weighed_and_followed_to_the_beliefs(on_watch: Call, watch: Workspace) -> None:
    answer = on_watch(*SOUND)
    assert (answer.code, answer.err) == (0, "")
    event = max(watch.log.view(watch.now()).events, key=lambda one: one.first_position)
    assert answer.out.startswith(
        f"{event.id} logged: lethal-aid-warning on 2026-04-11, "
        "graded B2 (usually reliable, probably true), weight w = 0."
    )
    assert "war-support: " in answer.out
    assert "% →" in answer.out
    assert "points  leads" in answer.out


def test_an_event_is_acknowledged_before_it_is_weighed_and_stays_whatever_becomes_of_that(
    on_watch: Call, watch: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise StoreError("The weighing failed.")

    monkeypatch.setattr(Beliefs, "at", fail)
    answer = on_watch(*SOUND)
    (event,) = (one for one in watch.log.view(watch.now()).events if one.summary == SOUND[-1])
    assert answer.out.startswith(f"{event.id} logged: ")
    assert answer.err.startswith("Error: The weighing failed.")


@pytest.mark.parametrize(
    ("text", "day"), [("today", "2026-04-12"), ("yesterday", "2026-04-11"), ("2026-03", "2026-03"), ("2025", "2025")]
)
def test_a_date_may_be_a_word_a_month_or_a_year(on_watch: Call, watch: Workspace, text: str, day: str) -> None:
    assert on_watch(*SOUND, "--on", text, "--yes").code == 0
    assert str(max(watch.log.view(watch.now()).events, key=lambda one: one.first_position).occurred) == day


def test_all_options_reach_the_log(on_watch: Call, watch: Workspace) -> None:
    answer = on_watch(
        *(*SOUND, "--summary", "Arms are planned", "--origin", "ministry", "--url", "https://example.org/a"),
        *("--reported", "2026-04-12", "--development", "arms-2026", "--staged", "possibly", "--document", "cepa-2026"),
        *("--section", "Chapter 1", "--note", "7", "--marking", "tlp:amber", "--by", "Ann"),
    )
    assert answer.code == 0
    event = max(watch.log.view(watch.now()).events, key=lambda one: one.first_position)
    report = event.backings[0].report
    assert (event.summary, event.development, str(event.staged)) == ("Arms are planned", "arms-2026", "possibly")
    assert (event.stamp.author, event.stamp.marking) == ("Ann", Marking.AMBER)
    assert (report.origin, report.url, report.document) == ("ministry", "https://example.org/a", "cepa-2026")
    assert (report.section, report.note, report.reported_at and report.reported_at.date()) == ("Chapter 1", "7", TODAY)
    assert report.text == "Ministers speak of plans to send arms."


def test_a_near_duplicate_is_shown_and_refused_where_nobody_can_answer(on_watch: Call, watch: Workspace) -> None:
    assert on_watch(*SOUND).code == 0
    position = watch.log.position()
    again = (*SOUND[:-1], "Ministers speak of plans to send arms soon.")
    refused = on_watch(*again)
    assert (refused.code, refused.out) == (2, "")
    assert "2026-04-11  lethal-aid-warning: Ministers speak of plans to send arms." in refused.err
    assert "--yes" in refused.err
    assert watch.log.position() == position
    assert on_watch(*again, "--yes").code == 0


@pytest.mark.parametrize(("reply", "code"), [(True, 0), (False, 2)])
def test_at_a_terminal_a_near_duplicate_is_asked_about(
    on_watch: Call, monkeypatch: pytest.MonkeyPatch, reply: bool, code: int
) -> None:
    assert on_watch(*SOUND).code == 0
    monkeypatch.setattr(Session, "at_terminal", True)
    monkeypatch.setattr(typer, "confirm", lambda *_, **__: reply)
    answer = on_watch(*SOUND[:-1], "Ministers speak of plans to send arms soon.")
    assert answer.code == code
    assert ("logged" in answer.out) is reply


def test_the_same_event_twice_is_refused_even_with_yes(on_watch: Call) -> None:
    assert on_watch(*SOUND).code == 0
    answer = on_watch(*SOUND, "--yes")
    assert (answer.code, "The log holds this already, as E" in answer.err) == (2, True)


def test_the_json_of_a_logged_event_has_one_shape(on_watch: Call) -> None:
    found = on_watch(*SOUND, "--json").json
    assert list(found) == ["schema", "provenance", "event", "near", "silent", "level_changes", "rows"]
    assert found["schema"] == "iw.log/1"
    assert list(found["event"]) == [
        *("id", "indicator", "occurred_on", "summary", "weight", "marking", "recorded_at"),
    ]
    assert list(found["provenance"]["beliefs"]) == ["war-support"]
    assert all(list(row) == ["problem", "scenario", "before", "after", "points"] for row in found["rows"])
    assert sum(row["after"] for row in found["rows"]) == pytest.approx(1, abs=1e-12)


def test_what_moves_nothing_says_why(on_watch: Call) -> None:
    answer = on_watch(*SOUND, "--on", "2019-05-05")
    assert answer.code == 0
    assert "It moves no belief. It has no weight: before the problem's start." in answer.out


def test_a_half_written_file_is_refused_whole_with_every_fault(
    on_watch: Call, watch: Workspace, tmp_path: Path
) -> None:
    before = watch.log.position()
    file = tmp_path / "half.csv"
    sound = "lethal-aid-warning,2026-04-11,A warning,Wire,B2\n"
    file.write_text(HEADER + sound + 'nonsense,2026-13,Two,Wire,G9\nlethal-aid-warning,2026-04-11,"Thr')
    answer = on_watch("import", file)
    assert (answer.code, answer.out) == (3, "")
    assert f"{file}:3:1: there is no indicator 'nonsense'" in answer.err
    assert f"{file}:3:2: '2026-13' is not a date" in answer.err
    assert f"{file}:3:5: 'G9' is not a grade" in answer.err
    assert f"{file}:4:" in answer.err
    assert len(answer.err.splitlines()) == 5
    assert watch.log.position() == before


def test_a_file_that_is_not_there_is_a_fault(on_watch: Call, tmp_path: Path) -> None:
    answer = on_watch("import", tmp_path / "none.csv")
    assert (answer.code, "cannot be read" in answer.err) == (3, True)


def test_an_import_can_be_tried_done_and_repeated(on_watch: Call, watch: Workspace, tmp_path: Path) -> None:
    before = watch.log.position()
    file = tmp_path / "events.csv"
    file.write_text(HEADER + "lethal-aid-warning,2026-04-11,A warning,Wire,B2\n")
    assert on_watch("import", file, "--dry-run").out == "1 sound lines; nothing was imported (--dry-run).\n"
    assert watch.log.position() == before
    assert on_watch("import", file).out.startswith("1 imported, 0 in the log already.\n")
    found = on_watch("import", file, "--json").json
    assert list(found) == ["schema", "provenance", "rows"]
    assert found["rows"] == [
        {"files": [str(file)], "dry_run": False, "appended": 0, "sound": 1, "skipped": 1, "not_read": []},
    ]


def test_an_event_opens_down_to_its_reports_and_what_becomes_of_it(on_watch: Call) -> None:
    row = on_watch("events", "lethal-aid-warning", "--json").json["rows"][0]
    out = " ".join(on_watch("events", row["id"]).out.split())
    for words in (row["summary"], "backs it: NBC News, graded B2, reported 2023-03-03", "Why so graded:", "note 1"):
        assert words in out
    assert "war-support: counts with w 0.88" in out
    assert [one["id"] for one in on_watch("events", row["id"], "--json").json["rows"]] == [row["id"]]
    early = next(
        one for one in on_watch("events", "war-support", "--json").json["rows"] if one["occurred_last"] < "2014"
    )
    assert "war-support: no weight: before the problem's start" in on_watch("events", early["id"]).out
    missing = on_watch("events", "E999999")
    assert (missing.code, "no problem, indicator or event named 'E999999'" in missing.err) == (2, True)


def test_events_are_listed_newest_first_and_can_be_narrowed(on_watch: Call) -> None:
    found = on_watch("events", "war-support", "--since", "2026-01-01", "--json").json
    assert (found["schema"], list(found)) == ("iw.events/1", ["schema", "provenance", "rows"])
    days = [row["occurred_first"] for row in found["rows"]]
    assert days == sorted(days, reverse=True)
    assert {"id", "indicator", "occurred_on", "summary", "grades", "weight", "staged"} <= set(found["rows"][0])
    text = on_watch("events", "war-support", "--since", "2026-01-01").out
    assert all(row["id"] in text for row in found["rows"])
    one = on_watch("events", found["rows"][0]["indicator"], "--json").json
    assert {row["indicator"] for row in one["rows"]} == {found["rows"][0]["indicator"]}


def test_events_above_the_marking_are_not_listed(on_watch: Call) -> None:
    assert on_watch(*SOUND, "--marking", "amber").code == 0
    assert "Ministers speak" in on_watch("events", "lethal-aid-warning").out
    assert "Ministers speak" not in on_watch("events", "lethal-aid-warning", "--marking", "green").out
