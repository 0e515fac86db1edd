"""The exact filter over many draws: belief and log-likelihood of every draw in one pass.

The definition is in `iw.inference.reference`, the kernel in `iw.inference.filter_kernel`.

Aftershocks enter by what each observation receives of them, and by their compensator, which is the same in every
scenario: it is kept apart from the chain's own log-likelihood, and subtracted from it in the end.
"""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from iw.core.errors import InferenceError
from iw.inference.aftershocks import Excited, Knots, block_aftershocks
from iw.inference.arrays import Draws, Evidence, Floats, Ints, ModelSpec
from iw.inference.counts import day_ratios
from iw.inference.drift import by_month
from iw.inference.filter_kernel import CHECKPOINT_DAYS, filter_block
from iw.inference.matrices import BLOCK, draws_innermost

_THREADS = 2
_TOGETHER = 8 * BLOCK  # draws that are laid out at once


@dataclass(frozen=True)
class FilterState:
    """What the filter knows after ``day`` days, for each draw."""

    day: int
    chain: Floats  # (D,) log-likelihood but for the compensator
    compensator: Floats  # (D,) of aftershocks
    probs: Floats  # (D, S) filtered: evidence up to and including the end of that day
    excited: Excited | None = None  # None: aftershocks are computed from the first event

    @property
    def log_likelihood(self) -> Floats:
        """(D,) of all evidence up to the end of that day."""
        return self.chain - self.compensator


@dataclass(frozen=True)
class Filtered:
    """What the filter knows at each wanted day, for each draw."""

    days: Ints  # (K,) number of days elapsed
    chain: Floats  # (K, D) log-likelihood but for the compensator
    compensator: Floats  # (K, D)
    probs: Floats  # (K, D, S)
    excited: dict[int, Excited] = field(default_factory=dict)  # by day, for those that were to be kept

    @property
    def log_likelihood(self) -> Floats:
        """(K, D) of all evidence up to the end of each day."""
        return self.chain - self.compensator

    def state(self, day: int) -> FilterState:
        """The state after ``day`` days, one of those wanted; a copy, so that the other days can be forgotten."""
        k = int(np.searchsorted(self.days, day))
        parts = (self.chain[k].copy(), self.compensator[k].copy(), self.probs[k].copy())
        return FilterState(day, *parts, self.excited.get(day))


_Block = tuple[slice, Floats, Floats, Floats]


