"""Fits: the whole model to its gate; and one posterior by the product, NumPyro and two textbook PyMC models."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Any

import numpy as np

from benchmarks.measure import Bench, Row, check, duration, installed, times
from benchmarks.problems import Problem, problem

CHAINS, TUNE, DRAWS, CORES = 4, 500, 500, 2
CHECKED = 40  # draws whose log posterior is compared
NAMES = ("log_rate", "log_mult", "log_dwell", "stick")
NEEDS = {"NumPyro": "numpyro", "pymc-extras": "pymc_extras"}
CASES: dict[str, dict[str, int]] = {
    "3 scenarios, 6 indicators, 3 years, 60 events": {
        "scenarios": 3,
        "indicators": 6,
        "days": 1096,
        "events": 60,
        "regimes": 1,
    },
    "4 scenarios, 40 indicators, 10 years, 500 events": {
        "scenarios": 4,
        "indicators": 40,
        "days": 3653,
        "events": 500,
        "regimes": 12,
    },
}
QUICK = ("iw", "NumPyro")
FEWER = {"pymc-extras": 100}  # iterations of each kind, where the usual number would take an hour
FULL: dict[str, Any] = {
    "scenarios": 4,
    "indicators": 40,
    "days": 3653,
    "events": 500,
    "regimes": 12,
    "aftershocks": True,
}


def rows(bench: Bench) -> list[Row]:
    """The whole model from empty and from warm caches; then the product beside NumPyro."""
    found = _full_rows(bench)
    for what in CASES:
        found += _case_rows(bench, what, ("iw", "NumPyro"))
    return found


def textbook_rows(bench: Bench) -> list[Row]:
    """The same problems by textbook PyMC, which takes minutes to compile; by pymc-extras the smaller one, for the
    larger one would take hours."""
    small, large = CASES
    names = ("iw", "PyTensor scan")
    return _case_rows(bench, small, (*names, "pymc-extras")) + _case_rows(bench, large, names)


def _case_rows(bench: Bench, what: str, names: tuple[str, ...]) -> list[Row]:
    result: list[Row] = []
    mine: dict[str, float] = {}
    for name in names:
        if name in NEEDS and not installed(NEEDS[name]):
            result.append(Row(what, name, "not installed"))
            continue
        figures = _figures(bench, what, name)
        if "failed" in figures:
            result.append(Row(what, name, figures["failed"]))
            continue
        rate, whole = figures["ess"] / figures["sampling"], figures["seconds_whole"]
        mine = mine or {"rate": rate, "whole": whole}
        count = f", {FEWER[name]} + {FEWER[name]} iterations" if name in FEWER else ""
        result.append(
            Row(
                what,
                name,
                f"{rate:.3g} ESS/s ({figures['ess']:.0f} in {duration(figures['sampling'])}{count}; "
                f"compiled in {duration(figures['compilation'])})",
                times(mine["rate"], rate),
                duration(whole) + ("" if name in QUICK else ", empty caches"),
                times(whole, mine["whole"]),
            )
        )
    return result


@lru_cache
def _figures(bench: Bench, what: str, name: str) -> dict[str, Any]:
    """What a contender measured; those compiled in seconds run again, with warm caches, for the whole process."""
    caches = "shared" if name in QUICK else name
    figures = bench.contender("fits", "sampled", caches=caches, name=name, what=what, again=True)
    if name in QUICK and "failed" not in figures:
        again = bench.contender("fits", "sampled", caches=caches, name=name, what=what, again=False)
        figures["seconds_whole"] = again["seconds_whole"]
    return figures


def _full_rows(bench: Bench) -> list[Row]:
    found = []
    for drift in (False, True):
        what = f"whole model with {'drift and ' if drift else ''}aftershocks, to the gate"
        for by in ("iw, empty caches", "iw, warm caches"):
            figures = bench.contender("fits", "full", caches=f"empty, drift {drift}", drift=drift)
            if "failed" in figures:
                found.append(Row(what, by, figures["failed"]))
                continue
            told = f"{duration(figures['sampling'])} of sampling, least ESS {figures['ess']:.0f}, {figures['verdict']}"
            found.append(Row(what, by, told, "", duration(figures["seconds_whole"])))
    return found


def sampled(small: bool, name: str, what: str, again: bool) -> dict[str, float]:
    """Compile and sample; ``again`` samples twice and takes the second, which compiles and loads nothing."""
    one = problem(**(CASES[what] | ({"days": 200, "events": 12} if small else {})), draws=1)
    draws, tune = (50, 50) if small else (FEWER.get(name, DRAWS), FEWER.get(name, TUNE))
    run = _by_numpyro if name == "NumPyro" else _by_nutpie
    compilation, sampling, values, log_posterior = run(name, one, draws, tune, again)
    if again and name != "iw":  # a model of ours is checked by the tests
        expected = np.array([_log_posterior(one, {key: v[0, k] for key, v in values.items()}) for k in range(CHECKED)])
        theirs = log_posterior[0, :CHECKED] - log_posterior[0, 0]
        check(f"the posterior of {name}", theirs, expected - expected[0], 1e-6)
    return {"compilation": compilation, "sampling": sampling, "ess": _least_ess(values)}


def full(small: bool, drift: bool) -> dict[str, Any]:
    """The product's own fit of the whole model, until its gate has accepted it; judging counts as sampling."""
    from iw.inference.fit import Sampler
    from iw.inference.model import Shape

    one = problem(**(FULL | ({"days": 365, "events": 60} if small else {})), draws=1, drift=drift)
    began: list[float] = []
    result = Sampler(Shape.of(one.spec, days=one.evidence.days)).fit(
        one.spec,
        one.evidence,
        seed=1,
        cores=CORES,
        progress=lambda text: began.append(time.perf_counter()) if "sampling" in text else None,
    )
    sampling = time.perf_counter() - began[0]
    verdict = "accepted" if result.gate.accepted else f"rejected: {result.gate.reason}"
    extensions = f" after {len(began) - 1} extensions" if len(began) > 1 else ""
    return {"sampling": sampling, "ess": result.gate.least_ess, "verdict": verdict + extensions}


