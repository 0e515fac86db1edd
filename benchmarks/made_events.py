"""Events for large logs: of the last ten years, by many sources, in words drawn at random, no two alike."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta

from iw.core.dates import PartialDate
from iw.log.drafts import EventDraft, ReportDraft
from iw.log.grades import parse_grade

GRADE = "B2"
DAYS, SOURCES, WORDS = 3650, 200, 20
_SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprst" for vowel in "aeiou"]
_VOCABULARY = [first + last for first in _SYLLABLES for last in _SYLLABLES]


@dataclass(frozen=True)
class Made:
    """One event as its CSV line has it; the text is its summary, too."""

    indicator: str
    occurred_on: date
    text: str
    source: str
    url: str

    @property
    def draft(self) -> EventDraft:
        """The event with its report."""
        report = ReportDraft(self.source, parse_grade(GRADE), self.text, url=self.url)
        return EventDraft(self.indicator, PartialDate.of_day(self.occurred_on), self.text, (report,))


def made(number: int, indicators: list[str], today: date) -> Made:
    """The event of this number, always the same."""
    chance = random.Random(number)
    return Made(
        indicator=chance.choice(indicators),
        occurred_on=today - timedelta(days=1 + chance.randrange(DAYS)),
        text=f"Report {number}: {' '.join(chance.choices(_VOCABULARY, k=WORDS))}.",
        source=f"Source {chance.randrange(SOURCES)}",
        url=f"https://example.org/{number}",
    )
