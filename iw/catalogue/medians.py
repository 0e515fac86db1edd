"""The elicited medians of a problem: what its intervals and words say when taken at their middle.

An interval is the central 90 % of a LogNormal, so its median is the root of low times high.
"""

from __future__ import annotations

import math

from iw.catalogue.entries import Interval
from iw.catalogue.load import Catalogue
from iw.catalogue.schema import Listening, Multiplier, Problem
from iw.catalogue.tables import Tables

# Share of an "only then" indicator's rate in all scenarios but its own; a test holds it to that of inference.
ELSEWHERE = 0.001


def median(interval: Interval) -> float:
    """The median of a LogNormal whose central 90 % is ``interval``."""
    low, high = interval
    return math.sqrt(low * high)


def median_rates(catalogue: Catalogue, problem: Problem, use: Listening) -> dict[str, float]:
    """The rate of ``use``'s indicator per year in each scenario, were nothing an aftershock."""
    rate = median(catalogue.rate(problem, use.indicator).interval)
    names = [scenario.id for scenario in problem.scenarios]
    if use.only_then:
        return {name: rate * (1 if name == use.only_then else ELSEWHERE) for name in names}
    return {name: rate * _multiplier(catalogue.tables, use.likelihood.get(name)) for name in names}


def _multiplier(tables: Tables, given: Multiplier | None) -> float:
    if given is None or given.word == "same":
        return 1.0
    if given.interval is not None:
        return median(given.interval)
    assert given.word is not None
    return median(tables.likelihood_words[given.word].interval)