class DrawFilter:
    """The filter over one set of draws; keeps their rates and generators in the kernel's layout."""

    def __init__(self, spec: ModelSpec, draws: Draws) -> None:
        self.spec, self.draws = spec, draws
        self._live: NDArray[np.bool_] | None = None
        self._blocks: list[_Block] = []

    def _laid_out(self, evidence: Evidence, pool: ThreadPoolExecutor) -> list[_Block]:
        """Blocks of draws with rates, drift and generators; rates depend on which families have aftershocks."""
        if self._live is None or not np.array_equal(self._live, evidence.live):

            def lay_out(first: int) -> list[_Block]:
                draws = self.draws[first : first + _TOGETHER]
                rates, drift, generators = draws.rates(self.spec, evidence), draws.log_drift, draws.generators()
                return [
                    (
                        slice(first + at, first + at + BLOCK),
                        draws_innermost(rates[at : at + BLOCK]),
                        draws_innermost(drift[at : at + BLOCK]),
                        draws_innermost(generators[at : at + BLOCK]),
                    )
                    for at in range(0, len(draws), BLOCK)
                ]

            parts = pool.map(lay_out, range(0, len(self.draws), _TOGETHER))
            self._blocks, self._live = [block for part in parts for block in part], evidence.live
        return self._blocks

    def run(
        self,
        evidence: Evidence,
        days: Ints | None = None,
        start: FilterState | None = None,
        threads: int = _THREADS,
        keep: Collection[int] = (),
    ) -> Filtered:
        """The state at each of ``days`` (elapsed, rising; default: at the end only).

        States on days that are to ``keep`` remember their aftershocks, so that a filter that resumes from them looks at
        no earlier event. ``start`` is a state on a multiple of `CHECKPOINT_DAYS`, before the end, under evidence that
        is the same up to that day. Raises `InferenceError` naming the event that no scenario can explain.
        """
        first = start.day if start else 0
        wanted = np.array([evidence.days], np.int64) if days is None else np.asarray(days, np.int64)
        if np.any(np.diff(wanted) < 0) or (len(wanted) and (wanted[0] < first or wanted[-1] > evidence.days)):
            raise ValueError("the wanted days must rise and lie within the evidence")
        if start and (first % CHECKPOINT_DAYS or first >= evidence.days):
            raise ValueError("a filter resumes on a checkpoint before the end of the evidence")
        shape = (len(wanted), len(self.draws), len(self.spec.scenarios))
        chain, compensator, probs = np.empty(shape[:2]), np.empty(shape[:2]), np.empty(shape)
        branching, decay_days = self.draws.branching, self.draws.decay_days
        since, after, before_it = (start and start.excited) or Excited.none(self.spec, self.draws)
        acting = _Acting.since(evidence, since)
        knots = Knots.of(self.spec, evidence).since(since, acting.entries)
        kept = np.isin(wanted, np.array(sorted(keep), np.int64))
        places, count = np.where(kept, np.cumsum(kept) - 1, -1), np.count_nonzero(kept)
        afters, totals = (np.empty((count, *after.shape)) for _ in range(2))
        before = np.zeros(shape[1]) if start is None else start.chain
        at_first = np.broadcast_to(self.spec.prior_probs, shape[1:]) if start is None else start.probs
        split, month = by_month(self.spec, evidence)
        spread = np.ascontiguousarray(split.spread[:, acting.first :])  # for other layouts the kernel is compiled anew

        def run(block: _Block) -> int:
            own, rates, log_drift, generators = block
            received, compensator[:, own], afters[..., own], totals[..., own] = block_aftershocks(
                branching[own],
                decay_days[own],
                *knots,
                wanted,
                places,
                np.int64(count),
                np.int64(evidence.days),
                np.int64(since),
                np.ascontiguousarray(after[:, own]),
                np.ascontiguousarray(before_it[:, own]),
            )
            failed, chain[:, own], by_scenario = filter_block(
                rates,
                log_drift,
                generators,
                received,
                np.int64(first),
                before[own],
                np.array(at_first[own].T, order="C"),
                self.spec.reference_rates,
                split.breaks,
                month,
                split.coverage,
                spread,
                *acting[2:],
                evidence.given_day,
                day_ratios(self.spec, evidence, rates, log_drift, self.draws.log_dispersion[own], first),
                wanted,
            )
            probs[:, own] = by_scenario.transpose(0, 2, 1)
            return int(failed)

        with ThreadPoolExecutor(threads) as pool:
            blocks = self._laid_out(evidence, pool)
            shares = [blocks[k::threads] for k in range(threads)]  # a task a block would cost as much as a short run
            failures = pool.map(lambda some: [run(block) for block in some], shares)
            failed = [obs + acting.first for some in failures for obs in some if obs >= 0]
        if failed:
            raise _unexplained(min(failed), evidence)
        excited = {int(day): Excited(int(day), *ones) for day, *ones in zip(wanted[kept], afters, totals, strict=True)}
        return Filtered(wanted, chain, compensator, probs, excited)


class _Acting(NamedTuple):
    """The observations from some day on, as the kernel takes them; those known to a month or year only are all kept."""

    first: int  # how many are left out
    entries: int  # how many pieces of them
    dated: int
    day: Ints
    weight: Floats
    ptr: Ints
    indicators: Ints

    @classmethod
    def since(cls, evidence: Evidence, day: int) -> _Acting:
        first = int(np.searchsorted(evidence.obs_day[: evidence.dated], day))
        entries = int(evidence.obs_ptr[first])
        return cls(
            first,
            entries,
            evidence.dated - first,
            evidence.obs_day[first:],
            evidence.obs_weight[first:],
            evidence.obs_ptr[first:] - entries,
            evidence.obs_indicators[entries:],
        )


def filter_draws(
    spec: ModelSpec, draws: Draws, evidence: Evidence, days: Ints | None = None, threads: int = _THREADS
) -> Filtered:
    """Filter every draw once; give the state at each of ``days`` as `DrawFilter.run` does."""
    return DrawFilter(spec, draws).run(evidence, days, threads=threads)


def _unexplained(obs: int, evidence: Evidence) -> InferenceError:
    given = obs - len(evidence.obs_ids) - 1
    if given >= 0:
        return InferenceError(
            f"No scenario can explain {evidence.given_ids[given]} under at least one draw of the parameters.",
            "It leaves a chance only to scenarios that are impossible by then: look at what it says, and at its date.",
        )
    name = ", ".join(evidence.obs_ids[obs]) if obs < len(evidence.obs_ids) else "the silence"
    return InferenceError(
        f"No scenario can explain {name} under at least one draw of the parameters.",
        "Check its grade (a weight of 1 leaves no room for error) and the rates of its indicator.",
    )
