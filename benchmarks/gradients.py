"""Log-likelihood and gradient of one draw, beside JAX and a PyTensor scan."""

from __future__ import annotations

from functools import partial
from typing import Any

from benchmarks.measure import Bench, Row, best, check, duration, installed, times
from benchmarks.problems import Problem, parameters, problem

WHAT = "log-likelihood and gradient"
SHARED = 4  # parameters that all contenders have: log_rate, log_mult, log_dwell, stick


def rows(bench: Bench) -> list[Row]:
    """The product, JAX and the scan."""
    found, mine = [], 0.0
    for name in ("iw", "JAX", "PyTensor scan"):
        if name == "JAX" and not installed("numpyro"):
            found.append(Row(WHAT, name, "not installed"))
            continue
        figures = bench.contender("gradients", "timed", name=name)
        if "failed" in figures:
            found.append(Row(WHAT, name, figures["failed"]))
            continue
        mine = mine or figures["seconds"]
        found.append(Row(WHAT, name, duration(figures["seconds"]), times(figures["seconds"], mine)))
    return found


def timed(small: bool, name: str) -> dict[str, float]:
    """Seconds of the quickest call, once value and gradient are those of the product."""
    from iw.inference.kernel_data import LikelihoodData
    from iw.inference.likelihood import log_likelihood_and_gradient

    size = {"days": 400, "events": 20} if small else {"days": 3653, "events": 100}
    one = problem(scenarios=4, indicators=20, regimes=12, draws=1, **size)
    at = [value[0] for value in parameters(one.spec, 1, 1, one.evidence.days)]
    data = LikelihoodData.of(one.spec, one.evidence)
    mine = partial(log_likelihood_and_gradient, *at, *data)
    if name == "iw":
        return {"seconds": best(mine, 500)}
    value, *gradient = mine()
    # The others know neither aftershocks nor drift, and this problem has none.
    run = (_jax if name == "JAX" else _scan)(one, at[:SHARED])
    theirs = run()
    check(name, theirs[0], value)
    for ours, other in zip(gradient[:SHARED], theirs[1:], strict=True):
        check(f"the gradient of {name}", other, ours)
    return {"seconds": best(run, 50)}


def _scan(one: Problem, at: list[Any]) -> Any:
    import pytensor

    from benchmarks import by_scan

    inputs = [pytensor.tensor.TensorType("float64", (None,) * part.ndim)() for part in at]
    graph = by_scan.log_likelihood(one, *inputs)
    return partial(pytensor.function(inputs, [graph, *pytensor.grad(graph, inputs)]), *at)


def _jax(one: Problem, at: list[Any]) -> Any:
    import jax

    jax.config.update("jax_enable_x64", True)
    from benchmarks import by_numpyro

    both = jax.jit(jax.value_and_grad(by_numpyro.log_likelihood(one), argnums=(0, 1, 2, 3)))

    def run() -> list[Any]:
        value, gradient = jax.block_until_ready(both(*at))
        return [value, *gradient]

    return run
