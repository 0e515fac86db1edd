"""The program: its global options, its commands, and its errors in one shape."""

from __future__ import annotations

import gc
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.main import get_command

from iw.cli import (
    asking,
    catalogue,
    changing,
    demo,
    exchanging,
    foreseeing,
    founding,
    keeping,
    looking,
    replaying,
    telling,
    trusting,
    working,
)
from iw.cli.session import Session
from iw.core.errors import IwError

app = typer.Typer(
    name="iw",
    help=(
        "Log graded reports of indicators, and see at once what they do to the beliefs about each scenario.\n\n"
        "First steps: [bold]iw demo[/bold] shows a watch at work; [bold]iw init my-watch[/bold] begins your own."
    ),
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)

_GLOBAL = {"-w", "--workspace", "--no-color", "--debug", "--version"}
FAULT_OF_OURS = "This is a fault of the program; rerun with --debug for the traceback."


def run(args: Sequence[str] | None = None) -> int:
    """Run one command and translate whatever goes wrong; gives the exit code."""
    # To load the engine makes a hundred thousand objects and no garbage: collecting it takes a tenth of a short
    # command's time. Long work switches it on again (see `Steps`).
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _run(Session(), args)
    finally:
        if collecting:
            gc.enable()


def _run(session: Session, args: Sequence[str] | None) -> int:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that knows no arrows gets question marks, not a crash
            stream.reconfigure(errors="replace")
    try:
        code = get_command(app).main(
            None if args is None else list(args), prog_name="iw", standalone_mode=False, obj=session
        )
        sys.stdout.flush()
        if code == 130:
            session.note("Cancelled.")
        return code if isinstance(code, int) else 0
    except typer.Abort:
        session.note("Cancelled.")
        return 130
    except KeyboardInterrupt:
        session.note("Cancelled.")
        return 130
    except BrokenPipeError:
        # The reader went away, as `head` does. Python would complain once more when it flushes at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except IwError as error:
        return _failed(session, error, error.message, error.hint, error.exit_code)
    except Exception as error:
        if hasattr(error, "format_message") and hasattr(error, "exit_code"):  # the parser's own errors
            return _failed(session, error, error.format_message(), _parser_hint(error), error.exit_code)
        return _failed(session, error, f"{type(error).__name__}: {error}".splitlines()[0], FAULT_OF_OURS, 1)


def _failed(session: Session, error: Exception, message: str, hint: str, code: int) -> int:
    if session.debug:
        session.note("".join(traceback.format_exception(error)).rstrip())
    session.note(f"Error: {message}", style="bold red")
    if hint:
        session.note(hint)
    return code


def _parser_hint(error: Any) -> str:
    if getattr(error, "option_name", None) in _GLOBAL:
        value = " DIR" if error.option_name in {"-w", "--workspace"} else ""
        return f"It goes before the command: iw {error.option_name}{value} COMMAND ..."
    path = error.ctx.command_path if getattr(error, "ctx", None) else "iw"
    return f"See {path} --help."


def _version(wanted: bool) -> None:
    if not wanted:
        return
    from iw.core.resources import product_version

    print(f"iw-tracker {product_version()} ({Path(__file__).resolve().parents[1]})")
    print("Linux has a wireless tool that is also named iw; iw-tracker is the same command as this one.")
    raise typer.Exit


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    workspace: Annotated[
        Path | None,
        typer.Option(
            "--workspace",
            "-w",
            metavar="DIR",
            help="The workspace. Default: $IW_WORKSPACE, else this folder or the nearest one above.",
        ),
    ] = None,
    no_color: Annotated[bool, typer.Option("--no-color", metavar="", help="No colours, as with $NO_COLOR.")] = False,
    debug: Annotated[bool, typer.Option("--debug", metavar="", help="On an error, show where it arose.")] = False,
    version: Annotated[
        bool,
        typer.Option("--version", metavar="", help="Name, version and place.", callback=_version, is_eager=True),
    ] = False,
) -> None:
    """The global options; help where no command is named."""
    session = context.obj
    session.folder, session.no_color, session.debug = workspace, no_color, debug
    session.called = context.invoked_subcommand
    if context.invoked_subcommand is None:
        print(context.get_help())


# In the order in which the help lists them.
_PANELS = {
    "Begin": (founding, demo),
    "Tell the log, and read it": (telling, changing, looking, exchanging),
    "Ask what is believed, and whether to trust it": (asking, trusting),
    "Look ahead, and score": (foreseeing,),
    "Catalogue, fits, reports": (catalogue, working, replaying),
    "Keep the log": (keeping,),
}
for panel, parts in _PANELS.items():
    for part in parts:
        part.register(app)
    for one in app.registered_commands:
        one.rich_help_panel = one.rich_help_panel if isinstance(one.rich_help_panel, str) else panel
    for group in app.registered_groups:
        group.rich_help_panel = panel  # the only one comes last
