"""``iw demo``: a watch over the shipped subject, with its evidence, its fits and two weekly reports."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iw.cli.session import Session, Steps
from iw.core.errors import Interrupted, UsageError

if TYPE_CHECKING:
    from iw.workspace import Workspace

# The shipped evidence ends in this week, and the demonstration's clock stands still on its last day.
DEMO_DAY = date(2026, 4, 12)
# The Sunday after Washington warned that Beijing weighed lethal aid: the week to look back at.
WARNING_DAY = date(2023, 3, 5)
_STEPS = 8


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="A new folder, or the demonstration of an earlier run.")
    ] = Path("iw-demo"),
) -> None:
    """Make a watch to look at: shipped evidence, fits, two weekly reports, and the board.

    The first run takes some four minutes, a second one seconds: what is there is not made again.

    Example: [bold]iw demo[/bold], then [bold]iw --workspace iw-demo explain war-support --as-of 2023-03-05[/bold]
    """
    from iw.cli.asking import show_board
    from iw.cli.reading import when

    given: Session = context.obj
    session = Session(folder, given.no_color, given.debug)
    try:
        with Steps(session) as steps:
            _numbered(steps, 1, f"the workspace {folder}")
            workspace = _workspace(folder.expanduser())
            with workspace:
                _numbered(steps, 2, "the shipped evidence")
                _import(workspace, steps)
                _fit(workspace, WARNING_DAY, 3, steps)
                _fit(workspace, DEMO_DAY, 4, steps)
                _numbered(steps, 5, "this week's questions and the warning levels")
                workspace.foresight.ask(workspace.settings.author)
                workspace.foresight.record_levels(workspace.settings.author)
                written = [*_report(workspace, WARNING_DAY, 6, steps), *_report(workspace, DEMO_DAY, 7, steps)]
                _numbered(steps, _STEPS, "the board")
        with workspace:
            session.out.print(
                f"The clock stands still on {DEMO_DAY}, because the shipped evidence ends in that week.", style="yellow"
            )
            session.out.print()
            show_board(session, workspace, when(workspace, None, None, None))
    except KeyboardInterrupt:
        raise Interrupted("Cancelled.", "Run 'iw demo' once more: it goes on where it was.") from None
    for words in (
        "status --as-of 2023-03-05",
        "explain war-support --as-of 2023-03-05",
        "whatif war-support --add lethal-aid-warning@2026-04-10@B2",
        "log lethal-aid-warning --on today --grade B2 --source 'Example wire' --text 'Officials warn of lethal aid.'",
    ):
        session.out.print(f"  {session.command(words)}", style="dim", soft_wrap=True)
    session.out.print("Reports:")
    for path in written:
        session.out.print(f"  {path}", soft_wrap=True)


def _numbered(steps: Steps, number: int, message: str) -> None:
    steps(f"{number}/{_STEPS}  {message}")


def _workspace(folder: Path) -> Workspace:
    from iw.workspace import init_workspace, open_workspace
    from iw.workspace.settings import CONFIG

    if not (folder / CONFIG).exists():
        return init_workspace(folder, name="Russia-China partnership", today=DEMO_DAY)
    workspace = open_workspace(folder)
    if workspace.settings.today != DEMO_DAY:
        workspace.close()
        raise UsageError(f"{folder} is a workspace, but not this demonstration.", "Name another folder: iw demo DIR.")
    return workspace


def _import(workspace: Workspace, steps: Steps) -> None:
    from iw.core.resources import shipped

    files = sorted((shipped("indicators") / "evidence").glob("*.csv"))
    appended, skipped = workspace.import_files(files, backfill=True)
    steps(f"     {appended} events and windows of coverage imported, {skipped} there already")


def _fit(workspace: Workspace, day: date, number: int, steps: Steps) -> None:
    """Fit what has no fit of that day yet; evidence that somebody logged since does not count as a reason."""
    missing = [
        name
        for name in workspace.problems()
        if not any(
            one.as_of == day and one.model_version == workspace.catalogue.model_version(name)
            for one in workspace.log.fits(name)
        )
    ]
    _numbered(steps, number, f"fits as of {day}: {len(missing)} to make" if missing else f"fits as of {day}: all there")
    if missing:
        begun: list[str] = []

        def progress(message: str) -> None:
            name = message.split(":")[0]
            if name in missing and name not in begun:
                begun.append(name)
            count = f"{len(begun)} of {len(missing)}: " if name in missing else ""
            steps(f"     {count}{message}")

        workspace.fit(missing, day, progress=progress)


def _report(workspace: Workspace, day: date, number: int, steps: Steps) -> list[Path]:
    files = [workspace.path / "reports" / f"weekly-{day}.{ending}" for ending in ("html", "pdf")]
    if all(file.exists() for file in files):
        _numbered(steps, number, f"the weekly report of {day}: there already")
        return files
    _numbered(steps, number, f"the weekly report of {day}")
    return list(workspace.report(day, progress=lambda message: steps(f"     {message}")))
