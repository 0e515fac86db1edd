"""What was believed on past days, printed and as JSON."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from rich.table import Table

from iw.assessment.records import Estimate
from iw.catalogue import Problem
from iw.cli.answers import answer, origin
from iw.cli.figures import share
from iw.cli.session import Session

if TYPE_CHECKING:
    import pandas as pd

    from iw.workspace import Workspace

_MONTH = 30.4375  # days


def rows(table: pd.DataFrame, as_of: date, months: int) -> list[dict[str, Any]]:
    """The rows of the last ``months`` months, a dict for each day and scenario."""
    first = as_of - timedelta(days=round(months * _MONTH) + 1)
    return [
        {str(name): value for name, value in row.items()} for row in table[table["day"] >= first].to_dict("records")
    ]


def show(session: Session, problem: Problem, rows: list[dict[str, Any]], hindsight: bool) -> None:
    """A line for each day, a column for each scenario."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("day", no_wrap=True)
    for scenario in problem.scenarios:
        table.add_column(scenario.title, overflow="fold")
    by_day: dict[date, dict[str, str]] = {}
    for row in rows:
        reliable = "" if row.get("reliable", True) else " ?"
        text = share(Estimate(row["mean"], row["low"], row["high"])) + reliable
        by_day.setdefault(row["day"], {})[row["scenario"]] = text
    for day, cells in by_day.items():
        table.add_row(str(day), *(cells[scenario.id] for scenario in problem.scenarios))
    session.out.print(table)
    told = "Given all the evidence up to the last day." if hindsight else "Each day as known then; ?: too few draws."
    session.out.print(f"{told} Brackets: 90 % intervals.", style="dim", soft_wrap=True)


def as_json(workspace: Workspace, problem: str, rows: list[dict[str, Any]], hindsight: bool) -> str:
    """One row for each day and scenario."""
    return answer("history", origin(workspace), rows, problem=problem, hindsight=hindsight)
