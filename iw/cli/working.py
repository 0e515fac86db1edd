"""Commands that take a while: ``fit``, ``report``, ``check``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iw.cli.options import AsOf, Json, KnownAt, Marked
from iw.cli.session import Session, Steps
from iw.core.errors import DataError, InferenceError, Interrupted

if TYPE_CHECKING:
    from iw.workspace import Workspace

CANCELLED = "Cancelled; the last accepted fit stays in force."


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(fit)
    app.command()(report)
    app.command()(check)


def fit(
    context: typer.Context,
    problems: Annotated[
        list[str] | None, typer.Argument(metavar="[PROBLEM...]", help="Which problems. Default: all of them.")
    ] = None,
    as_of: AsOf = None,
    due: Annotated[
        bool, typer.Option("--due", metavar="", help="Only problems without a fit, or whose fit's draws are worn.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", metavar="", help="Even where such a fit exists.")] = False,
    marking: Marked = None,
    as_json: Json = False,
) -> None:
    """Learn the parameters of some problems from the log (NUTS), and put the fits in force that pass the gate.

    Example: [bold]iw --workspace iw-demo fit war-support[/bold]
    """
    from iw.cli.answers import answer, origin
    from iw.cli.foreseen import show_changes
    from iw.cli.reading import when

    session: Session = context.obj
    with session.open() as workspace:
        asked = when(workspace, as_of, None, marking)
        try:
            with Steps(session) as steps:
                names = problems or []
                if due:
                    steps("looking for fits that are due")
                    names = workspace.refits_due(names, asked.as_of, asked.marking)
                    if not names:
                        session.out.print("No fit is due.")
                        return
                done = workspace.fit(names, asked.as_of, None, asked.marking, again=again, progress=steps)
                fitted = {one.problem for one in done if one.accepted and one.as_of == workspace.today}
                changed = workspace.foresight.record_levels(workspace.settings.author, fitted, asked.marking)
        except KeyboardInterrupt:
            raise Interrupted(CANCELLED) from None
        text = answer("fit", origin(workspace), [summary.as_json() for summary in done]) if as_json else ""
        if not as_json:
            show_changes(session, workspace, [one for one in changed if one.content.old is not None])
    if as_json:
        print(text)
    elif not done:
        session.out.print("Nothing to do: this evidence has been fitted already (--again fits it anew).")
    for summary in () if as_json else done:
        session.out.print(f"{summary.problem}: {summary.gate}", soft_wrap=True)
    rejected = [summary.problem for summary in done if not summary.accepted]
    if rejected:
        message = f"Rejected: {', '.join(rejected)}. The last accepted fit, if any, stays in force."
        raise InferenceError(message, f"Look at the rates: {session.command('check')}")


def report(
    context: typer.Context,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    marking: Marked = None,
    to: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where to write it. Default: reports/ in the workspace.")
    ] = None,
) -> None:
    """Write the weekly warning report as HTML and PDF.

    Example: [bold]iw --workspace iw-demo report --as-of 2023-03-05 --to .[/bold]
    """
    from iw.cli.reading import when

    session: Session = context.obj
    with session.open() as workspace:
        asked = when(workspace, as_of, known_at, marking)
        with Steps(session) as steps:
            folder = to.expanduser() if to else None
            paths = workspace.report(asked.as_of, asked.known_at, asked.marking, folder, steps)
    for path in paths:
        session.out.print(str(path), soft_wrap=True)


def check(context: typer.Context, as_json: Json = False) -> None:
    """Check catalogue and log: faults (exit code 3), and what may not say what its authors mean.

    Example: [bold]iw --workspace iw-demo check[/bold]
    """
    session: Session = context.obj
    with session.open(warn=False) as workspace:
        with session.waiting("Checking"):
            findings = workspace.check()
        faults = set(workspace.faults)
        if as_json:
            from iw.cli.answers import answer, origin

            rows = [{"fault": one in faults, **vars(one)} for one in findings]
            print(answer("check", origin(workspace), rows))
        else:
            for finding in findings:
                if finding not in faults:
                    session.out.print(str(finding), soft_wrap=True)
            _show_floor(session, workspace)
            count = len(findings) - len(faults)
            session.out.print(
                f"{count} finding{'s' if count != 1 else ''}, {len(faults)} fault{'s' if len(faults) != 1 else ''}.",
                style="bold",
            )
    if faults:
        raise DataError(sorted(faults), f"{len(faults)} fault{'s' if len(faults) > 1 else ''} in the catalogue.")


def _show_floor(session: Session, workspace: Workspace) -> None:
    """What one event, and ten silent years, of each rare indicator say at most."""
    from rich.table import Table

    from iw.catalogue.checks import SILENT_YEARS, WEIGHTS, floor_table

    table = Table(box=None, pad_edge=False, header_style="bold", title_justify="left", title_style="bold")
    table.title = "Indicators rarer than the floor of the reference rate: the ratios of likelihood that they reach"
    table.add_column("problem")
    table.add_column("indicator", overflow="fold")
    for weight in WEIGHTS:
        table.add_column(f"event\nw {weight:g}", justify="right", no_wrap=True)
    table.add_column(f"{SILENT_YEARS:.0f} silent\nyears", justify="right", no_wrap=True)
    for problem in workspace.catalogue.problems.values():
        for row in floor_table(workspace.catalogue, problem):
            ratios = [f"{ratio:.1f}" for ratio in (*row.event_ratios, row.silence_ratio)]
            table.add_row(problem.id, row.indicator, *ratios)
    if table.row_count:
        session.out.print(table)
