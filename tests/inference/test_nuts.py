"""What nutpie is given to sample from, against PyMC's own functions of the same model."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pymc as pm
import pytest
from nutpie import compile_pymc

from iw.inference.model import Shape, build_model, model_data
from iw.inference.nuts import compiled_model
from tests.inference.cast import problem


@pytest.fixture(scope="module")
def model() -> pm.Model:
    one = problem(1, days=200)
    return build_model(one.spec, one.evidence)


@pytest.fixture(scope="module")
def compiled(model: pm.Model) -> Any:
    return compiled_model(model)


def _called(compiled: Any, point: np.ndarray) -> tuple[int, float, np.ndarray]:
    gradient, value = np.zeros(len(point)), np.zeros(1)
    numbers = [array.ctypes.data_as(ctypes.POINTER(ctypes.c_double)) for array in (point, gradient, value)]
    record = compiled.user_data.ctypes.data
    return compiled.compiled_logp_func.ctypes(len(point), *numbers, record), value[0], gradient


def _by_pymc(model: pm.Model, point: np.ndarray) -> tuple[float, np.ndarray]:
    at, begin = {}, 0
    for variable in model.value_vars:
        shape = model.initial_point()[variable.name].shape
        size = int(np.prod(shape))
        at[variable.name] = point[begin : begin + size].reshape(shape)
        begin += size
    return float(model.compile_logp()(at)), model.compile_dlogp()(at)


def test_density_and_gradient_are_those_of_the_model(model: pm.Model, compiled: Any) -> None:
    point = np.random.default_rng(1).normal(0, 0.3, compiled.n_dim)
    answer, value, gradient = _called(compiled, point)
    expected, slope = _by_pymc(model, point)
    assert answer == 0
    assert value == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(gradient, slope, rtol=1e-9, atol=1e-9)


def test_other_data_of_other_lengths_are_taken(compiled: Any) -> None:
    other = problem(7, days=300)
    shape = Shape.of(other.spec, days=other.evidence.days)
    swapped = compiled.with_data(**model_data(other.spec, other.evidence, shape))
    point = np.random.default_rng(2).normal(0, 0.3, compiled.n_dim)
    expected, slope = _by_pymc(build_model(other.spec, other.evidence), point)
    answer, value, gradient = _called(swapped, point)
    assert (answer, value) == (0, pytest.approx(expected, rel=1e-12))
    np.testing.assert_allclose(gradient, slope, rtol=1e-9, atol=1e-9)


def test_a_point_without_probability_is_refused_not_raised(compiled: Any) -> None:
    point = np.zeros(compiled.n_dim)
    point[0] = np.nan
    assert _called(compiled, point)[0] != 0
    assert _called(compiled, point[1:])[0] == -1


def test_what_is_kept_of_a_draw_is_its_variables(model: pm.Model, compiled: Any) -> None:
    point = np.random.default_rng(3).normal(0, 0.3, compiled.n_dim)
    kept = np.zeros(compiled.n_expanded)
    numbers = [array.ctypes.data_as(ctypes.POINTER(ctypes.c_double)) for array in (point, kept)]
    record = compiled.user_data.ctypes.data
    assert compiled.compiled_expand_func.ctypes(len(point), len(kept), *numbers, record) == 0
    names, slices, shapes = compiled.shape_info
    found = {name: kept[own].reshape(shape) for name, own, shape in zip(names, slices, shapes, strict=True)}
    np.testing.assert_array_equal(kept[: len(point)], point)
    np.testing.assert_allclose(found["stick"], 1 / (1 + np.exp(-found["stick_logodds__"])), rtol=1e-12)
    np.testing.assert_allclose(found["branching"], 1 / (1 + np.exp(-found["branching_logodds__"])), rtol=1e-12)


def test_nutpie_keeps_its_own_functions_for_other_models(compiled: Any) -> None:
    assert compile_pymc._make_c_logp_func.__module__ == compile_pymc.__name__
    assert compile_pymc._make_c_expand_func.__module__ == compile_pymc.__name__
