"""What every draft is checked for when it is made; each check raises `UsageError`."""

from __future__ import annotations

import math
import re
from datetime import date, datetime, timedelta

from iw.core.dates import PartialDate, Precision
from iw.core.errors import UsageError

LONGEST_PERIOD = 3660  # days
_LOST = re.compile("[\0\ud800-\udfff]")  # PostgreSQL keeps no NUL in a text, and neither store half a surrogate pair


def filled(**texts: str) -> None:
    """Raise unless every text says something."""
    for name, text in texts.items():
        if not text.strip():
            raise UsageError(f"The {name} is empty.")


def storable(draft: object) -> None:
    """Raise where a text of the draft holds a character that a store loses."""
    for name, text in vars(draft).items():
        if isinstance(text, str) and _LOST.search(text):
            raise UsageError(f"The {name.replace('_', ' ')} holds a character that cannot be stored.")


def zoned(name: str, moment: datetime) -> None:
    """Raise unless the moment has a time zone."""
    if moment.tzinfo is None:
        raise UsageError(f"'{name}' has no time zone.", "Give a moment in UTC.")


def number(value: float | None) -> None:
    """Raise unless the value, where given, is a finite number."""
    if value is not None and not math.isfinite(value):
        raise UsageError(f"The value {value} is not a number that can be kept.")


def period(period_days: int | None, coverage: float | None, value: float | None, occurred: PartialDate) -> None:
    """Raise unless period and coverage, where given, are those of a reading whose first day is known."""
    if (period_days, coverage) != (None, None) and value is None:
        raise UsageError("An event has no period and no coverage of its own: only a reading has.")
    chance(coverage)
    if coverage == 0:
        raise UsageError("A count with a coverage of 0 says nothing.", "Leave it out: nobody was looking.")
    if period_days is None:
        return
    if not 1 <= period_days <= LONGEST_PERIOD:
        raise UsageError(f"A period of {period_days} days is none.", f"Give 1 to {LONGEST_PERIOD} days.")
    if (date.max - occurred.first).days < period_days:
        raise UsageError(f"A period that begins on {occurred} lies in the future.")
    if occurred.precision is not Precision.DAY:
        message = f"A period of {period_days} days begins on a day, and not in {occurred}."
        raise UsageError(message, "Give its first day, or leave out how many days it has.")


def probability(*values: float) -> None:
    """Raise unless every value is a probability."""
    for value in values:
        if not 0 <= value <= 1:
            raise UsageError(f"{value} is not a probability.")


def chance(coverage: float | None) -> None:
    """Raise unless the coverage, where given, is a number from 0 to 1."""
    if coverage is not None and not 0 <= coverage <= 1:
        raise UsageError(f"A coverage of {coverage:g} is not a chance.", "Give a number from 0 to 1.")


def window(since: date, until: date | None) -> None:
    """Raise where the window ends before it begins."""
    if until is not None and until < since:
        raise UsageError(f"The window ends on {until}, before it begins on {since}.")


def not_before(reported_at: datetime | None, occurred: PartialDate, period_days: int | None = None) -> None:
    """Raise where a report is of a day before the event it backs, or of a period of days that was not over."""
    if reported_at is None:
        return
    day = reported_at.date()
    if day < occurred.first:
        raise UsageError(f"A report of {day} cannot back an event that occurred on {occurred}.")
    if period_days is not None and day < (last := occurred.first + timedelta(days=period_days - 1)):
        raise UsageError(f"A report of {day} cannot back a count of a period that ended on {last}.")
