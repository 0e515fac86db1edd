"""The PyMC model: the filter's likelihood, the specification's priors, and padding that touches nothing.

FAST_COMPILE builds nothing in C or Numba, so each model costs a tenth of a second; the kernel inside is the real one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pymc as pm
import pytensor
import pytest
from scipy import stats

from iw.inference.arrays import Evidence, Floats, ModelSpec
from iw.inference.drift import years
from iw.inference.kernel_data import LikelihoodData
from iw.inference.likelihood import log_likelihood_and_gradient
from iw.inference.model import Shape, build_model, model_data
from iw.inference.op import PARAMETERS, MarkedProcessLikelihood
from iw.inference.parameters import draws_of
from tests.inference.cast import EXACT, at_end, kernel_data, parameters, problem

CHEAP = "FAST_COMPILE"
ONE = problem(50, scenarios=4, days=60, drift=True, counted=5)
SHAPE = Shape.of(ONE.spec, days=60)
Values = dict[str, Floats]


def tight(spec: ModelSpec) -> Shape:
    """The shape without any padding."""
    return Shape(
        len(spec.scenarios),
        len(spec.indicators),
        len(spec.departures[0]),
        years(spec, ONE.evidence.days),
        len(spec.counts),
    )


def values(shape: Shape, seed: int = 0) -> Values:
    """Values of the unconstrained parameters in this shape; those of a smaller shape are their first ones."""
    g = np.random.default_rng(seed)
    big = {
        "log_rate": g.normal(0, 0.5, 64),
        "log_mult": g.normal(0, 0.5, 64),
        "log_dwell": g.normal(0, 0.5, 16),
        "stick_logodds__": g.normal(0, 1, (16, 16)),
        "branching_logodds__": g.normal(-1, 1),
        "log_decay": g.normal(3, 0.5),
        "log_step_size": g.normal(-1, 0.3),
        "drift_step": g.normal(0, 1, (64, 24)),
        "log_dispersion": g.normal(-1, 0.5, 8),
    }
    s = shape.scenarios
    sizes = {"log_rate": shape.indicators, "log_mult": shape.departures, "log_dwell": s, "stick_logodds__": (s, s - 2)}
    if shape.years:
        sizes["drift_step"] = (shape.indicators, shape.years)
    else:
        del big["drift_step"], big["log_step_size"]
    if shape.counted:
        sizes["log_dispersion"] = shape.counted
    else:
        del big["log_dispersion"]
    return {name: np.asarray(value) for name, value in big.items()} | {
        name: big[name][tuple(map(slice, size)) if isinstance(size, tuple) else slice(size)]
        for name, size in sizes.items()
    }


def log_prior(spec: ModelSpec, shape: Shape, at: Values) -> float:
    """Written out with SciPy: the priors of ``spec``, then N(0, 1) and Beta(2, 2) for what is unused."""
    rows, columns = spec.departures

    def normal(name: str, mean: Floats, sd: Floats) -> float:
        used = len(mean)
        return float(stats.norm.logpdf(at[name][:used], mean, sd).sum() + stats.norm.logpdf(at[name][used:]).sum())

    total = normal("log_rate", spec.log_rate_mean, spec.log_rate_sd)
    total += normal("log_mult", spec.log_mult_mean[rows, columns], spec.log_mult_sd[rows, columns])
    total += normal("log_dwell", spec.log_dwell_mean, spec.log_dwell_sd)
    nu = float(1 / (1 + np.exp(-at["branching_logodds__"])))
    total += stats.beta.logpdf(nu, *spec.branching_prior) + np.log(nu * (1 - nu))
    total += stats.norm.logpdf(float(at["log_decay"]), spec.log_decay_mean, spec.log_decay_sd)
    if spec.drift is not None:
        total += stats.norm.logpdf(float(at["log_step_size"]), spec.drift.log_step_mean, spec.drift.log_step_sd)
        total += stats.norm.logpdf(at["drift_step"]).sum()
    if "log_dispersion" in at:
        total += normal("log_dispersion", spec.counts.log_dispersion_mean, spec.counts.log_dispersion_sd)
    logit = at["stick_logodds__"]
    stick = 1 / (1 + np.exp(-logit))
    for r in range(shape.scenarios):
        follow = spec.odds[r][spec.odds[r] > 0] * spec.odds_concentration if r < len(spec.scenarios) else np.empty(0)
        for j in range(shape.scenarios - 2):
            used = j < len(follow) - 1
            a, b = (follow[j], follow[j + 1 :].sum()) if used else (2.0, 2.0)
            total += stats.beta.logpdf(stick[r, j], a, b) + np.log(stick[r, j] * (1 - stick[r, j]))
    return float(total)


def log_likelihood_by_filter(spec: ModelSpec, evidence: Evidence, at: Values) -> float:
    stick = 1 / (1 + np.exp(-at["stick_logodds__"]))
    aftershock = np.array([1 / (1 + np.exp(-at["branching_logodds__"])), at["log_decay"]])
    steps = at.get("drift_step", np.empty((len(at["log_rate"]), 0))), np.atleast_1d(at.get("log_step_size", 0.0))
    dispersion = at.get("log_dispersion", np.empty(0))
    arrays = (at["log_rate"], at["log_mult"], at["log_dwell"], stick, aftershock, *steps, dispersion)
    draws = draws_of(spec, *(array[None] for array in arrays))
    return float(at_end(ONE._replace(spec=spec, draws=draws, evidence=evidence))[0][0])


@pytest.fixture(scope="session")
def model() -> pm.Model:
    return build_model(ONE.spec, ONE.evidence)


@pytest.fixture(scope="session")
def logp(model: pm.Model) -> Callable[[Values], Floats]:
    return partial(_call, model.compile_logp(mode=CHEAP))


def _call(compiled: Any, at: Values) -> Floats:
    return np.asarray(compiled(at))


def test_the_models_potential_is_the_filters_log_likelihood(model: pm.Model) -> None:
    compiled = pytensor.function(model.continuous_value_vars, model.replace_rvs_by_values(model.potentials), mode=CHEAP)
    for seed in range(5):
        at = values(SHAPE, seed)
        (potential,) = compiled(*(at[variable.name] for variable in model.continuous_value_vars))
        assert abs(potential - log_likelihood_by_filter(ONE.spec, ONE.evidence, at)) < EXACT


def test_the_models_density_is_its_priors_times_its_likelihood(logp: Callable[[Values], Floats]) -> None:
    shape = SHAPE
    for seed in range(5):
        at = values(shape, seed)
        expected = log_prior(ONE.spec, shape, at) + log_likelihood_by_filter(ONE.spec, ONE.evidence, at)
        assert logp(at) == pytest.approx(expected, abs=1e-9)


def test_padding_adds_the_unused_priors_and_nothing_else(logp: Callable[[Values], Floats]) -> None:
    """The same specification, padded and bare: the used parameters' density is the same number."""
    bare, padded = tight(ONE.spec), SHAPE
    without = partial(_call, build_model(ONE.spec, ONE.evidence, bare).compile_logp(mode=CHEAP))
    for seed in range(5):
        small, big = values(bare, seed), values(padded, seed)
        unused = log_prior(ONE.spec, padded, big) - log_prior(ONE.spec, bare, small)
        assert logp(big) - without(small) == pytest.approx(unused, abs=1e-9)


