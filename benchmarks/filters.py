"""The filter over many draws, by us and by others: NumPy, hmmlearn, JAX, dynamax.

Each builder takes a problem and gives what is timed: a function that goes from the same draws and evidence to the
log-likelihood of every draw. Nothing of the product's engine is imported by the others.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.linalg import expm

from benchmarks.problems import Problem, steps
from iw.inference.arrays import YEAR_DAYS, Floats


def by_iw(one: Problem) -> Callable[[], Floats]:
    """The product's own."""
    from iw.inference.filter import filter_draws

    return lambda: filter_draws(*one).log_likelihood[-1]


def by_numpy(one: Problem) -> Callable[[], Floats]:
    """Plain NumPy over all draws at once: a power of the day operator for each length of gap in a regime."""
    spec, draws, evidence = one

    def run() -> Floats:
        rates, generators = draws.rates(spec, evidence), draws.generators()
        ratios = _ratios(one, rates)
        state = np.tile(spec.prior_probs, (len(draws), 1))
        total = np.zeros(len(draws))
        day, m = 0, 0
        for regime, end in enumerate(evidence.breaks[1:]):
            operator = expm(_day_exponents(generators, np.einsum("i,dis->ds", evidence.coverage[regime], rates)))
            powers: dict[int, Floats] = {}
            while day < end:
                stop = int(min(end, evidence.obs_day[m] + 1)) if m < len(ratios) else int(end)
                length = stop - day
                if length not in powers:
                    powers[length] = np.linalg.matrix_power(operator, length)
                state = (state[:, None, :] @ powers[length])[:, 0]
                day = stop
                while m < len(ratios) and evidence.obs_day[m] + 1 == day:
                    state = state * ratios[m]
                    m += 1
                norm = state.sum(axis=1)
                state /= norm[:, None]
                total += np.log(norm)
        return total

    return run


def by_hmmlearn(one: Problem) -> Callable[[], Floats]:
    """hmmlearn's compiled forward pass, day by day, once for each draw.

    It knows one transition matrix for all time, so the evidence must have one regime; the day operator (silence
    included) stands for the transitions. hmmlearn has no public way to hand over likelihoods, hence the private name.
    """
    from hmmlearn import _hmmc

    spec, draws, evidence = one
    assert len(evidence.breaks) == 2

    def run() -> Floats:
        rates, generators = draws.rates(spec, evidence), draws.generators()
        ratios = _ratios(one, rates)
        operators = expm(_day_exponents(generators, np.einsum("i,dis->ds", evidence.coverage[0], rates)))
        total = np.empty(len(draws))
        for d in range(len(draws)):
            frames = np.ones((evidence.days, len(spec.scenarios)))
            np.multiply.at(frames, evidence.obs_day, ratios[:, d])
            total[d] = _hmmc.forward_scaling(spec.prior_probs @ operators[d], operators[d], frames)[0]
        return total

    return run


