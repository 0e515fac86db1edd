"""``iw status``, ``iw explain`` and ``iw whatif``: what is believed, why, and what if."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from iw.assessment.assess import mover
from iw.assessment.records import Assessment, Contribution, Estimate, ShiftView
from iw.cli import board
from iw.cli.session import Session
from iw.cli.shifts import Column, column
from iw.workspace import Workspace, open_workspace
from tests.cli.conftest import Call

SCENARIOS = ["state-lethal-aid", "expanded-lifeline", "support-cut", "calibrated-enablement"]
ORIGIN = ["workspace", "today", "log_position", "catalogue_version", "product_version"]


def test_the_board_shows_what_leads_how_sure_and_what_to_ask_next(on_watch: Call) -> None:
    answer = on_watch("status", "--as-of", "2023-03-05")
    assert (answer.code, answer.err) == (0, "")
    assert re.search(r"war-support  .+\n  \d\d % \(\d+–\d+ %\)  \w+", answer.out)
    assert re.search(r"\((\d+–\d+|>?<?\d+ to >?<?\d+) %\); points: \S+ in 7 days, \S+ in 30 days", answer.out)
    assert re.search(r"Moved most by E\d+ \([+−]\d+\.\d\): ", answer.out)
    assert "WATCHCON" in answer.out
    assert "As of 2023-03-05, as known at 2023-03-05 23:59 UTC" in answer.out
    assert "explain war-support" in answer.out


@pytest.mark.parametrize("known_at", [["2023-03-04"], ["2023-03-04T12:30:15"], []])
def test_what_to_ask_next_is_about_the_same_date_and_moment(on_watch: Call, known_at: list[str]) -> None:
    options = ["--as-of", "2023-03-05", *(["--known-at", *known_at] if known_at else []), "--marking", "green"]
    board_out = on_watch("status", *options).out
    hint = next(line for line in board_out.splitlines() if " explain " in line)
    asked = on_watch(*hint.split()[hint.split().index("explain") :])
    assert (asked.code, asked.err) == (0, "")
    made = next(line for line in board_out.splitlines() if line.startswith("As of"))
    assert made.split("; fit")[0].split(", log")[0].removeprefix("As of ") in asked.out.replace("\n", " ")


@pytest.fixture(scope="module")
def assessment(template: Path) -> Assessment:
    """What the board shows of the watch today."""
    with open_workspace(template) as workspace:
        return workspace.assess("war-support")


@pytest.mark.parametrize("columns", ["40", "80", "140", "200"])
def test_no_line_of_the_board_is_wider_than_the_terminal(
    assessment: Assessment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    board.show(Session(Path("a-watch")), [assessment], ["other"])
    lines = capsys.readouterr().out.splitlines()
    board_lines = [line for line in lines if "iw --workspace" not in line]  # commands are never broken
    assert max(len(line) for line in board_lines) <= int(columns)
    assert ("leading scenario" in "\n".join(lines)) is (int(columns) >= board.WIDE)


@pytest.mark.parametrize("columns", ["140", "150", "200"])
def test_the_wide_board_cuts_no_chance_off(
    assessment: Assessment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    level = replace(assessment.level, warned=Estimate(mean=0.61, low=0.3, high=0.87))
    one = replace(assessment, problem="military-operations", level=level, horizon_days=730)
    board.show(Session(Path("a-watch")), [one], [])
    assert "61 % (30–87 %) within 2 years" in capsys.readouterr().out


def test_an_event_that_moved_nothing_visibly_is_not_said_to_have_moved_most(assessment: Assessment) -> None:
    part = replace(assessment.shift_30.contributions[0], events=("E1",))

    def moved(points: float) -> ShiftView:
        return replace(assessment.shift_30, contributions=(replace(part, points=dict.fromkeys(part.points, points)),))

    assert mover(moved(-0.049)) is None
    assert mover(moved(-0.051)) is not None


def test_a_caution_stands_once_with_the_problems_it_is_about(
    assessment: Assessment, capsys: pytest.CaptureFixture[str]
) -> None:
    one = replace(assessment, cautions=("Shared.", "Of the first."))
    board.show(Session(), [one, replace(one, problem="b", cautions=("Shared.",))], [])
    text = " ".join(capsys.readouterr().out.split())
    assert text.count("All problems: Shared.") == text.count("Shared.") == 1
    assert text.count("war-support: Of the first.") == 1


@pytest.mark.parametrize("columns", ["80", "200"])
def test_where_the_draws_are_worth_too_few_there_is_no_number(
    assessment: Assessment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    made = replace(assessment.provenance, effective_draws=49.0)
    board.show(Session(), [replace(assessment, provenance=made, cautions=())], [])
    out = capsys.readouterr().out
    assert "No belief yet" in out
    assert not re.search(r"\d %( |$)(?!intervals)", out)


def test_a_conditional_problem_is_marked(assessment: Assessment, capsys: pytest.CaptureFixture[str]) -> None:
    board.show(Session(), [replace(assessment, conditional_on="a ceasefire")], [])
    assert "If it came to it today: a ceasefire" in capsys.readouterr().out


def test_a_problem_that_had_not_begun_is_named_and_no_error(on_watch: Call) -> None:
    answer = on_watch("status", "--as-of", "2020-01-01")
    assert (answer.code, "war-support: had not begun." in answer.out) == (0, True)
    assert on_watch("status", "--as-of", "2020-01-01", "--json").json["rows"] == []


def test_the_json_of_the_board_has_one_shape_with_unrounded_numbers(on_watch: Call) -> None:
    found = on_watch("status", "--as-of", "2023-03-05", "--json").json
    assert list(found) == ["schema", "provenance", "rows"]
    assert (found["schema"], list(found["provenance"])) == ("iw.status/1", ORIGIN)
    row = found["rows"][0]
    assert {
        *("problem", "title", "leading", "leading_title", "probability", "low", "high", "word", "word_low"),
        *("word_high", "change_7", "change_30", "warned_within_horizon", "warned_low", "warned_high", "horizon_days"),
        *(
            "level",
            "level_since",
            "level_held_back",
            "confidence",
            "confidence_reason",
            "mover",
            "mover_label",
            "mover_points",
            "mover_leading_points",
            "conditional_on",
            "cautions",
        ),
        *("as_of", "known_at", "marking", "log_position", "model_version", "fit", "scenarios"),
    } == set(row)
    assert [one["scenario"] for one in row["scenarios"]] == SCENARIOS
    assert sum(one["probability"] for one in row["scenarios"]) == pytest.approx(1, abs=1e-12)
    assert (row["as_of"], row["known_at"]) == ("2023-03-05", "2023-03-05T23:59:59.999999+00:00")
    assert len(repr(row["probability"])) > 8


@pytest.mark.parametrize(
    ("options", "faults"),
    [
        (("--as-of", "2026-04-13"), ["--as-of: 2026-04-13 lies in the future"]),
        (("--as-of", "2026-02-30", "--known-at", "soon", "--marking", "x"), ["--as-of:", "--known-at:", "--marking:"]),
        (
            (
                "--as-of",
                "2026-02",
            ),
            ["names a whole month; a day is needed"],
        ),
    ],
)
def test_what_cannot_be_asked_is_told_at_once(on_watch: Call, options: tuple[str, ...], faults: list[str]) -> None:
    answer = on_watch("status", *options)
    assert (answer.code, answer.out) == (2, "")
    assert all(fault in answer.err for fault in faults)


@pytest.mark.parametrize("command", ["explain", "whatif", "fit"])
def test_an_unknown_problem_suggests_the_nearest(on_watch: Call, command: str) -> None:
    more = ["--without-staged"] if command == "whatif" else []
    answer = on_watch(command, "war-suport", *more)
    assert answer.code == 2
    assert "There is no warning problem named 'war-suport'.\nDid you mean war-support?" in answer.err


def number(text: str) -> float:
    """A number as it is printed."""
    return float(text.replace("−", "-").replace("±", "").replace("+", "").replace("%", ""))


@pytest.mark.parametrize("top", ["1", "4", "100"])
@pytest.mark.parametrize("scenario", ["state-lethal-aid", "calibrated-enablement"])
def test_the_printed_columns_of_a_shift_add_up(on_watch: Call, top: str, scenario: str) -> None:
    answer = on_watch("explain", "war-support", "--as-of", "2023-03-05", "--scenario", scenario, "--top", top)
    assert (answer.code, answer.err) == (0, "")
    rows = re.findall(r"([+−±]?\d+\.\d+)(?: %)? +([+−±]\d+\.\d+)$", answer.out, re.MULTILINE)
    points, decibans = ([number(row[k]) for row in rows] for k in (0, 1))
    assert len(rows) <= int(top) + 3
    assert sum(points[:-1]) == pytest.approx(points[-1], abs=1e-9)
    assert sum(decibans[:-1]) == pytest.approx(decibans[-1], abs=1e-9)
    assert "Order of the terms" in answer.out
    assert ("smaller term" in answer.out) is (int(top) < 100)


def shift(*points: float, before: float = 0.2) -> ShiftView:
    """A shift of one scenario by such terms."""
    terms = tuple(
        Contribution("event", f"term {p}", ("E1",), None, {"a": p, "b": -p}, {"a": p / 4, "b": -p / 4}) for p in points
    )
    after = before + sum(points) / 100
    day = date(2026, 1, 1)
    return ShiftView(day, day, {"a": before, "b": 1 - before}, {"a": after, "b": 1 - after}, terms, 0.0)


@pytest.mark.parametrize(
    "terms", [(), (0.004, 0.004, 0.004), (3.333, -1.111, 0.005, 0.005), (1e-6, -1e-7), (12.3456, -12.3456)]
)
def test_rounding_never_breaks_the_sum(terms: tuple[float, ...]) -> None:
    found: Column = column(shift(*terms), "a", 2)
    assert found.before[0] + sum(line.points for line in found.lines) == pytest.approx(found.after[0], abs=1e-9)
    assert found.before[1] + sum(line.decibans for line in found.lines) == pytest.approx(found.after[1], abs=1e-9)


def test_the_json_of_a_shift_has_all_terms_and_adds_up_exactly(on_watch: Call) -> None:
    found = on_watch("explain", "war-support", "--as-of", "2023-03-05", "--top", "1", "--json").json
    assert list(found) == [
        *("schema", "provenance", "problem", "scenario", "since", "until", "before", "after", "residual", "order"),
        "rows",
    ]
    assert (found["schema"], list(found["provenance"])) == ("iw.explain/1", [*ORIGIN, "belief"])
    assert all(
        list(row) == ["kind", "label", "events", "day", "points", "decibans", "indicator"] for row in found["rows"]
    )
    for scenario in SCENARIOS:
        total = sum(row["points"][scenario] for row in found["rows"])
        assert total == pytest.approx(100 * (found["after"][scenario] - found["before"][scenario]), abs=1e-9)


def test_a_shift_runs_forward_and_knows_its_scenarios(on_watch: Call) -> None:
    late = on_watch("explain", "war-support", "--since", "2026-04-01", "--as-of", "2026-03-01")
    assert (late.code, "runs forward in time" in late.err) == (2, True)
    other = on_watch("explain", "war-support", "--scenario", "lethal-aid")
    assert (other.code, "state-lethal-aid" in other.err) == (2, True)
    early = on_watch("explain", "war-support", "--as-of", "2020-01-01")
    assert (early.code, "starts on 2022-02-24" in early.err) == (2, True)


def test_what_if_moves_the_belief_and_leaves_the_log_alone(on_watch: Call, watch: Workspace) -> None:
    before = watch.log.position()
    answer = on_watch("whatif", "war-support", "--add", "lethal-aid-delivery@2026-04-10@B2")
    assert (answer.code, answer.err) == (0, "")
    assert "What if: lethal-aid-delivery on 2026-04-10, graded B2" in answer.out
    assert "The log is not touched." in answer.out
    assert watch.log.position() == before


def test_every_kind_of_change_can_be_imagined_together(on_watch: Call) -> None:
    rows = on_watch("events", "war-support", "--since", "2022-03-01", "--json").json["rows"]
    one, two, three = (row["id"] for row in rows[:3])
    source = next(row["sources"] for row in rows if ", " not in row["sources"])
    found = on_watch(
        *("whatif", "war-support", "--drop", one, "--deny", f"{two.lower()}@B2", "--regrade", f"{three}@E5"),
        *("--add", "lethal-aid-warning@yesterday@C3", "--without-staged", "--as-of", "2026-04-11", "--json"),
    ).json
    assert list(found) == ["schema", "provenance", "problem", "changes", "remarks", "rows"]
    assert (found["schema"], list(found["provenance"])) == ("iw.whatif/1", [*ORIGIN, "before", "after"])
    assert found["changes"] == [
        *(f"{three} graded E5", f"{two} denied by a source graded B2", f"without {one}"),
        *("without what may be staged", "lethal-aid-warning on 2026-04-11, graded C3"),
    ]
    assert [row["scenario"] for row in found["rows"]] == SCENARIOS
    assert list(found["rows"][0]) == ["scenario", "before", "after", "points"]
    assert list(found["rows"][0]["before"]) == ["mean", "low", "high"]
    assert any(abs(row["points"]) > 0.01 for row in found["rows"])
    assert on_watch("whatif", "war-support", "--without-source", source).code == 0


def test_everything_that_cannot_be_imagined_is_told_at_once(on_watch: Call) -> None:
    answer = on_watch(
        *("whatif", "war-support", "--add", "lethal-aid-warning@2027@B2", "--add", "nonsense@2026@B2"),
        *("--add", "lethal-aid-warning", "--drop", "R7", "--deny", "E12", "--regrade", "E12@G9"),
    )
    assert (answer.code, answer.out) == (2, "")
    assert "6 faults" in answer.err
    for part in (
        "--add: 2027 lies after 2026-04-12. The belief of a day knows nothing of later days.",
        "--add: There is no indicator named 'nonsense'",
        "--add: 'lethal-aid-warning' has not the form INDICATOR@DATE@GRADE",
        "--drop: 'R7' is not an event",
        "--deny: 'E12' has not the form E12@B2",
        "--regrade: 'G9' is not a grade",
    ):
        assert part in answer.err


def test_nothing_imagined_and_events_and_sources_that_are_not_there_are_refused(on_watch: Call) -> None:
    assert "Nothing to imagine" in on_watch("whatif", "war-support").err
    for option, value in (("--drop", "E99999"), ("--without-source", "Nobody")):
        answer = on_watch("whatif", "war-support", option, value)
        assert (answer.code, "There is no" in answer.err) == (2, True)


def test_a_change_that_does_nothing_says_why(on_watch: Call) -> None:
    rows = on_watch("events", "--json").json["rows"]
    listened = {row["id"] for row in on_watch("events", "war-support", "--json").json["rows"]}
    foreign = next(row["id"] for row in rows if row["id"] not in listened)
    answer = on_watch("whatif", "war-support", "--drop", foreign)
    assert (answer.code, f"{foreign} does not concern this problem." in answer.out) == (0, True)
