"""Reasons to doubt a belief: its fit and weights, the grades, the priors, surprises, silent feeds, all scenarios.

Every check gives its figures and, where they are bad, a sentence with what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import special

from iw.assessment.beliefs import USABLE_DRAWS, WORN, WORN_SHAPE, Belief, Beliefs
from iw.assessment.predictive import PredictedCount, predicted_counts
from iw.catalogue import Catalogue, Tables
from iw.evidence import build_evidence
from iw.inference.arrays import Draws, Floats, Ints
from iw.inference.belief import normalised
from iw.inference.counts import count_tails
from iw.inference.drift import watched_years
from iw.inference.priors import log_priors
from iw.log.records import LogView

TABLES = 20  # of grades
WIDE_BAND = 10.0  # points
SENSITIVE = 0.05  # Kallioinen et al. 2024
VISIBLE = 1.0  # points by which a mean must move before its sensitivity is a concern
_SCALES = (0.8, 1.25)
_FLAT = 1e-9  # what varies less over draws cannot be scaled
SURPRISING = 0.025  # on either side
SILENT = 0.05
RECENT_DAYS = 90
UNEXPLAINED = 0.02
OLD_FIT_DAYS = 180
# How far tables of grades differ, in logits: all cells together, each letter, each digit, each cell.
_SPREAD = {"all": 0.4, "letter": 0.3, "digit": 0.3, "cell": 0.2}

KINDS = {
    "rates": "the rates",
    "multipliers": "the factors between scenarios",
    "dwell_times": "how long scenarios last",
    "odds": "what follows what",
    "branching_ratio": "how many aftershocks an event has",
    "decay_time": "how long aftershocks take",
    "drift": "how fast rates drift",
    "dispersion": "how much counts vary",
}


@dataclass(frozen=True)
class Sensitivity:
    """How much what the draws say of a scenario changes if the priors, or the likelihood of the parameters, count a
    little more (power-scaling): a distance between distributions over draws, free of scale, and points of the mean."""

    scenario: str
    prior: float
    likelihood: float
    points: float  # largest change of the mean belief where the priors count 0.8 or 1.25 times
    most: str  # the kind of prior that changes it most

    @property
    def diagnosis(self) -> str:
        """What the two figures say together; nothing where the prior does not matter."""
        if not (self.prior > SENSITIVE and self.points > VISIBLE):
            return ""
        return "prior and data may disagree" if self.likelihood > SENSITIVE else "a strong prior or weak data"


@dataclass(frozen=True)
class Silence:
    """An indicator that has not been seen for long, given how often it is expected."""

    indicator: str
    watched_days: float  # days since its last event, times the coverage of each
    chance: float  # of so long a silence under the belief


@dataclass(frozen=True)
class OddCount:
    """A count, and how likely one so far from what is expected is in the scenario that explains it best."""

    reading: str
    indicator: str
    value: float
    chance: float  # of so low or so high a count, on both sides, times how many counts of the indicator there are


@dataclass(frozen=True)
class Concern:
    """One thing to know before the belief is used, and what to do about it."""

    about: str
    what: str
    to_do: str


@dataclass(frozen=True)
class Doubts:
    """All checks of one belief."""

    belief: Belief
    grade_band: Mapping[str, tuple[float, float]]  # scenario -> least and largest mean under `TABLES` tables
    sensitivities: tuple[Sensitivity, ...]
    surprises: tuple[PredictedCount, ...]  # of all indicators, the most surprising first
    odd_counts: tuple[OddCount, ...]  # of all counts, the oddest first
    silences: tuple[Silence, ...]  # of all indicators, the least likely first
    unexplained: float  # chance of the last `RECENT_DAYS` days' number of events under the best scenario
    concerns: tuple[Concern, ...]


def doubts(beliefs: Beliefs, belief: Belief, view: LogView) -> Doubts:
    """Check everything; takes seconds. Random tables and counts come from the beliefs' seed."""
    rng = np.random.default_rng([beliefs.seed, belief.evidence.as_of.toordinal()])
    band = grade_band(beliefs.catalogue, belief, view, rng)
    sensitive = sensitivities(belief, rng)
    even = _evenly(belief, rng, 2000)
    counts = sorted(predicted_counts(beliefs.catalogue, belief.spec, belief.evidence, even, rng), key=lambda c: c.tail)
    odd = odd_counts(belief)
    silent = silences(belief)
    recent = unexplained(belief)
    concerns = [
        *_of_fit(belief),
        *_of_band(belief, band),
        *_of_sensitivities(belief, sensitive),
        *_of_surprises(counts),
        *_of_odd_counts(odd),
        *_of_silences(silent, counts),
        *_of_recent(recent),
    ]
    read = tuple(odd), tuple(silent)
    return Doubts(belief, band, tuple(sensitive), tuple(counts), *read, recent, tuple(concerns))


