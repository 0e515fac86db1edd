"""How numbers, dates, markings and shortened titles are written: the one place, so that page, PDF and charts agree.

No probability is shown as certain and none with more digits than it bears: whole percent, ``<1 %`` and ``>99 %``
at the ends. Changes carry a sign. Dates are in UTC and written the same whatever the machine's language.
"""

from __future__ import annotations

import math
import textwrap
from datetime import UTC, date, datetime

from iw.assessment.records import Estimate
from iw.core.dates import PartialDate, Precision
from iw.core.errors import UsageError

UNKNOWN = "–"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SPACE = "\u00a0"  # a number and its unit stay on one line
_MINUS = "\u2212"


def in_groups(digest: str) -> str:
    """A long digest in groups of eight characters, so that a line can break between them."""
    return " ".join(textwrap.wrap(digest, 8))


def bare_percent(probability: float) -> str:
    """The number without its sign: ``12``, ``<1``, ``>99``."""
    if math.isnan(probability):
        return UNKNOWN
    if probability < 0.01:
        return "<1"
    return ">99" if probability > 0.99 else f"{probability * 100:.0f}"


def percent(probability: float) -> str:
    """``12 %``, ``<1 %``, ``>99 %``; never 0 or 100."""
    text = bare_percent(probability)
    return text if text == UNKNOWN else f"{text}{_SPACE}%"


def span(low: float, high: float, joint: str = "–") -> str:
    """A range of probabilities: ``5–22 %``, ``<1 to 4 %``; one number where both ends read the same."""
    first, last = bare_percent(low), bare_percent(high)
    if first == last:
        return percent(low)
    if not (first.isdigit() and last.isdigit()):
        joint = f"{_SPACE}to{_SPACE}"
    return f"{first}{joint}{last}{_SPACE}%"


def said_span(low: float, high: float) -> str:
    """A range inside a sentence: ``5 to 22 %``, which no line end can tear apart."""
    return span(low, high, f"{_SPACE}to{_SPACE}")


def interval(estimate: Estimate) -> str:
    """The 90 % interval of an estimate as `span` writes it."""
    return span(estimate.low, estimate.high)


def _signed(value: float, digits: int) -> str:
    if math.isnan(value):
        return UNKNOWN
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:
        return f"±{text}"
    return f"{'+' if value > 0 else _MINUS}{text}"


def change(probability: float) -> str:
    """A change of a probability in whole signed percentage points: ``+3``, ``−1``, ``±0``."""
    return _signed(probability * 100, 0)


def points(value: float) -> str:
    """A contribution in signed percentage points, to a tenth, so that a column can be added up."""
    return _signed(value, 1)


def decibans(value: float) -> str:
    """Evidence in signed decibans, to a tenth."""
    return _signed(value, 1)


def days(count: int) -> str:
    """``90 days``, ``1 year``, ``2 years``: whole years as years, everything else in days."""
    if count >= 365 and count % 365 == 0:
        years = count // 365
        return f"{years}{_SPACE}year{'s' if years != 1 else ''}"
    return f"{count}{_SPACE}day{'s' if count != 1 else ''}"


def day(value: date) -> str:
    """``5 Mar 2026``."""
    return f"{value.day}{_SPACE}{MONTHS[value.month - 1]}{_SPACE}{value.year}"


def month(value: date) -> str:
    """``Mar 2026``."""
    return f"{MONTHS[value.month - 1]}{_SPACE}{value.year}"


def short_day(value: date) -> str:
    """``5 Mar``, where the year is plain from beside it."""
    return f"{value.day}{_SPACE}{MONTHS[value.month - 1]}"


def moment(value: datetime) -> str:
    """``5 Mar 2026, 14:30 UTC``; a moment without a zone is taken as UTC."""
    utc = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return f"{day(utc.date())}, {utc:%H:%M}{_SPACE}UTC"


def partial(text: str) -> str:
    """A date known to the day, month or year, as it is known; other text as it stands."""
    try:
        parsed = PartialDate.parse(text)
    except UsageError:
        return text
    if parsed.precision is Precision.DAY:
        return day(parsed.first)
    return month(parsed.first) if parsed.precision is Precision.MONTH else str(parsed.first.year)


def count(value: float) -> str:
    """A whole number with commas at the thousands."""
    return UNKNOWN if math.isnan(value) else f"{value:,.0f}"


def marking(text: str) -> str:
    """A TLP marking as TLP 2.0 writes it; a name that TLP does not know stays as it is."""
    name = text.strip().upper().removeprefix("TLP:").strip()
    return f"TLP:{name}" if name in {"CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"} else text.strip()


def plural(number: int, one: str, many: str | None = None) -> str:
    """``1 event``, ``2 events``."""
    return f"{number:,}{_SPACE}{one if number == 1 else many or one + 's'}"


def shortened(text: str, room: int) -> str:
    """The text in at most ``room`` characters, cut at a word."""
    return textwrap.shorten(text, max(room, 8), placeholder="…") if len(text) > room else text
