"""The sampled parameters of a problem: their names, and the way from sampled values to `Draws`. No PyMC here."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from iw.inference.arrays import LEAST_DECAY, Draws, Floats, Ints, ModelSpec
from iw.inference.chain import odds_of_sticks
from iw.inference.drift import knots_of_steps

ARRAYS = ("log_rate", "log_mult", "log_dwell", "stick")
AFTERSHOCK = ("branching", "log_decay")  # scalars; they enter the likelihood as one vector
DRIFT = ("drift_step", "log_step_size")  # absent where rates do not drift
DISPERSION = "log_dispersion"  # absent where nothing is counted


def sampled(spec: ModelSpec) -> tuple[str, ...]:
    """The names of all sampled parameters."""
    return (*ARRAYS, *AFTERSHOCK, *(DRIFT if spec.drift else ()), *((DISPERSION,) if len(spec.counts) else ()))


def targets_of(spec: ModelSpec) -> Ints:
    """(S, S - 1) the scenarios that may follow each scenario (odds above 0), in order; -1 beyond."""
    count = len(spec.scenarios)
    targets = np.full((count, count - 1), -1, np.int64)
    for r in range(count):
        follow = np.nonzero(spec.odds[r] > 0)[0]
        targets[r, : len(follow)] = follow
    return targets


def departure_names(spec: ModelSpec) -> tuple[str, ...]:
    """One name for each free multiplier: ``indicator|scenario``."""
    rows, columns = spec.departures
    return tuple(f"{spec.indicators[i]}|{spec.scenarios[s]}" for i, s in zip(rows, columns, strict=True))


def draws_of(
    spec: ModelSpec,
    log_rate: Floats,
    log_mult: Floats,
    log_dwell: Floats,
    stick: Floats,
    aftershock: Floats,
    drift_step: Floats,
    log_step_size: Floats,
    log_dispersion: Floats,
) -> Draws:
    """Turn sampled values, with draws first and padding allowed, into `Draws`. ``aftershock`` (D, 2) holds branching
    and log_decay; ``drift_step`` (D, I, Y) and ``log_step_size`` (D, 1) are not looked at without drift;
    ``log_dispersion`` is (D, C)."""
    count, indicators = len(spec.scenarios), len(spec.indicators)
    rows, columns = spec.departures
    mult = np.repeat(np.where(spec.log_mult_sd > 0, 0.0, spec.log_mult_mean)[None], len(log_rate), axis=0)
    mult[:, rows, columns] = log_mult[:, : len(rows)]
    exits = np.where(spec.never_ends, 0.0, np.exp(-log_dwell[:, :count]))
    targets = targets_of(spec)
    odds = np.array([odds_of_sticks(np.ascontiguousarray(one), targets) for one in stick])
    branching, decay_days = aftershock[:, 0].copy(), LEAST_DECAY + np.exp(aftershock[:, 1])
    rates = log_rate[:, :indicators].copy()
    step_size, log_drift = np.zeros(len(log_rate)), np.empty((*rates.shape, 0))
    if spec.drift is not None:
        step_size = np.exp(log_step_size[:, 0])
        log_drift = knots_of_steps(spec, drift_step[:, :indicators], step_size)
    dispersion, weight = log_dispersion[:, : len(spec.counts)].copy(), np.zeros(len(log_rate))
    return Draws(rates, mult, exits, odds, branching, decay_days, step_size, log_drift, dispersion, weight)


def draws_of_posterior(spec: ModelSpec, values: Mapping[str, Floats]) -> Draws:
    """The same from values by the names of `sampled`, draws first."""
    log_rate, log_mult, log_dwell, stick = (values[name] for name in ARRAYS)
    aftershock = np.stack([values[name] for name in AFTERSHOCK], axis=1)
    step, log_step_size = np.empty((*log_rate.shape, 0)), np.empty(len(log_rate))
    if spec.drift is not None:
        step, log_step_size = (values[name] for name in DRIFT)
    dispersion = values[DISPERSION] if len(spec.counts) else np.empty((len(log_rate), 0))
    return draws_of(spec, log_rate, log_mult, log_dwell, stick, aftershock, step, log_step_size[:, None], dispersion)