def by_jax(one: Problem) -> Callable[[], Floats]:
    """Written by hand for events: squares of the day operators, one `lax.scan` over gaps and events, all draws."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    spec, draws, evidence = one
    plan = steps(evidence)
    count, s = len(draws), len(spec.scenarios)

    @jax.jit
    def log_likelihood(rates: jax.Array, generators: jax.Array, shared: tuple[jax.Array, ...]) -> jax.Array:
        coverage, weights, indicators, references, power, obs, prior = shared
        silence = jnp.einsum("ri,dis->rds", coverage, rates)
        exponents = (generators[None] - silence[..., None] * jnp.eye(s)) / YEAR_DAYS
        squares = [jax.scipy.linalg.expm(exponents)]
        for _ in range(plan.digits - 1):
            squares.append(squares[-1] @ squares[-1])
        table = jnp.stack(squares, axis=1).reshape(-1, count, s, s)
        table = jnp.concatenate([jnp.broadcast_to(jnp.eye(s), (1, count, s, s)), table])
        ratios = (1 - weights) + weights * rates.transpose(1, 0, 2)[indicators] / references
        ratios = jnp.concatenate([ratios, jnp.ones((1, count, s))])

        def step(
            carry: tuple[jax.Array, jax.Array], at: tuple[jax.Array, jax.Array]
        ) -> tuple[tuple[jax.Array, jax.Array], None]:
            state, total = carry
            state = jnp.einsum("ds,dsc->dc", state, table[at[0]]) * ratios[at[1]]
            norm = state.sum(axis=1)
            return (state / norm[:, None], total + jnp.log(norm)), None

        start = (jnp.broadcast_to(prior, (count, s)), jnp.zeros(count))
        return jax.lax.scan(step, start, (power, obs))[0][1]

    shared = (
        evidence.coverage,
        evidence.obs_weight[:, None, None],
        evidence.obs_indicators,
        spec.reference_rates[evidence.obs_indicators][:, None, None],
        plan.power,
        plan.obs,
        spec.prior_probs,
    )
    return lambda: np.asarray(log_likelihood(draws.rates(spec, evidence), draws.generators(), shared))


def by_dynamax(one: Problem) -> Callable[[], Floats]:
    """dynamax's `hmm_filter` under `vmap`, day by day; as hmmlearn, it is given one regime.

    It does not normalise what it predicts, so day operators that include silence stand for its transitions.
    """
    import jax
    import jax.numpy as jnp
    from dynamax.hidden_markov_model import hmm_filter

    jax.config.update("jax_enable_x64", True)
    spec, draws, evidence = one
    assert len(evidence.breaks) == 2

    @jax.jit
    def log_likelihood(rates: jax.Array, generators: jax.Array, ratios: jax.Array) -> jax.Array:
        silence = jnp.einsum("i,dis->ds", evidence.coverage[0], rates)
        operators = jax.scipy.linalg.expm((generators - silence[..., None] * jnp.eye(len(spec.scenarios))) / YEAR_DAYS)
        frames = jnp.zeros((len(draws), evidence.days, len(spec.scenarios)))
        frames = frames.at[:, evidence.obs_day].add(jnp.log(ratios).transpose(1, 0, 2))
        starts = spec.prior_probs @ operators
        return jax.vmap(hmm_filter)(starts, operators, frames).marginal_loglik

    def run() -> Floats:
        rates = draws.rates(spec, evidence)
        return np.asarray(log_likelihood(rates, draws.generators(), _ratios(one, rates)))

    return run


def dense_by_iw(one: Problem) -> Callable[[], Floats]:
    """One sequence whose every day has a given factor, by what a sampler calls: log-likelihood and gradient."""
    from benchmarks.problems import parameters
    from iw.inference.kernel_data import LikelihoodData
    from iw.inference.likelihood import log_likelihood_and_gradient

    spec, _, evidence = one
    data = LikelihoodData.of(spec, evidence)
    point = [np.ascontiguousarray(values[0]) for values in parameters(spec, 1, 1, evidence.days)]

    def run() -> Floats:
        return np.array([log_likelihood_and_gradient(*point, *data)[0]])

    return run


def dense_forward(one: Problem) -> Callable[[], Floats]:
    """The same, by the forward pass of that kernel alone, with the day operator made before."""
    from iw.inference.kernel_data import LikelihoodData
    from iw.inference.passes import forward
    from iw.inference.powers import WORK, powers_of

    spec, draws, evidence = one
    data, days = LikelihoodData.of(spec, evidence), evidence.days
    powers, work = np.empty((2, 4, 4)), np.empty((WORK, 4, 4))
    scaled, scales = np.zeros(2, np.bool_), np.zeros((2, 4))
    states, norms = np.empty((days + 1, 4)), np.empty(days)
    states[0] = spec.prior_probs

    operator = draws.generators()[:1] / YEAR_DAYS
    low = float(np.min(np.diagonal(operator[0])))
    operator = operator - low * np.eye(4)
    powers_of(operator, 0, float(operator[0].sum(axis=1).max()), 0, 0, 2, powers, scaled, scales, work)
    steps = data.step_digit, data.step_row

    def run() -> Floats:
        booked = forward(0, days, *steps, 0, 0, powers, scaled, scales, evidence.given_ratio, states, norms)
        return np.array([booked + np.log(states[-1].sum()) + days * low])

    return run


def dense_by_hmmlearn(one: Problem) -> Callable[[], Floats]:
    """The same likelihood array through hmmlearn's compiled forward pass, with the transition matrix made before."""
    from hmmlearn import _hmmc

    spec, draws, evidence = one

    operator = expm(draws.generators()[0] / YEAR_DAYS)

    def run() -> Floats:
        return np.array([_hmmc.forward_scaling(spec.prior_probs @ operator, operator, evidence.given_ratio)[0]])

    return run


BUILDERS = {
    "iw": by_iw,
    "NumPy": by_numpy,
    "JAX": by_jax,
    "hmmlearn": by_hmmlearn,
    "dynamax": by_dynamax,
    "dense iw": dense_by_iw,
    "dense forward": dense_forward,
    "dense hmmlearn": dense_by_hmmlearn,
}


def _day_exponents(generators: Floats, silence: Floats) -> Floats:
    """(D, S, S) the day operators' logarithms; ``silence`` (D, S) is the covered rate."""
    return (generators - silence[:, :, None] * np.eye(silence.shape[1])) / YEAR_DAYS


def _ratios(one: Problem, rates: Floats) -> Floats:
    """(M, D, S) likelihood ratios; every observation here has one indicator."""
    spec, _, evidence = one
    which = evidence.obs_indicators
    weights = evidence.obs_weight[:, None, None]
    ratio = rates.transpose(1, 0, 2)[which] / spec.reference_rates[which][:, None, None]
    return np.asarray((1 - weights) + weights * ratio)
