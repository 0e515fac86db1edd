"""Commands that keep the log: ``verify``, ``journal``, ``backup``, ``restore``, ``db copy``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from iw.cli.options import Json
from iw.cli.session import Session
from iw.core.errors import StoreError

if TYPE_CHECKING:
    from iw.log.verify import Verification


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(verify)
    app.command()(journal)
    app.command()(backup)
    app.command()(restore)
    app.add_typer(_databases(), name="db")


def verify(
    context: typer.Context,
    head: Annotated[
        list[str] | None,
        typer.Option(metavar="DIGEST@POSITION|FILE", help="A published head, or a file of them. May be repeated."),
    ] = None,
    journal_head: Annotated[
        list[str] | None,
        typer.Option(metavar="DIGEST@POSITION|FILE", help="A head of the journal that was noted. May be repeated."),
    ] = None,
    without_key: Annotated[
        bool, typer.Option("--without-key", metavar="", help="Only order and published heads: who has no key.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Walk through the whole log and say whether it is as it was written, or where it first is not (exit code 4).

    Example: [bold]iw --workspace iw-demo verify[/bold]
    """
    from iw.workspace.keeping import read_heads, verify_log

    session: Session = context.obj
    anchors, noted = read_heads(head or []), read_heads(journal_head or [])
    with session.open(warn=False) as workspace:
        with session.waiting("Verifying"):
            done = verify_log(workspace, anchors, without_key=without_key, journal_anchors=noted)
        if as_json:
            from iw.cli.answers import answer, origin

            rows = [{"marking": marking, **vars(one)} for marking, one in done.heads.items()]
            found = [{"marking": marking, **vars(one)} for one, marking in done.anchors]
            more: dict[str, Any] = {
                "holds": done.holds,
                "keyed": done.keyed,
                "records": done.records,
                "flaw": done.flaw,
            }
            more |= {"journal": done.journal, "unguarded": done.unguarded}
            print(answer("verify", origin(workspace), rows, **more, published=found))
    if done.flaw is not None:
        hint = f"Records 1 to {done.flaw.position - 1} hold. What this proves and what not: docs/log.md."
        raise StoreError(f"The log does not hold. {done.flaw.message}", hint)
    if done.journal.flaw:
        hint = f"The records hold, and so do entries 1 to {done.journal.entries}. See docs/log.md."
        raise StoreError(f"The journal does not hold. {done.journal.flaw}", hint)
    if done.unguarded:
        what = f"missing, switched off or changed: {', '.join(done.unguarded)}"
        hint = "All records hold. Somebody took the guard away: copy the log to a new database with 'iw db copy'."
        raise StoreError(f"The database no longer refuses every change of the log; {what}.", hint)
    if not as_json:
        _show(session, done, len(anchors))


def _show(session: Session, done: Verification, anchors: int) -> None:
    what = "links and contents hold" if done.keyed else "the order holds; without the key nothing is known of contents"
    session.out.print(f"{done.records} records: {what}.", style="bold", soft_wrap=True)
    if anchors:
        session.out.print(f"All published heads that were given ({anchors}) are in the log.", soft_wrap=True)
    for marking, head in done.heads.items():
        session.out.print(f"  {marking:<12} {head}", soft_wrap=True)
    if done.journal.head is not None:
        session.out.print(f"The journal's {done.journal.entries} entries hold: {done.journal.head}", soft_wrap=True)
    if not anchors:
        session.out.print(
            "Records cut off at the end, and a log written anew by somebody with the key, show only against a head "
            "that was published: give one with --head.",
            soft_wrap=True,
        )


