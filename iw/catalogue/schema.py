"""The typed form of the files in ``indicators/`` and ``models/``: what an analyst may write.

Field names are the words of the files. Rates are per year of 365.25 days; intervals are 90 % intervals. The
shared tables stand in `iw.catalogue.tables`, questions in `iw.catalogue.questions`.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from iw.catalogue.entries import Citation, Dwell, Entry, Interval, Probability, Slug, Text, partial_date


class Section(Entry):
    """One section of a document: its heading, and the scenarios that it states."""

    heading: Text
    """Heading exactly as in the document; "Chapter > Heading" where headings are nested."""
    scenarios: list[Slug] = []
    """Names of the scenarios that the section states. A problem's scenario or a question has to carry each, by
    naming it under "canonical"."""


class Document(Entry):
    """One document of the register in ``indicators/documents.yaml``."""

    id: Slug
    """Short name by which citations and evidence files refer to the document: small letters, digits,
    hyphens."""
    title: Text
    """Title as printed."""
    authors: list[str]
    """Names of the authors in the printed order."""
    publisher: Text
    """Who published it."""
    published: Annotated[
        str, Field(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$", examples=["2021-01"]), AfterValidator(partial_date)
    ]
    """Date of publication as exactly as known: "2021", "2021-01" or "2021-01-31", in quotes."""
    url: str | None = None
    """Where it can be read, if the document itself says so."""
    cites: list[Slug] = []
    """Documents of this register that it cites: their agreement with it confirms less."""
    shares_authors_with: list[Slug] = []
    """Documents of this register that have an author in common with it."""
    note: str | None = None
    """What a reader should know about the document."""
    sections: list[Section] = []
    """Its sections in order. Where any are listed, a citation has to name one of them."""


class DocumentFile(Entry):
    """The register of documents: ``indicators/documents.yaml``."""

    documents: list[Document]
    """The documents that citations and evidence files may name."""


class Kind(StrEnum):
    """What an indicator yields: dated events, a measured quantity, or counts from a feed."""

    EVENT = "event"
    LEVEL = "level"
    COUNT = "count"


class Elicited(Entry):
    """A judgement of a number: on which day, by whom, and why."""

    interval: Interval
    """[low, high]: a 90 % interval."""
    elicited_on: date
    """Day for which it was judged, such as 2026-06-30, without quotes."""
    author: Text
    """Whose judgement the interval is."""
    rationale: Text
    """Why this interval, in a sentence or two."""
    citations: list[Citation] = []
    """What the judgement rests on."""


class Rate(Elicited):
    """Genuine occurrences per year while the status quo holds, as a 90 % interval judged on a date."""

    interval: Interval
    """[low, high]: genuine occurrences per year, as a 90 % interval. If the judgement rests on the same
    documents as the evidence, high is at least ten times low; otherwise the documents count twice."""


class Usual(Elicited):
    """The value of a level while the status quo holds, as a 90 % interval judged on a date."""

    interval: Interval
    """[low, high]: the value in the indicator's unit, as a 90 % interval."""


