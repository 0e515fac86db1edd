"""Predictive checks: is what the priors (or a fit) lead one to expect anything like what the documents report?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from iw.assessment.beliefs import Beliefs
from iw.catalogue import Catalogue
from iw.evidence import EvidenceSet, build_evidence
from iw.inference.arrays import Draws, ModelSpec
from iw.inference.proposal import prior_draws
from iw.inference.simulate import simulated_counts
from iw.log.records import Marking


@dataclass(frozen=True)
class PredictedCount:
    """How often an indicator is in the log, by the weights of its events or counts, against what its prior expects."""

    indicator: str
    seen: float  # sum of the weights P(genuine) of the events that count, or of its counts times theirs
    mean: float
    low: float  # 90 % interval of the simulated counts
    high: float
    tail: float  # share of the simulations at or beyond what was seen, on the nearer side; 0.5 in the middle


def prior_predictive(
    beliefs: Beliefs,
    problem: str,
    as_of: date,
    known_at: datetime,
    marking: Marking,
    rng: np.random.Generator,
    count: int = 4000,
) -> list[PredictedCount]:
    """One row for each informative indicator of ``problem``, from its start to ``as_of``, in the problem's order.

    Parameters, path and counts are drawn anew ``count`` times, under the coverage that is declared. Indicators that
    wear out are left out: how often they happen says nothing.
    """
    spec = beliefs.spec(problem)
    evidence = build_evidence(beliefs.catalogue, spec, beliefs.view(known_at, marking), as_of)
    return predicted_counts(beliefs.catalogue, spec, evidence, prior_draws(spec, rng, count, evidence.arrays.days), rng)


def predicted_counts(
    catalogue: Catalogue, spec: ModelSpec, evidence: EvidenceSet, draws: Draws, rng: np.random.Generator
) -> list[PredictedCount]:
    """The same under given parameters: a path and counts for each draw. Draws of a posterior make it a posterior
    predictive check, with scenarios drawn anew."""
    arrays = evidence.arrays
    seen = np.zeros(len(spec.indicators))
    for m, weight in enumerate(arrays.obs_weight):
        seen[arrays.indicators_of(m)] += weight
    np.add.at(seen, arrays.counts.indicator, arrays.counts.weight * arrays.counts.value)
    counts = simulated_counts(spec, draws, arrays, rng)
    low, high = np.quantile(counts, (0.05, 0.95), axis=0)
    # Weights are fractions of events: half of them down and half up, so that 0.6 of an event is one and 0.4 is none.
    whole = np.floor(seen + 0.5)
    tail = np.minimum((counts <= whole).mean(axis=0), (counts >= whole).mean(axis=0))
    rows = zip(spec.indicators, seen, counts.mean(axis=0), low, high, np.minimum(tail, 0.5), strict=True)
    lasting = [row for row in rows if not catalogue.indicators[row[0]].wears_out]
    return [PredictedCount(name, *(float(value) for value in values)) for name, *values in lasting]
