"""Dates known to the day, the month or the year, and moments at which things were known.

All dates are UTC. A date of lesser precision stands for its whole period: nothing is invented.
"""

from __future__ import annotations

import calendar
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from iw.core.errors import UsageError

_PARTIAL = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?")


class Precision(StrEnum):
    """How exactly a date is known."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, order=True)
class PartialDate:
    """A period of one day, month or year; ``first`` and ``last`` are both inside it."""

    first: date
    last: date
    precision: Precision

    @classmethod
    def parse(cls, text: str) -> PartialDate:
        """Read ``2023``, ``2023-03`` or ``2023-03-05``; raise `UsageError` for an impossible date."""
        match = _PARTIAL.fullmatch(text.strip())
        if not match:
            raise UsageError(f"'{text}' is not a date.", "Write 2023-03-05, 2023-03 or 2023.")
        year, month, day = (int(part) if part else None for part in match.groups())
        assert year is not None
        try:
            if day is not None and month is not None:
                only = date(year, month, day)
                return cls(only, only, Precision.DAY)
            if month is not None:
                last_day = calendar.monthrange(year, month)[1]
                return cls(date(year, month, 1), date(year, month, last_day), Precision.MONTH)
            return cls(date(year, 1, 1), date(year, 12, 31), Precision.YEAR)
        except (ValueError, calendar.IllegalMonthError) as error:
            raise UsageError(
                f"'{text}' is not a date in the calendar.", "Write 2023-03-05, 2023-03 or 2023."
            ) from error

    @classmethod
    def of_day(cls, day: date) -> PartialDate:
        """The period that is just ``day``."""
        return cls(day, day, Precision.DAY)

    @classmethod
    def of(cls, first: date, precision: Precision | str) -> PartialDate:
        """The period of ``precision`` that begins at ``first``."""
        if precision == Precision.DAY:
            return cls.of_day(first)
        if precision == Precision.MONTH:
            return cls.parse(first.isoformat()[:7])
        return cls.parse(first.isoformat()[:4])

    def __str__(self) -> str:
        # Not strftime: on Linux its %Y has no leading zeros.
        shown = {Precision.DAY: 10, Precision.MONTH: 7, Precision.YEAR: 4}[self.precision]
        return self.first.isoformat()[:shown]


def parse_day(text: str) -> date:
    """Read one calendar day; raise `UsageError` if the text is not one."""
    parsed = PartialDate.parse(text)
    if parsed.precision is not Precision.DAY:
        raise UsageError(f"'{text}' names a whole {parsed.precision}; a day is needed.", "Write 2023-03-05.")
    return parsed.first


def end_of_day(day: date) -> datetime:
    """The last microsecond of ``day`` in UTC: 'as known on that day'."""
    return datetime.combine(day, time.max, UTC)


def month_ends(as_of: date, months: int = 24) -> list[date]:
    """The month ends of the last ``months`` months and ``as_of`` itself, rising."""
    first = as_of.replace(day=1)
    days = [as_of]
    for _ in range(months):
        days.append(first - timedelta(days=1))
        first = (first - timedelta(days=1)).replace(day=1)
    return days[::-1]


def parse_moment(text: str) -> datetime:
    """Read an ISO moment (UTC where no zone is given), or a day, which means the end of that day."""
    if _PARTIAL.fullmatch(text.strip()):
        return end_of_day(parse_day(text))
    with suppress(ValueError):  # the other ways that ISO 8601 writes a day, which are no midnights either
        return end_of_day(date.fromisoformat(text.strip()))
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"'{text}' is not a moment in time.", "Write 2023-03-05 or 2023-03-05T14:30:00+00:00."
        ) from error
