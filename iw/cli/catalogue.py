"""``iw catalogue``: list, search, show one entry, who carries which scenario, and what tells scenarios apart."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from iw.cli.options import Json
from iw.cli.session import Session
from iw.core.errors import DataError, NotFoundError, UsageError

if TYPE_CHECKING:
    from iw.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(catalogue)


def catalogue(
    context: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[WORD...]", help="Only entries with all these words; or one id.")
    ] = None,
    domain: Annotated[str | None, typer.Option(metavar="DOMAIN", help="Only the indicators of this domain.")] = None,
    coverage: Annotated[
        bool, typer.Option("--coverage", metavar="", help="What carries each scenario that the documents state.")
    ] = False,
    diagnosticity: Annotated[
        str | None, typer.Option(metavar="PROBLEM", help="Rank its indicators by what they are expected to tell.")
    ] = None,
    days: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Days of watching. Default: the problem's horizon.")
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE.svg", help="Where the matrix is drawn. Default: in reports/.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List and search problems, scenarios, indicators and questions, and show what they are worth.

    Example: [bold]iw --workspace iw-demo catalogue lethal aid[/bold], or [bold]... catalogue --diagnosticity
    war-support[/bold]
    """
    from iw.cli import entries

    session: Session = context.obj
    asked = [bool(words or domain), coverage, diagnosticity is not None]
    if sum(asked) > 1:
        raise UsageError("Words, --coverage and --diagnosticity are three questions.", "Ask one at a time.")
    if diagnosticity is None and (days is not None or picture is not None):
        raise UsageError("--days and --picture belong to --diagnosticity.", "Name a problem with it.")
    with session.open() as workspace:
        if coverage:
            _show_coverage(session, workspace, as_json)
        elif diagnosticity is not None:
            _show_diagnosticity(session, workspace, diagnosticity, days, picture, as_json)
        else:
            entries.show(session, workspace, words or [], _known_domain(workspace, domain), as_json)


def _known_domain(workspace: Workspace, domain: str | None) -> str | None:
    if domain is not None and domain not in workspace.catalogue.titles:
        raise NotFoundError("domain", domain, workspace.catalogue.titles)
    return domain


def _show_coverage(session: Session, workspace: Workspace, as_json: bool) -> None:
    from iw.catalogue.carried import carried_scenarios, not_carried
    from iw.cli import matrices

    rows, missing = carried_scenarios(workspace.catalogue), not_carried(workspace.catalogue)
    if as_json:
        from iw.cli.answers import answer, origin

        print(answer("catalogue.coverage", origin(workspace), rows, carried=len(rows) - len(missing), of=len(rows)))
    else:
        matrices.show_coverage(session, workspace.catalogue, rows)
    if missing:
        plural = "s are" if len(missing) > 1 else " is"
        raise DataError(missing, f"{len(missing)} scenario{plural} not carried.")


def _show_diagnosticity(
    session: Session, workspace: Workspace, name: str, days: int | None, picture: Path | None, as_json: bool
) -> None:
    from iw.catalogue.diagnosticity import diagnosticity
    from iw.cli import matrices

    problem = workspace.catalogue.problem(name)
    span = days or problem.horizon_days
    rows = diagnosticity(workspace.catalogue, problem, span)
    if as_json:
        from iw.cli.answers import answer, origin

        version = workspace.catalogue.model_version(name)
        print(
            answer("catalogue.diagnosticity", origin(workspace, model_version=version), rows, problem=name, days=span)
        )
        return
    path = (picture or workspace.path / "reports" / f"diagnosticity-{name}.svg").expanduser()
    drawn = matrices.draw(path, problem, rows, span)
    matrices.show_matrix(session, problem, rows, span)
    session.out.print(f"Drawn in {drawn}", soft_wrap=True)
