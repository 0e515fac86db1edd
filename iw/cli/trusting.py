"""Commands that ask whether to trust a belief: ``linchpin``, ``collect``, ``doctor``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from iw.cli.options import AsOf, Json, KnownAt, Marked, Problem
from iw.cli.reading import when
from iw.cli.session import Session

if TYPE_CHECKING:
    from iw.assessment.dependence import By


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(linchpin)
    app.command()(collect)
    app.command()(doctor)


def linchpin(
    context: typer.Context,
    problem: Problem,
    by: Annotated[
        str, typer.Option(metavar="THING", help="Leave out one event at a time, or one source, or one origin.")
    ] = "event",
    top: Annotated[int, typer.Option(metavar="N", min=1, help="Show so many, the largest effect first.")] = 10,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    marking: Marked = None,
    as_json: Json = False,
) -> None:
    """Ask what the belief rests on: what it would be without each event, and which few events carry it.

    Example: [bold]iw --workspace iw-demo linchpin energy[/bold]
    """
    from iw.cli import reasons

    session: Session = context.obj
    with session.open() as workspace:
        thing = _by(by)
        asked = when(workspace, as_of, known_at, marking)
        at = (asked.as_of, asked.known_at, asked.marking)
        with session.waiting("Leaving out one thing at a time"):
            belief = workspace.belief(problem, *at)
            rows = workspace.trust.left_out(problem, thing, *at)
            pin = workspace.trust.linchpin(problem, *at) if thing == "event" else None
        if as_json:
            print(reasons.linchpin_json(workspace, belief, rows, pin))
        else:
            reasons.show_linchpin(session, workspace.catalogue.problem(problem), belief, rows, pin, top)


def _by(text: str) -> By:
    from iw.assessment.dependence import By
    from iw.core.errors import UsageError

    if text not in list(By):
        raise UsageError(f"'{text}' cannot be left out one at a time.", f"Use --by with {', '.join(By)}.")
    return By(text)


def collect(
    context: typer.Context,
    problem: Annotated[str | None, typer.Argument(metavar="[PROBLEM]", help="One problem. Default: all.")] = None,
    days: Annotated[int, typer.Option(metavar="N", min=1, max=3650, help="Watched for so many days.")] = 90,
    top: Annotated[int, typer.Option(metavar="N", min=1, help="So many indicators of each problem.")] = 5,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    marking: Marked = None,
    as_json: Json = False,
) -> None:
    """Ask what to look out for: the information, in bits, that watching each indicator is expected to bring.

    Example: [bold]iw --workspace iw-demo collect energy --days 180[/bold]
    """
    from iw.cli import reasons

    session: Session = context.obj
    with session.open() as workspace:
        asked = when(workspace, as_of, known_at, marking)
        at = (asked.as_of, asked.known_at, asked.marking)
        day = asked.as_of or workspace.today
        begun = [name for name in workspace.problems() if workspace.catalogue.problem(name).start <= day]
        names = [workspace.catalogue.problem(problem).id] if problem else begun
        with session.waiting("Weighing what might be seen"):
            beliefs = {name: workspace.belief(name, *at) for name in names}
            rows = {name: workspace.trust.collected(name, days, *at) for name in names}
        if as_json:
            print(reasons.collect_json(workspace, beliefs, rows, days))
        else:
            reasons.show_collect(session, workspace.catalogue, beliefs, rows, days, top)


def doctor(
    context: typer.Context,
    problem: Problem,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    marking: Marked = None,
    as_json: Json = False,
) -> None:
    """Ask what there is to doubt: fit, weights, grades, priors, surprises, silent feeds; and what to do about it.

    Example: [bold]iw --workspace iw-demo doctor crown-jewels[/bold]
    """
    from iw.cli import reasons

    session: Session = context.obj
    with session.open() as workspace:
        asked = when(workspace, as_of, known_at, marking)
        with session.waiting("Examining"):
            found = workspace.trust.doubts(problem, asked.as_of, asked.known_at, asked.marking)
        if as_json:
            print(reasons.doctor_json(workspace, found))
        else:
            reasons.show_doctor(session, workspace.catalogue.problem(problem), found)
