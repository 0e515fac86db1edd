"""The smoothed state against forward and backward products of the reference's dense matrices, day by day."""

from dataclasses import replace

import numpy as np
import pytest

from iw.inference import reference
from iw.inference.arrays import Floats
from iw.inference.belief import Believer
from iw.inference.filter_kernel import CHECKPOINT_DAYS
from iw.inference.smoother import smoothed
from tests.inference.cast import EXACT, Problem, problem


def by_reference(one: Problem, draw: int) -> Floats:
    """(T + 1, S) P(X after t days | all the evidence), for one draw."""
    steps = reference.steps(one.spec, one.draws, draw, one.evidence)
    forward, backward = [one.spec.prior_probs], [np.ones(len(one.spec.scenarios))]
    for step in steps:
        state = forward[-1] @ step
        forward.append(state / state.sum())
    for step in reversed(steps):
        state = step @ backward[-1]
        backward.append(state / state.max())
    both = np.array(forward) * np.array(backward[::-1])
    return np.asarray(both / both.sum(axis=1, keepdims=True))


@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_product_of_what_came_before_and_what_came_after(seed: int) -> None:
    one = problem(seed=seed, days=150, dated=12, spread=2, counted=4 * seed)
    days, states = smoothed(Believer(one.spec, one.draws), one.evidence)
    assert list(days) == [0, CHECKPOINT_DAYS, 2 * CHECKPOINT_DAYS, 150]
    for draw in range(len(one.draws)):
        expected = by_reference(one, draw)[days]
        found = np.array([state.probs[draw] for state in states])
        assert found == pytest.approx(expected, abs=EXACT)


def test_at_the_end_it_is_the_belief_and_its_weights_hold_throughout() -> None:
    one = problem(seed=4, days=130, draws=20)
    believer = Believer(one.spec, one.draws)
    _, states = smoothed(believer, one.evidence)
    belief = believer.believe(one.evidence)[-1]
    assert states[-1].mean == pytest.approx(belief.mean, abs=1e-12)
    assert all(np.array_equal(state.weights, belief.weights) for state in states)


def test_what_comes_later_changes_what_should_have_been_believed() -> None:
    one = problem(seed=5, days=130, dated=8, spread=0)
    late = replace(one.evidence, obs_day=np.full(8, 129, np.int64))
    believer = Believer(one.spec, one.draws)
    before = believer.believe(late, np.array([64]))[0]
    days, states = smoothed(believer, late)
    assert np.abs(states[list(days).index(64)].probs - before.probs).max() > 0.01
