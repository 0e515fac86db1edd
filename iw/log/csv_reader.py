"""Reads the fields of one line at a time, and collects what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from iw.core.errors import Fault, UsageError, nearest
from iw.log.claims import Claims
from iw.log.csv_lines import CsvTable, Line
from iw.log.records import Marking


@dataclass
class Reader:
    """Reads the fields of one line at a time and collects what is wrong with them."""

    table: CsvTable
    indicators: Mapping[str, float]  # each with its usual lag in days
    levels: Collection[str]
    counts: Collection[str]
    documents: Collection[str]
    domains: Collection[str] | None
    backfill: bool
    today: date
    marking: Marking
    faults: list[Fault]
    claims: Claims | None  # None: lines that repeat others were looked for already

    def lines(self) -> Iterator[Line]:
        """The sound lines of the table."""
        return self.table.lines(self.faults)

    def text(self, line: Line, column: str) -> str:
        """A field that must not be empty."""
        found = line.fields.get(column, "")
        if not found and column in line.fields:
            self.say(line, column, f"'{column}' is empty")
        return found

    def parsed[T](self, line: Line, column: str, parse: Callable[[str], T]) -> T | None:
        """A field as ``parse`` reads it; None where it is empty or faulty."""
        found = line.fields.get(column, "")
        if not found:
            return None
        try:
            return parse(found)
        except UsageError as error:
            self.say(line, column, error.message.rstrip("."), error.hint.rstrip("."))
            return None

    def known(self, line: Line, column: str, what: str, names: Collection[str]) -> str | None:
        """A field that, unless empty, is one of ``names``."""
        found = line.fields.get(column, "")
        if found and found not in names:
            near = nearest(found, names)
            hint = f"did you mean {' or '.join(near)}?" if near else ""
            self.say(line, column, f"there is no {what} '{found}'", hint)
        return found or None

    def new(self, line: Line, fingerprint: str | None) -> None:
        """Note what the line claims; a line that claims the same as an earlier one is a fault."""
        if self.claims is None or fingerprint is None:
            return
        first = self.claims.first(fingerprint, line.number)
        if first != line.number:
            self.faults.append(Fault(self.table.file, line.number, 0, f"this repeats line {first}"))

    def say(self, line: Line, column: str, message: str, hint: str = "") -> None:
        """Note a fault."""
        self.faults.append(self.table.fault(line, column, message, hint))