class Indicator(Entry):
    """What to look for: a definition that two watch officers would apply alike."""

    id: Slug
    """Short name, unique in the catalogue: small letters, digits, hyphens. The log refers to it: never rename
    it."""
    title: Text
    """What happens, in a few words."""
    kind: Annotated[Kind, Field(strict=False)]
    """event: it happens on a date. level: a measured quantity. count: so many per day or week, from a
    feed."""
    polarity: Literal["confirming", "disconfirming", "driver"]
    """Does it speak for closer cooperation, against it, or is it a cause of either? Only for readers."""
    definition: Text
    """What counts, so that two watch officers would decide alike; also what makes one entry and what makes
    two."""
    counts: list[str] = []
    """Examples that count."""
    excludes: list[str] = []
    """Near misses that do not count."""
    family: Slug | None = None
    """Name shared by indicators whose events trigger one another; without it the indicator is its own
    family."""
    rate: Rate | None = None
    """How often it genuinely happens while the status quo holds: of an event or a count. A problem may set a rate
    of its own."""
    unit: Text | None = None
    """What a level is measured in, such as per cent or billion US dollars."""
    usual: Usual | None = None
    """The value of a level while the status quo holds."""
    lag_days: Annotated[float, Field(ge=0)]
    """Usual days from the occurrence to the first public report. Recent silence within the lag is not
    counted."""
    coverage: Probability
    """Chance, from 0 to 1, that a staffed watch of open sources would see an occurrence. Declare it without
    looking at the events: the higher it is, the more silence means."""
    wears_out: bool = False
    """true where silence counts nothing: for "the first ...", which cannot go on happening, for what opens a state and
    is not repeated while it lasts, and for what needs an occasion to happen at all."""
    citations: list[Citation] = []
    """Where the documents speak of it."""
    related: list[Slug] = []
    """Ids of indicators that a reader should look at, too."""
    tags: list[str] = []
    """Free labels, such as a CAMEO code: cameo:0871."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.kind is Kind.LEVEL:
            if self.rate is not None or self.unit is None or self.usual is None:
                raise ValueError("a level has 'unit' and 'usual' in place of 'rate'")
        elif self.rate is None or self.unit is not None or self.usual is not None:
            raise ValueError("an event or a count has 'rate'; 'unit' and 'usual' are for levels")
        if self.kind is Kind.COUNT and (self.family is not None or self.wears_out):
            raise ValueError("'family' and 'wears_out' are for events: a count has neither aftershocks nor silence")
        return self


class IndicatorFile(Entry):
    """One file of ``indicators/``: the indicators of one domain."""

    domain: Slug
    """Name of the domain: small letters, digits, hyphens. Coverage can be declared for a whole domain."""
    title: Text
    """The domain's name on pages."""
    indicators: list[Indicator]
    """The indicators of the domain."""


class Scenario(Entry):
    """A state of affairs that holds today; the scenarios of a problem are exclusive and exhaustive."""

    id: Slug
    """Short name, unique in the problem: small letters, digits, hyphens."""
    title: Text
    """The scenario's name on pages."""
    definition: Text
    """A state of affairs that holds today (a policy or posture in force), never an event or a maximum over a
    window."""
    canonical: list[Slug] = []
    """Names under which the documents know what this scenario carries."""
    prior: Probability
    """Probability at the problem's start. The priors of a problem sum to 1."""
    dwell_years: Dwell
    """[low, high]: 90 % interval of the mean number of years that the scenario lasts once it holds; or
    never_ends."""
    next: dict[Slug, Annotated[float, Field(ge=0)]] = {}
    """Odds of what follows when it ends, such as {low-flow: 4, restriction: 1}. Scenarios left out get 0."""
    author: Text
    """Whose judgement prior, dwell and odds are."""
    rationale: Text
    """Why this prior, this dwell and these odds."""
    citations: list[Citation] = []
    """What the judgement rests on."""


class Multiplier(Entry):
    """How many times the status quo's rate an indicator has in one scenario: a word or a 90 % interval."""

    word: str | None = None
    """x30, x8, x3, same, "x1/3", "x1/8" or "x1/30": a word of models/tables.yaml. Give a word or an
    interval."""
    interval: Interval | None = None
    """[low, high]: 90 % interval of the multiplier. Give a word or an interval."""
    rationale: Text
    """Why the rate differs from the status quo's, in a sentence."""
    citations: list[Citation] = []
    """What the multiplier rests on; without any, name a judgement."""
    judgement: str | None = None
    """Who judges so, where no document does."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.word is None) == (self.interval is None):
            raise ValueError("give either a word or an interval")
        if not self.citations and not self.judgement:
            raise ValueError("a departure from 'same' needs a citation or a named judgement")
        return self


class Dispersion(Entry):
    """How much more the counts of one indicator vary from period to period than chance alone makes them."""

    interval: Interval
    """[low, high]: the standard deviation of what they are expected to be, as a share of it, as a 90 % interval: 0.3
    where a usual period has a third more or less than the last."""
    rationale: Text
    """Why these counts vary so much, in a sentence."""
    citations: list[Citation] = []
    """What the interval rests on; without any, name a judgement."""
    judgement: str | None = None
    """Who judges so, where no document does."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.citations and not self.judgement:
            raise ValueError("a dispersion needs a citation or a named judgement")
        return self


