"""The same posterior as `iw.inference.model`, written the usual way: a PyTensor scan, differentiated by PyTensor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt

from benchmarks.problems import Problem, steps
from iw.inference.arrays import YEAR_DAYS, ModelSpec

_HALVINGS = 6  # fixed in the graph: enough for a day at some 1,000 events a year
_DEGREE = 12


def log_likelihood(one: Problem, log_rate: Any, log_mult: Any, log_dwell: Any, stick: Any) -> Any:
    """LL as a graph: rates, generator, squares of the day operators, then one scan over gaps and events."""
    spec, _, evidence = one
    s = len(spec.scenarios)
    rates = rates_of(spec, log_rate, log_mult)
    silence = pt.dot(pt.as_tensor(evidence.coverage), rates)
    diagonals = silence[:, :, None] * np.eye(s)
    exponents = (generator_of(s, log_dwell, stick)[None] - diagonals) / YEAR_DAYS

    # Small scans here too: written out, thirty batched products take PyTensor minutes to compile.
    plan = steps(evidence)
    scaled = exponents / 2**_HALVINGS
    ones = pt.as_tensor(np.broadcast_to(np.eye(s), (len(evidence.breaks) - 1, s, s)).copy())
    series = pytensor.scan(
        lambda k, day, scaled: np.eye(s) + pt.matmul(scaled, day) / k,
        sequences=[pt.as_tensor(np.arange(_DEGREE, 0, -1.0))],
        outputs_info=[ones],
        non_sequences=[scaled],
        return_updates=False,
    )
    squares = pytensor.scan(
        lambda day: pt.matmul(day, day),
        outputs_info=[series[-1]],
        n_steps=_HALVINGS + plan.digits - 1,
        return_updates=False,
    )
    squares = squares[_HALVINGS - 1 :].swapaxes(0, 1)  # of whole days: (R, digits, S, S)
    table = pt.concatenate([np.eye(s)[None], squares.reshape((-1, s, s))])

    which = evidence.obs_indicators
    weights = evidence.obs_weight[:, None]
    ratios = (1 - weights) + weights * rates[which] / spec.reference_rates[which][:, None]
    ratios = pt.concatenate([ratios, np.ones((1, s))])

    def step(power: Any, obs: Any, state: Any, table: Any, ratios: Any) -> tuple[Any, Any]:
        moved = pt.dot(state, table[power]) * ratios[obs]
        norm = moved.sum()
        return moved / norm, pt.log(norm)

    (_, log_norms) = pytensor.scan(
        step,
        sequences=[pt.as_tensor(plan.power), pt.as_tensor(plan.obs)],
        outputs_info=[pt.as_tensor(spec.prior_probs), None],
        non_sequences=[table, ratios],
        return_updates=False,
    )
    return log_norms.sum()


def model(one: Problem) -> pm.Model:
    """The PyMC model: the same priors on the same parameters, unpadded."""
    with pm.Model() as result:
        pm.Potential("log_likelihood", log_likelihood(one, *priors(one.spec)))
    return result


def priors(spec: ModelSpec) -> tuple[Any, Any, Any, Any]:
    """log_rate, log_mult, log_dwell and stick as random variables of the model that is open."""
    rows, columns = spec.departures
    follow = [spec.odds_concentration * row[row > 0] for row in spec.odds]
    alpha = np.array([row[:-1] for row in follow])
    beta = np.array([row[::-1].cumsum()[::-1][1:] for row in follow])
    return (
        pm.Normal("log_rate", spec.log_rate_mean, spec.log_rate_sd),
        pm.Normal("log_mult", spec.log_mult_mean[rows, columns], spec.log_mult_sd[rows, columns]),
        pm.Normal("log_dwell", spec.log_dwell_mean, spec.log_dwell_sd),
        pm.Beta("stick", alpha, beta),
    )


def rates_of(spec: ModelSpec, log_rate: Any, log_mult: Any) -> Any:
    """(I, S) per year."""
    rows, columns = spec.departures
    fixed = np.where(spec.log_mult_sd > 0, 0.0, spec.log_mult_mean)
    return pt.exp(pt.set_subtensor(pt.as_tensor(fixed)[rows, columns], log_mult) + log_rate[:, None])


def generator_of(s: int, log_dwell: Any, stick: Any) -> Any:
    """(S, S) per year; every scenario may follow every other in these benchmarks."""
    left = pt.concatenate([np.ones((s, 1)), pt.cumprod(1 - stick, axis=1)], axis=1)
    shares = left * pt.concatenate([stick, np.ones((s, 1))], axis=1)
    rows = np.repeat(np.arange(s), s - 1)
    columns = np.array([c for r in range(s) for c in range(s) if c != r])
    odds = pt.set_subtensor(pt.zeros((s, s))[rows, columns], shares.ravel())
    return pt.exp(-log_dwell)[:, None] * (odds - np.eye(s))
