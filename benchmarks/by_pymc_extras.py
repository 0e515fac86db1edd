"""The same posterior with pymc-extras: a `DiscreteMarkovChain` of days, marginalised out.

Its transition matrix is one for all time and its rows sum to 1. So the evidence must have one regime, and the silence,
by which the rows of a day operator sum to less than 1, goes to a further state that nothing leaves and in which no day
can be observed: what remains in the other states is exactly the product's likelihood.

The newest pymc-extras that accepts PyMC 6.4 is 0.12.1, which is older than PyTensor's frozen graphs; `_inlined` thaws
them for it, and changes nothing else.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pymc_extras import marginalize
from pymc_extras.distributions import DiscreteMarkovChain
from pymc_extras.model.marginal import distributions
from pytensor.graph.replace import graph_replace

from benchmarks.by_scan import generator_of, priors, rates_of
from benchmarks.problems import Problem
from iw.inference.arrays import YEAR_DAYS

NEVER = -1e6  # log-likelihood of any day in the state that stands for "would have been seen"


def model(one: Problem) -> pm.Model:
    """The PyMC model with its chain summed out by `marginalize`."""
    spec, _, evidence = one
    s, days = len(spec.scenarios), evidence.days
    if len(evidence.breaks) != 2:
        raise ValueError("a DiscreteMarkovChain has one transition matrix: give evidence with one regime")
    which, weights = evidence.obs_indicators, evidence.obs_weight[:, None]
    with pm.Model() as full:
        log_rate, log_mult, log_dwell, stick = priors(spec)
        rates = rates_of(spec, log_rate, log_mult)
        silence = pt.dot(pt.as_tensor(evidence.coverage[0]), rates)
        day = pt.linalg.expm((generator_of(s, log_dwell, stick) - pt.diag(silence)) / YEAR_DAYS)
        operator = pt.zeros((s + 1, s + 1))
        operator = pt.set_subtensor(operator[:s, :s], day)
        operator = pt.set_subtensor(operator[:s, s], 1 - day.sum(axis=1))
        operator = pt.set_subtensor(operator[s, s], 1.0)
        start = pt.dot(pt.as_tensor(spec.prior_probs), operator[:s])  # a day's events act at its end
        chain = DiscreteMarkovChain(
            "chain", P=operator, init_dist=pm.Categorical.dist(p=start), steps=days - 1, shape=(days,)
        )
        log_ratios = pt.log((1 - weights) + weights * rates[which] / spec.reference_rates[which][:, None])
        frames = pt.inc_subtensor(pt.zeros((days, s))[evidence.obs_day], log_ratios)
        frames = pt.concatenate([frames, np.full((days, 1), NEVER)], axis=1)
        pm.CustomDist("days", chain, frames, logp=_seen, signature="(),(s)->()", observed=np.zeros(days))
    return marginalize(full, ["chain"])


def _inlined(op: Any, inputs: Any) -> Any:
    graph = op.fgraph.unfreeze()
    return graph_replace(graph.outputs, replace=tuple(zip(graph.inputs, inputs, strict=True)), strict=False)


distributions.inline_ofg_outputs = _inlined


def _seen(value: Any, chain: Any, frames: Any) -> Any:
    """The log-likelihood of each day in the state of its chain."""
    return pt.take_along_axis(frames, chain[..., None], axis=-1)[..., 0] + 0 * value
