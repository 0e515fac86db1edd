"""Aftershocks: what the events of a family add to the rates of that family for a while (docs/mathematics.md section 7).

The *excitation* of a family is A(t) = sum over its earlier events of w exp(-(t - t_e) / tau), in events. With nu the
branching ratio and tau the decay time,

    h_i(t) = share_i . 365.25 . nu / tau . A(t)                  occurrences of i per year
    int sum_i c_i h_i dt / 365.25 = nu . C . A . (1 - exp(-length / tau)),    C = sum_i c_i share_i

over a stretch in which no event of the family is dated and C is constant. This is the exponential kernel of Hawkes
(1971, "Spectra of some self-exciting and mutually exciting point processes"), with the recursion of Ogata (1981) for A.
Neither depends on the scenario, so A, h and the integral (the *compensator*) are computed beside the chain, by draw:
each is a sum over the knots of a family, the days on which A or C changes, from the first or from what `Excited` keeps.

Events act at the end of their day. Those of one day and family receive half of one another's weights; those of one
observation, which share one report, receive nothing of one another.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from iw.inference.arrays import YEAR_DAYS, Draws, Evidence, Floats, Ints, ModelSpec


class Knots(NamedTuple):
    """Where excitation and coverage change, family by family; and what each piece of each observation receives.

    Knot ``k`` of family ``f`` has ``ptr[f] <= k < ptr[f + 1]``. The first one of a family is its first event; a family
    without events, or without aftershocks, has none.
    """

    ptr: Ints  # (F + 1,)
    day: Ints  # (J,) elapsed days, rising within a family
    gain: Floats  # (J,) sum of the weights of the events that act there; 0 where only the coverage changes
    coverage: Floats  # (J,) C from here to the family's next knot
    entry_knot: Ints  # (N,) the knot at which a piece of an observation (obs_indicators) acts, or -1: receives nothing
    entry_same_day: Floats  # (N,) what it receives of the others of its day
    entry_share: Floats  # (N,) its indicator's share

    @classmethod
    def of(cls, spec: ModelSpec, evidence: Evidence) -> Knots:
        """The knots of all families."""
        obs_of = np.repeat(np.arange(len(evidence.obs_day)), np.diff(evidence.obs_ptr))
        own = np.nonzero(evidence.live[evidence.obs_indicators] & evidence.obs_exact[obs_of])[0]
        family, obs = spec.family[evidence.obs_indicators[own]], obs_of[own]
        weight, acts = evidence.obs_weight[obs], family * (evidence.days + 1) + evidence.obs_day[obs] + 1
        share = spec.share * evidence.live
        coverage = _family_coverage(spec, evidence, share)
        keys = np.union1d(acts, _coverage_changes(evidence, coverage, acts))
        of_family, day = np.divmod(keys, evidence.days + 1)
        knot = np.searchsorted(keys, acts)
        gain = np.bincount(knot, weight, len(keys)).astype(np.float64)  # of nothing it makes whole numbers
        _, report = np.unique(obs * spec.families + family, return_inverse=True)
        entry_knot = np.full(len(obs_of), -1, np.int64)
        entry_knot[own] = knot
        same_day = np.zeros(len(obs_of))
        same_day[own] = 0.5 * (gain[knot] - np.bincount(report, weight)[report])
        return cls(
            np.searchsorted(of_family, np.arange(spec.families + 1)).astype(np.int64),
            day.astype(np.int64),
            gain,
            coverage[np.searchsorted(evidence.breaks, day, side="right") - 1, of_family],
            entry_knot,
            same_day,
            share[evidence.obs_indicators],
        )

    def since(self, day: int, entries: int) -> Knots:
        """What matters from ``day`` on: of each family its last knot before that day, and all later ones.

        The first ``entries`` pieces of observations, which act by then, are left out.
        """
        last = np.zeros(len(self.day), np.bool_)  # of its family: it holds to the end
        last[self.ptr[1:][np.diff(self.ptr) > 0] - 1] = True
        keep = last | (np.roll(self.day, -1) >= day)
        number = np.append(0, np.cumsum(keep))
        knot = self.entry_knot[entries:]
        return Knots(
            number[self.ptr],
            self.day[keep],
            self.gain[keep],
            self.coverage[keep],
            np.where(knot < 0, -1, number[knot]),
            self.entry_same_day[entries:],
            self.entry_share[entries:],
        )


def _family_coverage(spec: ModelSpec, evidence: Evidence, share: Floats) -> Floats:
    """(R + 1, F) C of each regime and family, with a row of zeros for after the last day."""
    result = np.zeros((len(evidence.breaks), spec.families))
    for i, family in enumerate(spec.family):  # column by column: BLAS may round equal rows differently
        result[:-1, family] += evidence.coverage[:, i] * share[i]
    return result


def _coverage_changes(evidence: Evidence, coverage: Floats, acts: Ints) -> Ints:
    """Keys (family, day) of where C changes after the first event of a family; ``acts`` are the keys of events."""
    width = evidence.days + 1
    first = np.full(coverage.shape[1], width)
    np.minimum.at(first, acts // width, acts % width)
    regime, family = np.nonzero(np.diff(coverage[:-1], axis=0))
    day = evidence.breaks[regime + 1]
    return np.asarray((family * width + day)[day > first[family]])


class Excited(NamedTuple):
    """What aftershocks have come to before some day, for each family and draw: as of its last knot before that day.

    The knots of that day itself are left out, for what is covered from that day on may still change.
    """

    day: int
    after: Floats  # (F, D) excitation just after that knot, in events; 0 where there is none
    total: Floats  # (F, D) the compensator up to that knot, per unit of nu

    @classmethod
    def none(cls, spec: ModelSpec, draws: Draws) -> Excited:
        """At the start."""
        return cls(0, np.zeros((spec.families, len(draws))), np.zeros((spec.families, len(draws))))


def excitation(spec: ModelSpec, draws: Draws, evidence: Evidence, day: int) -> Floats:
    """(D, F) the excitation of every family after ``day`` elapsed days, the events of the last of them included."""
    knots = Knots.of(spec, evidence)
    result = np.zeros((len(draws), spec.families))
    for family in range(spec.families):
        own = slice(knots.ptr[family], knots.ptr[family + 1])
        elapsed = day - knots.day[own]
        left = np.exp(-np.maximum(elapsed, 0) / draws.decay_days[:, None])
        result[:, family] = left @ (knots.gain[own] * (elapsed >= 0))
    return result


@njit(cache=True, nogil=True, error_model="numpy")
def falls(decay_days, days):  # type: ignore[no-untyped-def]
    """(digits of ``days``, B) exp(-2^j / tau): what is left after 2^j days."""
    count = 1
    while days >> count > 0:
        count += 1
    result = np.empty((count, decay_days.shape[0]))
    for b in range(decay_days.shape[0]):
        result[0, b] = np.exp(-1.0 / decay_days[b])
    for j in range(1, count):
        for b in range(decay_days.shape[0]):
            result[j, b] = result[j - 1, b] * result[j - 1, b]
    return result


@njit(cache=True, nogil=True, error_model="numpy")
def _fall(table, days, left):  # type: ignore[no-untyped-def]
    """left <- exp(-days / tau), for each draw."""
    digit, first = 0, True
    while days > 0:
        if days % 2 == 1:
            for b in range(left.shape[0]):
                left[b] = table[digit, b] if first else left[b] * table[digit, b]
            first = False
        days //= 2
        digit += 1
    if first:
        for b in range(left.shape[0]):
            left[b] = 1.0


@njit(cache=True, nogil=True, error_model="numpy")
def block_aftershocks(  # type: ignore[no-untyped-def]
    branching,
    decay_days,
    ptr,
    day,
    gain,
    coverage,
    entry_knot,
    entry_same_day,
    entry_share,
    wanted,
    kept,
    keep,
    days,
    since,
    at_after,
    at_total,
):
    """For one block of draws, from ``since`` on, with what had come before it in `Excited` (F, B), (F, B).

    Gives h (N, B) of each piece of an observation (0 where it acts before ``since``; one row alone where no family has
    aftershocks), the compensator (K, B) up to each
    of the ``wanted`` days, and what had come before those of them that are kept: (keep, F, B), (keep, F, B), in the
    places ``kept`` (K,), -1 for none. All lie within so many ``days``. What happens after a day, what else is wanted,
    and from where it resumes changes no bit of them.
    """
    lanes, families = branching.shape[0], ptr.shape[0] - 1
    compensator = np.zeros((wanted.shape[0], lanes))
    received = np.zeros((entry_knot.shape[0] if day.shape[0] > 0 else 1, lanes))
    afters, totals = np.zeros((keep, families, lanes)), np.zeros((keep, families, lanes))
    if day.shape[0] == 0:
        return received, compensator, afters, totals
    table = falls(decay_days, days)
    before, left = np.zeros((day.shape[0], lanes)), np.empty(lanes)
    state, total = np.empty(lanes), np.empty(lanes)
    for family in range(families):
        for b in range(lanes):
            state[b] = at_after[family, b]
            total[b] = at_total[family, b]
        out = 0
        for k in range(ptr[family], ptr[family + 1]):
            if day[k] >= since:  # else it is the last one before, and its gain is in what had come by then
                for b in range(lanes):
                    before[k, b] = state[b]
                    state[b] += gain[k]
            ends = k + 1 == ptr[family + 1]
            while out < wanted.shape[0] and (ends or wanted[out] <= day[k + 1]):
                if wanted[out] > day[k]:
                    _fall(table, wanted[out] - day[k], left)
                    for b in range(lanes):
                        within = coverage[k] * state[b] * (1.0 - left[b])
                        compensator[out, b] += branching[b] * (total[b] + within)
                    if kept[out] >= 0:
                        for b in range(lanes):
                            afters[kept[out], family, b] = state[b]
                            totals[kept[out], family, b] = total[b]
                out += 1
            if not ends:
                _fall(table, day[k + 1] - day[k], left)
                for b in range(lanes):
                    total[b] += coverage[k] * state[b] * (1.0 - left[b])
                    state[b] *= left[b]
    for b in range(lanes):
        left[b] = YEAR_DAYS * branching[b] / decay_days[b]
    for n in range(entry_knot.shape[0]):
        if entry_knot[n] >= 0 and day[entry_knot[n]] >= since:
            for b in range(lanes):
                received[n, b] = entry_share[n] * left[b] * (before[entry_knot[n], b] + entry_same_day[n])
    return received, compensator, afters, totals


def all_received(spec: ModelSpec, draws: Draws, evidence: Evidence) -> Floats:
    """(N, D) h of each piece of an observation, per year."""
    none, knots, nowhere = Excited.none(spec, draws), Knots.of(spec, evidence), np.empty(0, np.int64)
    days = np.int64(evidence.days)
    parts = (draws.branching, draws.decay_days, *knots, nowhere, nowhere, np.int64(0), days, np.int64(0), *none[1:])
    received = block_aftershocks(*parts)[0]
    return np.broadcast_to(received, (len(evidence.obs_indicators), received.shape[1]))


@njit(cache=True, nogil=True, error_model="numpy")
def unit_aftershocks(decay_days, days, ptr, day, gain, coverage, entry_knot, entry_same_day, entry_share):  # type: ignore[no-untyped-def]
    """For one draw, per unit of nu: h (N,), d h / d tau (N,), the compensator of ``days`` days and its d / d tau."""
    received, d_received = np.zeros(entry_knot.shape[0]), np.zeros(entry_knot.shape[0])
    before, d_before = np.empty(day.shape[0]), np.empty(day.shape[0])
    total, d_total, rate = 0.0, 0.0, 1.0 / decay_days
    for family in range(ptr.shape[0] - 1):
        state, d_state = 0.0, 0.0
        for k in range(ptr[family], ptr[family + 1]):
            before[k], d_before[k] = state, d_state
            state += gain[k]
            length = (day[k + 1] if k + 1 < ptr[family + 1] else days) - day[k]
            left = np.exp(-length * rate)
            d_left = left * length * rate * rate
            total += coverage[k] * state * (1.0 - left)
            d_total += coverage[k] * (d_state * (1.0 - left) - state * d_left)
            d_state = d_state * left + state * d_left
            state *= left
    for n in range(entry_knot.shape[0]):
        k = entry_knot[n]
        if k >= 0:
            scale = entry_share[n] * YEAR_DAYS * rate
            received[n] = scale * (before[k] + entry_same_day[n])
            d_received[n] = scale * d_before[k] - received[n] * rate
    return received, d_received, total, d_total
