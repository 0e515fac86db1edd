"""An assessment: everything that the pages, the report and the command line show of one problem at one date.

Frozen and free of behaviour. Probabilities are 0..1; ``points`` are percentage points; ``decibans`` are
10 log10 of odds ratios of one scenario against all others. Intervals are 90 % credible intervals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class Estimate:
    """A probability with its 90 % credible interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Provenance:
    """What made a number: enough to make it again."""

    as_of: date
    known_at: datetime
    marking: str
    log_position: int
    model_version: str
    fit: str | None  # None: no accepted fit, weighted draws from a proposal
    fit_as_of: date | None
    fit_gate: str  # one sentence: accepted, or why not
    effective_draws: float  # effective sample size of the weights
    draws: int
    pareto_k: float | None
    seed: int


@dataclass(frozen=True)
class ScenarioView:
    """One scenario's belief and forecasts. A forecast is P(visited within H days), now included."""

    id: str
    title: str
    definition: str
    status_quo: bool
    warned: bool
    belief: Estimate
    word: str  # ICD 203 word of the mean
    word_low: float
    word_high: float
    change_7: float  # against what was believed 7 days before, as known then (probability, not points)
    change_30: float
    forecasts: Mapping[int, Estimate]  # days -> probability; these sum to more than 1 over scenarios


@dataclass(frozen=True)
class Contribution:
    """One term of a shift; over all terms the points of each scenario add up to the whole difference."""

    # event | resolution | reading | silence | expected change | imprecise evidence | late evidence | model and fit
    kind: str
    label: str
    events: tuple[str, ...]  # ids of the events behind it, if any
    day: date | None
    points: Mapping[str, float]  # scenario id -> percentage points
    decibans: Mapping[str, float]  # scenario id -> decibans
    indicator: str | None = None  # of silence


@dataclass(frozen=True)
class ShiftView:
    """Two beliefs and what took one to the other; ``residual`` is the largest gap left by the sum, in points."""

    since: date
    until: date
    before: Mapping[str, float]  # scenario id -> probability
    after: Mapping[str, float]
    contributions: tuple[Contribution, ...]  # largest effect first
    residual: float


@dataclass(frozen=True)
class ReportView:
    """One report behind an event, as the evidence table shows it."""

    id: str
    source: str
    grade: str
    grade_reason: str
    stance: str
    origin: str
    reported_at: datetime | None
    text: str
    url: str | None
    document: str | None
    section: str | None
    note: str | None
    contradicts: str | None  # what else says otherwise
    marking: str


@dataclass(frozen=True)
class EventView:
    """One indicator event with its reports and its weight."""

    id: str
    occurred: str
    indicator: str
    indicator_title: str
    summary: str
    weight: float  # P(genuine) from grades, origins and denials
    counts: bool  # False: shown but without weight
    why_not: str  # the reason, when it does not count
    staged: str
    development: str | None
    reports: tuple[ReportView, ...]
    effect_points: float  # on the leading scenario, when the event falls into the 30-day shift, else 0


@dataclass(frozen=True)
class HistoryPoint:
    """The belief at one past date, as known then."""

    day: date
    beliefs: Mapping[str, Estimate]
    reliable: bool  # False where the weights' effective size fell too low


@dataclass(frozen=True)
class LevelView:
    """The warning level that the rule gives, with the number it rests on.

    ``since`` is the day of the recorded change to it, None where there is none; ``held_back`` says what keeps it from a
    higher one.
    """

    id: str
    name: str
    meaning: str
    warned: Estimate  # P(a warned scenario is visited within the horizon)
    since: date | None = None
    held_back: str = ""


@dataclass(frozen=True)
class ConfidenceView:
    """Analytic confidence in a belief, and what stands in the way of more."""

    level: str  # high, moderate or low
    reason: str


@dataclass(frozen=True)
class QuestionView:
    """A question that the problem forecasts: the newest recorded forecast, and what came of it by now."""

    id: str  # of the forecast
    question: str
    asks: str
    asked_on: date
    until: date
    belief: Estimate  # in yes
    base_rate: float
    change: float | None  # against the forecast before this one; None where there was none
    outcome: str | None  # yes, no or void; None: pending
    ground: str


@dataclass(frozen=True)
class Assessment:
    """One warning problem at one date."""

    problem: str
    title: str
    question: str
    consequence: str
    decision: str
    lead_time_days: int
    horizon_days: int
    owner: str
    conditional_on: str | None
    provenance: Provenance
    scenarios: tuple[ScenarioView, ...]
    leading: str  # scenario id
    level: LevelView
    confidence: ConfidenceView
    shift_7: ShiftView
    shift_30: ShiftView
    history: tuple[HistoryPoint, ...]
    events: tuple[EventView, ...]  # newest first
    mover: Contribution | None  # the event that moved the belief most within 30 days, if any did visibly
    cautions: tuple[str, ...]  # sentences that a reader must see before using the numbers
    questions: tuple[QuestionView, ...] = ()  # the likeliest first
