"""The fields of evidence and coverage files, each from its text; a `UsageError` says what to write."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import Literal

from iw.core.dates import PartialDate, parse_moment
from iw.core.errors import UsageError
from iw.log import checks
from iw.log.records import Marking, Staged

MOST_COUNTED = 1e9  # in one period


def occurred(text: str, today: date) -> PartialDate:
    """A day, month or year that has begun."""
    period = PartialDate.parse(text)
    if period.first > today:
        raise UsageError(f"{period} lies in the future")
    return period


def reported(text: str, today: date) -> datetime:
    """A moment, or the end of a day, not after today."""
    if text.startswith("9999"):
        raise UsageError(f"{text} lies in the future")  # the end of the last day of all cannot be told
    moment = parse_moment(text)
    if moment.date() > today:
        raise UsageError(f"{moment.date()} lies in the future")
    return moment


def staged(text: str) -> Staged:
    """Yes, no or possibly."""
    try:
        return Staged(text.casefold())
    except ValueError as error:
        raise UsageError(f"'{text}' does not say whether it was staged", "write yes, no or possibly") from error


def marking(text: str) -> Marking:
    """A TLP marking, with or without its prefix."""
    try:
        return Marking(text.casefold().removeprefix("tlp:").strip())
    except ValueError as error:
        raise UsageError(f"'{text}' is not a marking", f"write {', '.join(Marking)}") from error


def url(text: str) -> str:
    """An address of the web; pages link to it, so nothing else is let in."""
    if not text.casefold().startswith(("http://", "https://")):
        raise UsageError(f"'{text}' is not a web address", "it begins with https://")
    return text


def coverage_kind(text: str) -> Literal["watch", "document", "gap"]:
    """Watch, document or gap."""
    match text:
        case "watch" | "document" | "gap":
            return text
        case _:
            raise UsageError(f"'{text}' is not a kind of coverage", "write watch, document or gap")


def number(text: str) -> float:
    """A finite number, with a point for the decimals."""
    try:
        found = float(text)
    except ValueError as error:
        raise UsageError(f"'{text}' is not a number", "write digits with a point, such as 1450.5") from error
    checks.number(found)
    return found


def count(text: str) -> float:
    """A whole number from 0 to a billion."""
    found = number(text)
    if found != math.floor(found) or not 0 <= found <= MOST_COUNTED:
        raise UsageError(f"'{text}' is no count", "write a whole number, 0 or more")
    return found


def days(text: str) -> int:
    """How many days a period has."""
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text[:9]) <= checks.LONGEST_PERIOD:
        raise UsageError(f"'{text}' is no number of days", f"write 1 to {checks.LONGEST_PERIOD}")
    return int(text)


def chance(text: str) -> float:
    """A number from 0 to 1."""
    try:
        chance = float(text)
    except ValueError as error:
        raise UsageError(f"'{text}' is not a number", "write a chance from 0 to 1") from error
    if not 0 <= chance <= 1:
        raise UsageError(f"a coverage of {text} is not a chance", "write a number from 0 to 1")
    return chance
