"""A count from its file to the belief: import, events, whatif, explain, doctor."""

from __future__ import annotations

from pathlib import Path

import pytest

from iw.core.dates import end_of_day
from iw.workspace import open_workspace
from tests.cli.conftest import Call
from tests.evidence.test_counts import COUNT

FEED = "domain: feeds\ntitle: Feeds\nindicators:" + COUNT
LISTENING = """
  - indicator: overflights
    likelihood: {state-lethal-aid: {word: x3, rationale: they film it, judgement: us}}
"""
HEADER = "indicator,measured_on,period_days,value,coverage,summary,source,grade"


@pytest.fixture
def counting(folder: Path, on_watch: Call) -> Call:
    """The watch, which listens to a weekly count and holds two weeks of it, the second twice."""
    problem = folder / "models" / "war-support.yaml"
    problem.write_text(problem.read_text().rstrip() + LISTENING)
    (folder / "indicators" / "feeds.yaml").write_text(FEED)
    lines = (
        "overflights,2026-03-16,7,9,1,Nine passed.,Radar,B2",
        "overflights,2026-03-23,7,31,1,31 passed.,Radar,B2",
        "overflights,2026-03-25,7,80,1,Eighty passed.,Blog,E5",
    )
    file = folder / "counts.csv"
    file.write_text("\n".join([HEADER, *lines]) + "\n")
    assert on_watch("import", str(file)).code == 0
    return on_watch


def names(folder: Path) -> dict[float, str]:
    """The names of the counts, by their values."""
    with open_workspace(folder) as workspace:
        readings = workspace.log.view(end_of_day(workspace.today)).readings
        return {one.value: one.id for one in readings if one.indicator == "overflights"}


def test_a_count_can_be_opened_and_says_whether_it_counts(counting: Call, folder: Path) -> None:
    found = names(folder)
    text = counting("events", found[31.0]).out
    assert "31 counted in 2026-03-23 to 2026-03-29" in text
    assert "war-support: counts with w" in text
    other = " ".join(counting("events", found[80.0]).out.split())
    assert f"no weight: {found[31.0]} stands for a period that it shares" in other
    (row,) = counting("events", found[31.0], "--json").json["rows"]
    assert (row["value"], row["period_days"], row["coverage"]) == (31.0, 7, 1.0)


def test_of_a_count_value_period_and_coverage_are_corrected(counting: Call, folder: Path) -> None:
    count = names(folder)[31.0]
    change = ("--value", "33", "--period-days", "6", "--coverage", "0.9", "--indicator", "overflights")
    assert counting("correct", count, *change, "--reason", "recounted").code == 0
    (row,) = counting("events", count, "--json").json["rows"]
    assert (row["value"], row["period_days"], row["coverage"]) == (33.0, 6, 0.9)
    refused = counting("correct", count, "--value", "3.5", "--period-days", "0", "--reason", "recounted")
    assert (refused.code, names(folder).get(33.0)) == (2, count)


def test_counts_explain_the_belief_and_can_be_imagined_away(counting: Call, folder: Path) -> None:
    found = names(folder)
    rows = counting("explain", "war-support", "--since", "2026-03-01", "--json").json["rows"]
    labels = [row["label"] for row in rows if row["kind"] == "count"]
    assert [label for label in labels if found[31.0] in label] == [
        f"Count ({found[31.0]}) of overflights: 31 in 2026-03-23 to 2026-03-29"
    ]
    away = counting("whatif", "war-support", "--drop", found[31.0], "--json").json
    points = {row["scenario"]: row["points"] for row in away["rows"]}
    assert points["state-lethal-aid"] < 0
    assert away["remarks"] == []


def test_a_count_can_be_imagined(counting: Call) -> None:
    found = counting("whatif", "war-support", "--add", "overflights@2026-03-30@B2@40/7", "--json").json
    assert {row["scenario"]: row["points"] for row in found["rows"]}["state-lethal-aid"] > 0
    answer = counting("whatif", "war-support", "--add", "overflights@2026-03-30@B2")
    assert answer.code != 0
    assert "INDICATOR@DATE@GRADE@COUNT/DAYS" in answer.err
    assert "is no count" in counting("whatif", "war-support", "--add", "overflights@2026-03-30@B2@4.5/7").err


def test_a_count_cannot_be_logged_as_an_event(counting: Call) -> None:
    more = ("--text", "They pass.", "--source", "Radar", "--on", "2026-04-10", "--grade", "B2")
    assert "is a count: it has readings" in counting("log", "overflights", *more).err


def test_the_doctor_lists_the_counts(counting: Call) -> None:
    found = counting("doctor", "war-support", "--json").json
    assert {row["value"] for row in found["odd_counts"]} == {9.0, 31.0}
    assert "Counts, the oddest first" in counting("doctor", "war-support").out