def grade_band(
    catalogue: Catalogue, belief: Belief, view: LogView, rng: np.random.Generator
) -> dict[str, tuple[float, float]]:
    """The least and the largest belief in each scenario under `TABLES` other tables of grades."""
    evidence, means = belief.evidence, [belief.state.mean]
    for _ in range(TABLES):
        other = replace(catalogue, tables=other_grades(catalogue.tables, rng))
        arrays = build_evidence(other, belief.spec, view, evidence.as_of, evidence.cover).arrays
        means.append(belief.believer.believe(arrays)[-1].mean)
    low, high = np.min(means, axis=0), np.max(means, axis=0)
    return {name: (float(low[s]), float(high[s])) for s, name in enumerate(belief.spec.scenarios)}


def other_grades(tables: Tables, rng: np.random.Generator) -> Tables:
    """A table of grades as another team might have set it: each cell moved in logits, better grades still not worse."""
    cells = np.array(list(tables.grades.values()))
    logits = special.logit(cells) + _SPREAD["all"] * rng.standard_normal()
    logits = logits + _SPREAD["letter"] * rng.standard_normal((5, 1)) + _SPREAD["digit"] * rng.standard_normal((1, 5))
    logits = logits + _SPREAD["cell"] * rng.standard_normal((5, 5))
    falling = np.minimum.accumulate(np.minimum.accumulate(logits, axis=0), axis=1)
    grades = dict(zip(tables.grades, special.expit(falling).tolist(), strict=True))
    return tables.model_copy(update={"grades": grades})


def sensitivities(belief: Belief, rng: np.random.Generator) -> list[Sensitivity]:
    """Power-scaling of the priors, all and kind by kind, and of the likelihood, by ArviZ (Kallioinen et al. 2024,
    "Detecting and diagnosing prior and likelihood sensitivity with power-scaling")."""
    from arviz_base import from_dict
    from arviz_stats import psense

    chains, each, names = 4, 1000, belief.spec.scenarios
    free = np.nonzero(np.ptp(belief.state.probs, axis=0) > _FLAT)[0]  # what is alike in every draw leans on nothing
    even = _evenly_chosen(belief, rng, chains * each)
    log_likelihood = belief.believer.log_likelihood(belief.evidence.arrays)
    priors = {name: one for name, one in log_priors(belief.spec, belief.draws).items() if np.ptp(one) > _FLAT}
    total = np.sum(list(priors.values()), axis=0)
    means = [normalised(np.log(belief.state.weights + 1e-300) + (a - 1) * total) @ belief.state.probs for a in _SCALES]
    points = 100 * np.abs(np.array(means) - belief.state.mean).max(axis=0)
    data = from_dict(
        {
            "posterior": {"belief": belief.state.probs[even][:, free].reshape(chains, each, len(free))},
            "log_prior": {name: values[even].reshape(chains, -1) for name, values in priors.items()},
            "log_likelihood": {"evidence": log_likelihood[even].reshape(chains, -1, 1)},
        },
        coords={"scenario": [names[s] for s in free]},
        dims={"belief": ["scenario"]},
    )

    def scaled(group: str, **only: Any) -> Floats:
        found = np.zeros(len(names))
        if len(free) and (group == "prior" or np.ptp(log_likelihood) > _FLAT):
            found[free] = psense(data, group=group, **only)["belief"]
        return found

    kinds = {name: scaled("prior", group_var_names=[name]) for name in priors}
    return [
        Sensitivity(
            name,
            float(prior),
            float(likelihood),
            float(points[s]),
            max(kinds, key=lambda kind: float(kinds[kind][s])),
        )
        for s, (name, prior, likelihood) in enumerate(zip(names, scaled("prior"), scaled("likelihood"), strict=True))
    ]


