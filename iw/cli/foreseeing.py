"""Commands about what is to come and what came: ``ask``, ``questions``, ``resolve``, ``scores``, ``levels``,
``acknowledge``."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from iw.cli.options import Json, Marked
from iw.cli.session import Session, Steps

if TYPE_CHECKING:
    from iw.log.records import Marking, OfEvent, OfScenario, Outcome
    from iw.workspace import Workspace

By = Annotated[str | None, typer.Option(metavar="AUTHOR", help="Who does it. Default: the workspace's.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (ask, questions, resolve, scores, sources, levels, acknowledge):
        app.command()(command)


def ask(context: typer.Context, by: By = None, marking: Marked = None, as_json: Json = False) -> None:
    """Record this week's forecast of every question, with what made it; the log will answer them.

    Example: [bold]iw --workspace iw-demo ask[/bold]
    """
    from iw.cli import foreseen
    from iw.cli.reading import when

    session: Session = context.obj
    with session.open() as workspace:
        seen = when(workspace, None, None, marking).marking
        author = by or workspace.settings.author
        with Steps(session) as step:
            step("asking what the log will show")
            opened = workspace.foresight.ask(author, seen)
            changed = workspace.foresight.record_levels(author, marking=seen)
        if as_json:
            print(foreseen.opened_json(workspace, opened))
        else:
            foreseen.show_opened(session, workspace, opened)
            foreseen.show_changes(session, workspace, changed)


def questions(
    context: typer.Context,
    question: Annotated[str | None, typer.Argument(metavar="[QUESTION]", help="One question. Default: all.")] = None,
    pending: Annotated[bool, typer.Option("--pending", metavar="", help="Only those that are not settled.")] = False,
    marking: Marked = None,
    as_json: Json = False,
) -> None:
    """List the questions that were asked: the newest forecast of each, its base rate, and what came of it.

    Example: [bold]iw --workspace iw-demo questions --pending[/bold]
    """
    from iw.cli import foreseen
    from iw.cli.reading import when

    session: Session = context.obj
    with session.open() as workspace:
        seen = when(workspace, None, None, marking).marking
        rows = workspace.foresight.asked(question, seen)
        rows = [row for row in rows if row.resolution is None] if pending else rows
        if as_json:
            print(foreseen.asked_json(workspace, rows))
        else:
            foreseen.show_asked(session, workspace, rows, whole=question is not None)


def resolve(
    context: typer.Context,
    subject: Annotated[
        str | None,
        typer.Argument(metavar="[E12|PROBLEM/SCENARIO]", help="What is settled. Default: all due questions."),
    ] = None,
    outcome: Annotated[str | None, typer.Argument(metavar="[yes|no|void]", help="Of an event: how.")] = None,
    on: Annotated[str | None, typer.Option(metavar="DATE", help="Of a scenario: the day on which it held.")] = None,
    ground: Annotated[str | None, typer.Option(metavar="TEXT", help="On what ground. Needed with a subject.")] = None,
    by: By = None,
    marking: Annotated[
        str | None, typer.Option(metavar="TLP", help="Of the resolution. Default: clear, or that of its subject.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Settle what the log answers by now; or one event, or a scenario that holds. It acts from now on.

    Example: [bold]iw --workspace iw-demo resolve[/bold]
    """
    from iw.cli import foreseen

    session: Session = context.obj
    with session.open() as workspace:
        author = by or workspace.settings.author
        with session.waiting("Settling"):
            if subject is None:
                found = workspace.foresight.settle_due(author, _marking(workspace, marking))
            else:
                named, how, why, mark = _subject(workspace, subject, outcome, on, ground, marking)
                found = [workspace.foresight.settle(named, how, why, author, mark)]
            changed = workspace.foresight.record_levels(author) if found else []
        if as_json:
            print(foreseen.resolved_json(workspace, found))
        else:
            foreseen.show_resolved(session, workspace, found)
            foreseen.show_changes(session, workspace, changed)


def scores(context: typer.Context, marking: Marked = None, as_json: Json = False) -> None:
    """Score the forecasts that were settled against base rates and the week before; lower is better.

    Example: [bold]iw --workspace iw-demo scores[/bold]
    """
    from iw.cli import foreseen
    from iw.cli.reading import when

    session: Session = context.obj
    with session.open() as workspace:
        rows, tally = workspace.foresight.scores(when(workspace, None, None, marking).marking)
        if as_json:
            print(foreseen.scores_json(workspace, rows, tally))
        else:
            foreseen.show_scores(session, rows, tally)


