"""Commands that keep the log: ``verify``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from iw.cli.options import Json
from iw.cli.session import Session
from iw.core.errors import StoreError

if TYPE_CHECKING:
    from iw.log.verify import Verification


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(verify)


def verify(
    context: typer.Context,
    head: Annotated[
        list[str] | None,
        typer.Option(metavar="DIGEST@POSITION|FILE", help="A published head, or a file of them. May be repeated."),
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
    anchors = read_heads(head or [])
    with session.open(warn=False) as workspace:
        with session.waiting("Verifying"):
            done = verify_log(workspace, anchors, without_key=without_key)
        if as_json:
            from iw.cli.answers import answer, origin

            rows = [{"marking": marking, **vars(one)} for marking, one in done.heads.items()]
            found = [{"marking": marking, **vars(one)} for one, marking in done.anchors]
            more = {"holds": done.holds, "keyed": done.keyed, "records": done.records, "flaw": done.flaw}
            print(answer("verify", origin(workspace), rows, **more, published=found))
    if done.flaw is not None:
        hint = f"Records 1 to {done.flaw.position - 1} hold. What this proves and what not: docs/log.md."
        raise StoreError(f"The log does not hold. {done.flaw.message}", hint)
    if not as_json:
        _show(session, done, len(anchors))


def _show(session: Session, done: Verification, anchors: int) -> None:
    what = "links and contents hold" if done.keyed else "the order holds; without the key nothing is known of contents"
    session.out.print(f"{done.records} records: {what}.", style="bold", soft_wrap=True)
    if anchors:
        session.out.print(f"All published heads that were given ({anchors}) are in the log.", soft_wrap=True)
    for marking, head in done.heads.items():
        session.out.print(f"  {marking:<12} {head}", soft_wrap=True)
    if not anchors:
        session.out.print(
            "Records cut off at the end, and a log written anew by somebody with the key, show only against a head "
            "that was published: give one with --head.",
            soft_wrap=True,
        )
