"""The PyMC model of a warning problem: one generic model for every problem, scenarios summed out exactly.

::

    log_rate[i]   ~ Normal            log of f_i, genuine occurrences per year under the status quo
    log_mult[k]   ~ Normal            log multiplier of each departure from "same"
    log_dwell[s]  ~ Normal            log of the mean dwell in years; exit rate = exp(-log_dwell)
    stick[r, j]   ~ Beta              broken sticks of the Dirichlet odds of what follows r
    branching     ~ Beta              nu, aftershocks per event
    log_decay     ~ Normal            log(tau - 2), tau their decay time in days
    drift_step[i, y] ~ Normal(0, 1)   yearly steps of log rates, in units of their size; those to come as well
    log_step_size ~ Normal            log of that size
    log_dispersion[c] ~ Normal        log of how much more counts vary than Poisson numbers
    log_likelihood = MarkedProcessLikelihood(...)

Arrays are padded to a `Shape`, so that problems of like size share one compilation: unused normals are N(0, 1), unused
sticks Beta(2, 2), and neither touches anything. Dirichlet(a) is broken into sticks y_j ~ Beta(a_j, a_{j+1} + ... + a_n)
(Sethuraman 1994; Connor and Mosimann 1969). Where rates do not drift, the model has no steps at all; where nothing is
counted, no dispersions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from iw.inference.arrays import Evidence, Floats, ModelSpec
from iw.inference.drift import first_year, years
from iw.inference.kernel_data import LikelihoodData
from iw.inference.op import MarkedProcessLikelihood
from iw.inference.parameters import departure_names, targets_of

_STEP = {"scenarios": 2, "indicators": 16, "departures": 32, "years": 4, "counted": 4}


@dataclass(frozen=True)
class Shape:
    """The padded sizes that one compilation serves."""

    scenarios: int
    indicators: int
    departures: int
    years: int
    counted: int

    @classmethod
    def of(cls, *specs: ModelSpec, days: int) -> Shape:
        """The smallest padded shape that holds all ``specs``, with evidence of up to so many days."""

        def up(value: int, step: int) -> int:
            return max(step, -(-value // step) * step)

        return cls(
            max(3, up(max(len(spec.scenarios) for spec in specs), _STEP["scenarios"])),
            up(max(len(spec.indicators) for spec in specs), _STEP["indicators"]),
            up(max(len(spec.departures[0]) for spec in specs), _STEP["departures"]),
            up(most, _STEP["years"]) if (most := max(years(spec, days) for spec in specs)) else 0,
            up(most, _STEP["counted"]) if (most := max(len(spec.counts) for spec in specs)) else 0,
        )


def model_data(spec: ModelSpec, evidence: Evidence, shape: Shape) -> dict[str, Any]:
    """All data of the model by name: padded priors, and the packed `LikelihoodData`."""
    rows, columns = spec.departures
    alpha, beta = _stick_priors(spec, shape)
    priors = {
        "log_rate_mean": _padded(spec.log_rate_mean, shape.indicators, 0.0),
        "log_rate_sd": _padded(spec.log_rate_sd, shape.indicators, 1.0),
        "log_mult_mean": _padded(spec.log_mult_mean[rows, columns], shape.departures, 0.0),
        "log_mult_sd": _padded(spec.log_mult_sd[rows, columns], shape.departures, 1.0),
        "log_dwell_mean": _padded(spec.log_dwell_mean, shape.scenarios, 0.0),
        "log_dwell_sd": _padded(spec.log_dwell_sd, shape.scenarios, 1.0),
        "stick_alpha": alpha,
        "stick_beta": beta,
        "branching_alpha": np.float64(spec.branching_prior[0]),
        "branching_beta": np.float64(spec.branching_prior[1]),
        "log_decay_mean": np.float64(spec.log_decay_mean),
        "log_decay_sd": np.float64(spec.log_decay_sd),
    }
    if spec.drift is not None:
        priors |= {
            "log_step_mean": np.float64(spec.drift.log_step_mean),
            "log_step_sd": np.float64(spec.drift.log_step_sd),
        }
    if shape.counted:
        priors |= {
            "log_dispersion_mean": _padded(spec.counts.log_dispersion_mean, shape.counted, 0.0),
            "log_dispersion_sd": _padded(spec.counts.log_dispersion_sd, shape.counted, 1.0),
        }
    numbers, whole = LikelihoodData.of(spec, evidence).packed()
    return priors | {"evidence_numbers": numbers, "evidence_whole_numbers": whole}


def build_model(spec: ModelSpec, evidence: Evidence, shape: Shape | None = None) -> pm.Model:
    """The PyMC model of one problem; no sampling, no I/O. ``shape`` defaults to the problem's own padded shape."""
    shape = shape or Shape.of(spec, days=evidence.days)
    data = model_data(spec, evidence, shape)
    coords = {
        "indicator": _names(spec.indicators, shape.indicators),
        "departure": _names(departure_names(spec), shape.departures),
        "scenario": _names(spec.scenarios, shape.scenarios),
        "stick_number": list(range(shape.scenarios - 2)),
        "counted": _names(tuple(spec.indicators[i] for i in spec.counts.indicators), shape.counted),
        "year": [first_year(spec) + number for number in range(shape.years)],
    }
    with pm.Model(coords=coords) as model:
        given = {name: pm.Data(name, value) for name, value in data.items()}
        branching = pm.Beta("branching", given["branching_alpha"], given["branching_beta"])
        log_decay = pm.Normal("log_decay", given["log_decay_mean"], given["log_decay_sd"])
        parameters = [
            pm.Normal("log_rate", given["log_rate_mean"], given["log_rate_sd"], dims="indicator"),
            pm.Normal("log_mult", given["log_mult_mean"], given["log_mult_sd"], dims="departure"),
            pm.Normal("log_dwell", given["log_dwell_mean"], given["log_dwell_sd"], dims="scenario"),
            pm.Beta("stick", given["stick_alpha"], given["stick_beta"], dims=("scenario", "stick_number")),
            pt.stack([branching, log_decay]),
            *_drift(spec, shape, given),
            _dispersion(shape, given),
        ]
        evidence_given = given["evidence_numbers"], given["evidence_whole_numbers"]
        log_likelihood = MarkedProcessLikelihood()(*parameters, *evidence_given)[0]
        pm.Potential("log_likelihood", log_likelihood)
    return model


