"""Simulated logs of a small problem, and what the inference makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import nutpie

from iw.assessment.beliefs import USABLE_DRAWS
from iw.inference.arrays import YEAR_DAYS, CountPrior, Counts, Draws, DriftPrior, Evidence, Floats, ModelSpec
from iw.inference.belief import Believer, weighted_quantile
from iw.inference.drift import first_year
from iw.inference.filter import filter_draws
from iw.inference.fit import flat_posterior
from iw.inference.model import Shape, build_model, model_data
from iw.inference.nuts import compiled_model
from iw.inference.parameters import departure_names, draws_of_posterior
from iw.inference.proposal import prior_draws, proposal_draws
from iw.inference.simulate import Marks, simulated_evidence

DAYS = 1096
MARKS = Marks(np.array([0.3, 0.6, 0.9, 0.97]), np.array([0.15, 0.3, 0.4, 0.15]))
RANKED = 99  # draws that a true value is ranked among
CHAINS, KEPT = 4, 250  # of each fit
RIGHT = 0.7  # how often a glimpse of the scenario is right
WORD = np.log(8 / 3)  # from one likelihood word to the next
DISPERSION = 4.0  # shape of the gamma by which each month's rates differ
DUPLICATES = 0.2


def small_problem() -> tuple[ModelSpec, Evidence]:
    """3 scenarios, 6 indicators in 4 families, three years under three coverages; some departures, some "same"."""
    log_mult = np.log([[1, 3, 1], [1, 3, 1 / 3], [1, 1, 8], [1, 1 / 3, 1], [1, 8, 3], [1, 1, 3.0]])
    rates = np.array([6.0, 3.0, 1.0, 8.0, 0.7, 4.0])
    family = np.array([0, 0, 1, 2, 2, 3])
    share = rates / np.bincount(family, rates)[family]
    coverage = np.array([0.8, 0.7, 0.9, 0.5, 0.7, 0.6])
    spec = ModelSpec(
        "calibration",
        "calibration",
        ("quiet", "strained", "broken"),
        tuple(f"indicator {number}" for number in range(1, 7)),
        np.array([0.6, 0.3, 0.1]),
        np.log([3.0, 1.5, 2.0]),
        np.full(3, 0.5),
        np.zeros(3, bool),
        np.array([[0.0, 0.7, 0.3], [0.6, 0.0, 0.4], [0.5, 0.5, 0.0]]),
        20.0,
        np.log(rates),
        np.full(6, 0.5),
        log_mult,
        np.where(log_mult == 0.0, 0.0, 0.4),
        np.maximum(rates, 0.2),
        family,
        share,
        np.bincount(family, share * coverage)[family],
        (2.0, 5.0),
        float(np.log(43.0)),
        0.8,
    )
    nothing = np.empty(0, np.int64)
    evidence = Evidence(
        DAYS,
        np.array([0, 300, 800, DAYS]),
        coverage * np.array([[1.0], [0.5], [1.1]]),
        np.zeros((3, 0)),
        nothing,
        np.empty(0),
        np.zeros(1, np.int64),
        nothing,
        (),
        np.empty(0, bool),
        np.ones(6, bool),
    )
    return spec, evidence


def with_every_term(spec: ModelSpec, evidence: Evidence) -> tuple[ModelSpec, Evidence]:
    """The small problem with rates that drift, from those elicited for a day in its second year, and with a seventh
    indicator that is counted month by month."""
    log_mult = np.vstack([spec.log_mult_mean, np.log([1, 3, 1 / 3])])
    rates = np.append(np.exp(spec.log_rate_mean), 60.0)
    counted = len(rates) - 1
    every = replace(
        spec,
        indicators=(*spec.indicators, f"indicator {len(rates)}"),
        log_rate_mean=np.log(rates),
        log_rate_sd=np.append(spec.log_rate_sd, 0.5),
        log_mult_mean=log_mult,
        log_mult_sd=np.where(log_mult == 0.0, 0.0, 0.4),
        reference_rates=np.maximum(rates, 0.2),
        family=np.append(spec.family, spec.families),
        share=np.append(spec.share, 1.0),
        usual_coverage=np.append(spec.usual_coverage, 0.0),
        drift=DriftPrior(np.full(len(rates), 500.0), float(np.log(0.2)), 0.4),
        counts=CountPrior(np.array([counted]), np.log([0.5]), np.array([0.4])),
    )
    day = np.arange(15, DAYS, 30)
    periods = len(day)
    return every, replace(
        evidence,
        coverage=np.hstack([evidence.coverage, np.zeros((len(evidence.coverage), 1))]),
        live=np.append(evidence.live, False),
        given_day=day,
        given_ratio=np.ones((periods, 3)),
        given_ids=tuple(f"V{number}" for number in range(1, periods + 1)),
        counts=Counts(
            np.arange(periods),
            np.full(periods, counted),
            np.zeros(periods),
            np.full(periods, 0.9 * 30 / YEAR_DAYS),
            np.where(np.arange(periods) % 4, 0.97, 0.6),
            np.full(periods, np.log(5.0)),
            np.ones(periods),
        ),
    )


def glimpsed(evidence: Evidence, scenario: int, rng: np.random.Generator) -> Evidence:
    """With a given factor at the end: what somebody says of the ``scenario`` that holds, who is right `RIGHT` times."""
    chances = np.full((3, 3), (1 - RIGHT) / 2) + np.eye(3) * (1.5 * RIGHT - 0.5)  # of what is said, by what holds
    said = rng.choice(3, p=chances[scenario])
    return replace(
        evidence,
        given_day=np.append(evidence.given_day, DAYS - 1),
        given_ratio=np.vstack([evidence.given_ratio, chances[:, said]]),
        given_ids=(*evidence.given_ids, "given"),
    )


def named_values(spec: ModelSpec, draws: Draws) -> dict[str, Floats]:
    """Every parameter by name, (D,) each; of two odds of a scenario the first."""
    rows, columns = spec.departures
    named = {f"rate of {name}": draws.log_rate[:, i] for i, name in enumerate(spec.indicators)}
    for name, i, s in zip(departure_names(spec), rows, columns, strict=True):
        named[f"multiplier of {name.replace('|', ' in ')}"] = draws.log_mult[:, i, s]
    for s, name in enumerate(spec.scenarios):
        named[f"dwell time of {name}"] = -np.log(draws.exit_rates[:, s])
        named[f"odds after {name}"] = draws.odds[:, s, (s + 1) % 3]
    named |= {"branching ratio": draws.branching, "decay time": draws.decay_days}
    if spec.drift is not None:
        named["yearly step of rates"] = draws.step_size
        end = round(DAYS / YEAR_DAYS) - first_year(spec)
        named |= {f"drift of {name} by the end": draws.log_drift[:, i, end] for i, name in enumerate(spec.indicators)}
    for c, i in enumerate(spec.counts.indicators):
        named[f"dispersion of {spec.indicators[i]}"] = draws.log_dispersion[:, c]
    return named


@dataclass(frozen=True)
class Ranks:
    """Ranks of the true values, 0 .. `RANKED`, by quantity; one for each simulation."""

    by_quantity: dict[str, list[int]]
    beliefs: list[tuple[float, ...]]  # the belief at the end
    truths: list[int]  # the scenario that held at the end


def simulation_based(count: int, seed: int, progress: Callable[[int], None]) -> Ranks:
    """Simulate from the priors, fit, rank (Talts et al. 2018; the log-likelihood too: Modrák et al. 2023)."""
    spec, template = with_every_term(*small_problem())
    shape = Shape.of(spec, days=template.days)
    compiled = compiled_model(build_model(spec, template, shape))
    ranks: dict[str, list[int]] = {}
    beliefs: list[tuple[float, ...]] = []
    truths: list[int] = []
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        true, evidence, scenario = simulated(spec, template, rng)
        evidence = glimpsed(evidence, scenario, rng)
        data = nutpie.sample(
            compiled.with_data(**model_data(spec, evidence, shape)),
            draws=KEPT,
            tune=300,
            chains=CHAINS,
            cores=2,
            seed=number,
            target_accept=0.75,
            progress_bar=False,
            save_warmup=False,
        )
        draws = draws_of_posterior(spec, flat_posterior(spec, data))
        filtered = filter_draws(spec, draws, evidence)
        mine = named_values(spec, true) | {"log-likelihood": filter_draws(spec, true, evidence).log_likelihood[-1]}
        theirs = named_values(spec, draws) | {"log-likelihood": filtered.log_likelihood[-1]}
        thinned = np.linspace(0, len(draws) - 1, RANKED).astype(int)
        for name, value in mine.items():
            ranks.setdefault(name, []).append(int(np.sum(theirs[name][thinned] < value[0])))
        beliefs.append(tuple(filtered.probs[-1].mean(axis=0)))
        truths.append(scenario)
        progress(number + 1)
    return Ranks(ranks, beliefs, truths)


def simulated(spec: ModelSpec, template: Evidence, rng: np.random.Generator) -> tuple[Draws, Evidence, int]:
    """Parameters from the priors, a log under them, and the scenario at its end."""
    true = prior_draws(spec, rng, 1, template.days)
    return true, *simulated_evidence(spec, true, template, MARKS, rng)


@dataclass(frozen=True)
class Variant:
    """How often 90 % intervals held the truth, and how good the beliefs were, where the world is not as modelled."""

    name: str
    logs: int  # whose belief the product would show
    refused: int  # those with too few effective draws for a belief
    events: float  # mean number of events in a log
    rates: float  # share of the 90 % intervals of rates that held the truth
    multipliers: float
    aftershocks: float  # of branching ratio and decay time
    believed: float  # mean belief in the scenario that held
    expected: float  # mean of the sum of squared beliefs: what the former is if beliefs are right
    sets: float  # share of the smallest sets of at least 90 % belief that held the truth
    sets_expected: float  # mean belief in these sets
    brier: float
    error: float  # standard error of believed less expected


World = Callable[[ModelSpec, Evidence, np.random.Generator], tuple[Draws, Evidence, int]]


def as_modelled(spec: ModelSpec, template: Evidence, rng: np.random.Generator) -> tuple[Draws, Evidence, int]:
    """Nothing is wrong."""
    return simulated(spec, template, rng)


def a_word_off(spec: ModelSpec, template: Evidence, rng: np.random.Generator) -> tuple[Draws, Evidence, int]:
    """Every multiplier is a word larger or smaller than was elicited, at random."""
    off = rng.choice([-WORD, WORD], spec.log_mult_mean.shape) * (spec.log_mult_sd > 0)
    return simulated(replace(spec, log_mult_mean=spec.log_mult_mean + off), template, rng)


def overdispersed(spec: ModelSpec, template: Evidence, rng: np.random.Generator) -> tuple[Draws, Evidence, int]:
    """Each indicator's rate is another one in every month."""
    days = np.arange(0, DAYS, 30)
    breaks = np.union1d(days, template.breaks)
    regime = np.searchsorted(template.breaks, breaks[:-1], side="right") - 1
    month = np.searchsorted(days, breaks[:-1], side="right") - 1
    noise = rng.gamma(DISPERSION, 1 / DISPERSION, (len(days), len(spec.indicators)))
    uneven = replace(
        template, breaks=breaks, coverage=template.coverage[regime] * noise[month], spread=np.zeros((len(regime), 0))
    )
    true, evidence, scenario = simulated(spec, uneven, rng)
    return true, _on(template, evidence), scenario