def sources(
    context: typer.Context,
    source: Annotated[
        str | None, typer.Argument(metavar="[SOURCE]", help="How this one's reports were graded, and when.")
    ] = None,
    marking: Marked = None,
    as_json: Json = False,
) -> None:
    """List the sources with their records: how they are graded, and what resolutions say of their reports.

    Example: [bold]iw --workspace iw-demo sources[/bold]
    """
    from iw.cli import foreseen
    from iw.cli.reading import when

    session: Session = context.obj
    with session.open() as workspace:
        seen = when(workspace, None, None, marking).marking
        table = workspace.foresight.gradings(source, seen) if source else workspace.foresight.sources(seen)
        rows = [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]
        if as_json:
            print(foreseen.sources_json(workspace, rows))
        elif source:
            foreseen.show_gradings(session, rows)
        else:
            foreseen.show_sources(session, rows)


def levels(
    context: typer.Context,
    problem: Annotated[str | None, typer.Argument(metavar="[PROBLEM]", help="One problem. Default: all.")] = None,
    marking: Marked = None,
    as_json: Json = False,
) -> None:
    """List the recorded changes of warning levels, the newest first: what moved them, and who took note.

    Example: [bold]iw --workspace iw-demo levels[/bold]
    """
    from iw.cli import foreseen
    from iw.cli.reading import when

    session: Session = context.obj
    with session.open() as workspace:
        if problem is not None:
            workspace.catalogue.problem(problem)
        rows = workspace.foresight.levels(problem, when(workspace, None, None, marking).marking)
        if as_json:
            print(foreseen.levels_json(workspace, rows))
        else:
            foreseen.show_levels(session, workspace, rows)


def acknowledge(
    context: typer.Context,
    changes: Annotated[
        list[str] | None, typer.Argument(metavar="[L12...]", help="Changes of level. Default: all that wait for it.")
    ] = None,
    by: By = None,
    note: Annotated[str, typer.Option(metavar="TEXT", help="What was done about it.")] = "seen",
) -> None:
    """Put your name to changes of warning levels: you have taken note of them.

    Example: [bold]iw --workspace iw-demo acknowledge --by "A. Reader" --note "told the minister"[/bold]
    """
    from iw.log.drafts import position_of

    session: Session = context.obj
    with session.open() as workspace:
        named = [position_of(name) for name in changes or []]
        waiting = [one.stamp.position for one in workspace.foresight.to_acknowledge()]
        positions = named or waiting
        if not positions:
            session.out.print("No change of level waits to be acknowledged.")
            return
        workspace.foresight.acknowledge(positions, by or workspace.settings.author, note)
        names = ", ".join(f"L{position}" for position in positions)
        session.out.print(f"Acknowledged by {by or workspace.settings.author}: {names}.", soft_wrap=True)


def _marking(workspace: Workspace, text: str | None) -> Marking | None:
    from iw.cli.reading import when

    return when(workspace, None, None, text).marking


def _subject(
    workspace: Workspace, subject: str, outcome: str | None, on: str | None, ground: str | None, marking: str | None
) -> tuple[OfEvent | OfScenario, Outcome, str, Marking]:
    """What is settled, how and why; `OptionsError` with everything that is wrong."""
    from iw.cli.reading import Reader, event_name
    from iw.log import csv_fields
    from iw.log.drafts import position_of
    from iw.log.records import Marking, OfEvent, OfScenario, Outcome

    reader = Reader(workspace.today)
    why = reader.needed("--ground", ground, "Say on what ground.")
    mark = reader.read("--marking", marking, csv_fields.marking) or Marking.CLEAR
    named: OfEvent | OfScenario | None = None
    how: Outcome | None = Outcome.YES
    if "/" in subject:
        problem, _, scenario = subject.partition("/")
        if outcome not in (None, "yes"):
            reader.say("OUTCOME", "of a scenario it can only be settled that it holds: leave it out.")
        day: date | None = reader.read("--on", reader.needed("--on", on, "Name the day on which it held."), reader.day)
        if day is not None:
            named = OfScenario(problem.strip(), scenario.strip(), day)
    else:
        name = reader.attempt("SUBJECT", lambda: event_name(subject))
        named = OfEvent(position_of(name)) if name else None
        if outcome not in list(Outcome):
            reader.say("OUTCOME", "write yes, no or void.")
            how = None
        else:
            how = Outcome(outcome)
    reader.check("Nothing was settled.")
    assert named is not None
    assert how is not None
    assert why is not None
    return named, how, why, mark