def odd_counts(belief: Belief) -> list[OddCount]:
    """Every count, the oddest first: 2 min(P(Y <= y), P(Y >= y)) in the mean over draws, the largest over scenarios,
    times how many counts there are of its indicator (Bonferroni), at most 1."""
    arrays, state = belief.evidence.arrays, belief.state
    counts = arrays.counts
    if not len(counts):
        return []
    tails = count_tails(belief.spec, belief.draws, arrays)
    fewer, more = (np.tensordot(state.weights, tail, 1) for tail in tails)  # (H, S) each
    of_one = np.minimum(2 * np.minimum(fewer, more), 1).max(axis=1)
    chances = np.minimum(of_one * np.bincount(counts.indicator)[counts.indicator], 1)
    names = [belief.spec.indicators[i] for i in counts.indicator]
    rows = zip((arrays.given_ids[g] for g in counts.at), names, counts.value, chances, strict=True)
    found = [OddCount(name, indicator, float(value), float(chance)) for name, indicator, value, chance in rows]
    return sorted(found, key=lambda one: (one.chance, one.reading))


def silences(belief: Belief) -> list[Silence]:
    """Every indicator that is looked for, the least likely silence first."""
    spec, arrays, state = belief.spec, belief.evidence.arrays, belief.state
    rates, last = belief.draws.rates(spec, arrays), _last_events(belief)
    years = watched_years(spec, belief.draws, arrays, last)
    found = []
    for i, name in enumerate(spec.indicators):
        lengths = np.diff(np.maximum(arrays.breaks, last[i]))
        days = float(lengths @ arrays.coverage[:, i])
        if days > 0:
            quiet = np.exp(-rates[:, i] * years[:, i, None])
            found.append(Silence(name, days, float(np.sum(state.joint * quiet))))
    return sorted(found, key=lambda one: (one.chance, one.indicator))


def _last_events(belief: Belief) -> Floats:
    """(I,) elapsed days at the end of the last event's period, whether or not it counts; 0 where there is none."""
    last = np.zeros(len(belief.spec.indicators))
    start, as_of = belief.evidence.start, belief.evidence.as_of
    columns = {name: i for i, name in enumerate(belief.spec.indicators)}
    for item in belief.evidence.dispositions:
        if item.event.indicator in columns and item.weight > 0 and item.event.occurred.first <= as_of:
            i = columns[item.event.indicator]
            last[i] = max(last[i], (min(item.event.occurred.last, as_of) - start).days + 1)
    return last


def unexplained(belief: Belief) -> float:
    """Chance, under the scenario that explains it best, of a number of events as far from the expected one as that of
    the last `RECENT_DAYS` days, on either side.

    Only days whose silence would count are looked at, on both sides; an event of a month or year counts for its days
    there. Expected are whole rates, aftershocks included, and numbers as of a Poisson process.
    """
    arrays, weights = belief.evidence.arrays, belief.state.weights
    first = max(0, arrays.days - RECENT_DAYS)
    lengths = np.diff(np.maximum(arrays.breaks, first))
    draws = belief.draws
    years = watched_years(belief.spec, draws, arrays, np.full(len(belief.spec.indicators), float(first)))
    expected = np.einsum("di,dis->ds", years, np.exp(draws.log_rate[:, :, None] + draws.log_mult))
    whole = np.floor(_seen_since(belief, first, lengths) + 0.5)
    fewer = weights @ special.pdtr(whole, expected)
    more = weights @ (1 - special.pdtr(whole - 1, expected)) if whole else np.ones(expected.shape[1])
    return float(np.minimum(2 * np.minimum(fewer, more), 1).max())


def _seen_since(belief: Belief, first: int, lengths: Ints) -> float:
    """Events, by weight, on days from ``first`` on whose silence would count; ``lengths`` (R,) of regimes from then."""
    arrays, seen = belief.evidence.arrays, 0.0
    for m, day in enumerate(arrays.obs_day):
        watched = (arrays.coverage[:, arrays.indicators_of(m)] > 0).sum(axis=1)  # (R,) of its indicators
        if day >= first:
            seen += arrays.obs_weight[m] * watched[np.searchsorted(arrays.breaks, day, side="right") - 1]
        elif day < 0:
            seen += arrays.obs_weight[m] * float((arrays.spread[:, m] * lengths) @ watched)
    return seen


