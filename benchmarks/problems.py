"""The synthetic problem that every contender gets. Rates are realistic: 20 to 60 events a year under the status quo."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from iw.inference.arrays import Draws, DriftPrior, Evidence, Floats, Ints, ModelSpec


class Problem(NamedTuple):
    """A specification, draws around its medians, and dated evidence."""

    spec: ModelSpec
    draws: Draws
    evidence: Evidence


class Steps(NamedTuple):
    """The evidence as small steps for contenders that scan: one power of a day operator, then one observation.

    ``power[k]`` is 0 for "stand still", else 1 + regime * digits + digit; ``obs[k]`` is the observation, or their
    number for none.
    """

    power: Ints
    obs: Ints
    digits: int


def problem(
    scenarios: int,
    indicators: int,
    days: int,
    events: int,
    regimes: int,
    draws: int,
    seed: int = 1,
    aftershocks: bool = False,
    drift: bool = False,
) -> Problem:
    """A problem of this size, all of it drawn from ``seed``; other contenders know neither aftershocks nor drift."""
    from iw.inference.parameters import draws_of  # compiled; what only reads a problem must not pay for it

    g = np.random.default_rng(seed)
    s, i = scenarios, indicators
    odds = g.random((s, s))
    np.fill_diagonal(odds, 0.0)
    odds /= odds.sum(axis=1, keepdims=True)
    base = g.dirichlet(np.full(i, 3.0)) * 40
    log_mult = g.choice([0.0, np.log(3), -np.log(3), np.log(8)], (i, s), p=[0.6, 0.2, 0.1, 0.1])
    log_mult[:, 0] = 0.0
    spec = ModelSpec(
        "benchmark",
        "benchmark",
        tuple(f"s{number}" for number in range(s)),
        tuple(f"i{number}" for number in range(i)),
        g.dirichlet(np.ones(s)),
        np.full(s, 1.0),
        np.full(s, 0.5),
        np.zeros(s, bool),
        odds,
        20.0,
        np.log(base),
        np.full(i, 0.3),
        log_mult,
        np.where(log_mult == 0.0, 0.0, 0.3),
        np.maximum(base, 0.2),
        np.arange(i),
        np.ones(i),
        np.full(i, 0.6),
        (2.0, 5.0),
        float(np.log(43)),
        0.8,
        DriftPrior(np.full(i, float(days)), float(np.log(0.1)), 0.42) if drift else None,
    )
    breaks = np.array([0, *np.sort(g.choice(np.arange(1, days), regimes - 1, replace=False)), days], np.int64)
    evidence = Evidence(
        days,
        breaks,
        g.uniform(0.3, 1.0, (regimes, i)),
        np.zeros((regimes, events)),
        np.sort(g.integers(0, days, events)),
        g.choice([0.6, 0.9, 0.97], events),
        np.arange(events + 1),
        g.choice(i, events, p=base / base.sum()),
        tuple((f"E-{number}",) for number in range(events)),
        np.ones(events, bool),
        np.full(i, aftershocks),
    )
    return Problem(spec, draws_of(spec, *parameters(spec, draws, seed, days)), evidence)


def dense(days: int, seed: int = 1) -> Problem:
    """One draw, no indicator ever covered, and every day a factor given for each of 4 scenarios: a likelihood array."""
    bare = problem(scenarios=4, indicators=1, days=days, events=0, regimes=1, draws=1, seed=seed)
    evidence = replace(
        bare.evidence,
        coverage=np.zeros((1, 1)),
        given_day=np.arange(days),
        given_ratio=np.random.default_rng([seed, 2]).uniform(0.05, 1.0, (days, 4)),
        given_ids=tuple(f"day {number}" for number in range(days)),
    )
    return bare._replace(evidence=evidence)


def parameters(spec: ModelSpec, count: int, seed: int, days: int) -> tuple[Floats, ...]:
    """``count`` values of log_rate, log_mult, log_dwell, stick, aftershock, drift_step, log_step_size, log_dispersion
    (nothing is counted): from the priors, but for sticks, which are even, and the size of steps, which is 0.1."""
    from iw.inference.drift import years  # compiled, as above

    g = np.random.default_rng([seed, 1])
    rows, columns = spec.departures
    s = len(spec.scenarios)
    return (
        g.normal(spec.log_rate_mean, spec.log_rate_sd, (count, len(spec.indicators))),
        g.normal(spec.log_mult_mean[rows, columns], spec.log_mult_sd[rows, columns], (count, len(rows))),
        g.normal(spec.log_dwell_mean, spec.log_dwell_sd, (count, s)),
        g.uniform(0.2, 0.8, (count, s, s - 2)),
        np.stack(
            [g.beta(*spec.branching_prior, count), g.normal(spec.log_decay_mean, spec.log_decay_sd, count)], axis=1
        ),
        g.normal(size=(count, len(spec.indicators), years(spec, days))),
        np.full((count, 1), np.log(0.1)),
        np.empty((count, 0)),
    )


def steps(evidence: Evidence) -> Steps:
    """Gaps as the binary digits of their days, so that a contender needs a handful of matrices for each regime."""
    digits = int(evidence.days).bit_length()
    power: list[int] = []
    obs: list[int] = []
    day, m, none = 0, 0, len(evidence.obs_day)
    for regime, end in enumerate(evidence.breaks[1:]):
        while day < end:
            stop = min(end, evidence.obs_day[m] + 1) if m < none else end
            for digit in range(digits):
                if (stop - day) >> digit & 1:
                    power.append(1 + regime * digits + digit)
                    obs.append(none)
            day = int(stop)
            while m < none and evidence.obs_day[m] + 1 == day:
                if obs[-1] == none:
                    obs[-1] = m
                else:
                    power.append(0)
                    obs.append(m)
                m += 1
    return Steps(np.array(power), np.array(obs), digits)
