"""Is this in the log already, in other words? Asked at entry, to warn; what is near is not refused.

An event is near a draft if it is of the same indicator and at most three days away (or the period of one,
known to a month or year, takes in the other), if a report of both has the same address, or if the texts say
much the same: at least two thirds of the words of the shorter one are common to both, and `difflib` finds the
words in much the same order. Texts are compared with the events that were logged last, and with those that are near by
another sign: to compare them with all would take longer the longer the log is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from difflib import SequenceMatcher

from sqlalchemy import Connection, Select, func, select

from iw.core.dates import PartialDate, Precision
from iw.log.drafts import EventDraft, ReportDraft
from iw.log.reading import read_events
from iw.log.records import Event, Marking, Reading
from iw.log.schema import ADDRESS, ADDRESS_LENGTH, backings, events, records, reports

DAYS = timedelta(days=3)
COMMON_WORDS = 2 / 3
SAME_ORDER = 0.6
LATEST = 200
# Two texts of a few words agree by chance.
_FEWEST_WORDS = 4
_LONGEST = {Precision.DAY: 0, Precision.MONTH: 30, Precision.YEAR: 365}  # days from the first of a period to its last
_ADDRESS = re.compile(r"^https?://(www\.)?", re.IGNORECASE)
_BEGINNINGS = ("", "http://", "https://", "http://www.", "https://www.")


def read_near(connection: Connection, draft: EventDraft, known_at: datetime) -> list[Event]:
    """The events known at a moment that ``draft`` may repeat, those with most signs of it first, else by date.

    What it reads does not grow with the log, but for the events that are near.
    """
    queries = [*_of_the_time(draft), *_of_the_addresses(draft), _logged_last()]
    firsts = {first for query in queries for (first,) in connection.execute(query)}
    found = read_events(connection, known_at, Marking.RED, firsts)
    return near_duplicates((event for event in found if not isinstance(event, Reading)), draft)


def near_duplicates(among: Iterable[Event], draft: EventDraft) -> list[Event]:
    """The events that ``draft`` may repeat, those with most signs of it first, else in the order in which they come."""
    urls = _urls(report.url for report in _reports(draft))
    texts = [_words(text) for text in {draft.summary, *(report.text for report in _reports(draft))}]
    scored = [(_signs(event, draft, urls, texts), event) for event in among]
    return [event for signs, event in sorted(scored, key=lambda pair: -pair[0]) if signs]


def _reports(draft: EventDraft) -> list[ReportDraft]:
    return [item.report for item in draft.attached if isinstance(item.report, ReportDraft)]


def _of_the_time(draft: EventDraft) -> list[Select[int]]:
    """Events any version of which is of the indicator and not too far away: a query for each precision.

    In one query SQLite would read all events of the indicator.
    """
    until = _moved(draft.occurred.last, DAYS)
    joined = events.join(records, records.c.position == events.c.position)
    found = select(records.c.first).select_from(joined).where(events.c.indicator == draft.indicator)
    return [
        found.where(
            events.c.occurred_precision == str(precision),
            events.c.occurred_first.between(_moved(draft.occurred.first, -DAYS - timedelta(days=longest)), until),
        )
        for precision, longest in _LONGEST.items()
    ]


def _of_the_addresses(draft: EventDraft) -> list[Select[int]]:
    """Events with a report of one of the addresses, as far as an index tells; no query where the draft has none."""
    bare = {_ADDRESS.sub("", report.url).rstrip("/") for report in _reports(draft) if report.url}
    if not bare:
        return []
    # Made small by the database, as what the index keeps: each has its own idea of letters beyond ASCII.
    wanted = [func.substr(func.lower(f"{way}{one}"), 1, ADDRESS_LENGTH) for one in sorted(bare) for way in _BEGINNINGS]
    joined = reports.join(records, records.c.position == reports.c.position)
    joined = joined.join(backings, backings.c.report == records.c.first)
    return [select(backings.c.event).select_from(joined).where(ADDRESS.in_(wanted))]


def _logged_last() -> Select[int]:
    last = select(events.c.position).order_by(events.c.position.desc()).limit(LATEST)
    return select(records.c.first).where(records.c.position.in_(last))


def _moved(day: date, by: timedelta) -> date:
    try:
        return day + by
    except OverflowError:
        return date.min if by < timedelta() else date.max


def _signs(event: Event, draft: EventDraft, urls: set[str], texts: list[list[str]]) -> int:
    same_time = event.indicator == draft.indicator and _near_in_time(event.occurred, draft.occurred)
    same_url = bool(urls & _urls(backing.report.url for backing in event.backings))
    theirs = {event.summary, *(backing.report.text for backing in event.backings)}
    same_text = any(_alike(mine, _words(text)) for text in theirs for mine in texts)
    return same_time + same_url + same_text


def _near_in_time(one: PartialDate, other: PartialDate) -> bool:
    return one.first - DAYS <= other.last and other.first - DAYS <= one.last


def _urls(addresses: Iterable[str | None]) -> set[str]:
    return {_ADDRESS.sub("", url.casefold()).rstrip("/") for url in addresses if url}


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _alike(one: list[str], other: list[str]) -> bool:
    shorter = min(len(set(one)), len(set(other)))
    # The cheap test first: it spares nearly all comparisons of order.
    if shorter < _FEWEST_WORDS or len(set(one) & set(other)) < COMMON_WORDS * shorter:
        return False
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= SAME_ORDER
