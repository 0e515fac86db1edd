"""What one more event costs: the engine's own step, the way the product takes, and where its time goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numba import njit

from benchmarks.measure import Bench, Row, best, duration, times
from benchmarks.problems import Problem, problem
from iw.inference.aftershocks import Knots
from iw.inference.arrays import Evidence, Floats
from iw.inference.belief import Believer, normalised
from iw.inference.filter import DrawFilter
from iw.inference.filter_kernel import CHECKPOINT_DAYS, _book, _ratios, _sums
from iw.inference.matrices import BLOCK, draws_innermost

PROBLEMS = 13
SIZE: dict[str, Any] = {"scenarios": 4, "indicators": 20, "days": 3653, "draws": 2000, "regimes": 12}
SMALL: dict[str, Any] = SIZE | {"days": 800, "draws": 130}
KINDS = {
    "an event 60 days old": 60,
    "an event 1,000 days old": 1000,
    "anew from the draws": 0,
}


def rows(bench: Bench) -> list[Row]:
    """One event on the last day of one problem; then an event in each of 13 problems."""
    fold = bench.contender("updates", "fold")
    what = "one event on the last day"
    if "failed" in fold:
        found = [Row(what, "iw", fold["failed"])]
    else:
        step = fold["the engine's own step"]
        found = [Row(what, f"iw, {by}", duration(seconds), times(seconds, step)) for by, seconds in fold.items()]
        found = [row for row in found if row.by != "iw, seconds_whole"]
    for events in (100, 1000):
        what = f"an event in each of {PROBLEMS} problems of {events:,}"
        figures = bench.contender("updates", "thirteen", events=events)
        if "failed" in figures:
            found.append(Row(what, "iw", figures["failed"]))
            continue
        quickest = min(figures[kind] for kind in KINDS)
        found += [Row(what, f"iw, {kind}", duration(figures[kind]), times(figures[kind], quickest)) for kind in KINDS]
    return found


def fold(small: bool) -> dict[str, float]:
    """An event on the last day, from the state before it: seconds of each way, and of the parts of the last."""
    one = problem(**(SMALL if small else SIZE), events=100 if small else 1000, aftershocks=True)
    evidence = _on_the_last_day(one.evidence)
    repeats = 5 if small else 50
    believer = Believer(one.spec, one.draws)
    engine = DrawFilter(one.spec, one.draws)
    last = (evidence.days - 1) // CHECKPOINT_DAYS * CHECKPOINT_DAYS
    start = engine.run(evidence, np.array([last]), keep=[last]).state(last)
    ended = engine.run(evidence).state(evidence.days)
    draws = believer.draws
    return {
        "the engine's own step": best(_own_step(one, ended.probs, evidence), repeats),
        "the filter from the last checkpoint": best(lambda: engine.run(evidence, start=start), repeats),
        "the product's way, a belief": best(
            lambda: believer.believe(evidence), repeats, prepare=partial(_forget, believer, _before(evidence))
        ),
        "of which: knots of all families": best(lambda: Knots.of(one.spec, evidence), repeats),
        "of which: is a checkpoint still good?": best(lambda: evidence.digest(last), repeats),
        "of which: weights of the draws": best(lambda: normalised(draws.log_weight + ended.log_likelihood), repeats),
    }


def thirteen(small: bool, events: int) -> dict[str, float]:
    """Seconds until all problems have a new belief, each believed before without the event; nothing is remembered of
    an earlier repeat."""
    size = SMALL | {"days": 1200} if small else SIZE
    many = [problem(**size, events=events, seed=seed, aftershocks=True) for seed in range(PROBLEMS)]
    repeats = 2 if small else 4
    found: dict[str, float] = {}
    for kind, back in KINDS.items():
        believers = [Believer(one.spec, one.draws) for one in many]
        whole = [one.evidence for one in many]
        fewer = [_without_one(evidence, back) for evidence in whole] if back else [None] * PROBLEMS

        def prepare(believers: list[Believer] = believers, fewer: list[Evidence | None] = fewer) -> None:
            for believer, evidence in zip(believers, fewer, strict=True):
                _forget(believer, evidence)

        def run(believers: list[Believer] = believers, whole: list[Evidence] = whole) -> None:
            for believer, evidence in zip(believers, whole, strict=True):
                believer.believe(evidence)

        found[kind] = best(run, repeats, prepare)
    return found


def _forget(believer: Believer, evidence: Evidence | None) -> None:
    """A believer as it was before the event: it knows only the evidence without it."""
    believer._kept.clear()
    if evidence is not None:
        believer.believe(evidence)


def _without_one(evidence: Evidence, back: int) -> Evidence:
    """Without the first event that is dated ``back`` days before the end, or later."""
    m = int(np.searchsorted(evidence.obs_day, evidence.days - back))
    return evidence.without({min(m, len(evidence.obs_day) - 1)})


def _on_the_last_day(evidence: Evidence) -> Evidence:
    """The same evidence with its last event on the last day."""
    obs_day = evidence.obs_day.copy()
    obs_day[-1] = evidence.days - 1
    return replace(evidence, obs_day=obs_day)


def _before(evidence: Evidence) -> Evidence:
    return evidence.without({len(evidence.obs_day) - 1})


def _own_step(one: Problem, probs: Floats, evidence: Evidence) -> Callable[[], object]:
    """The step of the filter's kernel for its last observation, over all blocks of draws, one thread."""
    whole = -(-len(one.draws) // BLOCK) * BLOCK  # the last block is filled up with the first draws
    blocks = [slice(first, first + BLOCK) for first in range(0, whole, BLOCK)]
    rates = np.resize(one.draws.rates(one.spec, evidence), (whole, *one.spec.log_mult_mean.shape))
    probs = np.resize(probs, (whole, probs.shape[1]))
    laid_out = np.stack([draws_innermost(rates[block]) for block in blocks])
    states = np.stack([probs[block].T for block in blocks])
    factor = np.ones((len(one.spec.indicators), BLOCK))  # rates do not drift here
    received = np.zeros((len(evidence.obs_indicators), BLOCK))
    arrays = (one.spec.reference_rates, evidence.obs_weight, evidence.obs_ptr, evidence.obs_indicators)
    last = len(evidence.obs_day) - 1
    return lambda: _fold(last, laid_out, factor, states, received, *arrays)


@njit(cache=True, nogil=True, error_model="numpy")
def _fold(obs, rates, factor, states, received, reference_rates, obs_weight, obs_ptr, obs_indicators):  # type: ignore[no-untyped-def]
    """states (blocks, S, B) <- the states after observation ``obs``; gives the log-likelihoods (blocks, B)."""
    blocks, count, lanes = states.shape
    total, sums = np.zeros((blocks, lanes)), np.empty(lanes)
    ratio = np.empty((count, lanes))
    for block in range(blocks):
        _ratios(obs, rates[block], factor, received, reference_rates, obs_weight, obs_ptr, obs_indicators, ratio)
        for s in range(count):
            for b in range(lanes):
                states[block, s, b] *= ratio[s, b]
        _sums(states[block], sums)
        for b in range(lanes):
            _book(states[block], sums, total[block], b)
    return total
