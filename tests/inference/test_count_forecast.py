"""Will a coming count reach a value? Against a sum over every path of scenarios."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.linalg import expm

from iw.inference import reference
from iw.inference.arrays import YEAR_DAYS, Counts
from iw.inference.count_forecast import ComingCount, reached
from tests.inference.cast import Problem, believe, problem

AHEAD = (2, 9, 23)


def coming(one: Problem, weight: float = 0.9, aheads: tuple[int, ...] = AHEAD) -> list[ComingCount]:
    """Three weeks of the last indicator."""
    column = np.array([len(one.spec.indicators) - 1])
    numbers = Counts(
        np.array([0]),
        column,
        np.zeros(1),
        np.array([7 / YEAR_DAYS]),
        np.array([weight]),
        np.array([np.log(0.3)]),
        np.array([1.4]),
    )
    return [ComingCount(ahead, numbers) for ahead in aheads]


def by_paths(
    one: Problem, draw: int, probs: np.ndarray, weight: float, above: float | None, below: float | None
) -> float:
    """The chance that none reaches it, path by path, taken from 1."""
    spec, draws, evidence = one
    generator, size = draws.generators()[draw] / YEAR_DAYS, np.exp(-2 * draws.log_dispersion[draw, -1])
    steps = [expm(generator * gap) for gap in np.diff([0, *AHEAD])]
    wrong = stats.t(4, np.log(0.3), 1.4)
    spared = []
    for ahead in AHEAD:
        mean = 7 / YEAR_DAYS * reference.rates(spec, draws, draw, evidence, evidence.days - 1 + ahead)[-1]
        right = stats.nbinom(size, size / (size + mean))
        if above is not None:
            spared.append(weight * right.cdf(above - 1) + (1 - weight) * wrong.cdf(np.log(above)))
        else:
            assert below is not None
            spared.append(weight * right.sf(below) + (1 - weight) * wrong.sf(np.log(below + 1)))
    total = 0.0
    for path in itertools.product(range(len(spec.scenarios)), repeat=len(AHEAD) + 1):
        chance = probs[path[0]]
        for k, step in enumerate(steps):
            chance *= step[path[k], path[k + 1]] * spared[k][path[k + 1]]
        total += chance
    return 1 - float(total)


@pytest.mark.parametrize("drift", [False, True])
@pytest.mark.parametrize(("above", "below"), [(3.0, None), (1.0, None), (None, 0.0), (None, 2.0)])
def test_the_chance_is_the_sum_over_every_path(drift: bool, above: float | None, below: float | None) -> None:
    one = problem(80, counted=4, draws=4, drift=drift)
    state = believe(*one)[-1]
    found = reached(one.spec, state, one.draws, one.evidence, coming(one), above, below)
    each = [by_paths(one, d, state.probs[d], 0.9, above, below) for d in range(4)]
    assert found.mean == pytest.approx(state.weights @ each, abs=1e-10)
    assert min(each) - 1e-10 <= found.low <= found.mean <= found.high <= max(each) + 1e-10


def test_more_periods_make_it_likelier_and_a_higher_value_less_likely() -> None:
    one = problem(81, counted=4)
    state = believe(*one)[-1]

    def chance(value: float, aheads: tuple[int, ...]) -> float:
        return reached(one.spec, state, one.draws, one.evidence, coming(one, aheads=aheads), value, None).mean

    assert chance(2.0, (3,)) < chance(2.0, (3, 10)) < chance(2.0, (3, 10, 17))
    assert chance(4.0, (3, 10)) < chance(2.0, (3, 10)) < chance(1.0, (3, 10))
    assert chance(0.0, (3,)) == pytest.approx(1.0)


def test_the_chance_is_the_share_of_simulated_counts_that_reach_it() -> None:
    """One period of a chain that stays where it is: 200,000 negative binomial numbers, within five standard errors."""
    one = problem(82, counted=4, draws=1)
    still = replace(one.draws, exit_rates=np.zeros_like(one.draws.exit_rates))
    state = believe(one.spec, still, one.evidence)[-1]
    found = reached(one.spec, state, still, one.evidence, coming(one, 1.0, (4,)), 2.0, None).mean
    rng = np.random.default_rng(0)
    scenario = rng.choice(len(one.spec.scenarios), 200_000, p=state.probs[0])
    mean = 7 / YEAR_DAYS * one.draws.rates(one.spec, one.evidence)[0, -1, scenario]
    size = np.exp(-2 * still.log_dispersion[0, -1])
    share = float((rng.poisson(mean * rng.gamma(size, 1 / size, 200_000)) >= 2).mean())
    assert found == pytest.approx(share, abs=5 * np.sqrt(found * (1 - found) / 200_000) + 1e-6)
