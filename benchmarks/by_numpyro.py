"""The same posterior in NumPyro: likelihood by one `lax.scan` over gaps and events, differentiated by JAX."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist

from benchmarks.problems import Problem, steps
from iw.inference.arrays import YEAR_DAYS


def log_likelihood(one: Problem) -> Callable[..., jax.Array]:
    """A function of log_rate, log_mult, log_dwell, stick; every scenario may follow every other in these benchmarks."""
    spec, _, evidence = one
    s = len(spec.scenarios)
    rows, columns = spec.departures
    fixed = np.where(spec.log_mult_sd > 0, 0.0, spec.log_mult_mean)
    from_rows = np.repeat(np.arange(s), s - 1)
    to_columns = np.array([c for r in range(s) for c in range(s) if c != r])
    plan = steps(evidence)
    which, weights = evidence.obs_indicators, evidence.obs_weight[:, None]

    def step(carry: tuple[jax.Array, jax.Array], at: Any) -> tuple[tuple[jax.Array, jax.Array], None]:
        state, total = carry
        matrix, ratio = at
        moved = (state @ matrix) * ratio
        norm = moved.sum()
        return (moved / norm, total + jnp.log(norm)), None

    def value(log_rate: Any, log_mult: Any, log_dwell: Any, stick: Any) -> jax.Array:
        rates = jnp.exp(jnp.asarray(fixed).at[rows, columns].set(log_mult) + log_rate[:, None])
        left = jnp.concatenate([jnp.ones((s, 1)), jnp.cumprod(1 - stick, axis=1)], axis=1)
        shares = left * jnp.concatenate([stick, jnp.ones((s, 1))], axis=1)
        odds = jnp.zeros((s, s)).at[from_rows, to_columns].set(shares.ravel())
        generator = jnp.exp(-log_dwell)[:, None] * (odds - jnp.eye(s))
        silence = jnp.asarray(evidence.coverage) @ rates
        squares = [jax.scipy.linalg.expm((generator[None] - silence[:, :, None] * jnp.eye(s)) / YEAR_DAYS)]
        for _ in range(plan.digits - 1):
            squares.append(squares[-1] @ squares[-1])
        table = jnp.concatenate([jnp.eye(s)[None], jnp.stack(squares, axis=1).reshape(-1, s, s)])
        ratios = (1 - weights) + weights * rates[which] / spec.reference_rates[which][:, None]
        ratios = jnp.concatenate([ratios, jnp.ones((1, s))])
        (_, total), _ = jax.lax.scan(
            step, (jnp.asarray(spec.prior_probs), jnp.zeros(())), (table[plan.power], ratios[plan.obs])
        )
        return total

    return value


def model(one: Problem) -> Callable[[], None]:
    """The NumPyro model: the same priors on the same parameters."""
    spec = one.spec
    rows, columns = spec.departures
    follow = [spec.odds_concentration * row[row > 0] for row in spec.odds]
    alpha = np.array([row[:-1] for row in follow])
    beta = np.array([row[::-1].cumsum()[::-1][1:] for row in follow])
    value = log_likelihood(one)

    def sampled() -> None:
        log_rate = numpyro.sample("log_rate", dist.Normal(spec.log_rate_mean, spec.log_rate_sd))
        means, widths = spec.log_mult_mean[rows, columns], spec.log_mult_sd[rows, columns]
        log_mult = numpyro.sample("log_mult", dist.Normal(means, widths))
        log_dwell = numpyro.sample("log_dwell", dist.Normal(spec.log_dwell_mean, spec.log_dwell_sd))
        stick = numpyro.sample("stick", dist.Beta(alpha, beta))
        numpyro.factor("log_likelihood", value(log_rate, log_mult, log_dwell, stick))

    return sampled