def _by_nutpie(
    name: str, one: Problem, draws: int, tune: int, again: bool
) -> tuple[float, float, dict[str, Any], np.ndarray[Any, Any]]:
    import nutpie

    from iw.inference.nuts import compiled_model

    began = time.perf_counter()
    model = _pymc_model(name, one)
    compiled = compiled_model(model) if name == "iw" else nutpie.compile_pymc_model(model)
    compilation = time.perf_counter() - began
    settings: dict[str, Any] = {"chains": CHAINS, "cores": CORES, "target_accept": 0.8, "progress_bar": False}
    if again:
        nutpie.sample(compiled, draws=1, tune=1, seed=1, **settings)  # what only the first call loads
    began = time.perf_counter()
    running = nutpie.sample(compiled, draws=draws, tune=tune, seed=2, blocking=False, **settings)
    while not _finished(running):
        time.sleep(0.001)
    sampling = time.perf_counter() - began  # as of NumPyro: without the conversion to labelled arrays
    data = running.wait()
    s = len(one.spec.scenarios)
    used = (len(one.spec.indicators), len(one.spec.departures[0]), s, s)  # the product pads
    values = {key: data["posterior"][key].values[:, :, :length] for key, length in zip(NAMES, used, strict=True)}
    values["stick"] = values["stick"][..., : s - 2]
    return compilation, sampling, values, data["sample_stats"]["logp"].values


def _finished(running: Any) -> bool:
    try:
        return bool(running.is_finished)
    except TimeoutError:  # nutpie's answer while it samples
        return False


def _pymc_model(name: str, one: Problem) -> Any:
    if name == "iw":
        from iw.inference.model import build_model

        return build_model(one.spec, one.evidence)
    if name == "PyTensor scan":
        from benchmarks import by_scan

        return by_scan.model(one)
    from benchmarks import by_pymc_extras

    return by_pymc_extras.model(one)


def _by_numpyro(
    name: str, one: Problem, draws: int, tune: int, again: bool
) -> tuple[float, float, dict[str, Any], np.ndarray[Any, Any]]:
    import jax
    import numpyro
    from numpyro.infer import NUTS

    numpyro.set_host_device_count(CHAINS)  # before JAX starts: chains run beside one another on the cores there are
    numpyro.enable_x64()
    from benchmarks import by_numpyro

    began = time.perf_counter()
    kernel = NUTS(by_numpyro.model(one), target_accept_prob=0.8)
    starts = [kernel.init(key, tune, None, (), {}) for key in jax.random.split(jax.random.PRNGKey(1), CHAINS)]
    start = jax.tree.map(lambda *parts: jax.numpy.stack(parts), *starts)

    # What `MCMC.run` does with parallel chains, taken apart so that compilation and sampling can be timed.
    def chain(state: Any) -> Any:
        def step(state: Any, _: None) -> tuple[Any, Any]:
            state = kernel.sample(state, (), {})
            return state, (state.z, state.potential_energy)

        return jax.lax.scan(step, state, None, length=tune + draws)[1]

    compiled = jax.pmap(chain).lower(start).compile()
    compilation = time.perf_counter() - began
    sampling = 0.0
    for _ in range(2 if again else 1):
        began = time.perf_counter()
        unconstrained, energy = jax.block_until_ready(compiled(start))
        sampling = time.perf_counter() - began
    values = {key: np.asarray(value)[:, tune:] for key, value in unconstrained.items()}
    values["stick"] = 1 / (1 + np.exp(-values["stick"]))
    return compilation, sampling, values, -np.asarray(energy)[:, tune:]


def _least_ess(values: dict[str, Any]) -> float:
    """The least bulk ESS of all parameters."""
    from arviz_stats.base import array_stats

    columns = np.concatenate([array.reshape(*array.shape[:2], -1) for array in values.values()], axis=2)
    return float(np.min(array_stats.ess(columns, chain_axis=0, draw_axis=1, method="bulk")))


def _log_posterior(one: Problem, at: dict[str, Any]) -> float:
    """Log density of the unconstrained parameters, up to a constant: the product's likelihood, SciPy's priors."""
    from scipy import stats

    from iw.inference.kernel_data import LikelihoodData
    from iw.inference.likelihood import log_likelihood_and_gradient

    spec = one.spec
    rows, columns = spec.departures
    parameters = [np.ascontiguousarray(at[key]) for key in NAMES]
    # Aftershocks, drift and counts: none here.
    without = (np.array([0.2, 0.0]), np.empty((len(spec.indicators), 0)), np.zeros(1), np.empty(0))
    value = log_likelihood_and_gradient(*parameters, *without, *LikelihoodData.of(spec, one.evidence))[0]
    for key, mean, sd in (
        ("log_rate", spec.log_rate_mean, spec.log_rate_sd),
        ("log_mult", spec.log_mult_mean[rows, columns], spec.log_mult_sd[rows, columns]),
        ("log_dwell", spec.log_dwell_mean, spec.log_dwell_sd),
    ):
        value += stats.norm.logpdf(at[key], mean, sd).sum()
    for r, row in enumerate(spec.odds):
        weights = spec.odds_concentration * row[row > 0]
        after = weights[::-1].cumsum()[::-1]
        stick = at["stick"][r]
        value += stats.beta.logpdf(stick, weights[:-1], after[1:]).sum() + np.log(stick * (1 - stick)).sum()
    return float(value)
