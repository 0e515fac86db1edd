"""The typed form of the files in ``indicators/`` and ``models/``: what an analyst may write, and nothing else.

Field names are the words of the files. Rates are per year of 365.25 days; intervals are 90 % intervals.
"""

from __future__ import annotations

import math
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Text = Annotated[str, Field(min_length=1)]
Probability = Annotated[float, Field(ge=0, le=1)]
NEVER_ENDS = "never_ends"


def _interval(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _rising(value: tuple[float, float]) -> tuple[float, float]:
    low, high = value
    if not (0 < low < high and math.isfinite(high)):
        raise ValueError("an interval is [low, high] with 0 < low < high")
    return value


Interval = Annotated[tuple[float, float], BeforeValidator(_interval)]


class Entry(BaseModel):
    """Base of all catalogue entries: strict types, no unknown keys, frozen."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Citation(Entry):
    """Where a number or a definition comes from: a document of the register and its section."""

    document: Slug
    section: Text
    note: str | None = None


class Document(Entry):
    """One document of the register in ``indicators/documents.yaml``."""

    id: Slug
    title: Text
    authors: list[str]
    publisher: Text
    published: Annotated[str, Field(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")]
    url: str | None = None
    cites: list[Slug] = []
    shares_authors_with: list[Slug] = []
    note: str | None = None


class Kind(StrEnum):
    """What an indicator yields: dated events, a measured quantity, or counts from a feed."""

    EVENT = "event"
    LEVEL = "level"
    COUNT = "count"


class Rate(Entry):
    """Genuine occurrences per year while the status quo holds, as a 90 % interval judged on a date."""

    interval: Interval
    elicited_on: date
    author: Text
    rationale: Text
    citations: list[Citation] = []

    @model_validator(mode="after")
    def _check(self) -> Self:
        _rising(self.interval)
        return self


class Indicator(Entry):
    """What to look for: a definition that two watch officers would apply alike."""

    id: Slug
    title: Text
    kind: Annotated[Kind, Field(strict=False)]
    polarity: Literal["confirming", "disconfirming", "driver"]
    definition: Text
    counts: list[str] = []
    excludes: list[str] = []
    family: Slug | None = None
    rate: Rate
    lag_days: Annotated[float, Field(ge=0)]
    coverage: Probability
    wears_out: bool = False
    citations: list[Citation] = []
    related: list[Slug] = []
    tags: list[str] = []


class IndicatorFile(Entry):
    """One file of ``indicators/``: the indicators of one domain."""

    domain: Slug
    title: Text
    indicators: list[Indicator]


class Scenario(Entry):
    """A state of affairs that holds today; the scenarios of a problem are exclusive and exhaustive."""

    id: Slug
    title: Text
    definition: Text
    canonical: list[Slug] = []
    prior: Probability
    dwell_years: Interval | Literal["never_ends"]
    next: dict[Slug, Annotated[float, Field(ge=0)]] = {}
    author: Text
    rationale: Text
    citations: list[Citation] = []

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.dwell_years != NEVER_ENDS:
            _rising(self.dwell_years)  # type: ignore[arg-type]  # the literal is excluded just above
        return self


class Multiplier(Entry):
    """How many times the status quo's rate an indicator has in one scenario: a word or a 90 % interval."""

    word: str | None = None
    interval: Interval | None = None
    rationale: Text
    citations: list[Citation] = []
    judgement: str | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.word is None) == (self.interval is None):
            raise ValueError("give either a word or an interval")
        if self.interval is not None:
            _rising(self.interval)
        if not self.citations and self.judgement is None:
            raise ValueError("a departure from 'same' needs a citation or a named judgement")
        return self


class Listening(Entry):
    """How one problem reads one indicator; scenarios that are not named are 'same'."""

    indicator: Slug
    likelihood: dict[Slug, Multiplier] = {}
    only_then: Slug | None = None
    rate: Rate | None = None
    rationale: str | None = None
    citations: list[Citation] = []
    judgement: str | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.only_then and self.likelihood:
            raise ValueError("'only_then' excludes 'likelihood'")
        if self.only_then and not (self.rationale and (self.citations or self.judgement)):
            raise ValueError("'only_then' needs a rationale and a citation or a named judgement")
        return self


class Problem(Entry):
    """One question under watch, with its scenarios and the indicators that it listens to."""

    id: Slug
    title: Text
    question: Text
    canonical: str | None = None
    start: date
    horizon_days: Annotated[int, Field(gt=0)]
    consequence: Text
    decision: Text
    lead_time_days: Annotated[int, Field(ge=0)]
    owner: Text
    conditional_on: str | None = None
    rule: Text
    status_quo: Slug
    warned: list[Slug]
    scenarios: Annotated[list[Scenario], Field(min_length=2, max_length=8)]
    indicators: Annotated[list[Listening], Field(min_length=1)]


class Note(Entry):
    """Whose judgement a table is, and why."""

    author: Text
    rationale: Text
    citations: list[Citation] = []


class Frequencies(Entry):
    """How often reliability letters and credibility digits are given; F and 6 average over them."""

    reliability: dict[Literal["A", "B", "C", "D", "E"], Probability]
    credibility: dict[Literal["1", "2", "3", "4", "5"], Probability]


class Word(Entry):
    """The 90 % interval of the multiplier that a likelihood word stands for."""

    interval: Interval


class ProbabilityWord(Entry):
    """One ICD 203 word and the range of probabilities that it stands for."""

    word: Text
    low: Probability
    high: Probability


class WarningLevel(Entry):
    """A warning level: entered at ``enter``, left only below ``leave`` (hysteresis)."""

    id: Slug
    name: Text
    enter: Probability
    leave: Probability
    meaning: Text


class Tables(Entry):
    """The shared tables in ``models/tables.yaml``; numbers are stored, words are rendered from them."""

    grades: dict[Literal["A", "B", "C", "D", "E"], Annotated[list[Probability], Field(min_length=5, max_length=5)]]
    grades_note: Note
    grade_frequencies: Frequencies
    grade_frequencies_note: Note
    likelihood_words: dict[str, Word]
    likelihood_words_note: Note
    probability_words: list[ProbabilityWord]
    probability_words_note: Note
    warning_levels: list[WarningLevel]
    warning_levels_note: Note
    reference_rate_floor: Annotated[float, Field(gt=0)]
    odds_concentration: Annotated[float, Field(gt=0)]
