"""The data of `iw.inference.likelihood.log_likelihood_and_gradient`, from a problem and its evidence."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from iw.inference.aftershocks import Knots
from iw.inference.arrays import Evidence, Floats, Ints, ModelSpec
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
    breaks: Ints
    coverage: Floats
    spread: Floats
    obs_day: Ints
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
        """The data of one problem and its evidence."""
        rows, columns = spec.departures
        return cls(
            spec.prior_probs,
            spec.reference_rates,
            np.where(spec.log_mult_sd > 0, 0.0, spec.log_mult_mean),
            rows,
            columns,
            spec.usual_coverage * evidence.live,
            spec.never_ends,
            targets_of(spec),
            evidence.breaks,
            evidence.coverage,
            evidence.spread,
            evidence.obs_day,
            evidence.obs_weight,
            evidence.obs_ptr,
            evidence.obs_indicators,
            evidence.given_day,
            evidence.given_ratio,
            *Knots.of(spec, evidence),
        )
