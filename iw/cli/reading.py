"""Options from their texts; every fault of a call is found before anything is done, and all are told at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from iw.core.dates import PartialDate, end_of_day, parse_day, parse_moment
from iw.core.errors import IwError, UsageError

if TYPE_CHECKING:
    from iw.log.records import Marking
    from iw.workspace import Workspace


class OptionsError(UsageError):
    """Several options, or one, that cannot be carried out; ``faults`` has a line for each."""

    def __init__(self, faults: Sequence[str], consequence: str) -> None:
        self.faults = tuple(faults)
        count = f"{len(faults)} faults" if len(faults) > 1 else "1 fault"
        super().__init__("\n".join([f"{consequence} {count}:", *(f"  {fault}" for fault in faults)]))


@dataclass
class Reader:
    """Reads options one after another and keeps what is wrong with them."""

    today: date
    faults: list[str] = field(default_factory=list)

    def read[T](self, option: str, text: str | None, parse: Callable[[str], T]) -> T | None:
        """The option as ``parse`` reads it; None where it is not given or is faulty."""
        return None if text is None else self.attempt(option, lambda: parse(text))

    def attempt[T](self, option: str, do: Callable[[], T]) -> T | None:
        """What ``do`` gives; None where it raises, with its sentence kept under the option's name."""
        try:
            return do()
        except IwError as error:
            hint = f" {error.hint[:1].upper()}{error.hint[1:]}" if error.hint else ""
            self.say(option, f"{error.message.rstrip('.')}.{hint}")
            return None

    def needed(self, option: str, text: str | None, hint: str) -> str | None:
        """A text that must say something."""
        if text is not None and text.strip():
            return text
        self.say(option, f"{'is empty' if text is not None else 'is missing'}. {hint}")
        return None

    def say(self, option: str, fault: str) -> None:
        """Keep a fault."""
        self.faults.append(f"{option}: {fault}")

    def check(self, consequence: str) -> None:
        """Raise `OptionsError` where anything was wrong."""
        if self.faults:
            raise OptionsError(self.faults, consequence)

    def day(self, text: str) -> date:
        """A day of the calendar, ``today`` or ``yesterday``."""
        return self._named_day(text) or parse_day(text)

    def period(self, text: str) -> PartialDate:
        """A day, month or year, ``today`` or ``yesterday``."""
        day = self._named_day(text)
        return PartialDate.of_day(day) if day else PartialDate.parse(text)

    def moment(self, text: str) -> datetime:
        """A moment, or a day, which means its end."""
        day = self._named_day(text)
        return end_of_day(day) if day else parse_moment(text)

    def _named_day(self, text: str) -> date | None:
        back = {"today": 0, "yesterday": 1}.get(text.strip().casefold())
        return None if back is None else self.today - timedelta(days=back)


@dataclass(frozen=True)
class When:
    """The date, moment and marking that are asked for; None: not said."""

    as_of: date | None
    known_at: datetime | None
    marking: Marking | None
    since: date | None


def when(
    workspace: Workspace, as_of: str | None, known_at: str | None, marking: str | None, since: str | None = None
) -> When:
    """Read them; `OptionsError` with all that is wrong."""
    from iw.log import csv_fields

    reader = Reader(workspace.today)
    read = When(
        reader.read("--as-of", as_of, reader.day),
        reader.read("--known-at", known_at, reader.moment),
        reader.read("--marking", marking, csv_fields.marking),
        reader.read("--since", since, reader.day),
    )
    for option, day in (("--as-of", read.as_of), ("--since", read.since)):
        if day is not None and day > workspace.today:
            reader.say(option, f"{day} lies in the future (today is {workspace.today}).")
    reader.check("This cannot be asked.")
    return read


def split(text: str, form: str) -> list[str]:
    """The parts of a text like ``E12@B2``; ``form`` shows how many there must be."""
    parts = [part.strip() for part in text.split("@")]
    if len(parts) != form.count("@") + 1 or not all(parts):
        raise UsageError(f"'{text}' has not the form {form}")
    return parts


def event_name(text: str) -> str:
    """``E12`` from ``E12``, ``e12`` or ``12``."""
    from iw.log.drafts import position_of

    if text.strip()[:1].isalpha() and text.strip()[:1].upper() != "E":
        raise UsageError(f"'{text}' is not an event.", "The names of events look like E12: see 'iw events'.")
    return f"E{position_of(text)}"