def journal(
    context: typer.Context,
    top: Annotated[int, typer.Option(metavar="N", min=1, help="Only the last so many.")] = 50,
    as_json: Json = False,
) -> None:
    """List who read, exported or copied marked material, and who imported logs, the newest first.

    Example: [bold]iw --workspace iw-demo journal[/bold]
    """
    session: Session = context.obj
    with session.open(warn=False) as workspace:
        entries = workspace.log.journal()[::-1]
        if as_json:
            from iw.cli.answers import answer, origin

            rows = [{"position": one.position, "at": one.at, "author": one.author, **vars(one.note)} for one in entries]
            print(answer("journal", origin(workspace), rows))
            return
    for one in entries[:top]:
        note = one.note
        of = f" of {note.marking}" if note.marking else f" of records {note.first_position} to {note.log_position}"
        up_to = f", up to record {note.log_position}" if note.marking else ""
        digest = f", SHA-256 {note.digest[:12]}..." if note.digest else ""
        told = f"{one.at:%Y-%m-%d %H:%M}  {one.author}: {note.act}{of}, {note.what}{up_to}{digest}"
        session.out.print(told, soft_wrap=True)
    session.out.print(f"{len(entries)} entr{'ies' if len(entries) != 1 else 'y'}", style="dim")


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file, such as watch-2026-04-12.zip.")],
    with_key: Annotated[
        bool, typer.Option("--with-key", metavar="", help="The key, too: then keep the file as secret as the key.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write the whole workspace, its log as it is at one moment, into one file.

    Example: [bold]iw --workspace iw-demo backup iw-demo.zip[/bold]
    """
    from iw.workspace.backup import back_up

    session: Session = context.obj
    with session.open(warn=False) as workspace:
        with session.waiting("Backing up"):
            made = back_up(workspace, file.expanduser(), with_key=with_key)
        if as_json:
            from iw.cli.answers import answer, origin

            rows = [{"marking": marking, "head": head} for marking, head in made.heads.items()]
            print(answer("backup", origin(workspace), rows, file=file, files=made.files, with_key=with_key))
            return
    key = "with the key: keep it secret" if with_key else "without the key: keep a copy of that elsewhere"
    session.out.print(f"{file}: {made.files} files, {key}.", soft_wrap=True)


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that iw backup wrote.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
) -> None:
    """Make the workspace of a backup anew, and verify its log.

    Example: [bold]iw restore iw-demo.zip iw-again[/bold]
    """
    from iw.workspace.backup import restore as restore_backup

    session: Session = context.obj
    with session.waiting("Restoring"):
        done = restore_backup(file.expanduser(), folder.expanduser())
    what = "its links and contents hold" if done.keyed else "its order holds"
    session.out.print(f"{folder} is the workspace again: {done.records} records, {what}.", soft_wrap=True)
    if not done.keyed:
        hint = "The key was not in the backup: put it into log.key there, or into IW_LOG_KEY, and run 'verify'."
        session.note(hint, style="yellow")


def _databases() -> typer.Typer:
    commands = typer.Typer(no_args_is_help=True, rich_markup_mode="rich")

    @commands.callback()
    def db() -> None:
        """Move the log between SQLite and PostgreSQL.

        Example: [bold]iw --workspace iw-demo db copy sqlite:///copy.db[/bold]
        """

    commands.command("copy")(db_copy)
    return commands


def db_copy(
    context: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="sqlite:///FILE or postgresql+psycopg://..., with no log.")],
    as_json: Json = False,
) -> None:
    """Copy the log to another database, SQLite or PostgreSQL, and prove it equal; all of it or nothing.

    Example: [bold]iw --workspace iw-demo db copy sqlite:///copy.db[/bold]
    """
    from iw.workspace.keeping import copy_log

    session: Session = context.obj
    with session.open(warn=False) as workspace:
        with session.waiting("Copying"):
            tables = copy_log(workspace, url)
        if as_json:
            from iw.cli.answers import answer, origin

            print(answer("db-copy", origin(workspace), tables))
            return
    rows = sum(one.rows for one in tables)
    session.out.print(f"Copied {rows} rows in {len(tables)} tables; each table is equal.", soft_wrap=True)
    session.out.print("To use the copy, set IW_DATABASE_URL to its address, or move the file.", soft_wrap=True)
