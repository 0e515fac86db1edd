"""Commands that say something of a fact in the log, by a new record: ``back``, ``deny``, ``correct``, ``regrade``,
``retract``, ``review``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from iw.cli.moved import apply
from iw.cli.named import in_force, named, reported_at
from iw.cli.options import (
    Author,
    Document,
    GradeGiven,
    Held,
    Json,
    Note,
    Origin,
    Reported,
    Section,
    Source,
    Text,
    Url,
    Why,
)
from iw.cli.reading import Reader
from iw.cli.sent import Sent, read_held, read_report
from iw.cli.session import Session
from iw.core.errors import UsageError

if TYPE_CHECKING:
    from iw.log.chains import Chain
    from iw.log.drafts import CorrectionDraft, Draft
    from iw.log.records import Stance
    from iw.workspace import Workspace

Event = Annotated[str, typer.Argument(metavar="E12", help="The event: see iw events.")]
Marked = Annotated[
    str | None, typer.Option("--marking", metavar="TLP", help="Of the report. Default: that of the event.")
]
Anew = Annotated[str | None, typer.Option("--marking", metavar="TLP", help="A new marking.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (back, deny, correct, regrade, retract, review):
        app.command()(command)


def back(
    context: typer.Context,
    event: Event,
    source: Source = None,
    grade: GradeGiven = None,
    text: Text = None,
    origin: Origin = None,
    url: Url = None,
    reported: Reported = None,
    document: Document = None,
    section: Section = None,
    note: Note = None,
    held: Held = None,
    marking: Marked = None,
    by: Author = None,
    as_json: Json = False,
) -> None:
    """Back an event with a further report; of one origin the best counts, and across origins they add up.

    Example: [bold]iw --workspace iw-demo back E542 --source "Another wire" --grade C2 --text "It was seen."[/bold]
    """
    from iw.log.records import Stance

    sent = Sent(source, grade, text, origin, url, reported, document, section, note)
    _link(context.obj, "back", Stance.BACKS, event, sent, held, marking, by, as_json)


def deny(
    context: typer.Context,
    event: Event,
    source: Source = None,
    grade: GradeGiven = None,
    text: Text = None,
    expected: Annotated[
        bool, typer.Option("--expected", metavar="", help="It would be denied either way: weighs nothing.")
    ] = False,
    origin: Origin = None,
    url: Url = None,
    reported: Reported = None,
    document: Document = None,
    section: Section = None,
    note: Note = None,
    held: Held = None,
    marking: Marked = None,
    by: Author = None,
    as_json: Json = False,
) -> None:
    """Record that a report denies an event; it counts once for each origin.

    Example: [bold]iw --workspace iw-demo deny E542 --source "A ministry" --grade D3 --text "It is false."[/bold]
    """
    from iw.log.records import Stance

    sent = Sent(source, grade, text, origin, url, reported, document, section, note)
    stance = Stance.DENIES_EXPECTED if expected else Stance.DENIES
    _link(context.obj, "deny", stance, event, sent, held, marking, by, as_json)


def _link(
    session: Session,
    command: str,
    stance: Stance,
    event: str,
    sent: Sent,
    held: str | None,
    marking: str | None,
    by: str | None,
    as_json: bool,
) -> None:
    from iw.log import csv_fields
    from iw.log.drafts import BackingDraft
    from iw.log.records import Stance
    from iw.log.schema import Kind

    with session.open() as workspace:
        if held is None:
            sent = sent.asked(session)
        reader = Reader(workspace.today)
        about = reader.attempt("EVENT", lambda: named(workspace, event, Kind.EVENT))
        mark = reader.read("--marking", marking, csv_fields.marking)
        report = known = None
        if held is None:
            report = read_report(reader, workspace, sent)
        else:
            known = read_held(reader, workspace, held, sent)
        if stance is Stance.BACKS and about is not None:
            event_there = in_force(workspace, about)
            when = report.reported_at if report else known and reported_at(workspace, known)
            if event_there is not None and when and when.date() < event_there.occurred.first:
                option = "--reported" if report else "--report"
                reader.say(option, f"{when.date()} lies before the event ({event_there.occurred}).")
        reader.check("Nothing was recorded.")
        assert about is not None
        behind = report or (known.first if known else None)
        assert behind is not None
        draft = BackingDraft(about.first, behind, stance, marking=mark)
        who = known.name if known else f"{sent.source}, graded {sent.grade}"
        _apply(session, workspace, command, about.name, f"{about.name}: {who} {stance.phrase}.", draft, by, "", as_json)


def correct(
    context: typer.Context,
    event: Annotated[str, typer.Argument(metavar="E12", help="The event or reading: see iw events.")],
    on: Annotated[str | None, typer.Option(metavar="DATE", help="When it happened (UTC).")] = None,
    indicator: Annotated[str | None, typer.Option(metavar="ID", help="What happened.")] = None,
    summary: Annotated[str | None, typer.Option(metavar="TEXT", help="The event in a line.")] = None,
    development: Annotated[
        str | None, typer.Option(metavar="NAME", help="The story that it belongs to; '' for none.")
    ] = None,
    staged: Annotated[str | None, typer.Option(metavar="no|possibly|yes", help="Performed for onlookers?")] = None,
    value: Annotated[float | None, typer.Option(metavar="NUMBER", help="Of a reading: the value.")] = None,
    period_days: Annotated[int | None, typer.Option(metavar="DAYS", help="Of a count: how long.")] = None,
    coverage: Annotated[float | None, typer.Option(metavar="CHANCE", help="Of a count: share seen.")] = None,
    local: Annotated[str | None, typer.Option(metavar="TEXT", help="The local time as received; '' for none.")] = None,
    marking: Anew = None,
    reason: Why = None,
    by: Author = None,
    as_json: Json = False,
) -> None:
    """Correct what the log says of an event or reading; what it said before stays for questions about then.

    Example: [bold]iw --workspace iw-demo correct E542 --on 2023-02 --reason "It began in February."[/bold]
    """
    from iw.log.schema import Kind

    session: Session = context.obj
    given = {"indicator": indicator, "summary": summary, "development": development, "occurred_local": local}
    with session.open() as workspace:
        reason = session.ask(reason, "Why")
        reader = Reader(workspace.today)
        about = reader.attempt("EVENT", lambda: named(workspace, event, Kind.EVENT))
        numbers = {"value": value, "period_days": period_days, "coverage": coverage}
        read = _correction(workspace, reader, about, given, on, staged, numbers, marking)
        why = reader.needed("--reason", reason, "Say why.")
        reader.check("Nothing was corrected.")
        assert about is not None
        assert read is not None
        done = f"{about.name} corrected: {why}"
        _apply(session, workspace, "correct", about.name, done, read, by, why or "", as_json)


def _correction(
    workspace: Workspace,
    reader: Reader,
    about: Chain | None,
    given: dict[str, str | None],
    on: str | None,
    staged: str | None,
    numbers: dict[str, Any],
    marking: str | None,
) -> CorrectionDraft | None:
    from iw.catalogue import Kind
    from iw.log import csv_fields
    from iw.log.drafts import CorrectionDraft
    from iw.log.records import Reading, Stance

    if all(one is None for one in (*given.values(), on, staged, *numbers.values(), marking)):
        reader.say("OPTIONS", "name what is to be corrected: --on, --indicator, --summary and others.")
    occurred = reader.read("--on", on, reader.period)
    if occurred is not None and occurred.first > workspace.today:
        reader.say("--on", f"{occurred} lies in the future (today is {workspace.today}).")
    found = reader.read("--indicator", given["indicator"], workspace.catalogue.indicator)
    how = reader.read("--staged", staged, csv_fields.staged)
    mark = reader.read("--marking", marking, csv_fields.marking)
    if about is None:
        return None
    there = in_force(workspace, about)
    if found is not None and (found.kind is Kind.EVENT) == isinstance(there, Reading):
        reader.say("--indicator", f"'{found.id}' is of another kind: events and readings are kept apart.")
    backed = [one.report for one in there.backings if one.stance is Stance.BACKS] if there else []
    early = [one for one in backed if occurred and one.reported_at and one.reported_at.date() < occurred.first]
    if early:
        reader.say("--on", f"{occurred} lies after the report {early[0].id} that backs it. Retract that first.")

    def draft() -> CorrectionDraft:
        return CorrectionDraft(
            about.first,
            indicator=given["indicator"],
            occurred=occurred,
            summary=given["summary"],
            development=given["development"],
            staged=how,
            occurred_local=given["occurred_local"],
            marking=mark,
            **numbers,
        )

    return reader.attempt("OPTIONS", draft)


def regrade(
    context: typer.Context,
    report: Annotated[str, typer.Argument(metavar="R7", help="The report: see iw events E12.")],
    grade: Annotated[str | None, typer.Argument(metavar="[GRADE]", help="The new grade, such as C3.")] = None,
    marking: Anew = None,
    reason: Why = None,
    by: Author = None,
    as_json: Json = False,
) -> None:
    """Grade a report anew, or mark it anew; what the source sent stays as it is.

    Example: [bold]iw --workspace iw-demo regrade R541 C3 --reason "The officials were not named."[/bold]
    """
    from iw.log import csv_fields
    from iw.log.drafts import RegradeDraft
    from iw.log.grades import parse_grade
    from iw.log.schema import Kind

    session: Session = context.obj
    with session.open() as workspace:
        if marking is None:
            grade = session.ask(grade, "Grade, such as B2")
        reason = session.ask(reason, "Why")
        reader = Reader(workspace.today)
        about = reader.attempt("REPORT", lambda: named(workspace, report, Kind.REPORT))
        new = reader.read("GRADE", grade, parse_grade)
        mark = reader.read("--marking", marking, csv_fields.marking)
        if grade is None and marking is None:
            reader.say("GRADE", "is missing. Write a letter A-F and a digit 1-6, such as B2.")
        why = reader.needed("--reason", reason, "Say why.")
        reader.check("Nothing was regraded.")
        assert about is not None
        draft = RegradeDraft(about.first, new, marking=mark)
        told = " and ".join([*([f"graded {new}"] if new else []), *([f"marked {mark}"] if mark else [])])
        done = f"{about.name} {told}: {why}"
        _apply(session, workspace, "regrade", about.name, done, draft, by, why or "", as_json)


def retract(
    context: typer.Context,
    record: Annotated[
        str,
        typer.Argument(
            metavar="E12|R7|C3|S5|V9|J6|E12@R7",
            help="What is withdrawn; E12@R7: only that this report stands to this event.",
        ),
    ],
    reason: Why = None,
    by: Author = None,
    as_json: Json = False,
) -> None:
    """Withdraw an event, report, coverage, search, resolution or review; it stays for questions about the time before.

    Example: [bold]iw --workspace iw-demo retract E542 --reason "Logged by mistake."[/bold]
    """
    from iw.log.drafts import RetractionDraft

    session: Session = context.obj
    with session.open() as workspace:
        reason = session.ask(reason, "Why")
        reader = Reader(workspace.today)
        target = reader.attempt("RECORD", lambda: _withdrawn(workspace, record))
        why = reader.needed("--reason", reason, "Say why.")
        reader.check("Nothing was withdrawn.")
        assert target is not None
        position, name = target
        done = f"{name} withdrawn: {why}"
        _apply(session, workspace, "retract", name, done, RetractionDraft(position), by, why or "", as_json)


def review(
    context: typer.Context,
    record: Annotated[str, typer.Argument(metavar="E12|R7", help="The event, reading or report that was looked at.")],
    opinion: Annotated[str, typer.Argument(metavar="agree|doubt|reject", help="What you think of it.")],
    ground: Annotated[str | None, typer.Option(metavar="TEXT", help="Needed. On what ground.")] = None,
    marking: Annotated[
        str | None, typer.Option(metavar="TLP", help="Of the review. Default: clear, or that of its subject.")
    ] = None,
    by: Author = None,
    as_json: Json = False,
) -> None:
    """Record that you looked at an event, reading or report, and what you think of it. It changes no belief.

    Example: [bold]iw --workspace iw-demo review E542 doubt --ground "The officials are not named."[/bold]
    """
    from iw.log import csv_fields
    from iw.log.drafts import ReviewDraft
    from iw.log.records import Marking, Opinion

    session: Session = context.obj
    with session.open() as workspace:
        ground = session.ask(ground, "On what ground")
        reader = Reader(workspace.today)
        about = reader.attempt("RECORD", lambda: workspace.log.named(record))
        if opinion not in list(Opinion):
            reader.say("OPINION", f"'{opinion}' is none. Write {', '.join(Opinion)}.")
        mark = reader.read("--marking", marking, csv_fields.marking) or Marking.CLEAR
        why = reader.needed("--ground", ground, "Say on what ground.")
        reader.check("Nothing was recorded.")
        assert about is not None
        assert why is not None
        (position,) = workspace.append([ReviewDraft(about.first, Opinion(opinion), why, marking=mark)], by, "reviewed")
        if as_json:
            from iw.cli.answers import answer, origin

            row = {"record": f"J{position}", "subject": about.name, "opinion": opinion, "ground": why}
            print(answer("review", origin(workspace), [row]))
            return
    session.out.print(f"J{position}: {opinion} on {about.name}. {why}", soft_wrap=True)
    session.out.print("A review changes no belief. See deny, regrade and correct.", style="dim")


def _withdrawn(workspace: Workspace, name: str) -> tuple[int, str]:
    """The position of the record of this name, and the name as we write it."""
    from iw.log.schema import Kind

    event, at, report = name.partition("@")
    if not at:
        chain = workspace.log.named(name)
        return chain.first, chain.name
    about, by = named(workspace, event, Kind.EVENT), named(workspace, report, Kind.REPORT)
    there = in_force(workspace, about)
    for backing in there.backings if there else ():
        if backing.report.first_position == by.first:
            return backing.position, f"{about.name}@{by.name}"
    raise UsageError(f"{by.name} does not stand to {about.name}", f"See iw events {about.name}")


def _apply(
    session: Session,
    workspace: Workspace,
    command: str,
    record: str,
    done: str,
    draft: Draft,
    by: str | None,
    reason: str,
    as_json: bool,
) -> None:
    """Append the draft, and tell what it did."""
    apply(session, workspace, command, lambda _: (record, done), draft, by, reason, as_json)
