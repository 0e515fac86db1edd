"""The gate that a fit must pass."""

from __future__ import annotations

import numpy as np

from iw.inference.fit import judge

GOOD = np.random.default_rng(1).standard_normal((4, 1000, 3))
NEVER = np.zeros((4, 1000))


def test_independent_draws_pass() -> None:
    gate = judge([GOOD], GOOD, NEVER)
    assert gate.accepted, gate.reason
    assert gate.sentence().startswith("accepted (R-hat 1.00")


def test_a_chain_elsewhere_is_rejected() -> None:
    stuck = GOOD.copy()
    stuck[2, :, 1] += 0.5
    assert "R-hat above 1.01" in judge([stuck], GOOD, NEVER).reason


def test_a_rate_may_mix_a_little_worse_but_not_much() -> None:
    shifted = GOOD.copy()
    shifted[2, :, 1] += 0.3
    slightly = judge([GOOD], shifted, NEVER)
    assert slightly.accepted
    shifted[2, :, 1] += 0.5
    assert "rate or multiplier" in judge([GOOD], shifted, NEVER).reason


def test_slow_chains_are_rejected_for_their_effective_size() -> None:
    rng = np.random.default_rng(2)
    walk = np.zeros((4, 1000, 1))
    for t in range(1, 1000):
        walk[:, t] = 0.9 * walk[:, t - 1] + rng.standard_normal((4, 1))
    assert "effective sample size" in judge([walk], GOOD, NEVER).reason


def test_more_than_a_thousandth_of_divergences_is_rejected() -> None:
    some = NEVER.copy()
    some[0, :4] = 1
    assert judge([GOOD], GOOD, some).accepted
    some[0, :5] = 1
    assert "divergences" in judge([GOOD], GOOD, some).reason


def test_what_never_varies_is_not_judged() -> None:
    fixed = np.concatenate([GOOD, np.ones((4, 1000, 1))], axis=2)
    assert judge([fixed], GOOD, NEVER).accepted
