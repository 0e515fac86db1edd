"""Aftershocks: what the events of a family add to the rates of that family for a while (docs/mathematics.md section 7).

The *excitation* of a family is A(t) = sum over its earlier events of w exp(-(t - t_e) / tau), in events. With nu the
branching ratio and tau the decay time,

    h_i(t) = share_i . 365.25 . nu / tau . A(t)                  occurrences of i per year
    int sum_i c_i h_i dt / 365.25 = nu . C . A . (1 - exp(-length / tau)),    C = sum_i c_i share_i

over a stretch in which no event of the family is dated and C is constant. This is the exponential kernel of Hawkes
(1971, "Spectra of some self-exciting and mutually exciting point processes"), with the recursion of Ogata (1981) for A.
Neither depends on the scenario, so A, h and the integral (the *compensator*) are computed beside the chain, by draw,
always from the start: each is a sum over the knots of a family, the days on which A or C changes.

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
        entries = len(evidence.obs_indicators)
        obs_of = np.repeat(np.arange(len(evidence.obs_day)), np.diff(evidence.obs_ptr))
        exact = evidence.live[evidence.obs_indicators] & evidence.obs_exact[obs_of]
        families = spec.family[evidence.obs_indicators]
        share = spec.share * evidence.live
        ptr, days, gains, coverages = [0], [], [], []
        entry_knot, same_day = np.full(entries, -1, np.int64), np.zeros(entries)
        for family in range(spec.families):
            own = np.nonzero(exact & (families == family))[0]
            if not len(own):
                ptr.append(ptr[-1])
                continue
            at, weight = evidence.obs_day[obs_of[own]] + 1, evidence.obs_weight[obs_of[own]]
            day, gain, coverage = _family_knots(evidence, share * (spec.family == family), at, weight)
            knot = np.searchsorted(day, at)
            of_one_report = np.bincount(obs_of[own], weight)[obs_of[own]]
            entry_knot[own] = ptr[-1] + knot
            same_day[own] = 0.5 * (gain[knot] - of_one_report)
            ptr.append(ptr[-1] + len(day))
            days.append(day)
            gains.append(gain)
            coverages.append(coverage)
        return cls(
            np.array(ptr, np.int64),
            np.concatenate([*days, np.empty(0, np.int64)]).astype(np.int64),
            np.concatenate([*gains, np.empty(0)]),
            np.concatenate([*coverages, np.empty(0)]),
            entry_knot,
            same_day,
            share[evidence.obs_indicators],
        )


def _family_knots(evidence: Evidence, share: Floats, at: Ints, weight: Floats) -> tuple[Ints, Floats, Floats]:
    """(J,) days, gains and coverages of one family, whose events act ``at`` elapsed days with these weights."""
    by_regime = (evidence.coverage * share).sum(axis=1)  # row by row: BLAS may round equal rows differently
    changes = evidence.breaks[1:-1][np.diff(by_regime) != 0]
    day = np.union1d(at, changes[changes > at.min()])
    gain = np.bincount(np.searchsorted(day, at), weight, len(day))
    regime = np.searchsorted(evidence.breaks, day, side="right") - 1
    return day, gain, np.append(by_regime, 0.0)[regime]


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
    for b in range(left.shape[0]):
        left[b] = 1.0
    digit = 0
    while days > 0:
        if days % 2 == 1:
            for b in range(left.shape[0]):
                left[b] *= table[digit, b]
        days //= 2
        digit += 1


@njit(cache=True, nogil=True, error_model="numpy")
def block_aftershocks(  # type: ignore[no-untyped-def]
    branching, decay_days, ptr, day, gain, coverage, entry_knot, entry_same_day, entry_share, wanted
):
    """For one block of draws: h (N, B) of each piece of an observation, and the compensator (K, B) up to each of the
    ``wanted`` days. What happens after a day, and what else is wanted, changes no bit of them."""
    lanes = branching.shape[0]
    received, compensator = np.zeros((entry_knot.shape[0], lanes)), np.zeros((wanted.shape[0], lanes))
    if day.shape[0] == 0:
        return received, compensator
    last = max(day.max(), wanted.max() if wanted.shape[0] else 0)
    table = falls(decay_days, last)
    before, left = np.zeros((day.shape[0], lanes)), np.empty(lanes)
    state, total = np.empty(lanes), np.empty(lanes)
    for family in range(ptr.shape[0] - 1):
        for b in range(lanes):
            state[b] = 0.0
            total[b] = 0.0
        out = 0
        for k in range(ptr[family], ptr[family + 1]):
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
                out += 1
            if not ends:
                _fall(table, day[k + 1] - day[k], left)
                for b in range(lanes):
                    total[b] += coverage[k] * state[b] * (1.0 - left[b])
                    state[b] *= left[b]
    for n in range(entry_knot.shape[0]):
        if entry_knot[n] >= 0:
            for b in range(lanes):
                per_event = entry_share[n] * YEAR_DAYS * branching[b] / decay_days[b]
                received[n, b] = per_event * (before[entry_knot[n], b] + entry_same_day[n])
    return received, compensator


@njit(cache=True, nogil=True, error_model="numpy")
def unit_aftershocks(decay_days, days, ptr, day, gain, coverage, entry_knot, entry_same_day, entry_share):  # type: ignore[no-untyped-def]
    """For one draw, per unit of nu: h (N,), d h / d tau (N,), the compensator of ``days`` days and its d / d tau."""
    received, d_received = np.zeros(entry_knot.shape[0]), np.zeros(entry_knot.shape[0])
    before, d_before = np.zeros(day.shape[0]), np.zeros(day.shape[0])
    total, d_total = 0.0, 0.0
    for family in range(ptr.shape[0] - 1):
        state, d_state = 0.0, 0.0
        for k in range(ptr[family], ptr[family + 1]):
            before[k], d_before[k] = state, d_state
            state += gain[k]
            length = (day[k + 1] if k + 1 < ptr[family + 1] else days) - day[k]
            left = np.exp(-length / decay_days)
            d_left = left * length / decay_days**2
            total += coverage[k] * state * (1.0 - left)
            d_total += coverage[k] * (d_state * (1.0 - left) - state * d_left)
            d_state = d_state * left + state * d_left
            state *= left
    for n in range(entry_knot.shape[0]):
        k = entry_knot[n]
        if k >= 0:
            scale = entry_share[n] * YEAR_DAYS / decay_days
            received[n] = scale * (before[k] + entry_same_day[n])
            d_received[n] = scale * d_before[k] - received[n] / decay_days
    return received, d_received, total, d_total
