"""Commands that append to the log, and the list of what it holds: ``log``, ``import``, ``events``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iw.cli.moved import moved_rows, show_moved
from iw.cli.options import (
    Author,
    Document,
    GradeGiven,
    Held,
    Json,
    KnownAt,
    Marked,
    MarkedAs,
    Note,
    Origin,
    Reported,
    Section,
    Source,
    Text,
    Url,
)
from iw.cli.sent import Sent, read_held, read_report
from iw.cli.session import Session
from iw.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iw.log.drafts import EventDraft
    from iw.log.records import Event, LogView, Marking
    from iw.workspace import Logged, Workspace

_SHOWN_NEAR = 5


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(log)
    app.command("import")(import_)
    app.command()(events)


def log(
    context: typer.Context,
    indicator: Annotated[str, typer.Argument(metavar="INDICATOR", help="What happened: an id of the catalogue.")],
    on: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Needed. When (UTC): 2026-04-11, 2026-04, 2026, today, yesterday."),
    ] = None,
    grade: GradeGiven = None,
    source: Source = None,
    text: Text = None,
    summary: Annotated[str | None, typer.Option(metavar="TEXT", help="The event in a line. Default: the text.")] = None,
    origin: Origin = None,
    url: Url = None,
    reported: Reported = None,
    development: Annotated[
        str | None, typer.Option(metavar="NAME", help="The story it belongs to: of one story one event counts.")
    ] = None,
    staged: Annotated[str | None, typer.Option(metavar="no|possibly|yes", help="Performed for onlookers?")] = None,
    document: Document = None,
    section: Section = None,
    note: Note = None,
    held: Held = None,
    marking: MarkedAs = None,
    by: Author = None,
    yes: Annotated[bool, typer.Option("--yes", metavar="", help="Even where the log holds something like it.")] = False,
    as_json: Json = False,
) -> None:
    """Log one event with its report, and see what it moves.

    Example: [bold]iw --workspace iw-demo log lethal-aid-warning --on today --grade B2 --source "Example wire"
    --text "Officials warn of planned lethal aid."[/bold]
    """
    session: Session = context.obj
    with session.open() as workspace:
        on = session.ask(on, "When it happened")
        sent = Sent(source, grade, text, origin, url, reported, document, section, note)
        sent = sent if held else sent.asked(session)
        with session.waiting("Looking for the like"):
            claim = {"on": on, "staged": staged, "marking": marking, "summary": summary, "development": development}
            draft = _draft(workspace, indicator, sent, claim | {"report": held})
            near = workspace.near(draft)
        if near and not yes:
            _ask(session, near)
        entered = workspace.enter(draft, author=by, near=near)
        if not as_json:
            _acknowledge(session, workspace, entered.event)
        with session.waiting("Weighing the evidence"):
            logged = workspace.follow(entered, author=by)
        if as_json:
            print(_logged_json(workspace, logged))
        else:
            show_moved(session, workspace, logged.moved, logged.silent, logged.changes)


def _draft(workspace: Workspace, indicator: str, sent: Sent, claim: dict[str, str | None]) -> EventDraft:
    """The event as it would be logged; `OptionsError` with everything that is wrong."""
    from iw.cli.reading import Reader
    from iw.log import csv_fields
    from iw.log.drafts import EventDraft
    from iw.log.records import Marking, Staged

    reader = Reader(workspace.today)
    reader.attempt("INDICATOR", lambda: workspace.catalogue.indicator(indicator))
    on = reader.needed("--on", claim["on"], "Write 2026-04-11, 2026-04, 2026, today or yesterday.")
    occurred = reader.read("--on", on, reader.period)
    if occurred is not None and occurred.first > workspace.today:
        reader.say("--on", f"{occurred} lies in the future (today is {workspace.today}). Log it when it has happened.")
    staged = reader.read("--staged", claim["staged"], csv_fields.staged) or Staged.NO
    marking = reader.read("--marking", claim["marking"], csv_fields.marking)
    report = held = reported = None
    summary = claim["summary"]
    if claim["report"]:
        held = read_held(reader, workspace, claim["report"], sent)
        summary = reader.needed("--summary", summary, "Say what happened in a line.")
    else:
        report = read_report(reader, workspace, sent)
        reported = report.reported_at if report else None
    if reported is not None and occurred is not None and reported.date() < occurred.first:
        reader.say("--reported", f"{reported.date()} lies before the event ({occurred}).")
    reader.check("Nothing was logged.")
    assert occurred is not None
    behind = report or (held.first if held else None)
    assert behind is not None
    try:
        return EventDraft(
            indicator=indicator,
            occurred=occurred,
            summary=summary or (report.text if report else ""),
            reports=(behind,),
            development=claim["development"] or None,
            staged=staged,
            # What a report says is as restricted as the report, whoever says it again.
            marking=marking or (held.marking if held else Marking.CLEAR),
        )
    except UsageError as error:
        raise UsageError(f"Nothing was logged. {error.message}", error.hint) from error


def _ask(session: Session, near: Sequence[Event]) -> None:
    from iw.cli.figures import shortened

    session.note(f"The log holds {len(near)} event{'s' if len(near) != 1 else ''} like this:", style="yellow")
    for event in near[:_SHOWN_NEAR]:
        session.note(f"  {event.id}  {event.occurred}  {event.indicator}: {shortened(event.summary, 90)}")
    if len(near) > _SHOWN_NEAR:
        session.note(f"  and {len(near) - _SHOWN_NEAR} more")
    if not session.at_terminal:
        raise UsageError("Nothing was logged: this may be in the log already.", "To log it all the same: --yes.")
    if not typer.confirm("Log it all the same?", err=True):
        raise UsageError("Nothing was logged.")


def _weight(workspace: Workspace, event: Event, view: LogView | None = None) -> float:
    from iw.evidence.grading import outcomes, settled_weight

    return settled_weight(workspace.catalogue.tables, event, outcomes(view) if view else {})


def _acknowledge(session: Session, workspace: Workspace, event: Event) -> None:
    """Say that an event is in the log; what it moves takes a while longer, the longer the larger the log."""
    from iw.log.grades import describe_grade

    grade = event.backings[0].report.grade
    session.out.print(
        f"{event.id} logged: {event.indicator} on {event.occurred}, graded {grade} ({describe_grade(grade)}), "
        f"weight w = {_weight(workspace, event):.2f}.",
        soft_wrap=True,
    )
    session.out.file.flush()


def _logged_json(workspace: Workspace, logged: Logged) -> str:
    from iw.cli.answers import answer, origin

    event = logged.event
    content = {
        "id": event.id,
        "indicator": event.indicator,
        "occurred_on": str(event.occurred),
        "summary": event.summary,
        "weight": _weight(workspace, event),
        "marking": event.stamp.marking,
        "recorded_at": event.stamp.recorded_at,
    }
    beliefs = {moved.problem: moved.after.provenance for moved in logged.moved}
    rows = [row for moved in logged.moved for row in moved_rows(moved, all_of_them=True)]
    near = [one.id for one in logged.near]
    return answer(
        "log",
        origin(workspace, beliefs=beliefs),
        rows,
        event=content,
        near=near,
        silent=logged.silent or None,
        level_changes=[vars(one.content) for one in logged.changes],
    )


def import_(
    context: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="CSV or Parquet files of evidence; or one log, or one .json (STIX)."),
    ],
    backfill: Annotated[
        bool, typer.Option("--backfill", metavar="", help="Known from when it was first reported, not from now on.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", metavar="", help="Only check the files.")] = False,
    marking: Annotated[
        str | None, typer.Option(metavar="TLP", help="The marking of lines without their own. Default: clear.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Append CSV or Parquet files, the file of a log or a STIX bundle; what the log holds already is passed over.

    Example: [bold]iw --workspace iw-demo import iw-demo/indicators/evidence/cepa-2026.csv --backfill --dry-run[/bold]
    """
    from iw.cli.answers import answer, origin
    from iw.log import csv_fields
    from iw.log.records import Marking

    session: Session = context.obj
    mark = csv_fields.marking(marking) if marking else Marking.CLEAR
    with session.open() as workspace, session.waiting("Reading"):
        appended, skipped, not_read = _imported(workspace, files, backfill, dry_run, mark)
        row = {"files": files, "dry_run": dry_run, "appended": 0 if dry_run else appended, "sound": appended + skipped}
        row |= {"skipped": skipped, "not_read": not_read}
        text = answer("import", origin(workspace), [row]) if as_json else ""
    for fault in not_read:
        session.note(fault, style="yellow")
    if as_json:
        print(text)
    elif dry_run:
        session.out.print(f"{appended} sound lines; nothing was imported (--dry-run).")
    else:
        session.out.print(f"{appended} imported, {skipped} in the log already.")
        if appended:
            session.out.print(f"Fits may be due: {session.command('fit')}", style="dim", soft_wrap=True)


