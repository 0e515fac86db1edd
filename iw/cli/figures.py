"""Numbers for a terminal: as the report writes them where it does, finer where small steps are to be followed."""

from __future__ import annotations

import math
from collections.abc import Iterable

from iw.assessment.records import Estimate
from iw.report import numbers

MINUS = "\u2212"


def plain(text: str) -> str:
    """The report's texts with spaces that a terminal can break and search."""
    return text.replace("\u00a0", " ")


def share(estimate: Estimate) -> str:
    """``91 % (79–98 %)``: a probability with its 90 % interval."""
    return plain(f"{numbers.percent(estimate.mean)} ({numbers.interval(estimate)})")


def signed(value: float, digits: int = 1) -> str:
    """``+3.2``, ``−0.1``, ``±0.0``."""
    if math.isnan(value):
        return numbers.UNKNOWN
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:
        return f"±{text}"
    return f"{'+' if value > 0 else MINUS}{text}"


def change(probability: float) -> str:
    """A change of a probability in signed points, to a tenth."""
    return signed(100 * probability)


def digits_for(terms: Iterable[float]) -> int:
    """So many digits that the larger ones of the terms, in points, can be told apart."""
    largest = max((abs(term) for term in terms), default=0.0)
    return 2 if largest >= 0.5 else 3 if largest >= 0.05 else 4


def fine_percent(probability: float, digits: int = 1) -> str:
    """``91.42 %``; what would read as 0 or 100 is ``<0.01 %`` or ``>99.99 %``."""
    least = 10.0**-digits
    percent = 100 * probability
    if percent < least:
        return f"<{least:.{digits}f} %"
    if percent > 100 - least:
        return f">{100 - least:.{digits}f} %"
    return f"{percent:.{digits}f} %"


def shortened(text: str, width: int) -> str:
    """The text in one line of at most ``width`` characters."""
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 1].rstrip(' ,;:.')}…"
