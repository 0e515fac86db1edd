"""Commands that ask what is believed, why, and what if: ``status``, ``explain``, ``whatif``,
``history``."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from iw.cli.options import AsOf, Json, KnownAt, Marked, Problem
from iw.cli.reading import When, when
from iw.cli.session import Session
from iw.core.dates import end_of_day

if TYPE_CHECKING:
    from iw.assessment.beliefs import Overlay
    from iw.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(status)
    app.command()(explain)
    app.command()(whatif)
    app.command()(history)


def status(
    context: typer.Context,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    marking: Marked = None,
    as_json: Json = False,
) -> None:
    """Show the board: what leads in each problem, how sure, what changed and what moved it.

    Example: [bold]iw --workspace iw-demo status --as-of 2023-03-05[/bold]
    """
    session: Session = context.obj
    with session.open() as workspace:
        show_board(session, workspace, when(workspace, as_of, known_at, marking), as_json)


def show_board(session: Session, workspace: Workspace, asked: When, as_json: bool = False) -> None:
    """Assess every problem that has begun, and print."""
    from iw.cli import board

    day = asked.as_of or workspace.today
    begun = [name for name in workspace.problems() if workspace.catalogue.problem(name).start <= day]
    with session.waiting("Weighing the evidence (the first time here the engine is compiled: half a minute)"):
        assessments = [workspace.assess(name, asked.as_of, asked.known_at, asked.marking) for name in begun]
    if as_json:
        print(board.as_json(workspace, assessments))
        return
    options = (
        ("as-of", asked.as_of and str(asked.as_of)),
        ("known-at", asked.known_at and _moment(asked.known_at)),
        ("marking", asked.marking and str(asked.marking)),
    )
    then = "".join(f" --{name} {value}" for name, value in options if value)
    board.show(session, assessments, sorted(set(workspace.problems()) - set(begun)), then)
    if asked.as_of is None and (waiting := workspace.foresight.to_acknowledge(asked.marking)):
        names = ", ".join(f"L{one.stamp.position} ({one.content.problem})" for one in waiting)
        session.out.print(f"Changes of level that nobody has acknowledged: {names}", style="yellow", soft_wrap=True)
        session.out.print(f"  {session.command('levels')}", style="dim", soft_wrap=True)


def _moment(known_at: datetime) -> str:
    """The very moment, as an option takes it: a day for its end."""
    return str(known_at.date()) if known_at == end_of_day(known_at.date()) else known_at.isoformat()


def explain(
    context: typer.Context,
    problem: Problem,
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="From this day on. Default: 30 days before the day as of.")
    ] = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    scenario: Annotated[
        str | None, typer.Option(metavar="ID", help="The scenario whose column is shown. Default: the leading one.")
    ] = None,
    by: Annotated[
        str, typer.Option(metavar="THING", help="Sum terms by event, indicator, family, source or origin.")
    ] = "event",
    top: Annotated[int, typer.Option(metavar="N", min=1, help="So many terms; the others are summed.")] = 10,
    marking: Marked = None,
    as_json: Json = False,
) -> None:
    """Explain a shift: every event, silence and the passing of time, adding up to the difference.

    Example: [bold]iw --workspace iw-demo explain war-support --as-of 2023-03-05 --scenario state-lethal-aid[/bold]
    """
    from iw.cli import shifts

    session: Session = context.obj
    with session.open() as workspace:
        grouping = shifts.by_of(by)
        asked = when(workspace, as_of, known_at, marking, since)
        with session.waiting("Taking the shift apart"):
            after = workspace.belief(problem, asked.as_of, asked.known_at, asked.marking)
            shown = _scenario(workspace, problem, scenario) if scenario else after.leading
            shift = workspace.explain(problem, asked.since, asked.as_of, asked.known_at, asked.marking, grouping)
        if as_json:
            print(shifts.as_json(workspace, problem, shown, shift, after.provenance))
        else:
            shifts.show(session, workspace.catalogue.problem(problem), shown, shift, top)
            shifts.show_made_from(session, after)


def whatif(
    context: typer.Context,
    problem: Problem,
    add: Annotated[
        list[str] | None, typer.Option(metavar="INDICATOR@DATE@GRADE", help="As if this had been logged. Repeatable.")
    ] = None,
    drop: Annotated[list[str] | None, typer.Option(metavar="E12", help="As if it were not there. Repeatable.")] = None,
    deny: Annotated[
        list[str] | None, typer.Option(metavar="E12@B2", help="As if a source so graded denied it. Repeatable.")
    ] = None,
    regrade: Annotated[
        list[str] | None, typer.Option(metavar="E12@C3", help="As if its reports had this grade. Repeatable.")
    ] = None,
    without_source: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="As if this source had reported nothing. Repeatable.")
    ] = None,
    without_staged: Annotated[
        bool, typer.Option("--without-staged", metavar="", help="As if nothing were there that may be staged.")
    ] = False,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    marking: Marked = None,
    as_json: Json = False,
) -> None:
    """Ask what the belief would be with other evidence; the log is not touched.

    Example: [bold]iw --workspace iw-demo whatif war-support --add lethal-aid-delivery@2026-04-10@B2[/bold]
    """
    from iw.cli import imagined
    from iw.cli.shifts import show_made_from

    session: Session = context.obj
    with session.open() as workspace:
        asked = when(workspace, as_of, known_at, marking)
        listed = (add or [], drop or [], deny or [], regrade or [], without_source or [])
        changes = imagined.changes(workspace, problem, asked.as_of or workspace.today, *listed, without_staged)
        with session.waiting("Weighing the evidence twice"):
            before = workspace.belief(problem, asked.as_of, asked.known_at, asked.marking)
            after = workspace.belief(problem, asked.as_of, asked.known_at, asked.marking, _overlay(changes))
        if as_json:
            print(imagined.as_json(workspace, problem, changes, before, after))
        else:
            imagined.show(session, workspace.catalogue.problem(problem), changes, before, after)
            show_made_from(session, before)


def history(
    context: typer.Context,
    problem: Problem,
    as_of: AsOf = None,
    months: Annotated[int, typer.Option(metavar="N", min=1, max=600, help="So many months back.")] = 24,
    hindsight: Annotated[
        bool, typer.Option("--hindsight", metavar="", help="What should have been believed, given all that came later.")
    ] = False,
    marking: Marked = None,
    as_json: Json = False,
) -> None:
    """Show what was believed at the ends of past months, each as known then; or what should have been.

    Example: [bold]iw --workspace iw-demo history war-support --months 60 --hindsight[/bold]
    """
    from iw.cli import past

    session: Session = context.obj
    with session.open() as workspace:
        asked = when(workspace, as_of, None, marking)
        with session.waiting("Looking back"):
            if hindsight:
                table = workspace.hindsight(problem, asked.as_of, None, asked.marking)
            else:
                table = workspace.history(problem, asked.as_of, asked.marking, months)
        rows = past.rows(table, asked.as_of or workspace.today, months)
        if as_json:
            print(past.as_json(workspace, problem, rows, hindsight))
        else:
            past.show(session, workspace.catalogue.problem(problem), rows, hindsight)


def _overlay(changes: list[Any]) -> Overlay:
    from iw.assessment.what_if import combined

    return combined(change.overlay for change in changes)


def _scenario(workspace: Workspace, problem: str, name: str) -> str:
    from iw.core.errors import NotFoundError

    known = [scenario.id for scenario in workspace.catalogue.problem(problem).scenarios]
    if name not in known:
        raise NotFoundError(f"scenario of the problem '{problem}'", name, known)
    return name