def _drift(spec: ModelSpec, shape: Shape, given: dict[str, Any]) -> tuple[Any, Any]:
    """Steps (I, Y) and the log of their size (1,)."""
    if spec.drift is None:
        return pt.zeros((shape.indicators, 0)), pt.zeros(1)
    log_step_size = pm.Normal("log_step_size", given["log_step_mean"], given["log_step_sd"])
    return pm.Normal("drift_step", 0.0, 1.0, dims=("indicator", "year")), pt.stack([log_step_size])


def _dispersion(shape: Shape, given: dict[str, Any]) -> Any:
    """The logs of the counts' dispersions (C,)."""
    if not shape.counted:
        return pt.zeros(0)
    return pm.Normal("log_dispersion", given["log_dispersion_mean"], given["log_dispersion_sd"], dims="counted")


def _stick_priors(spec: ModelSpec, shape: Shape) -> tuple[Floats, Floats]:
    alpha = np.full((shape.scenarios, shape.scenarios - 2), 2.0)
    beta = alpha.copy()
    for r, follow in enumerate(targets_of(spec)):
        weights = spec.odds_concentration * spec.odds[r, follow[follow >= 0]]
        for j in range(len(weights) - 1):
            alpha[r, j], beta[r, j] = weights[j], weights[j + 1 :].sum()
    return alpha, beta


def _padded(values: Floats, length: int, fill: float) -> Floats:
    return np.concatenate([values, np.full(length - len(values), fill)])


def _names(used: tuple[str, ...], length: int) -> list[str]:
    return [*used, *(f"unused_{number}" for number in range(len(used), length))]
