"""The tree of errors, and faults: located findings in a user's data.

A fault in a user's data is a value, collected with its fellows; a fault in a request is an exception.
Every error says what is wrong and, where it can, what to try next::

    IwError
    +-- UsageError          a request that cannot be carried out as asked (exit code 2)
    +-- NotFoundError       a name that is not there; carries the nearest names (exit code 2)
    +-- DataError           faults in files, all of them at once (exit code 3)
    +-- StoreError          the log or the workspace folder cannot be read or written (exit code 4)
    +-- InferenceError      no scenario explains the evidence, or a fit failed (exit code 5)
    +-- Interrupted         long work was cancelled; nothing was changed (exit code 130)
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, order=True)
class Fault:
    """One finding in a user's data. ``line`` and ``column`` count from 1; 0 where there is none."""

    file: str
    line: int
    column: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        return f"{place}: {self.message}" + (f" ({self.hint})" if self.hint else "")


class IwError(Exception):
    """Base of all errors that a person may see; printed without a traceback."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def __reduce__(self) -> tuple[Any, ...]:
        # Subclasses build their sentence from facts and cannot be called with it again; and an error that
        # cannot be unpickled hangs the pool of processes in which it was raised.
        return _same_error, (type(self), self.args, self.__dict__)


class UsageError(IwError):
    """A request that cannot be carried out as it was asked."""

    exit_code = 2


class NotFoundError(IwError):
    """A name that nothing has; the message carries the nearest names that exist."""

    exit_code = 2

    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        near = nearest(name, known)
        hint = f"Did you mean {' or '.join(near)}?" if near else ""
        super().__init__(f"There is no {what} named '{name}'.", hint)


class DataError(IwError):
    """Faults in a user's files, all reported together."""

    exit_code = 3

    def __init__(self, faults: Sequence[Fault], summary: str = "") -> None:
        self.faults = tuple(faults)
        head = summary or f"{len(self.faults)} fault{'s' if len(self.faults) != 1 else ''} found."
        super().__init__("\n".join([head, *(f"  {fault}" for fault in self.faults)]))


class StoreError(IwError):
    """The log or the workspace folder cannot be read or written."""

    exit_code = 4


class InferenceError(IwError):
    """No scenario can explain the evidence, or a fit could not be made."""

    exit_code = 5


class Interrupted(IwError):  # noqa: N818  # nothing went wrong
    """Long work was cancelled; nothing that it would have made was kept."""

    exit_code = 130


def nearest(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Up to ``count`` known names that look most like ``name``, best first, whatever their case."""
    names = {_plain(one): one for one in sorted(known)}
    wanted = _plain(name)
    close = difflib.get_close_matches(wanted, names, n=count, cutoff=0.55)
    inside = [one for one in names if len(wanted) >= 3 and wanted in one and one not in close]
    return [names[one] for one in (close + inside)[:count]]


def _plain(name: str) -> str:
    return name.casefold().replace("_", "-").replace(" ", "-")


def _same_error(kind: type[IwError], args: tuple[Any, ...], facts: dict[str, Any]) -> IwError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(facts)
    return error