def test_a_smaller_problem_fits_into_a_shape_with_more_scenarios() -> None:
    spec, _, evidence = problem(51, scenarios=3)
    odds = spec.odds.copy()
    odds[0] = [0, 1, 0]
    spec = replace(spec, odds=odds, never_ends=np.array([False, True, False]))
    shape = Shape(6, 16, 32, 0, 0)
    at = values(shape)
    expected = log_prior(spec, shape, at) + log_likelihood_by_filter(spec, evidence, at)
    assert build_model(spec, evidence, shape).compile_logp(mode=CHEAP)(at) == pytest.approx(expected, abs=1e-9)


def test_without_drift_the_model_has_no_steps_and_without_counts_no_dispersions() -> None:
    spec, _, evidence = problem(51, scenarios=3)
    names = {variable.name for variable in build_model(spec, evidence).free_RVs}
    assert names == {"log_rate", "log_mult", "log_dwell", "stick", "branching", "log_decay"}
    with_it = {variable.name for variable in build_model(ONE.spec, ONE.evidence).free_RVs}
    assert with_it - names == {"drift_step", "log_step_size", "log_dispersion"}


def test_swapping_the_data_gives_the_other_problems_density() -> None:
    """One compilation serves a problem of other sizes: more indicators, days, regimes and observations."""
    spec, _, evidence = problem(52, scenarios=3, indicators=6, days=300, dated=20, regimes=9, drift=True, counted=9)
    shape = Shape.of(ONE.spec, spec, days=300)
    model = build_model(ONE.spec, ONE.evidence, shape)
    compiled = model.compile_logp(mode=CHEAP)
    pm.set_data(model_data(spec, evidence, shape), model=model)
    at = values(shape)
    assert compiled(at) == pytest.approx(
        log_prior(spec, shape, at) + log_likelihood_by_filter(spec, evidence, at), abs=1e-9
    )


