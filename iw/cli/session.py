"""What all commands share: the workspace that is meant, the consoles, and progress on the way."""

from __future__ import annotations

import gc
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.padding import Padding

if TYPE_CHECKING:
    from rich.status import Status
    from rich.text import Text

    from iw.workspace import Workspace


@dataclass
class Session:
    """The global options of one call, and what follows from them."""

    folder: Path | None = None
    no_color: bool = False
    debug: bool = False
    called: str | None = None  # the command

    def open(self, warn: bool = True) -> Workspace:
        """The workspace that is meant; close it. Unless told otherwise, says what faults keep out of every answer."""
        from iw.workspace import open_workspace

        workspace = open_workspace(
            self.folder.expanduser() if self.folder else None, purpose=f"iw {self.called}" if self.called else "iw"
        )
        if warn and workspace.faults:
            named = sorted(f"{kind} {name}" for kind, name in workspace.catalogue.left_out)
            shown = ", ".join([*named[:8], *(["..."] if len(named) > 8 else [])])
            left_out = f"; left out of this answer: {shown}" if named else ""
            plural = "s" if len(workspace.faults) > 1 else ""
            count = f"{len(workspace.faults)} fault{plural}"
            self.note(f"Beware: {count} in the catalogue{left_out}. Run '{self.command('check')}'.", style="yellow")
        return workspace

    @cached_property
    def out(self) -> Console:
        """Where answers go."""
        return Console(no_color=self.no_color or None, highlight=False, markup=False, emoji=False)

    @cached_property
    def err(self) -> Console:
        """Where errors, warnings and progress go."""
        return Console(no_color=self.no_color or None, highlight=False, markup=False, emoji=False, stderr=True)

    @property
    def at_terminal(self) -> bool:
        """Whether a person can answer a question."""
        return sys.stdin is not None and sys.stdin.isatty()

    def ask(self, value: str | None, question: str) -> str | None:
        """The value; where it was not given, what a person at the terminal answers."""
        if value is not None or not self.at_terminal:
            return value
        import typer

        return str(typer.prompt(question, err=True))

    def command(self, words: str) -> str:
        """A command as it must be typed to reach the same workspace."""
        where = f"--workspace {shlex.quote(str(self.folder))} " if self.folder else ""
        return f"iw {where}{words}"

    def note(self, text: str = "", style: str | None = None) -> None:
        """A line on standard error, never broken by us."""
        self.err.print(text, style=style, soft_wrap=True)

    def below(self, text: str | Text, indent: int = 2, style: str | None = None) -> None:
        """An answer's line, indented with all the lines that it breaks into."""
        self.out.print(Padding(text, (0, 0, 0, indent)), style=style)

    @contextmanager
    def waiting(self, message: str) -> Iterator[None]:
        """A turning wheel while a person waits; nothing where nobody looks."""
        if not self.err.is_terminal:
            yield
            return
        with self.err.status(f"{message} ..."):
            yield


@dataclass
class Steps:
    """Progress of long work on standard error: each step with the seconds since the start.

    At a terminal the step under way turns a wheel and is kept as a line, with its own seconds, when it is over;
    elsewhere every step is a line when it begins.
    """

    session: Session
    _began: float = field(default_factory=time.perf_counter)
    _step_began: float = 0.0
    _message: str = ""
    _status: Status | None = None

    def __call__(self, message: str) -> None:
        """A step begins; the one before is over."""
        self._over()
        self._message, self._step_began = message, time.perf_counter()
        if self.session.err.is_terminal:
            self._status = self.session.err.status(f"{message} ...")
            self._status.start()
        else:
            self.session.note(f"{time.perf_counter() - self._began:6.1f} s  {message}")

    def __enter__(self) -> Steps:
        gc.enable()  # long work makes garbage
        return self

    def __exit__(self, *_: object) -> None:
        self._over()

    def _over(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None
            self.session.note(f"{time.perf_counter() - self._step_began:6.1f} s  {self._message}")
