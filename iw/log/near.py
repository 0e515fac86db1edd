"""Is this in the log already, in other words? Asked at entry, to warn; what is near is not refused.

An event is near a draft if it is of the same indicator and at most three days away (or the period of one,
known to a month or year, takes in the other), if a report of both has the same address, or if the texts say
much the same: at least two thirds of the words of the shorter one are common to both, and `difflib` finds the
words in much the same order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from difflib import SequenceMatcher

from iw.core.dates import PartialDate
from iw.log.drafts import EventDraft, ReportDraft
from iw.log.records import Event, LogView

DAYS = timedelta(days=3)
COMMON_WORDS = 2 / 3
SAME_ORDER = 0.6
# Two texts of a few words agree by chance.
_FEWEST_WORDS = 4


def near_duplicates(view: LogView, draft: EventDraft) -> list[Event]:
    """The events of the view that ``draft`` may repeat, those with most signs of it first, else by date."""
    reports = [item.report for item in draft.attached if isinstance(item.report, ReportDraft)]
    urls = _urls(report.url for report in reports)
    texts = [_words(text) for text in {draft.summary, *(report.text for report in reports)}]
    scored = [(_signs(event, draft, urls, texts), event) for event in view.events]
    return [event for signs, event in sorted(scored, key=lambda pair: -pair[0]) if signs]


def _signs(event: Event, draft: EventDraft, urls: set[str], texts: list[list[str]]) -> int:
    same_time = event.indicator == draft.indicator and _near_in_time(event.occurred, draft.occurred)
    same_url = bool(urls & _urls(backing.report.url for backing in event.backings))
    theirs = {event.summary, *(backing.report.text for backing in event.backings)}
    same_text = any(_alike(mine, _words(text)) for text in theirs for mine in texts)
    return same_time + same_url + same_text


def _near_in_time(one: PartialDate, other: PartialDate) -> bool:
    return one.first - DAYS <= other.last and other.first - DAYS <= one.last


def _urls(addresses: Iterable[str | None]) -> set[str]:
    return {re.sub(r"^https?://(www\.)?", "", url.casefold()).rstrip("/") for url in addresses if url}


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _alike(one: list[str], other: list[str]) -> bool:
    shorter = min(len(set(one)), len(set(other)))
    # The cheap test first: it spares nearly all comparisons of order.
    if shorter < _FEWEST_WORDS or len(set(one) & set(other)) < COMMON_WORDS * shorter:
        return False
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= SAME_ORDER
