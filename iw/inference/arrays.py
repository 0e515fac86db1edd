"""What inference takes in and gives out: plain arrays with names for their axes.

Symbols, used in all of ``iw.inference`` and nowhere else:

===========  ==================================================================================================
``S, I``     number of scenarios and of *informative* indicators (those that are not "same" throughout)
``K``        number of departures from "same": pairs (indicator, scenario) with a free multiplier
``D``        number of posterior draws
``M``        number of observations: one indicator event, or the same-day events of one report
``G``        number of given factors: what says something of the scenarios at one day, by a known ratio
``R``        number of regimes: stretches of days in which coverage and spread evidence are constant
``F``        number of families of indicators, whose events have aftershocks among themselves
``T``        number of days from the problem's start to the belief date, both included
``Y``        number of years in which rates drift, those to come included
``C``        number of indicators that are counted: readings of so many a period, in place of events
``H``        number of counts: one period's reading of such an indicator
===========  ==================================================================================================

Day ``t`` (0-based) is the ``t``-th day of the problem. Rates are per year of 365.25 days unless a name says ``day``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

YEAR_DAYS = 365.25
Z90 = 1.6448536269514722  # half-width of a 90 % interval in standard deviations
LEAST_DECAY = 2.0  # days: no decay time of aftershocks is shorter
ONLY_THEN = (
    1e-3  # rate elsewhere of an indicator that practically happens in one scenario only (design: lambda = 0.001 b)
)

MOST_COUNTED = 1e9  # in one period


@dataclass(frozen=True)
class DriftPrior:
    """How rates may drift: for which days they are elicited, and how large a yearly step of their logs is."""

    elicited_day: Floats  # (I,) days from the problem's start; may lie before it or beyond the evidence
    log_step_mean: float  # log of the step's size ~ Normal
    log_step_sd: float


@dataclass(frozen=True)
class CountPrior:
    """Which indicators are counted, and how much more their counts vary than Poisson numbers: by a factor of mean 1 and
    standard deviation exp(log_dispersion), period by period."""

    indicators: Ints = field(default_factory=lambda: np.empty(0, np.int64))  # (C,) rising
    log_dispersion_mean: Floats = field(default_factory=lambda: np.empty(0))  # (C,) log_dispersion ~ Normal
    log_dispersion_sd: Floats = field(default_factory=lambda: np.empty(0))  # (C,)

    def __len__(self) -> int:
        return len(self.indicators)


@dataclass(frozen=True)
class ModelSpec:
    """The elicited model of one warning problem.

    ``log_mult_mean`` (I, S) holds the fixed multipliers (0 for "same", log 0.001 for "only then") and the prior means
    of the free ones; ``log_mult_sd`` is 0 where the multiplier is fixed.
    """

    problem: str
    version: str
    scenarios: tuple[str, ...]
    indicators: tuple[str, ...]
    prior_probs: Floats  # (S,)
    log_dwell_mean: Floats  # (S,) log years
    log_dwell_sd: Floats  # (S,)
    never_ends: NDArray[np.bool_]  # (S,)
    odds: Floats  # (S, S) rows sum to 1, diagonal 0; a row of zeros where the scenario never ends
    odds_concentration: float
    log_rate_mean: Floats  # (I,) log per year
    log_rate_sd: Floats  # (I,)
    log_mult_mean: Floats  # (I, S)
    log_mult_sd: Floats  # (I, S)
    reference_rates: Floats  # (I,) rho, per year
    family: Ints  # (I,) 0 .. F - 1; an indicator alone is its own family
    share: Floats  # (I,) part of its family's aftershocks that are of this indicator; they sum to 1 over a family
    usual_coverage: Floats  # (I,) chance that an occurrence of its family is seen, and so has aftershocks
    branching_prior: tuple[float, float]  # nu ~ Beta
    log_decay_mean: float  # log(tau - `LEAST_DECAY`) ~ Normal, tau in days
    log_decay_sd: float
    drift: DriftPrior | None = None  # None: rates are constant
    counts: CountPrior = field(default_factory=CountPrior)

    def __post_init__(self) -> None:
        s, i = len(self.scenarios), len(self.indicators)
        shapes = {
            "prior_probs": (s,),
            "log_dwell_mean": (s,),
            "log_dwell_sd": (s,),
            "never_ends": (s,),
            "odds": (s, s),
            "log_rate_mean": (i,),
            "log_rate_sd": (i,),
            "log_mult_mean": (i, s),
            "log_mult_sd": (i, s),
            "reference_rates": (i,),
            "family": (i,),
            "share": (i,),
            "usual_coverage": (i,),
        }
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} has shape {getattr(self, name).shape}, expected {shape}")
        if self.drift is not None and self.drift.elicited_day.shape != (i,):
            raise ValueError(f"elicited_day has shape {self.drift.elicited_day.shape}, expected {(i,)}")
        if not len(self.counts) == len(self.counts.log_dispersion_mean) == len(self.counts.log_dispersion_sd):
            raise ValueError("every indicator that is counted needs the prior of its dispersion")
        if abs(self.prior_probs.sum() - 1) > 1e-9:
            raise ValueError(f"prior_probs sums to {self.prior_probs.sum()}")

    @property
    def families(self) -> int:
        """F, the number of families."""
        return int(self.family.max(initial=-1)) + 1

    @property
    def departures(self) -> tuple[Ints, Ints]:
        """Row and column indices (K,), (K,) of the free multipliers, in row order."""
        rows, cols = np.nonzero(self.log_mult_sd > 0)
        return rows.astype(np.int64), cols.astype(np.int64)

    def elicited_rates(self) -> Floats:
        """(I, S) rates per year at the elicited medians, aftershocks included."""
        return np.exp(self.log_rate_mean[:, None] + self.log_mult_mean)


@dataclass(frozen=True)
class Counts:
    """Counts of one period each, as given factors whose ratio depends on the parameters (`iw.inference.counts`).

    A count stands among the given factors, at whose end of day it acts: ``at`` is its place there, and multiplies what
    ``given_ratio`` has in this row.
    """

    at: Ints = field(default_factory=lambda: np.empty(0, np.int64))  # (H,) rising
    indicator: Ints = field(default_factory=lambda: np.empty(0, np.int64))  # (H,)
    value: Floats = field(default_factory=lambda: np.empty(0))  # (H,) whole numbers
    years: Floats = field(default_factory=lambda: np.empty(0))  # (H,) length of the period times its coverage, above 0
    weight: Floats = field(default_factory=lambda: np.empty(0))  # (H,) w = P(the count is right)
    broad_mean: Floats = field(default_factory=lambda: np.empty(0))  # (H,) of the logarithm of a wrong count
    broad_scale: Floats = field(default_factory=lambda: np.empty(0))  # (H,)

    def __post_init__(self) -> None:
        if any(len(part) != len(self.at) for part in self.columns()):
            raise ValueError("every count needs all of its columns")
        whole = (self.value >= 0) & (self.value <= MOST_COUNTED) & (self.value == np.floor(self.value))
        if not np.all(whole) or np.any(self.years <= 0):
            raise ValueError("counts are whole numbers up to a billion, of periods that were watched")

    def __len__(self) -> int:
        return len(self.at)

    def columns(self) -> tuple[NDArray[Any], ...]:
        """All columns in order."""
        return self.at, self.indicator, self.value, self.years, self.weight, self.broad_mean, self.broad_scale

    def kept(self, given: Ints) -> Counts:
        """Those counts that are left where only these given factors, in rising order, are."""
        left = np.isin(self.at, given)
        at, *columns = (part[left] for part in self.columns())
        return Counts(np.searchsorted(given, at), *columns)


@dataclass(frozen=True)
class Evidence:
    """The evidence on one problem up to a belief date, as seen from one log position and marking.

    Observations are sorted by day, then by id; spread observations (``obs_day`` -1: known to a month or year only)
    come last. ``coverage`` and ``spread`` are constant within a regime: regime ``r`` holds days
    ``breaks[r] .. breaks[r + 1] - 1``. ``spread[r, m]`` is 1/n_m where the regime lies in the n_m covered days of
    spread observation m, else 0.

    Given factor g multiplies the probability of each scenario by ``given_ratio[g]`` at the end of ``given_day[g]``,
    after that day's silence and observations: a likelihood ratio that is known without any parameter. A count is one
    whose ratio does depend on parameters: its row is to be multiplied by that of `Counts`.
    """

    days: int  # T
    breaks: Ints  # (R + 1,) first 0, last T
    coverage: Floats  # (R, I)
    spread: Floats  # (R, M)
    obs_day: Ints  # (M,)
    obs_weight: Floats  # (M,) w = P(genuine)
    obs_ptr: Ints  # (M + 1,) into obs_indicators
    obs_indicators: Ints  # (N,)
    obs_ids: tuple[tuple[str, ...], ...]  # the events behind each observation
    obs_exact: NDArray[np.bool_]  # (M,) dated to the day; only such observations cause and receive aftershocks
    live: NDArray[np.bool_]  # (I,) does its family have aftershocks?
    given_day: Ints = field(default_factory=lambda: np.empty(0, np.int64))  # (G,) sorted
    given_ratio: Floats = field(default_factory=lambda: np.empty((0, 0)))  # (G, S), none negative
    given_ids: tuple[str, ...] = ()  # (G,) what each comes from
    counts: Counts = field(default_factory=Counts)

    def __post_init__(self) -> None:
        if self.breaks[0] != 0 or self.breaks[-1] != self.days or np.any(np.diff(self.breaks) <= 0):
            raise ValueError("breaks must rise from 0 to the number of days")
        if self.coverage.shape[0] != len(self.breaks) - 1 or self.spread.shape[0] != len(self.breaks) - 1:
            raise ValueError("coverage and spread need one row per regime")
        dated = self.obs_day[self.obs_day >= 0]
        if np.any(np.diff(dated) < 0) or np.any(dated >= self.days) or np.any(self.obs_day[len(dated) :] >= 0):
            raise ValueError("dated observations must come first, sorted, and lie before the belief date")
        if not len(self.given_day) == len(self.given_ratio) == len(self.given_ids):
            raise ValueError("given factors need a day, a row of ratios and an id each")
        outside = np.any(self.given_day < 0) or np.any(self.given_day >= self.days)
        if outside or np.any(np.diff(self.given_day) < 0):
            raise ValueError("given factors must be sorted by day and lie before the belief date")
        if np.any(np.diff(self.counts.at) <= 0) or np.any(self.counts.at >= len(self.given_ids)):
            raise ValueError("counts must be sorted and stand among the given factors")
        for name, ratio in zip(self.given_ids, self.given_ratio, strict=True):
            if not np.all((ratio >= 0) & (ratio < np.inf)):
                raise ValueError(f"the ratios of {name} must be finite and not negative")

    @property
    def dated(self) -> int:
        """How many observations are dated to the day (they come first)."""
        return int(np.count_nonzero(self.obs_day >= 0))

    def indicators_of(self, obs: int) -> Ints:
        """The indicators behind observation ``obs``."""
        return self.obs_indicators[self.obs_ptr[obs] : self.obs_ptr[obs + 1]]

    def digest(self, days: int) -> bytes:
        """A hash of everything that acts in the first ``days`` days: equal digests, equal states after them."""
        regimes = int(np.searchsorted(self.breaks, days, side="left"))
        dated = int(np.searchsorted(self.obs_day[: self.dated], days))
        shares = self.spread[:regimes]
        acting = [m for m in range(self.dated, len(self.obs_day)) if np.any(shares[:, m])]
        parts: list[NDArray[Any]] = [self.breaks[:regimes], self.coverage[:regimes]]
        parts += [self.obs_day[:dated], self.obs_weight[:dated]]
        parts += [self.obs_ptr[: dated + 1], self.obs_indicators[: self.obs_ptr[dated]]]
        parts += [self.obs_exact[:dated], self.live]
        given = self._given_before(days)
        parts += [self.given_day[:given], self.given_ratio[:given]]
        parts += (self.counts.kept(np.arange(given)) if len(self.counts) else self.counts).columns()
        for m in acting:
            parts += [shares[:, m], self.obs_weight[m : m + 1], self.indicators_of(m)]
        content = hashlib.blake2b(digest_size=16)
        for part in parts:
            content.update(len(part).to_bytes(8, "little"))
            content.update(np.ascontiguousarray(part).tobytes())
        return content.digest()

    def until(self, days: int) -> Evidence:
        """The same evidence, seen only up to day ``days`` (exclusive); spread observations keep their shares."""
        if days >= self.days:
            return self
        last = int(np.searchsorted(self.breaks, days, side="left"))
        breaks = np.append(self.breaks[:last], days)
        keep = [m for m in range(len(self.obs_day)) if self.obs_day[m] < days]
        early = self._with_given(np.arange(self._given_before(days)))
        return early._select(keep, days=days, breaks=breaks, coverage=self.coverage[:last], spread=self.spread[:last])

    def without(self, obs: set[int]) -> Evidence:
        """The same evidence without some observations (their days stay as silent as they were)."""
        return self._select([m for m in range(len(self.obs_day)) if m not in obs])

    def without_given(self, names: Collection[str]) -> Evidence:
        """The same evidence without the given factors and counts of these names."""
        return self._with_given(np.array([g for g, name in enumerate(self.given_ids) if name not in names], np.int64))

    def _with_given(self, keep: Ints) -> Evidence:
        return replace(
            self,
            given_day=self.given_day[keep],
            given_ratio=self.given_ratio[keep],
            given_ids=tuple(self.given_ids[g] for g in keep),
            counts=self.counts.kept(keep),
        )

    def _given_before(self, days: int) -> int:
        return int(np.searchsorted(self.given_day, days))

    def _select(self, keep: list[int], **changes: object) -> Evidence:
        parts = [self.indicators_of(m) for m in keep]
        spread = changes.pop("spread", self.spread)
        assert isinstance(spread, np.ndarray)
        return replace(
            self,
            spread=spread[:, keep],
            obs_day=self.obs_day[keep],
            obs_weight=self.obs_weight[keep],
            obs_ptr=np.cumsum([0, *(len(part) for part in parts)]).astype(np.int64),
            obs_indicators=np.concatenate([*parts, np.empty(0, np.int64)]).astype(np.int64),
            obs_ids=tuple(self.obs_ids[m] for m in keep),
            obs_exact=self.obs_exact[keep],
            **changes,  # type: ignore[arg-type]  # the callers above pass fields of this class
        )


@dataclass(frozen=True)
class Draws:
    """Parameter draws of one problem, with log weights (0 for draws of an accepted fit)."""

    log_rate: Floats  # (D, I) log of f, aftershocks included
    log_mult: Floats  # (D, I, S)
    exit_rates: Floats  # (D, S) per year; 0 where a scenario never ends
    odds: Floats  # (D, S, S)
    branching: Floats  # (D,) nu: aftershocks per event, over its whole family
    decay_days: Floats  # (D,) tau
    step_size: Floats  # (D,) of the yearly steps of log rates; 0 without drift
    log_drift: Floats  # (D, I, Y + 1) at the years' ends; (D, I, 0) without drift
    log_dispersion: Floats  # (D, C) of the indicators that are counted
    log_weight: Floats  # (D,)

    def __len__(self) -> int:
        return len(self.log_rate)

    def __getitem__(self, which: slice | Ints) -> Draws:
        """Some of the draws."""
        return Draws(*(getattr(self, field.name)[which] for field in fields(self)))

    def rates(self, spec: ModelSpec, evidence: Evidence) -> Floats:
        """(D, I, S) lambda per year on the day for which it was elicited: the part of each rate that is no aftershock,
        f (1 - nu k) m. Later and earlier days have a drift of their own (`iw.inference.drift`)."""
        followed = self.branching[:, None] * (spec.usual_coverage * evidence.live)
        logs = (self.log_rate + np.log1p(-followed))[:, :, None] + self.log_mult
        return np.exp(logs, out=logs)

    def generators(self) -> Floats:
        """(D, S, S) generators Q per year; rows sum to 0."""
        q = self.exit_rates[:, :, None] * self.odds
        s = np.arange(q.shape[1])
        q[:, s, s] = -q.sum(axis=2)
        return q