def _not_given(value: object) -> bool:
    return value is None


class Listening(Entry):
    """How one problem reads one indicator; scenarios that are not named are 'same'."""

    indicator: Slug
    """Id of an indicator of the catalogue."""
    likelihood: dict[Slug, Multiplier] = {}
    """For each scenario in which the rate differs: how many times the status quo's rate it is there. The
    status quo and every scenario left out are 1."""
    only_then: Slug | None = None
    """The one scenario in which it practically happens; elsewhere the rate is a thousandth. Then the rate is
    the rate IN that scenario. Stands in place of likelihood."""
    rate: Rate | None = None
    """A rate for this problem, in place of the indicator's own."""
    # Left out of what is hashed where it is not given: the versions of problems that count nothing stay as they are.
    dispersion: Annotated[Dispersion | None, Field(exclude_if=_not_given)] = None
    """Of a count: how much more it varies than chance alone makes it, in place of count_dispersion in
    models/tables.yaml."""
    rationale: str | None = None
    """Why "only then"."""
    citations: list[Citation] = []
    """What "only then" rests on; without any, name a judgement."""
    judgement: str | None = None
    """Who judges so, where no document does."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.only_then and self.likelihood:
            raise ValueError("'only_then' excludes 'likelihood'")
        if self.only_then and not (self.rationale and (self.citations or self.judgement)):
            raise ValueError("'only_then' needs a rationale and a citation or a named judgement")
        return self


class LevelThere(Entry):
    """The value of a level in one scenario, as a 90 % interval."""

    interval: Interval
    """[low, high]: the value in the indicator's unit, as a 90 % interval."""
    rationale: Text
    """Why the value differs from the usual one, in a sentence."""
    citations: list[Citation] = []
    """What the interval rests on; without any, name a judgement."""
    judgement: str | None = None
    """Who judges so, where no document does."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.citations and not self.judgement:
            raise ValueError("a value that is not the usual one needs a citation or a named judgement")
        return self


class LevelListening(Entry):
    """How one problem reads one level; in scenarios that are not named its value is the usual one."""

    indicator: Slug
    """Id of a level of the catalogue."""
    values: Annotated[dict[Slug, LevelThere], Field(min_length=1)]
    """For each scenario in which the value is not the usual one: what it is there."""


class Problem(Entry):
    """One question under watch, with its scenarios and the indicators that it listens to."""

    id: Slug
    """Short name, unique in the catalogue: small letters, digits, hyphens."""
    title: Text
    """The problem's name on pages."""
    question: Text
    """The question that its scenarios answer."""
    canonical: str | None = None
    """Name under which the documents' problems were first collected."""
    start: date
    """First day of the model. What happened before it does not count."""
    horizon_days: Annotated[int, Field(gt=0)]
    """Days that the warning looks ahead."""
    consequence: Text
    """What follows if a warned scenario comes about."""
    decision: Text
    """The decision that the warning serves."""
    lead_time_days: Annotated[int, Field(ge=0)]
    """Days that the decision needs."""
    owner: Text
    """Who answers for the problem."""
    conditional_on: str | None = None
    """The trigger that the problem presupposes, as it stands within a sentence, such as "a ceasefire that holds". The
    belief then reads: "if it came to it today". Such problems come last."""
    rule: Text
    """How to tell which scenario holds, so that exactly one does."""
    status_quo: Slug
    """Id of the scenario against which all multipliers are given."""
    warned: list[Slug]
    """Ids of the scenarios that are warned of."""
    scenarios: Annotated[list[Scenario], Field(min_length=2, max_length=8)]
    """Two to eight states of affairs, one of which holds at any time."""
    indicators: Annotated[list[Listening], Field(min_length=1)]
    """The events and counts that tell the scenarios apart. One that is the same in all of them has no place here."""
    levels: list[LevelListening] = []
    """The levels whose readings tell the scenarios apart."""

    @property
    def heard(self) -> list[str]:
        """The ids of all that it listens to, levels last."""
        return [*(use.indicator for use in self.indicators), *(use.indicator for use in self.levels)]
