"""``make case-study``: rebuild docs/case-study.md with its pictures and figures, from an empty workspace.

Each belief knows what was known at its own month's end, and rests on a fit that was made at an earlier year's end
from what was known then. Takes about twenty minutes on two cores. What is written about the numbers stands in notes/;
read it again when they change.
"""

from __future__ import annotations

import csv
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from iw.assessment.history import belief_history
from iw.assessment.records import HistoryPoint
from iw.catalogue.diagnosticity import diagnosticity
from iw.core.dates import month_ends
from iw.core.resources import shipped
from iw.log.records import Marking
from iw.report.long_history import long_history
from iw.report.matrix import matrix_picture
from iw.workspace import Workspace, init_workspace
from tools.case_study import episodes, looking_back, page
from tools.case_study.episodes import FIRST, LAST, MARKS

DOCS = Path(__file__).resolve().parents[2] / "docs"
FOLDER = DOCS / "case-study"
MONTHS = 12 * (LAST.year - FIRST.year) + LAST.month


def main() -> None:
    """Build everything anew."""
    began = time.perf_counter()

    def step(message: str) -> None:
        print(f"{time.perf_counter() - began:6.1f} s  {message}", file=sys.stderr)

    with (
        tempfile.TemporaryDirectory() as scratch,
        init_workspace(Path(scratch) / "watch", name="Case study", today=LAST, author="iw-tracker team") as watch,
    ):
        files = sorted((shipped("indicators") / "evidence").glob("*.csv"))
        step(f"importing {len(files)} files")
        watch.import_files(files, backfill=True)
        fits = _fit_each_year(watch, step)
        histories = {name: _history(watch, name, step) for name in watch.problems()}
        FOLDER.mkdir(exist_ok=True)
        _draw(watch, histories)
        _write("beliefs.csv", _belief_rows(histories))
        step("taking the episodes apart")
        told = episodes.tell(watch)
        step("simulating from the priors")
        predicted = looking_back.predictions(watch)
        _write("prior-predictive.csv", looking_back.prediction_rows(predicted))
        (FOLDER / "prior-predictive.svg").write_text(looking_back.prediction_picture(predicted), encoding="utf-8")
        step("asking about what has since been settled")
        settled = looking_back.settled(watch)
        text = page.render(watch, histories, fits, told, predicted, settled)
        (DOCS / "case-study.md").write_text(text, encoding="utf-8")
        step("done")


def _fit_each_year(watch: Workspace, step: Any) -> list[Any]:
    made = []
    for year in range(FIRST.year, LAST.year):
        day = date(year, 12, 31)
        begun = [name for name in watch.problems() if watch.catalogue.problem(name).start < day]
        step(f"fits as of {day}")
        made += watch.fit(begun, day)
    return made


def _history(watch: Workspace, name: str, step: Any) -> list[HistoryPoint]:
    step(f"{name}: month by month")
    return belief_history(watch._beliefs, name, month_ends(LAST, MONTHS), Marking.CLEAR)


def _draw(watch: Workspace, histories: dict[str, list[HistoryPoint]]) -> None:
    for name, points in histories.items():
        problem = watch.catalogue.problem(name)
        marks = {day: text for day, text in MARKS.items() if day >= problem.start}
        chart = long_history(problem, points, marks)
        (FOLDER / f"history-{name}.svg").write_text(chart.svg, encoding="utf-8")
        rows = diagnosticity(watch.catalogue, problem, problem.horizon_days)
        matrix = matrix_picture(problem, rows, problem.horizon_days)
        (FOLDER / f"matrix-{name}.svg").write_text(matrix.svg, encoding="utf-8")


def _belief_rows(histories: dict[str, list[HistoryPoint]]) -> Iterable[Sequence[object]]:
    yield "problem", "day", "scenario", "mean", "low", "high", "reliable"
    for name, points in histories.items():
        for point in points:
            for scenario, belief in point.beliefs.items():
                numbers = (f"{value:.4f}" for value in (belief.mean, belief.low, belief.high))
                yield name, point.day, scenario, *numbers, str(point.reliable).lower()


def _write(name: str, rows: Iterable[Sequence[object]]) -> None:
    with (FOLDER / name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


if __name__ == "__main__":
    main()
