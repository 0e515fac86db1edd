"""Commands for what fits no indicator, and for who was looking: ``keep``, ``unassigned``, ``search``, ``gap``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from iw.cli.moved import apply
from iw.cli.options import (
    Author,
    Document,
    GradeGiven,
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
from iw.cli.reading import Reader
from iw.cli.sent import Sent, read_report
from iw.cli.session import Session

if TYPE_CHECKING:
    from datetime import date

    from iw.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (keep, unassigned, search, gap):
        app.command()(command)


def keep(
    context: typer.Context,
    source: Source = None,
    grade: GradeGiven = None,
    text: Text = None,
    bears_on: Annotated[
        str | None, typer.Option(metavar="INDICATOR", help="The indicator that it has to do with, if any.")
    ] = None,
    origin: Origin = None,
    url: Url = None,
    reported: Reported = None,
    document: Document = None,
    section: Section = None,
    note: Note = None,
    marking: MarkedAs = None,
    by: Author = None,
    as_json: Json = False,
) -> None:
    """Keep a report that fits no indicator, or that nobody has assigned yet: an anomaly is not dropped.

    Example: [bold]iw --workspace iw-demo keep --source "Example wire" --grade C3 --text "An odd convoy."[/bold]
    """
    from iw.log import csv_fields

    session: Session = context.obj
    with session.open() as workspace:
        sent = Sent(source, grade, text, origin, url, reported, document, section, note).asked(session)
        reader = Reader(workspace.today)
        mark = reader.read("--marking", marking, csv_fields.marking)
        if bears_on is not None:
            reader.attempt("--bears-on", lambda: workspace.catalogue.indicator(bears_on))
        draft = read_report(reader, workspace, sent, mark, bears_on)
        reader.check("Nothing was kept.")
        assert draft is not None
        what = f"kept, unassigned. It backs an event with: {session.command('back E12 --report')}"
        apply(session, workspace, "keep", lambda at: (f"R{at}", f"R{at} {what} R{at}"), draft, by, "", as_json)


def unassigned(context: typer.Context, known_at: KnownAt = None, marking: Marked = None, as_json: Json = False) -> None:
    """List the reports that back and deny nothing, the newest first.

    Example: [bold]iw --workspace iw-demo unassigned[/bold]
    """
    from iw.cli.answers import answer, origin
    from iw.cli.opened import show_reviews
    from iw.cli.reading import when
    from iw.core.dates import end_of_day
    from iw.log.drafts import position_of
    from iw.log.records import Marking
    from iw.log.tables import report_rows

    session: Session = context.obj
    with session.open() as workspace:
        asked = when(workspace, None, known_at, marking)
        known, seen = asked.known_at or end_of_day(workspace.today), asked.marking or Marking.RED
        view = workspace.log.view(known, seen)
        rows = [row for row in report_rows(view) if row["event"] is None]
        rows.sort(key=lambda row: (row["reported_at"] or row["recorded_at"], row["position"]), reverse=True)
        if as_json:
            print(answer("unassigned", origin(workspace, known_at=known, marking=seen), rows))
            return
    for row in rows:
        about = f", bears on {row['bears_on']}" if row["bears_on"] else ""
        when_told = f", {row['reported_at']:%Y-%m-%d}" if row["reported_at"] else ""
        session.out.print(f"{row['id']}: {row['source']}, graded {row['grade']}{when_told}{about}", soft_wrap=True)
        session.below(row["text"])
        show_reviews(session, view, position_of(row["id"]))
    session.out.print(f"{len(rows)} unassigned report{'s' if len(rows) != 1 else ''}", style="dim")


def search(
    context: typer.Context,
    indicator: Annotated[str, typer.Argument(metavar="INDICATOR", help="What was looked for.")],
    since: Annotated[str | None, typer.Option("--from", metavar="DATE", help="Needed. The first day.")] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="DATE", help="The last day. Default: today.")] = None,
    chance: Annotated[
        str | None, typer.Option(metavar="CHANCE", help="Needed. That an occurrence would have been seen, 0 to 1.")
    ] = None,
    marking: MarkedAs = None,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="How it was looked for.")] = "",
    by: Author = None,
    as_json: Json = False,
) -> None:
    """Record that somebody looked for an indicator over a window and did not see it.

    Example: [bold]iw --workspace iw-demo search lethal-aid-delivery --from 2026-01-01 --chance 0.5[/bold]
    """
    from iw.log import csv_fields
    from iw.log.drafts import SearchDraft
    from iw.log.records import Marking

    session: Session = context.obj
    with session.open() as workspace:
        since = session.ask(since, "From which day")
        chance = session.ask(chance, "Chance that an occurrence would have been seen, 0 to 1")
        reader = Reader(workspace.today)
        reader.attempt("INDICATOR", lambda: workspace.catalogue.indicator(indicator))
        first, last = _window(reader, since, until)
        last = last or workspace.today
        if last > workspace.today:
            reader.say("--to", f"{last} is not over yet. Record what was searched so far.")
        given = reader.needed("--chance", chance, "Write a number from 0 to 1.")
        seen = reader.read("--chance", given, csv_fields.chance)
        mark = reader.read("--marking", marking, csv_fields.marking) or Marking.CLEAR
        reader.check("Nothing was recorded.")
        assert first is not None
        assert seen is not None
        draft = SearchDraft(indicator, first, last, seen, mark)
        done = f"searched for {indicator} from {first} to {last} and not seen, chance {seen:g}."
        apply(session, workspace, "search", lambda at: (f"S{at}", f"S{at}: {done}"), draft, by, reason, as_json)


def gap(
    context: typer.Context,
    selects: Annotated[
        str, typer.Argument(metavar="[INDICATOR|domain:DOMAIN]", help="What nobody looked for. Default: everything.")
    ] = "*",
    since: Annotated[str | None, typer.Option("--from", metavar="DATE", help="Needed. The first day.")] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="DATE", help="The last day. Default: open.")] = None,
    marking: MarkedAs = None,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why nobody looked.")] = "",
    by: Author = None,
    as_json: Json = False,
) -> None:
    """Record that nobody was looking in a window: silence there says nothing, and an event in it has no weight.

    Example: [bold]iw --workspace iw-demo gap --from 2026-04-03 --to 2026-04-06 --reason "Easter"[/bold]
    """
    from iw.log import csv_fields
    from iw.log.drafts import CoverageDraft
    from iw.log.records import Marking

    session: Session = context.obj
    with session.open() as workspace:
        since = session.ask(since, "From which day")
        reader = Reader(workspace.today)
        reader.attempt("INDICATOR", lambda: _check_selects(workspace, selects))
        first, last = _window(reader, since, until)
        mark = reader.read("--marking", marking, csv_fields.marking) or Marking.CLEAR
        reader.check("Nothing was recorded.")
        assert first is not None
        draft = CoverageDraft("watch", "gap", selects, first, last, marking=mark)
        what = "anything" if selects == "*" else selects
        done = f"nobody looks for {what} from {first} {f'to {last}' if last else 'on'}."
        apply(session, workspace, "gap", lambda at: (f"C{at}", f"C{at}: {done}"), draft, by, reason, as_json)


def _window(reader: Reader, since: str | None, until: str | None) -> tuple[date | None, date | None]:
    first = reader.read("--from", reader.needed("--from", since, "Name the first day."), reader.day)
    last = reader.read("--to", until, reader.day)
    if first is not None and last is not None and last < first:
        reader.say("--to", f"{last} lies before {first}.")
    return first, last


def _check_selects(workspace: Workspace, selects: str) -> None:
    from iw.core.errors import NotFoundError

    if selects.startswith("domain:"):
        domains = set(workspace.catalogue.domains.values())
        if selects.removeprefix("domain:") not in domains:
            raise NotFoundError("domain", selects.removeprefix("domain:"), domains)
    elif selects != "*":
        workspace.catalogue.indicator(selects)
