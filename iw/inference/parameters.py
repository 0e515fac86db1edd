"""The sampled parameters of a problem: their names, and the way from sampled values to `Draws`. No PyMC here."""

from __future__ import annotations

import numpy as np

from iw.inference.arrays import LEAST_DECAY, Draws, Floats, Ints, ModelSpec
from iw.inference.likelihood import odds_of_sticks

ARRAYS = ("log_rate", "log_mult", "log_dwell", "stick")
AFTERSHOCK = ("branching", "log_decay")  # scalars; they enter the likelihood as one vector


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
    spec: ModelSpec, log_rate: Floats, log_mult: Floats, log_dwell: Floats, stick: Floats, aftershock: Floats
) -> Draws:
    """Turn sampled values, with draws first and padding allowed, into `Draws`. ``aftershock`` (D, 2) holds branching
    and log_decay."""
    count, indicators = len(spec.scenarios), len(spec.indicators)
    rows, columns = spec.departures
    mult = np.repeat(np.where(spec.log_mult_sd > 0, 0.0, spec.log_mult_mean)[None], len(log_rate), axis=0)
    mult[:, rows, columns] = log_mult[:, : len(rows)]
    exits = np.where(spec.never_ends, 0.0, np.exp(-log_dwell[:, :count]))
    targets = targets_of(spec)
    odds = np.array([odds_of_sticks(np.ascontiguousarray(one), targets) for one in stick])
    branching, decay_days = aftershock[:, 0].copy(), LEAST_DECAY + np.exp(aftershock[:, 1])
    rates = log_rate[:, :indicators].copy()
    return Draws(rates, mult, exits, odds, branching, decay_days, np.zeros(len(log_rate)))