def test_the_models_gradient_agrees_with_differences_of_its_density(
    model: pm.Model, logp: Callable[[Values], Floats]
) -> None:
    at = values(SHAPE)
    gradient = model.compile_dlogp(mode=CHEAP)(at)
    step, start = 1e-4, 0
    for name in (variable.name for variable in model.continuous_value_vars):
        flat = at[name].ravel()
        for k in range(0, len(flat), 3):

            def moved(by: float, name: str = name, k: int = k) -> Floats:
                there = at | {name: at[name].copy()}
                there[name].ravel()[k] += by
                return logp(there)

            expected = (8 * (moved(step) - moved(-step)) - (moved(2 * step) - moved(-2 * step))) / (12 * step)
            assert gradient[start + k] == pytest.approx(expected, rel=1e-7, abs=1e-7)
        start += len(flat)


def test_the_compiled_likelihood_takes_packed_data_of_any_size_and_gives_what_the_kernel_gives() -> None:
    inputs = [pytensor.tensor.TensorType(dtype, (None,) * dims)() for dtype, dims in PARAMETERS]
    packed = [pytensor.tensor.dvector(), pytensor.tensor.ivector()]
    compiled = pytensor.function([*inputs, *packed], MarkedProcessLikelihood()(*inputs, *packed), mode="NUMBA")
    for one in (ONE, problem(52, scenarios=3, indicators=6, days=300, dated=20, regimes=9, drift=True)):
        at = [value[0] for value in parameters(one.spec, 1, 0)]
        data = kernel_data(one.spec, one.evidence)
        expected = log_likelihood_and_gradient(*at, *data)
        for got, value in zip(compiled(*at, *data.packed()), expected, strict=True):
            assert np.array_equal(got, value)
        for part, back in zip(data, LikelihoodData.unpacked(*data.packed()), strict=True):
            assert np.array_equal(part, back)
            assert part.dtype == back.dtype


def test_second_derivatives_are_refused_not_taken_for_zero() -> None:
    at = [pytensor.tensor.as_tensor_variable(value[0]) for value in parameters(ONE.spec, 1, 0)]
    value = MarkedProcessLikelihood()(*at, *kernel_data(ONE.spec, ONE.evidence).packed())[0]
    first = pytensor.grad(value, at[0])
    with pytest.raises(NotImplementedError, match="second derivatives"):
        pytensor.grad((first + at[0]).sum(), at[0])


def test_shapes_are_rounded_up_so_that_problems_of_like_size_share_one() -> None:
    assert Shape.of(problem(0, scenarios=3).spec, days=40) == Shape.of(
        problem(1, scenarios=4, indicators=16).spec, days=80
    )
    assert Shape.of(problem(0, scenarios=2).spec, days=40).scenarios >= 3  # PyMC takes no array of no sticks
