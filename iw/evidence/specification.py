"""From a problem's catalogue entry to the elicited model that inference works on."""

from __future__ import annotations

import numpy as np

from iw.catalogue import Catalogue, Problem
from iw.catalogue.schema import Kind, Listening, Multiplier
from iw.inference.arrays import LEAST_DECAY, ONLY_THEN, Z90, CountPrior, DriftPrior, Floats, Ints, ModelSpec


def model_spec(catalogue: Catalogue, name: str) -> ModelSpec:
    """The `ModelSpec` of one problem. Indicators that are "same" throughout are left out: they say nothing."""
    problem = catalogue.problem(name)
    scenarios = [scenario.id for scenario in problem.scenarios]
    uses = [use for use in problem.indicators if _informative(use)]
    rates = [_log_normal(catalogue.rate(problem, use.indicator).interval) for use in uses]
    means = np.array([mean for mean, _ in rates])
    mult_mean, mult_sd = _multipliers(catalogue, uses, scenarios)
    family, share, usual_coverage = _families(catalogue, uses, np.exp(means))
    aftershocks = catalogue.tables.aftershocks
    decay_mean, decay_sd = _log_normal(
        (aftershocks.decay_days[0] - LEAST_DECAY, aftershocks.decay_days[1] - LEAST_DECAY)
    )
    dwell = [_log_normal(s.dwell_years) if isinstance(s.dwell_years, tuple) else None for s in problem.scenarios]
    return ModelSpec(
        problem=problem.id,
        version=catalogue.model_version(name),
        scenarios=tuple(scenarios),
        indicators=tuple(use.indicator for use in uses),
        prior_probs=np.array([scenario.prior for scenario in problem.scenarios]),
        log_dwell_mean=np.array([d[0] if d else 0.0 for d in dwell]),
        log_dwell_sd=np.array([d[1] if d else 1.0 for d in dwell]),
        never_ends=np.array([d is None for d in dwell]),
        odds=_odds(problem),
        odds_concentration=catalogue.tables.odds_concentration,
        log_rate_mean=means,
        log_rate_sd=np.array([sd for _, sd in rates]),
        log_mult_mean=mult_mean,
        log_mult_sd=mult_sd,
        reference_rates=np.maximum(np.exp(means), catalogue.tables.reference_rate_floor),
        family=family,
        share=share,
        usual_coverage=usual_coverage,
        branching_prior=(aftershocks.branching[0], aftershocks.branching[1]),
        log_decay_mean=decay_mean,
        log_decay_sd=decay_sd,
        drift=_drift(catalogue, problem, uses),
        counts=_counts(catalogue, uses),
    )


def _informative(use: Listening) -> bool:
    return bool(use.only_then) or any(item.word != "same" for item in use.likelihood.values())


def _log_normal(interval: tuple[float, float]) -> tuple[float, float]:
    """Mean and sd of the log, for a LogNormal whose 90 % interval this is."""
    low, high = np.log(interval[0]), np.log(interval[1])
    return float((low + high) / 2), float((high - low) / (2 * Z90))


def _multipliers(catalogue: Catalogue, uses: list[Listening], scenarios: list[str]) -> tuple[Floats, Floats]:
    mean, sd = np.zeros((len(uses), len(scenarios))), np.zeros((len(uses), len(scenarios)))
    for i, use in enumerate(uses):
        if use.only_then:
            mean[i] = np.log(ONLY_THEN)
            mean[i, scenarios.index(use.only_then)] = 0.0
        for name, item in use.likelihood.items():
            if item.word != "same":
                mean[i, scenarios.index(name)], sd[i, scenarios.index(name)] = _log_normal(_interval(catalogue, item))
    return mean, sd


def _interval(catalogue: Catalogue, item: Multiplier) -> tuple[float, float]:
    if item.interval is not None:
        return item.interval
    assert item.word is not None  # the schema demands one of the two
    return catalogue.tables.likelihood_words[item.word].interval


def _families(catalogue: Catalogue, uses: list[Listening], medians: Floats) -> tuple[Ints, Floats, Floats]:
    """(I,) family, share of its elicited median rates, and their mean coverage by these shares.

    The mean, so that the rates of a family balance: of f a year, c f are seen, and cause nu c f aftershocks.
    """
    names = [catalogue.indicators[use.indicator].family or f"only {use.indicator}" for use in uses]
    family = np.array([list(dict.fromkeys(names)).index(name) for name in names], np.int64)
    share = medians / np.bincount(family, medians)[family] if len(uses) else medians
    entries = [catalogue.indicators[use.indicator] for use in uses]
    coverage = np.array([0.0 if one.kind is Kind.COUNT else one.coverage for one in entries])  # counts set off nothing
    return family, share, np.bincount(family, share * coverage)[family] if len(uses) else coverage


def _drift(catalogue: Catalogue, problem: Problem, uses: list[Listening]) -> DriftPrior | None:
    yearly_step = catalogue.tables.drift.yearly_step
    if not isinstance(yearly_step, tuple):
        return None
    days = [(catalogue.rate(problem, use.indicator).elicited_on - problem.start).days for use in uses]
    return DriftPrior(np.array(days, float), *_log_normal(yearly_step))


def _counts(catalogue: Catalogue, uses: list[Listening]) -> CountPrior:
    """Which of the indicators are counted, and their dispersions: that of the problem, else the shared one."""
    shared = catalogue.tables.count_dispersion
    counted = [i for i, use in enumerate(uses) if catalogue.indicators[use.indicator].kind is Kind.COUNT]
    given = [use.dispersion.interval if use.dispersion else shared for use in (uses[i] for i in counted)]
    priors = np.array([_log_normal(interval) for interval in given]).reshape(len(given), 2)
    return CountPrior(np.array(counted, np.int64), priors[:, 0], priors[:, 1])


def _odds(problem: Problem) -> Floats:
    names = [scenario.id for scenario in problem.scenarios]
    odds = np.zeros((len(names), len(names)))
    for r, scenario in enumerate(problem.scenarios):
        if isinstance(scenario.dwell_years, tuple):
            for name, value in scenario.next.items():
                odds[r, names.index(name)] = value
            odds[r] /= odds[r].sum()
    return odds
