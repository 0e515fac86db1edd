"""The page of the case study: its template filled with the numbers of this run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from iw.assessment.predictive import PredictedCount
from iw.assessment.records import HistoryPoint
from iw.report import numbers
from iw.report.long_history import long_history
from iw.workspace import Workspace
from tools.case_study.episodes import EPISODES, LAST, MARKS, Told
from tools.case_study.looking_back import SURPRISING, Settled


def render(
    watch: Workspace,
    histories: Mapping[str, Sequence[HistoryPoint]],
    fits: Sequence[Any],
    told: Mapping[str, Sequence[Told]],
    predicted: Mapping[str, Sequence[PredictedCount]],
    settled: Sequence[Settled],
) -> str:
    """The Markdown of docs/case-study.md."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"percent": _percent, "points": _points, "day": numbers.day, "cell": _cell}
    catalogue = watch.catalogue
    return environment.get_template("page.md.j2").render(
        catalogue=catalogue,
        problems=[catalogue.problem(name) for name in histories],
        last=LAST,
        fits=fits,
        rejected=[fit for fit in fits if not fit.accepted],
        p=lambda problem, scenario, year, month=12: _at(histories[problem], scenario, year, month),
        alt=lambda problem: long_history(problem, histories[problem.id], MARKS).alt,
        episodes=EPISODES,
        told=told,
        shown=_shown,
        predicted=predicted,
        surprises=[
            (name, row) for name, rows in predicted.items() for row in rows if row.tail < SURPRISING
        ],
        informative=sum(len(rows) for rows in predicted.values()),
        settled=settled,
        mean_brier=sum(one.brier for one in settled) / max(1, len(settled)),
    ).rstrip() + "\n"  # fmt: skip


def _at(points: Sequence[HistoryPoint], scenario: str, year: int, month: int) -> str:
    """The belief at the end of a month, as the notes write it."""
    (found,) = [point for point in points if (point.day.year, point.day.month) == (year, month)]
    return _percent(found.beliefs[scenario].mean)


def _shown(one: Told) -> list[str]:
    """The scenarios worth a column: those that moved by a point or more, and the leading one."""
    before, after = one.shift.before, one.shift.after
    moved = [name for name in after if abs(after[name] - before[name]) >= 0.01]
    leading = max(after, key=after.__getitem__)
    return [s.id for s in one.problem.scenarios if s.id in moved or s.id == leading]


def _percent(probability: float) -> str:
    return numbers.percent(probability).replace("\u00a0", " ")


def _points(value: float) -> str:
    return f"{value:+.1f}".replace("-", "\u2212") if abs(value) >= 0.05 else "0"


def _cell(text: str) -> str:
    """A text that may stand in a cell of a table."""
    return " ".join(text.split()).replace("|", "/")
