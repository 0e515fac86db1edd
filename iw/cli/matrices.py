"""The tables of ``iw catalogue``: who carries the documents' scenarios, and the likelihood matrix of a problem."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from iw.cli.figures import shortened
from iw.cli.session import Session
from iw.core.errors import StoreError, UsageError

if TYPE_CHECKING:
    from iw.catalogue import Catalogue, Problem
    from iw.catalogue.carried import Carried
    from iw.catalogue.diagnosticity import Diagnostic

_CELL = 6  # columns of the terminal that one indicator takes


def show_coverage(session: Session, catalogue: Catalogue, rows: Sequence[Carried]) -> None:
    """Every scenario section of every document, and what carries its scenarios."""
    for document, own in groupby(rows, key=lambda row: row.document):
        session.out.print(f"{document}: {catalogue.documents[document].title}", style="bold", soft_wrap=True)
        for section, stated in groupby(own, key=lambda row: row.section):
            session.below(section)
            for row in stated:
                session.below(f"{row.scenario}: {', '.join(row.by) or 'NOT CARRIED'}", 4, None if row.by else "red")
    if not rows:
        session.out.print("The register of documents lists no section that states a scenario.")
        return
    carried = sum(bool(row.by) for row in rows)
    names = {row.scenario for row in rows}
    session.out.print(
        f"{carried} of {len(rows)} carried ({100 * carried / len(rows):.0f} %): {len(names)} scenarios in "
        f"{len({(row.document, row.section) for row in rows})} sections of {len({row.document for row in rows})} "
        "documents.",
        style="bold",
    )


def show_matrix(session: Session, problem: Problem, rows: Sequence[Diagnostic], days: int) -> None:
    """The ranking, and the matrix in as many blocks of columns as the terminal needs."""
    from iw.report.matrix import ratio_word

    session.out.print(f"{problem.id}: {problem.title}", style="bold", soft_wrap=True)
    names = min(28, max(12, session.out.width // 4))
    fit = max(1, (session.out.width - names) // _CELL)
    for start in range(0, len(rows), fit):
        block = rows[start : start + fit]
        table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
        table.add_column("scenario", width=names - 1)
        for number in range(start + 1, start + len(block) + 1):
            table.add_column(str(number), justify="right", no_wrap=True, min_width=_CELL - 1)
        for scenario in problem.scenarios:
            title = shortened(scenario.title, names - 1)
            table.add_row(title, *(ratio_word(row.ratios[scenario.id]) for row in block))
        session.out.print(table)
    ranking = Table(box=None, pad_edge=False, header_style="bold")
    ranking.add_column("", justify="right")
    ranking.add_column("indicator", overflow="fold")
    ranking.add_column("millibits", justify="right", no_wrap=True)
    for number, row in enumerate(rows, start=1):
        ranking.add_row(str(number), row.indicator, f"{1000 * row.expected_bits:.2f}")
    session.out.print(ranking)
    session.below(
        "Cells: how many times the status quo's rate, at the elicited medians ('=': the same; 'only' and '~0': happens "
        f"in one scenario only). Millibits: what watching it for {days} days is expected to tell about the scenario, "
        "at the priors and its usual coverage, if every report were believed.",
        0,
        "dim",
    )


def draw(path: Path, problem: Problem, rows: Sequence[Diagnostic], days: int) -> Path:
    """Write the picture; `UsageError` unless it is named .svg, `StoreError` where it cannot be written."""
    from iw.report.matrix import matrix_picture

    if path.suffix != ".svg":
        raise UsageError(f"The picture is an SVG file, and {path.name} does not end in .svg.", "Name a .svg file.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(matrix_picture(problem, rows, days).svg, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"The picture cannot be written to {path}: {error.strerror}.", "Name another file.") from error
    return path
