"""What every draft is checked for when it is made; each check raises `UsageError`."""

from __future__ import annotations

import math
import re
from datetime import date, datetime

from iw.core.dates import PartialDate
from iw.core.errors import UsageError

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


def not_before(reported_at: datetime | None, occurred: PartialDate) -> None:
    """Raise where a report is of a day before the event it backs."""
    if reported_at is None:
        return
    day = reported_at.date()
    if day < occurred.first:
        raise UsageError(f"A report of {day} cannot back an event that occurred on {occurred}.")
