"""The typed form of ``models/tables.yaml``: grades, words, warning levels."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from iw.catalogue.entries import Entry, Interval, Note, Probability, Slug, Step, Text


def _sums_to_one[K](value: dict[K, float]) -> dict[K, float]:
    if abs(sum(value.values()) - 1) > 1e-6:
        raise ValueError(f"the numbers sum to {sum(value.values()):g}, not to 1")
    return value


def _letters[V](value: dict[Any, V]) -> dict[Any, V]:
    return _complete(value, "ABCDE")


def _digits[V](value: dict[Any, V]) -> dict[Any, V]:
    return _complete(value, "12345")


def _complete[V](value: dict[Any, V], keys: str) -> dict[Any, V]:
    missing = [key for key in keys if key not in value]
    if missing:
        raise ValueError(f"no line for {', '.join(missing)}")
    return value


Letter = Literal["A", "B", "C", "D", "E"]
Digit = Literal["1", "2", "3", "4", "5"]
OneRow = Annotated[list[Probability], Field(min_length=5, max_length=5)]


class Frequencies(Entry):
    """How often reliability letters and credibility digits are given; F and 6 average over them."""

    reliability: Annotated[dict[Letter, Probability], AfterValidator(_letters), AfterValidator(_sums_to_one)]
    """Share of the sources judged A to E; the shares sum to 1."""
    credibility: Annotated[dict[Digit, Probability], AfterValidator(_digits), AfterValidator(_sums_to_one)]
    """Share of the reports judged "1" to "5" (in quotes); the shares sum to 1."""


class Word(Entry):
    """The 90 % interval of the multiplier that a likelihood word stands for."""

    interval: Interval
    """[low, high]; the median is the root of low times high."""


class ProbabilityWord(Entry):
    """One ICD 203 word and the range of probabilities that it stands for."""

    word: Text
    """The word, as pages print it."""
    low: Probability
    """Probability from which on the word is used."""
    high: Probability
    """Probability up to which the word is used."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.low >= self.high:
            raise ValueError("'low' is not below 'high'")
        return self


class WarningLevel(Entry):
    """A warning level: entered at ``enter``, left only below ``leave`` (hysteresis)."""

    id: Slug
    """Short name of the level: small letters, digits, hyphens."""
    name: Text
    """The level's name on pages."""
    enter: Probability
    """Probability that a warned scenario is visited within the horizon, from which on the level is
    entered."""
    leave: Probability
    """Probability under which the level is left again; not above "enter"."""
    meaning: Text
    """What the level tells the reader to do."""
    least_origins: Annotated[int, Field(ge=0)] = 0
    """From how many origins the events that count have to come, before the level can be entered."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.leave > self.enter:
            raise ValueError("a level is left at or below the probability where it is entered")
        return self


class Aftershocks(Entry):
    """What is believed of aftershocks before anything is learnt; the same for every problem."""

    branching: Annotated[list[Annotated[float, Field(gt=0)]], Field(min_length=2, max_length=2)]
    """Follow-ons per event over its whole family: the two parameters of a beta distribution, [2, 5] for a mean of
    2/7."""
    decay_days: Interval
    """[low, high]: the time in which follow-ons die down to a third, in days, as a 90 % interval; more than 2."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.decay_days[0] <= 2:
            raise ValueError("follow-ons take more than 2 days: raise 'decay_days'")
        return self


class Drift(Entry):
    """How rates may drift over the years, before anything is learnt; the same for every problem."""

    yearly_step: Step
    """[low, high]: by how much the logarithm of a rate typically changes in a year, as a 90 % interval; "none" for
    constant rates."""


class ConfidenceRule(Entry):
    """What a belief must have, all of it, to be held with a level of analytic confidence."""

    level: Literal["high", "moderate"]
    """The level; what has neither is "low"."""
    interval_points: Annotated[float, Field(gt=0, le=100)]
    """The 90 % interval of the leading scenario is at most so many points wide."""
    origins: Annotated[int, Field(ge=0)]
    """The events that count come from at least so many origins."""
    largest_share: Probability
    """No origin gives more than this share of what they say."""
    coverage: Probability
    """The indicators were watched at least this closely, on average, over the last year."""
    staged_share: Probability
    """At most this share of what the events say comes from events that may be staged."""
    accepted_fit: bool
    """true where an accepted fit must be in force, and not worn."""


class Tables(Entry):
    """The shared tables in ``models/tables.yaml``; numbers are stored, words are rendered from them."""

    grades: Annotated[dict[Letter, OneRow], AfterValidator(_letters)]
    """For each reliability A to E: the probability that a report is genuine, for credibility 1 to 5."""
    grades_note: Note
    """Whose judgement the grades are."""
    grade_frequencies: Frequencies
    """How often each letter and digit is given: F and 6 average over these."""
    grade_frequencies_note: Note
    """Whose judgement the frequencies are."""
    likelihood_words: dict[str, Word]
    """The words for multipliers. "same" is always exactly 1 and has no line."""
    likelihood_words_note: Note
    """Whose judgement the words are."""
    probability_words: list[ProbabilityWord]
    """The words for probabilities, from the lowest to the highest."""
    probability_words_note: Note
    """Where the words come from."""
    warning_levels: list[WarningLevel]
    """The warning levels, from the quietest to the most serious."""
    warning_levels_note: Note
    """Whose judgement the thresholds are."""
    reference_rate_floor: Annotated[float, Field(gt=0)]
    """Occurrences per year under which no indicator's reference rate lies: keeps a rumour of a rare thing a
    rumour."""
    odds_concentration: Annotated[float, Field(gt=0)]
    """How sure the odds of what follows are: the concentration of their Dirichlet distribution."""
    aftershocks: Aftershocks
    """How many follow-ons an event has, and how long they take, before anything is learnt."""
    aftershocks_note: Note
    """Whose judgement that is."""
    level_memory_years: Annotated[float, Field(gt=0)]
    """Years in which a level forgets two thirds of its distance from what is usual."""
    level_memory_note: Note
    """Whose judgement that is."""
    count_dispersion: Interval
    """[low, high]: how much more counts vary from period to period than chance alone makes them: the standard deviation
    of what they are expected to be, as a share of it, as a 90 % interval. Learnt for each count; a problem may say
    otherwise of one under 'dispersion'."""
    count_dispersion_note: Note
    """Whose judgement that is."""
    drift: Drift
    """How fast rates drift over the years, before anything is learnt."""
    drift_note: Note
    """Whose judgement that is."""
    confidence: list[ConfidenceRule]
    """The rules of analytic confidence, the best level first."""
    confidence_note: Note
    """Whose judgement the rules are."""