def _imported(
    workspace: Workspace, files: list[Path], backfill: bool, dry_run: bool, marking: Marking
) -> tuple[int, int, list[str]]:
    """How many records were appended, how many were known, and what could not be read of a foreign bundle."""
    from iw.exchange.log_forms import is_log

    alone = [file for file in files if file.suffix == ".json" or is_log(file)]
    if not alone:
        done = workspace.import_files(files, backfill=backfill, dry_run=dry_run, marking=marking)
        return *done, []
    if len(files) > 1:
        raise UsageError("A log or a bundle is imported by itself.", "Import the files one by one.")
    if alone[0].suffix != ".json":
        moved = workspace.exchange.read_log(alone[0], backfill=backfill, dry_run=dry_run)
        return moved.appended, moved.known, []
    asked = {"backfill": backfill, "dry_run": dry_run}
    joined, not_read = workspace.exchange.read_bundle(alone[0], marking=marking, **asked)
    return joined.appended, joined.known, [str(fault) for fault in not_read]


def events(
    context: typer.Context,
    about: Annotated[
        str | None,
        typer.Argument(metavar="[PROBLEM|INDICATOR|E12]", help="What concerns it; one event whole. Default: all."),
    ] = None,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="Only what occurred then or later.")] = None,
    known_at: KnownAt = None,
    marking: Marked = None,
    as_json: Json = False,
) -> None:
    """List the events in the log, newest first, with the names that whatif and explain use.

    Example: [bold]iw --workspace iw-demo events war-support --since 2026-01-01[/bold]
    """
    from iw.cli.answers import answer, origin
    from iw.cli.opened import list_events, show_event
    from iw.cli.reading import when
    from iw.core.dates import end_of_day
    from iw.log.records import Marking, Reading
    from iw.log.tables import event_rows, reading_rows, review_rows

    session: Session = context.obj
    with session.open() as workspace:
        asked = when(workspace, None, known_at, marking, since=since)
        known = asked.known_at or end_of_day(workspace.today)
        seen = asked.marking or Marking.RED
        view = workspace.log.view(known, seen)
        one = next((event for event in (*view.events, *view.readings) if event.id == about), None)
        if one is not None and not as_json:
            show_event(session, workspace, view, one, _weight(workspace, one, view))
            return
        wanted = {one.indicator} if one else _indicators_of(workspace, about)
        rows = [
            row | {"weight": _weight(workspace, event, view)}
            for event, row in (
                *zip(view.events, event_rows(view), strict=True),
                *(zip(view.readings, reading_rows(view), strict=True) if isinstance(one, Reading) else ()),
            )
            if event.indicator in wanted
            and (one is None or event is one)
            and (asked.since is None or event.occurred.last >= asked.since)
        ]
        if not isinstance(one, Reading):
            rows.sort(key=lambda row: (row["occurred_first"], row["position"]), reverse=True)
        if as_json:
            reviews = [row for row in review_rows(view) if one is not None and row["subject"] == one.id]
            more = {"reviews": reviews} if one else {}
            print(answer("events", origin(workspace, known_at=known, marking=seen), rows, **more))
            return
    list_events(session, rows)


def _indicators_of(workspace: Workspace, about: str | None) -> set[str]:
    from iw.core.errors import NotFoundError

    catalogue = workspace.catalogue
    if about is None:
        return set(catalogue.indicators)
    if about in catalogue.problems:
        return {use.indicator for use in catalogue.problems[about].indicators}
    if about in catalogue.indicators:
        return {about}
    raise NotFoundError("problem, indicator or event", about, [*catalogue.problems, *catalogue.indicators])
