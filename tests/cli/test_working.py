"""``iw fit``, ``iw report``, ``iw check`` and ``iw demo``: long work, its progress, its end and its interruption."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from iw.cli.demo import DEMO_DAY, WARNING_DAY
from iw.core.resources import shipped
from iw.evidence.fit_files import FitSummary
from iw.workspace import Workspace
from tests.cli.conftest import Call


def summary(accepted: bool) -> FitSummary:
    """A fit of which only the verdict matters."""
    from iw.core.dates import end_of_day

    day = date(2026, 4, 12)
    gate = "accepted (figures)" if accepted else "rejected: R-hat above 1.01 (figures)"
    return FitSummary("war-support-x", "war-support", "v", day, end_of_day(day), "clear", 1, 2, accepted, gate, "0.1.0")


def fitting(monkeypatch: pytest.MonkeyPatch, outcome: list[FitSummary] | BaseException) -> dict[str, Any]:
    """Let `Workspace.fit` report two steps and then give or raise the outcome; gives what it was asked."""
    asked: dict[str, Any] = {}

    def fit(_: Workspace, problems: Any, as_of: Any, known_at: Any, marking: Any, **more: Any) -> list[FitSummary]:
        asked.update(problems=list(problems), as_of=as_of, again=more["again"])
        more["progress"]("war-support: sampling")
        more["progress"]("war-support: accepted")
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    monkeypatch.setattr(Workspace, "fit", fit)
    return asked


def test_a_fit_tells_its_progress_in_plain_lines_where_there_is_no_terminal(
    on_watch: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = fitting(monkeypatch, [summary(True)])
    answer = on_watch("fit", "war-support", "--as-of", "2026-04-01", "--again")
    assert answer.code == 0
    assert answer.out == "war-support: accepted (figures)\n"
    assert re.fullmatch(r" +\d+\.\d s  war-support: sampling\n +\d+\.\d s  war-support: accepted\n", answer.err)
    assert asked == {"problems": ["war-support"], "as_of": date(2026, 4, 1), "again": True}


def test_a_cancelled_fit_ends_with_130_and_says_what_holds(on_watch: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    fitting(monkeypatch, KeyboardInterrupt())
    answer = on_watch("fit")
    assert (answer.code, answer.out) == (130, "")
    assert "Cancelled; the last accepted fit stays in force." in answer.err


def test_a_rejected_fit_is_told_and_ends_with_5(on_watch: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    fitting(monkeypatch, [summary(False)])
    answer = on_watch("fit")
    assert answer.code == 5
    assert "rejected: R-hat above 1.01" in answer.out
    assert "stays in force" in answer.err


def test_nothing_to_fit_is_said(on_watch: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    fitting(monkeypatch, [])
    assert "--again" in on_watch("fit").out


def test_the_json_of_a_fit_has_one_shape(on_watch: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    fitting(monkeypatch, [summary(True)])
    found = on_watch("fit", "--json").json
    assert (found["schema"], list(found)) == ("iw.fit/1", ["schema", "provenance", "rows"])
    assert list(found["rows"][0]) == [
        *("fit_id", "problem", "model_version", "as_of", "known_at", "marking", "log_position", "seed", "accepted"),
        *("gate", "product_version"),
    ]
    assert found["rows"][0]["as_of"] == "2026-04-12"


def test_a_report_prints_the_paths_of_what_it_wrote(
    on_watch: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def report(_: Workspace, *args: Any) -> tuple[Path, Path]:
        asked.extend(args[:4])
        args[4]("drawing")
        return args[3] / "a.html", args[3] / "a.pdf"

    monkeypatch.setattr(Workspace, "report", report)
    answer = on_watch("report", "--as-of", "2023-03-05", "--marking", "green", "--to", tmp_path / "out")
    assert answer.code == 0
    assert answer.out == f"{tmp_path / 'out' / 'a.html'}\n{tmp_path / 'out' / 'a.pdf'}\n"
    assert [str(one) for one in asked] == ["2023-03-05", "None", "green", str(tmp_path / "out")]


def test_a_report_that_cannot_be_written_is_told(
    on_watch: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("iw.report.render_html", lambda _: "page")
    monkeypatch.setattr("iw.report.render_pdf", lambda _: b"paper")
    (tmp_path / "file").write_text("")
    answer = on_watch("report", "--as-of", "2022-06-01", "--to", tmp_path / "file" / "out")
    assert (answer.code, answer.out) == (4, "")
    assert "The report cannot be written" in answer.err
    assert "Traceback" not in answer.err


def test_findings_alone_are_no_failure(on_watch: Call) -> None:
    answer = on_watch("check")
    assert answer.code == 0
    assert re.search(r"^\S+\.yaml:\d+:\d+: ", answer.out, re.MULTILINE)
    assert re.search(r"^\d+ findings?, 0 faults\.$", answer.out, re.MULTILINE)


def test_a_fault_in_the_catalogue_ends_with_3_and_names_its_place(on_watch: Call, folder: Path) -> None:
    file = folder / "models" / "war-support.yaml"
    file.write_text(file.read_text().replace("horizon_days:", "horizn_days:", 1))
    answer = on_watch("check")
    assert answer.code == 3
    assert re.search(r"war-support\.yaml:\d+:\d+: .*horizn_days", answer.err)
    for question in (["status"], ["status", "--json"], ["catalogue", "lethal"]):
        beside = on_watch(*question)  # what is sound is loaded all the same, and what is not is named
        assert "left out of this answer: problem war-support" in beside.err
    explained = on_watch("explain", "war-support")
    assert explained.code == 2
    assert "'war-support' is left out: there is a fault in its file." in explained.err


def test_the_json_of_a_check_has_one_shape(on_watch: Call) -> None:
    found = on_watch("check", "--json").json
    assert (found["schema"], list(found)) == ("iw.check/1", ["schema", "provenance", "rows"])
    assert all(list(row) == ["fault", "file", "line", "column", "message", "hint"] for row in found["rows"])


def test_a_demonstration_is_not_made_over_something_else(iw: Call, folder: Path, tmp_path: Path) -> None:
    (folder / "iw.toml").write_text('name = "x"\ndatabase = "log.db"\nauthor = "a"\n')
    other = iw("demo", folder)
    assert (other.code, "not this demonstration" in other.err) == (2, True)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("")
    full = iw("demo", tmp_path / "full")
    assert (full.code, "is not empty" in full.err) == (2, True)
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["letter.txt"]


def test_the_demonstration_stands_in_the_week_in_which_the_evidence_ends() -> None:
    import csv

    newest = ""
    for path in (shipped("indicators") / "evidence").glob("*.csv"):
        with path.open(encoding="utf-8") as file:
            newest = max(newest, *(row.get("occurred_on", "") for row in csv.DictReader(file)), "")
    assert 0 <= (DEMO_DAY - date.fromisoformat(newest)).days < 7
    assert DEMO_DAY.isoweekday() == WARNING_DAY.isoweekday() == 7


@pytest.mark.slow
def test_the_demonstration_leaves_fits_reports_and_a_board_and_a_second_run_is_quick(iw: Call, tmp_path: Path) -> None:
    first = iw("demo")
    assert first.code == 0
    for day in (DEMO_DAY, WARNING_DAY):
        for ending in ("html", "pdf"):
            assert (tmp_path / "iw-demo" / "reports" / f"weekly-{day}.{ending}").stat().st_size > 100_000
    assert "1 of 13: " in first.err
    assert "iw --workspace iw-demo explain" in first.out
    assert "no accepted fit" not in first.out
    second = iw("demo")
    assert second.code == 0
    assert "sampling" not in second.err
    assert second.err.count("there already") == 3
