"""The data of `iw.inference.likelihood.log_likelihood_and_gradient`, from a problem and its evidence.

A sampler gets them as one array of numbers and one of whole numbers: each array that may be swapped is an input of the
model's graph, and is taken through every function that is compiled from it.
"""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple, get_type_hints

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from iw.inference.aftershocks import Knots
from iw.inference.arrays import Evidence, Floats, ModelSpec
from iw.inference.counts import log_wrong, slots
from iw.inference.drift import by_month, elicited_at, month_of
from iw.inference.parameters import targets_of
from iw.inference.planning import planned_steps

Ints = NDArray[np.integer[Any]]

# The arrays that the kernel takes, each with the type of its elements and the number of its dimensions.
Vector = Annotated[Floats, (np.float64, 1)]
Matrix = Annotated[Floats, (np.float64, 2)]
Whole = Annotated[Ints, (np.int32, 1)]
WholeMatrix = Annotated[Ints, (np.int32, 2)]
_HEADER = 3  # whole numbers that say of each part where it begins, and its shape


class LikelihoodData(NamedTuple):
    """The kernel's data, in the order of its arguments. No array's length needs a new compilation."""

    prior: Vector  # (S,)
    reference_rates: Vector  # (I,)
    fixed: Matrix  # (I, S) log multipliers that are not free
    rows: Whole  # (K,) indicator of each free multiplier
    columns: Whole  # (K,) scenario of each free multiplier
    followed: Vector  # (I,) chance that an occurrence is seen and has aftershocks
    never_ends: Whole  # (S,) 1 or 0
    targets: WholeMatrix  # (S, S - 1) what may follow each scenario, in order; -1 beyond
    elicited: Vector  # (I,) years from the first knot of drift
    breaks: Whole
    step_digit: Whole  # of each step of the kernel: which binary digit of a gap it takes
    step_row: Whole  # what acts at its end
    step_ptr: Whole  # (R + 1,) the steps of each regime
    longest: Whole  # (R,) days of the longest gap
    month: Whole  # (R,) of each regime, from the first knot on
    coverage: Matrix
    spread_ptr: Whole  # (R + 1,) into spread_obs and spread_share: what acts in each regime
    spread_obs: Whole
    spread_share: Vector
    obs_day: Whole
    obs_month: Whole
    obs_weight: Vector
    obs_ptr: Whole
    obs_indicators: Whole
    given_day: Whole
    given_ratio: Matrix
    count_at: Whole  # among the given factors
    count_indicator: Whole
    count_slot: Whole  # which of the dispersions
    count_month: Whole
    count_value: Vector
    count_years: Vector
    count_weight: Vector
    count_log_scale: Vector  # -log y! - log b(y)
    knot_ptr: Whole
    knot_day: Whole
    knot_gain: Vector
    knot_coverage: Vector
    entry_knot: Whole
    entry_same_day: Vector
    entry_share: Vector

    @classmethod
    def of(cls, spec: ModelSpec, evidence: Evidence) -> LikelihoodData:
        """The data of one problem and its evidence; with drift, a spread observation is one for each of its months."""
        rows, columns = spec.departures
        split, month = by_month(spec, evidence)
        evidence, obs_month = _spread_by_month(spec, split, month)
        acting = (evidence.spread > 0) & (month[:, None] == obs_month)
        regime, spread_obs = np.nonzero(acting)
        counts = evidence.counts
        step_digit, step_row, step_ptr, longest = planned_steps(evidence.breaks, evidence.obs_day, evidence.given_day)
        data = cls(
            spec.prior_probs,
            spec.reference_rates,
            np.where(spec.log_mult_sd > 0, 0.0, spec.log_mult_mean),
            rows,
            columns,
            spec.usual_coverage * evidence.live,
            spec.never_ends.astype(np.int64),
            targets_of(spec),
            elicited_at(spec),
            evidence.breaks,
            step_digit,
            step_row,
            step_ptr,
            longest,
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
            counts.at,
            counts.indicator,
            slots(spec, counts),
            month_of(spec, evidence.given_day[counts.at]),
            counts.value,
            counts.years,
            counts.weight,
            -gammaln(counts.value + 1) - log_wrong(counts),
            *Knots.of(spec, evidence),
        )
        return cls(*(_as_sampled(part, kind) for part, (kind, _) in zip(data, KINDS, strict=True)))

    def packed(self) -> tuple[Floats, Ints]:
        """All numbers in one array; all whole numbers in another, behind `_HEADER` of them for each part."""
        header: list[int] = []
        at = {np.float64: 0, np.int32: _HEADER * len(self)}
        for part in self:
            header += [at[part.dtype.type], *part.shape, *([1] if part.ndim == 1 else [])]
            at[part.dtype.type] += part.size
        numbers = [part.ravel() for part in self if part.dtype == np.float64]
        whole = [part.ravel() for part in self if part.dtype == np.int32]
        return np.concatenate(numbers), np.concatenate([np.array(header, np.int32), *whole])

    @classmethod
    def unpacked(cls, numbers: Floats, whole: Ints) -> LikelihoodData:
        """The parts that `packed` made these of."""
        parts = []
        for (kind, dims), (first, rows, columns) in zip(
            KINDS, whole[: _HEADER * len(KINDS)].reshape(-1, 3), strict=True
        ):
            part = (numbers if kind is np.float64 else whole)[first : first + rows * columns]
            parts.append(_as_sampled(part.reshape((rows, columns)[:dims]), kind))
        return cls(*parts)


KINDS = tuple(hint.__metadata__[0] for hint in get_type_hints(LikelihoodData, include_extras=True).values())


def _as_sampled(part: np.ndarray[Any, Any], kind: type) -> np.ndarray[Any, Any]:
    """In the one type for which the kernel is compiled."""
    made: np.ndarray[Any, Any] = np.array(part, kind)
    made.flags.writeable = False
    return made


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
