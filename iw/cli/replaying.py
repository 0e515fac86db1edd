"""``replay``: the beliefs of a published report computed anew, and held against it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from iw.cli.options import Json
from iw.cli.session import Session
from iw.core.errors import InferenceError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(replay)


def replay(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The JSON file beside a weekly report.")],
    as_json: Json = False,
) -> None:
    """Prove a published report: compute its beliefs anew from the log position, model, fit and marking that it names.

    Example: [bold]iw --workspace iw-demo replay iw-demo/reports/weekly-2026-04-12.json[/bold]
    """
    from iw.cli.answers import answer, origin
    from iw.report.beliefs_file import read_beliefs

    session: Session = context.obj
    published = read_beliefs(file.expanduser())
    with session.open() as workspace:
        with session.waiting("Computing the beliefs anew"):
            rows = [workspace.replay(one) for one in published]
        text = ""
        if as_json:
            told = [
                {"problem": row.published.problem, "same": row.same, "difference": row.difference, "why": row.why_not}
                for row in rows
            ]
            text = answer("replay", origin(workspace), told, file=file)
    if as_json:
        print(text)
    else:
        for row in rows:
            found = row.why_not or f"largest difference {row.difference:.1e}"
            session.out.print(f"{'same ' if row.same else 'OTHER'}  {row.published.problem}: {found}", soft_wrap=True)
    others = [row.published.problem for row in rows if not row.same]
    if others:
        raise InferenceError(
            f"{len(others)} of {len(rows)} beliefs are not those of the report: {', '.join(others)}.",
            "Is it this workspace's report, with its catalogue and fits? Does the log hold? See 'iw verify'.",
        )
