"""Fits: posterior draws of a problem's parameters by NUTS, and the gate that they must pass.

A fit is ArviZ data (`xarray.DataTree`) of the unpadded parameters, with everything needed to use and to reproduce it.
Its draws are extended twice before it is rejected; a rejected fit is never used.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import nutpie
from arviz_base import from_dict
from arviz_stats.base import array_stats
from xarray import DataTree

from iw.core.errors import InferenceError, Interrupted
from iw.inference.arrays import Draws, Evidence, Floats, ModelSpec
from iw.inference.compiling import compiled_beside
from iw.inference.drift import first_year
from iw.inference.filter import filter_draws
from iw.inference.model import Shape, build_model, model_data
from iw.inference.nuts import compiled_model
from iw.inference.parameters import AFTERSHOCK, departure_names, draws_of_posterior, sampled, targets_of
from iw.inference.priors import log_priors

CHAINS = 4
_WIDE = "log_rate", "log_mult", "drift_step", "log_dispersion"  # what is used through others only: R-hat up to 1.03
EXTENSIONS = 2
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Gate:
    """The verdict on a fit: strict limits for what is used directly, wider ones for the other parameters."""

    accepted: bool
    reason: str
    worst_rhat: float
    least_ess: float
    divergences: int
    draws: int

    def sentence(self) -> str:
        """One sentence for pages."""
        figures = f"R-hat {self.worst_rhat:.3f}, least ESS {self.least_ess:.0f}, {self.divergences} divergences"
        return f"{'accepted' if self.accepted else 'rejected: ' + self.reason} ({figures}, {self.draws} draws)"


@dataclass(frozen=True)
class FitResult:
    """Draws of one problem with the log-likelihood at the fit's own evidence, and the gate's verdict."""

    spec: ModelSpec
    draws: Draws  # log_weight = -log-likelihood at the fit: adding the one now gives W_d
    log_likelihood: Floats  # (D,)
    gate: Gate
    data: DataTree
    seconds: float


class Sampler:
    """The generic model compiled once for a padded shape; each problem and date only swaps the data."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self._compiled: Any = None

    def fit(
        self,
        spec: ModelSpec,
        evidence: Evidence,
        *,
        seed: int,
        draws: int = 1000,
        tune: int = 500,
        cores: int = 2,
        target_accept: float = 0.75,
        progress: Progress = lambda _: None,
    ) -> FitResult:
        """Sample, judge, extend if needed. Raises `Interrupted` when cancelled: nothing is kept then."""
        started = time.perf_counter()
        self._compile(spec, evidence, progress)
        compiled = self._compiled.with_data(**model_data(spec, evidence, self.shape))
        for extension in range(EXTENSIONS + 1):
            count = draws * 2**extension
            progress(f"{spec.problem}: sampling {CHAINS} chains of {count} draws")
            settings = {"draws": count, "tune": tune, "chains": CHAINS, "cores": cores, "seed": seed + extension}
            data = _sample(compiled, settings | {"target_accept": target_accept})
            result = _judged(spec, evidence, data, time.perf_counter() - started)
            if result.gate.accepted:
                break
            progress(f"{spec.problem}: {result.gate.sentence()}")
        return result

    def _compile(self, spec: ModelSpec, evidence: Evidence, progress: Progress) -> None:
        if self._compiled is None:
            progress("compiling the model (once; seconds when caches are warm)")
            with compiled_beside(spec, evidence):
                self._compiled = compiled_model(build_model(spec, evidence, self.shape))


@lru_cache(maxsize=4)
def sampler_for(shape: Shape) -> Sampler:
    """The process's one sampler of a shape, so that a shape is compiled once."""
    return Sampler(shape)


def _sample(compiled: Any, settings: dict[str, Any]) -> DataTree:
    sampler = nutpie.sample(compiled, blocking=False, progress_bar=False, save_warmup=False, **settings)
    try:
        data: DataTree = sampler.wait()
        return data
    except KeyboardInterrupt:
        sampler.cancel()
        raise Interrupted("The fit was cancelled; the last accepted fit stays in force.") from None
    except RuntimeError as error:
        raise InferenceError(f"The sampler stopped: {error}", "Run 'iw check' and look at the rates.") from error


def _judged(spec: ModelSpec, evidence: Evidence, data: DataTree, seconds: float) -> FitResult:
    chains, count = data["posterior"].sizes["chain"], data["posterior"].sizes["draw"]
    flat = flat_posterior(spec, data)
    draws = draws_of_posterior(spec, flat)
    filtered = filter_draws(spec, draws, evidence)
    log_likelihood, belief = filtered.log_likelihood[-1], filtered.probs[-1]
    if not np.all(np.isfinite(log_likelihood)):
        raise InferenceError(f"Some draws of '{spec.problem}' give the evidence no probability at all.")
    per_chain = {
        "belief": belief.reshape(chains, count, -1),
        "log_likelihood": log_likelihood.reshape(chains, count, 1),
        "log_dwell": flat["log_dwell"][:, np.nonzero(~spec.never_ends)[0]].reshape(chains, count, -1),
        "odds": _free_odds(spec, draws.odds).reshape(chains, count, -1),
        **{name: flat[name].reshape(chains, count, 1) for name in (*AFTERSHOCK, "log_step_size") if name in flat},
    }
    kept = _unpadded(spec, flat)
    wide = [kept[name].reshape(chains * count, -1) for name in _WIDE if name in kept]
    others = np.concatenate(wide, axis=1)
    diverging = data["sample_stats"]["diverging"].to_numpy()
    gate = judge(list(per_chain.values()), others.reshape(chains, count, -1), diverging)
    weighted = replace(draws, log_weight=-log_likelihood)
    stored = _arviz(spec, draws, kept, per_chain, data, chains, count)
    return FitResult(spec, weighted, log_likelihood, gate, stored, seconds)