def duplicated(spec: ModelSpec, template: Evidence, rng: np.random.Generator) -> tuple[Draws, Evidence, int]:
    """One report in five comes again within a week, as another event, and nobody notices."""
    true, evidence, scenario = simulated(spec, template, rng)
    again = np.nonzero(rng.random(len(evidence.obs_day)) < DUPLICATES)[0]
    day = np.concatenate(
        [evidence.obs_day, np.minimum(evidence.obs_day[again] + rng.integers(0, 8, len(again)), DAYS - 1)]
    )
    both, order = np.concatenate([np.arange(len(evidence.obs_day)), again]), np.argsort(day, kind="stable")
    which = both[order]
    more = replace(
        evidence,
        obs_day=day[order],
        obs_weight=evidence.obs_weight[which],
        obs_indicators=evidence.obs_indicators[which],
        obs_ptr=np.arange(len(which) + 1),
        obs_exact=np.ones(len(which), bool),
        obs_ids=tuple((f"E{number}",) for number in range(1, len(which) + 1)),
    )
    return true, _on(template, more), scenario


def _on(template: Evidence, evidence: Evidence) -> Evidence:
    """The observations of ``evidence`` under the coverage that is declared."""
    return replace(
        evidence,
        breaks=template.breaks,
        coverage=template.coverage,
        spread=np.zeros((len(template.coverage), len(evidence.obs_day))),
    )


