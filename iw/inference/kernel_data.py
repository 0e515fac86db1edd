"""The data of `iw.inference.likelihood.log_likelihood_and_gradient`, from a problem and its evidence."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from iw.inference.aftershocks import Knots
from iw.inference.arrays import Evidence, Floats, Ints, ModelSpec
from iw.inference.drift import by_month, elicited_at, month_of
from iw.inference.parameters import targets_of


class LikelihoodData(NamedTuple):
    """The kernel's data, in the order of its arguments. No array's length needs a new compilation."""

    prior: Floats  # (S,)
    reference_rates: Floats  # (I,)
    fixed: Floats  # (I, S) log multipliers that are not free
    rows: Ints  # (K,) indicator of each free multiplier
    columns: Ints  # (K,) scenario of each free multiplier
    followed: Floats  # (I,) chance that an occurrence is seen and has aftershocks
    never_ends: np.ndarray[Any, np.dtype[np.bool_]]  # (S,)
    targets: Ints  # (S, S - 1) what may follow each scenario, in order; -1 beyond
    elicited: Floats  # (I,) years from the first knot of drift
    breaks: Ints
    month: Ints  # (R,) of each regime, from the first knot on
    coverage: Floats
    spread_ptr: Ints  # (R + 1,) into spread_obs and spread_share: what acts in each regime
    spread_obs: Ints
    spread_share: Floats
    obs_day: Ints
    obs_month: Ints
    obs_weight: Floats
    obs_ptr: Ints
    obs_indicators: Ints
    given_day: Ints
    given_ratio: Floats
    knot_ptr: Ints
    knot_day: Ints
    knot_gain: Floats
    knot_coverage: Floats
    entry_knot: Ints
    entry_same_day: Floats
    entry_share: Floats

    @classmethod
    def of(cls, spec: ModelSpec, evidence: Evidence) -> LikelihoodData:
        """The data of one problem and its evidence; with drift, a spread observation is one for each of its months."""
        rows, columns = spec.departures
        split, month = by_month(spec, evidence)
        evidence, obs_month = _spread_by_month(spec, split, month)
        acting = (evidence.spread > 0) & (month[:, None] == obs_month)
        regime, spread_obs = np.nonzero(acting)
        return cls(
            spec.prior_probs,
            spec.reference_rates,
            np.where(spec.log_mult_sd > 0, 0.0, spec.log_mult_mean),
            rows,
            columns,
            spec.usual_coverage * evidence.live,
            spec.never_ends,
            targets_of(spec),
            elicited_at(spec),
            evidence.breaks,
            month,
            evidence.coverage,
            np.append(0, np.cumsum(acting.sum(axis=1))).astype(np.int64),
            spread_obs.astype(np.int64),
            evidence.spread[regime, spread_obs],
            evidence.obs_day,
            obs_month,
            evidence.obs_weight,
            evidence.obs_ptr,
            evidence.obs_indicators,
            evidence.given_day,
            evidence.given_ratio,
            *Knots.of(spec, evidence),
        )


def _spread_by_month(spec: ModelSpec, evidence: Evidence, month: Ints) -> tuple[Evidence, Ints]:
    """The evidence with each spread observation once for every month it acts in, and the month of each observation."""
    dated = evidence.dated
    if spec.drift is None:
        return evidence, np.zeros(len(evidence.obs_day), np.int64)
    pairs = [
        (m, one) for m in range(dated, len(evidence.obs_day)) for one in np.unique(month[evidence.spread[:, m] > 0])
    ]
    own = [int(one) for one in month_of(spec, evidence.obs_day[:dated])]
    expanded = evidence._select([*range(dated), *(m for m, _ in pairs)])
    return expanded, np.array([*own, *(int(one) for _, one in pairs)], np.int64)
