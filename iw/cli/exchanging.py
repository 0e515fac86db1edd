"""``iw export``: the log in files for others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from iw.cli.options import Json, KnownAt, Marked
from iw.cli.session import Session
from iw.core.errors import UsageError

if TYPE_CHECKING:
    from iw.cli.reading import When
    from iw.exchange.parquet_files import TableName
    from iw.workspace import Workspace

    type Form = Callable[[Workspace, Path, When], dict[str, Any]]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(export)


def export(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="FILE.jsonl, .csv or .parquet: the whole log; .json: STIX 2.1."),
    ],
    table: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="In Parquet, one table: events, reports, readings, coverage or reviews."),
    ] = None,
    beliefs: Annotated[
        bool, typer.Option("--beliefs", metavar="", help="In STIX, also what is believed of each problem.")
    ] = False,
    known_at: KnownAt = None,
    marking: Marked = None,
    as_json: Json = False,
) -> None:
    """Write the log, a table of it or a STIX bundle to a file, as far as it is at or below a marking.

    Example: [bold]iw --workspace iw-demo export log.jsonl --marking green[/bold]
    """
    from iw.cli.answers import answer, origin
    from iw.cli.reading import when

    session: Session = context.obj
    form = _form(file, table, beliefs, known_at)
    with session.open() as workspace, session.waiting("Writing"):
        asked = when(workspace, None, known_at, marking)
        told = form(workspace, file.expanduser(), asked)
        text = answer("export", origin(workspace), [{"file": file, **told}]) if as_json else ""
    if as_json:
        print(text)
    else:
        count = next(f"{told[what]} {what}" for what in ("records", "rows", "objects") if what in told)
        session.out.print(f"{file}: {count} at or below {told['marking']}.", soft_wrap=True)


def _form(file: Path, table: str | None, beliefs: bool, known_at: str | None) -> Form:
    """What writes a file of this name; `UsageError` where that or the options cannot be."""
    given = {"--table": table, "--beliefs": beliefs, "--known-at": known_at}
    forms: dict[str, tuple[Form, tuple[str, ...]]] = {
        ".jsonl": (_write_log, ()),
        ".csv": (_write_log, ()),
        ".parquet": (
            (lambda workspace, path, asked: _write_table(workspace, table, path, asked), ("--table", "--known-at"))
            if table is not None
            else (_write_log, ())
        ),
        ".json": (
            lambda workspace, path, asked: _write_bundle(workspace, beliefs, path, asked),
            ("--beliefs", "--known-at"),
        ),
    }
    if file.suffix not in forms:
        raise UsageError(
            f"'{file.name}' does not tell in which form.", f"Name a file that ends in {' or '.join(forms)}."
        )
    form, options = forms[file.suffix]
    wrong = [option for option, value in given.items() if value and option not in options]
    if wrong:
        what = "whole log" if form is _write_log else f"file {file.suffix}"
        raise UsageError(f"A {what} has no {' and no '.join(wrong)}.", "See iw export --help.")
    if form is not _write_log and table is not None:
        _table(table)
    return form


def _table(name: str) -> TableName:
    from iw.exchange.parquet_files import TableName

    if name not in tuple(TableName):
        raise UsageError(f"--table is {name}.", f"Name one of {', '.join(TableName)}.")
    return TableName(name)


def _write_log(workspace: Workspace, path: Path, asked: When) -> dict[str, Any]:
    from iw.log.records import Marking

    header = workspace.exchange.write_log(path, asked.marking or Marking.RED)
    return {"marking": header.marking, "records": header.records, "digest": header.digest}


def _write_table(workspace: Workspace, table: str, path: Path, asked: When) -> dict[str, Any]:
    from iw.core.dates import end_of_day
    from iw.log.records import Marking

    known, marking = asked.known_at or end_of_day(workspace.today), asked.marking or Marking.RED
    rows = workspace.exchange.write_table(_table(table), path, known, marking)
    return {"marking": marking, "rows": rows, "table": table, "known_at": known}


def _write_bundle(workspace: Workspace, beliefs: bool, path: Path, asked: When) -> dict[str, Any]:
    from iw.core.dates import end_of_day
    from iw.log.records import Marking

    known, marking = asked.known_at or end_of_day(workspace.today), asked.marking or Marking.RED
    told = workspace.exchange.write_bundle(path, known, marking, beliefs=beliefs)
    return {"marking": marking, "objects": told.objects, "digest": told.digest, "known_at": known}