def _evenly_chosen(belief: Belief, rng: np.random.Generator, count: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Draws as often as their weights say, in random order."""
    steps = (np.arange(count) + rng.random()) / count
    chosen = np.minimum(np.searchsorted(np.cumsum(belief.state.weights), steps), len(belief.draws) - 1)
    return rng.permutation(chosen)


def _evenly(belief: Belief, rng: np.random.Generator, count: int) -> Draws:
    chosen = _evenly_chosen(belief, rng, count)
    draws = belief.draws
    return Draws(*(getattr(draws, name)[chosen] for name in draws.__dataclass_fields__))


def _of_fit(belief: Belief) -> list[Concern]:
    made, name = belief.provenance, belief.spec.problem
    found = []
    if made.fit is None:
        found.append(Concern("fit", "There is no accepted fit: weighted proposal draws stand in.", f"iw fit {name}"))
    elif made.fit_as_of is not None and (made.as_of - made.fit_as_of).days > OLD_FIT_DAYS:
        days = (made.as_of - made.fit_as_of).days
        found.append(Concern("fit", f"The fit is {days} days old.", f"iw fit {name}"))
    k = made.pareto_k or 0.0
    if not belief.usable:
        worth = f"The weighted draws are worth {made.effective_draws:.0f}, fewer than {USABLE_DRAWS}: no belief yet."
        found.append(Concern("weights", worth, f"iw fit {name}"))
    elif k > WORN_SHAPE or (made.fit and made.effective_draws < WORN * made.draws):
        worn = f"The {made.draws} draws are worth {made.effective_draws:.0f} now (Pareto k̂ {k:.2f})."
        found.append(Concern("weights", worn, f"iw fit {name}"))
    return found


def _of_band(belief: Belief, band: Mapping[str, tuple[float, float]]) -> list[Concern]:
    low, high = band[belief.leading]
    if 100 * (high - low) <= WIDE_BAND:
        return []
    what = f"Under other tables of grades '{belief.leading}' lies between {100 * low:.0f} and {100 * high:.0f} %."
    return [Concern("grades", what, f"iw linchpin {belief.spec.problem} --by origin")]


def _of_sensitivities(belief: Belief, found: list[Sensitivity]) -> list[Concern]:
    lead = next(one for one in found if one.scenario == belief.leading)
    if not lead.diagnosis:
        return []
    what = (
        f"The belief in '{lead.scenario}' leans on the priors ({lead.prior:.2f} against {lead.likelihood:.2f} for the "
        f"evidence; most on {KINDS[lead.most]}): counted 0.8 or 1.25 times they move it by {lead.points:.1f} points."
    )
    return [Concern("priors", what, f"Have a second person judge {KINDS[lead.most]}.")]


def _of_surprises(counts: list[PredictedCount]) -> list[Concern]:
    odd = [one for one in counts if one.tail < SURPRISING]
    chance = 2 * SURPRISING * len(counts)
    return [
        Concern(
            "surprise",
            f"'{one.indicator}' was seen {one.seen:.1f} times, where {one.mean:.1f} ({one.low:.0f} to {one.high:.0f}) "
            f"were expected; {chance:.1f} such surprises come by chance.",
            "Look at its rate, its coverage and its definition.",
        )
        for one in odd
    ]


def _of_odd_counts(odd: list[OddCount]) -> list[Concern]:
    return [
        Concern(
            "odd count",
            f"No scenario leads one to expect {one.value:g} of '{one.indicator}', as {one.reading} says: even the best "
            f"gives one so odd among all of its counts a chance of {100 * one.chance:.1f} %.",
            f"Look at the count (iw events {one.reading}): its period, its coverage, its grade.",
        )
        for one in odd
        if one.chance < 2 * SURPRISING
    ]


def _of_silences(silent: list[Silence], counts: list[PredictedCount]) -> list[Concern]:
    ever = {one.indicator for one in counts if one.seen > 0}
    return [
        Concern(
            "silent feed",
            f"'{one.indicator}' has not been seen for {one.watched_days:.0f} watched days; such a silence has a chance "
            f"of {100 * one.chance:.1f} %.",
            "Ask whether anybody still looks; if not, record a gap."
            if one.indicator in ever
            else "Check its coverage.",
        )
        for one in silent
        if one.chance < SILENT
    ]


def _of_recent(chance: float) -> list[Concern]:
    if chance >= UNEXPLAINED:
        return []
    best = f"even the best gives them a chance of {100 * chance:.1f} %"
    what = f"No scenario explains the last {RECENT_DAYS} days well: {best}."
    return [Concern("unexplained", what, "Ask whether a scenario is missing, or a collector.")]
