"""Commands about what is to come and what came, and ``iw history``: a watch over some weeks."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from iw.workspace import open_workspace
from tests.assessment.dam import dam
from tests.cli.conftest import Answer, Call
from tests.evidence.cast import watch

BEGUN = date(2024, 4, 1)
LOG = ("--grade", "A2", "--source", "Gauge", "--yes")
OnDay = Callable[..., Answer]


@pytest.fixture
def on_day(iw: Call, tmp_path: Path) -> OnDay:
    """Call the program on the dam's watch, on a day of its frozen clock."""
    folder = tmp_path / "dam"
    workspace, _ = dam(folder, BEGUN)
    with workspace:
        workspace.append([watch(BEGUN, None, 0.9, collector="gauges")])
    settings = (folder / "iw.toml").read_text()

    def call(day: str, *args: str) -> Answer:
        (folder / "iw.toml").write_text(f"{settings}today = {day}\n")
        return iw("--workspace", folder, *args)

    return call


def cracks(on_day: OnDay, days: range = range(5, 9)) -> list[Answer]:
    return [
        on_day(f"2024-05-{day:02d}", "log", "crack", "--on", "today", *LOG, "--text", f"Crack number {day}.")
        for day in days
    ]


def test_questions_are_asked_once_a_week_and_say_what_cannot_be_opened(on_day: OnDay) -> None:
    first = on_day("2024-04-01", "ask")
    assert first.code == 0
    assert "3 questions asked." in first.out
    assert "mark-at-seven: no reading is to be expected in the window" in first.out
    assert "1 problem got a first warning level." in first.out
    assert "0 questions asked; 3 were asked within the last week." in on_day("2024-04-03", "ask").out
    later = on_day("2024-06-03", "ask")
    assert "rain-by-may: its deadline, 2024-05-31, has passed" in later.out


def test_a_question_shows_its_chance_its_base_rate_and_what_came_of_it(on_day: OnDay) -> None:
    assert "Nothing was asked so far" in on_day("2024-04-01", "questions").out
    on_day("2024-04-01", "ask")
    shown = on_day("2024-04-02", "questions", "--pending").out
    assert re.search(r"Q\d+ +2024-05-01 +\d+ % \(\d+–\d+ %\) +\d+ %", shown)
    assert "pending (0 of 1 so far; due after 2024-05-01)" in " ".join(shown.split())
    on_day("2024-05-02", "resolve")
    assert "no (V" in " ".join(on_day("2024-05-02", "questions", "alarm-soon").out.split())


def test_what_is_due_is_resolved_and_scored(on_day: OnDay) -> None:
    on_day("2024-04-01", "ask")
    assert "Nothing is due" in on_day("2024-04-02", "resolve").out
    assert "nothing to score" in on_day("2024-04-02", "scores").out
    resolved = on_day("2024-05-02", "resolve").out
    assert re.search(r"V\d+: Q\d+ alarm-soon until 2024-05-01: no \(0 of 1 in the window", resolved)
    scores = on_day("2024-05-02", "scores").out
    assert "Forecasts: 0 yes, 2 no, 0 void, 1 pending." in scores
    assert re.search(r"^tracker +2 +2 +0\.\d{3} +0\.\d{3}", scores, re.MULTILINE)
    assert re.search(r"^base rate +2 +2 ", scores, re.MULTILINE)


def test_an_event_and_a_scenario_are_settled_with_a_ground(on_day: OnDay) -> None:
    (logged,) = cracks(on_day, range(5, 6))
    name = logged.out.split()[0]
    settled = on_day("2024-05-06", "resolve", name, "no", "--ground", "It was a shadow.", "--by", "berta")
    assert re.search(rf"V\d+: {name}: no \(It was a shadow\.\)", settled.out)
    assert "Settled: no" in on_day("2024-05-06", "events", name).out
    holds = on_day("2024-05-06", "resolve", "dam/leaking", "--on", "2024-05-05", "--ground", "Divers saw it.")
    assert re.search(r"V\d+: dam/leaking on 2024-05-05: yes", holds.out)
    row = on_day("2024-05-06", "status", "--json").json["rows"][0]
    assert (row["leading"], row["probability"] > 0.9) == ("leaking", True)


def test_everything_wrong_with_a_resolution_is_told_at_once(on_day: OnDay) -> None:
    answer = on_day("2024-05-06", "resolve", "E3", "perhaps", "--marking", "pink")
    assert (answer.code, answer.out) == (2, "")
    for fault in ("--ground: is missing", "--marking:", "OUTCOME: write yes, no or void"):
        assert fault in answer.err
    answer = on_day("2024-05-06", "resolve", "dam/leeking", "--on", "today", "--ground", "Seen.")
    assert answer.code == 2
    assert "leaking" in answer.err


def test_a_change_of_level_is_told_listed_and_acknowledged(on_day: OnDay) -> None:
    on_day("2024-04-01", "ask")
    told = "".join(answer.out for answer in cracks(on_day))
    assert re.search(r"L\d+ dam: WATCHCON 4 → WATCHCON \d at \d+ %", told)
    listed = on_day("2024-05-09", "levels", "dam").out
    assert "waits to be acknowledged" in listed
    assert "Changes of level that nobody has acknowledged" in on_day("2024-05-09", "status").out
    assert "Acknowledged by berta: L" in on_day("2024-05-09", "acknowledge", "--by", "berta", "--note", "told").out
    assert "acknowledged by berta (2024-05-09: told)" in on_day("2024-05-09", "levels", "dam").out
    assert "nobody has acknowledged" not in on_day("2024-05-09", "status").out
    assert "No change of level waits" in on_day("2024-05-09", "acknowledge").out


def test_the_past_is_shown_as_known_then_and_with_hindsight(on_day: OnDay) -> None:
    cracks(on_day)
    then = on_day("2024-05-31", "history", "dam", "--months", "3", "--json").json
    after = on_day("2024-05-31", "history", "dam", "--months", "3", "--hindsight", "--json").json
    assert (then["hindsight"], after["hindsight"]) == (False, True)
    believed = {row["day"]: row["mean"] for row in then["rows"] if row["scenario"] == "leaking"}
    should_have = {row["day"]: row["mean"] for row in after["rows"] if row["scenario"] == "leaking"}
    assert max(should_have) == max(believed) == "2024-05-31"
    assert should_have["2024-05-31"] == pytest.approx(believed["2024-05-31"], abs=1e-9)
    shown = on_day("2024-05-31", "history", "dam", "--hindsight").out
    assert "Given all the evidence up to the last day." in shown


@pytest.mark.parametrize("command", ["questions", "scores", "sources", "levels", "ask", "resolve"])
def test_the_answers_are_to_be_had_in_json(on_day: OnDay, command: str) -> None:
    on_day("2024-04-01", "ask")
    found = on_day("2024-05-02", command, "--json").json
    assert found["schema"] == f"iw.{command}/1"
    assert found["provenance"]["workspace"] == "Dam"


def test_what_is_asked_survives_the_workspace_being_opened_again(on_day: OnDay, tmp_path: Path) -> None:
    on_day("2024-04-01", "ask")
    with open_workspace(tmp_path / "dam") as workspace:
        table = workspace.foresight.forecasts_table()
    assert len(table) == 3
    assert table["probability"].between(0, 1).all()
    assert table["outcome"].isna().all()