WORLDS: dict[str, World] = {
    "as modelled": as_modelled,
    "multipliers a word off": a_word_off,
    "rates that change from month to month": overdispersed,
    "one report in five twice": duplicated,
}


def variants(count: int, seed: int) -> Iterator[Variant]:
    """Every world, ``count`` logs each, inferred by weighted proposal draws under the model as it is."""
    spec, template = small_problem()
    for number, (name, world) in enumerate(WORLDS.items()):
        each = [_one(spec, template, world, np.random.default_rng([seed, number, log])) for log in range(count)]
        seen = np.array([one for one in each if one is not None])
        over = seen[:, 4] - seen[:, 5]  # believed less expected
        error = float(over.std(ddof=1) / np.sqrt(len(seen)))
        yield Variant(name, len(seen), count - len(seen), *(float(mean) for mean in seen.mean(axis=0)), error)


def _one(spec: ModelSpec, template: Evidence, world: World, rng: np.random.Generator) -> tuple[float, ...] | None:
    true, evidence, scenario = world(spec, template, rng)
    draws = proposal_draws(spec, evidence, rng)
    state = Believer(spec, draws).believe(evidence)[-1]
    if state.effective_draws < USABLE_DRAWS:
        return None
    mine, theirs = named_values(spec, true), named_values(spec, draws)
    held = {}
    for name, value in mine.items():
        low, high = weighted_quantile(theirs[name], state.weights, (0.05, 0.95))
        held[name] = float(low <= value[0] <= high)

    def share(*starts: str) -> float:
        return float(np.mean([held[name] for name in held if name.startswith(starts)]))

    belief = state.mean
    order = np.argsort(-belief)
    inside = order[: int(np.searchsorted(np.cumsum(belief[order]), 0.9)) + 1]
    return (
        len(evidence.obs_day),
        share("rate"),
        share("multiplier"),
        share("branching", "decay"),
        float(belief[scenario]),
        float(np.sum(belief**2)),
        float(scenario in inside),
        float(belief[inside].sum()),
        float(np.sum((belief - np.eye(len(belief))[scenario]) ** 2)),
    )