def flat_posterior(spec: ModelSpec, data: DataTree) -> dict[str, Floats]:
    """The sampled parameters of ``data``, as nutpie gives it for the (padded) model of ``spec``; chains one behind the
    other."""
    found = {name: data["posterior"][name].to_numpy() for name in sampled(spec)}
    return {name: values.reshape(-1, *values.shape[2:]) for name, values in found.items()}


def _unpadded(spec: ModelSpec, flat: dict[str, Floats]) -> dict[str, Floats]:
    """What the problem has of each parameter; of the yearly steps all, as what is beyond the evidence is the draws'
    future."""
    count = len(spec.scenarios)
    cut = {
        "log_rate": np.s_[:, : len(spec.indicators)],
        "log_mult": np.s_[:, : len(departure_names(spec))],
        "log_dwell": np.s_[:, :count],
        "stick": np.s_[:, :count, : max(count - 2, 0)],
        "drift_step": np.s_[:, : len(spec.indicators)],
        "log_dispersion": np.s_[:, : len(spec.counts)],
    }
    return {name: values[cut[name]] if name in cut else values for name, values in flat.items()}


def judge(strict: Sequence[Floats], wide: Floats, diverging: Floats) -> Gate:
    """The gate: R-hat <= 1.01 and bulk and tail ESS >= 400 for ``strict``, R-hat <= 1.03 for ``wide``.

    All arrays (chain, draw, quantity). At most 0.1 % of the draws may diverge.
    """
    quantities = np.concatenate(strict, axis=2)
    quantities = quantities[:, :, np.ptp(quantities, axis=(0, 1)) > 0]  # what never varies has no R-hat
    rhats, wide_rhats = _rhat(quantities), _rhat(wide)
    ess = np.concatenate([_ess(quantities, "bulk"), _ess(quantities, "tail")])
    number, total = int(diverging.sum()), diverging.size
    worst, worst_wide, least = float(rhats.max()), float(wide_rhats.max(initial=1.0)), float(ess.min())
    reasons = [
        *(["R-hat above 1.01"] if not worst <= 1.01 else []),
        *(["R-hat of a rate or multiplier above 1.03"] if not worst_wide <= 1.03 else []),
        *(["effective sample size below 400"] if not least >= 400 else []),
        *([f"{number} divergences in {total} draws"] if number > max(1, math.floor(total / 1000)) else []),
    ]
    return Gate(not reasons, "; ".join(reasons), max(worst, worst_wide), least, number, total)


def _rhat(array: Floats) -> Floats:
    return np.asarray(array_stats.rhat(array, chain_axis=0, draw_axis=1))


def _ess(array: Floats, method: str) -> Floats:
    tails = {"prob": (0.05, 0.95)} if method == "tail" else {}
    return np.asarray(array_stats.ess(array, chain_axis=0, draw_axis=1, method=method, **tails))


def _free_odds(spec: ModelSpec, odds: Floats) -> Floats:
    """The odds that are not fixed: rows with at least two scenarios that may follow."""
    rows = [r for r, follow in enumerate(targets_of(spec)) if np.count_nonzero(follow >= 0) > 1]
    return np.concatenate([odds[:, rows].reshape(len(odds), -1), np.empty((len(odds), 0))], axis=1)


def _arviz(
    spec: ModelSpec,
    draws: Draws,
    kept: dict[str, Floats],
    quantities: dict[str, Floats],
    data: DataTree,
    chains: int,
    count: int,
) -> DataTree:
    """ArviZ data without padding: named dimensions, the sampler's statistics; belief, log-likelihood and log prior of
    each draw, so that ArviZ can power-scale them."""
    posterior = {name: values.reshape(chains, count, *values.shape[1:]) for name, values in kept.items()}
    posterior["belief"] = quantities["belief"]
    posterior["log_likelihood_total"] = quantities["log_likelihood"][:, :, 0]
    statistics = {
        name: data["sample_stats"][name].values
        for name in ("diverging", "n_steps", "step_size", "energy", "logp", "depth")
        if name in data["sample_stats"]
    }
    total = quantities["log_likelihood"]
    priors = {name: values.reshape(chains, count) for name, values in log_priors(spec, draws).items()}
    return from_dict(
        {
            "posterior": posterior,
            "sample_stats": statistics,
            "log_prior": priors,
            "log_likelihood": {"evidence": total},
        },
        coords={
            "indicator": list(spec.indicators),
            "departure": list(departure_names(spec)),
            "scenario": list(spec.scenarios),
            "counted": [spec.indicators[i] for i in spec.counts.indicators],
            "year": [first_year(spec) + number for number in range(kept["drift_step"].shape[2] if spec.drift else 0)],
        },
        dims={
            "log_rate": ["indicator"],
            "log_mult": ["departure"],
            "log_dwell": ["scenario"],
            "stick": ["scenario", "stick_number"],
            "belief": ["scenario"],
            "drift_step": ["indicator", "year"],
            "log_dispersion": ["counted"],
        },
    )
