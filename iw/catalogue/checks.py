"""What can be said against a sound catalogue before any evidence comes in.

A finding is no fault: the catalogue works, but it may not say what its authors mean. Findings have the form
of a `Fault`, so that they are located and printed alike.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from iw.catalogue.carried import dead_canonicals
from iw.catalogue.load import Catalogue
from iw.catalogue.medians import median, median_rates
from iw.catalogue.schema import Elicited, Kind, Listening, Problem, Rate
from iw.core.errors import Fault

RAISED = 3 - 1e-9  # the median of the word x3 is a root and may miss 3 by a rounding
WIDE = 10 - 1e-9
SILENT_YEARS = 10.0
WEIGHTS = (0.6, 0.9, 0.97)
LARGEST_FAMILY = 8  # indicators; in a larger one nearly everything is somebody's aftershock
APART = 5.0  # factor between two problems' expectations of one indicator, beyond which they contradict each other

Where = tuple[str | int, ...]


def catalogue_findings(catalogue: Catalogue) -> list[Fault]:
    """All findings on the catalogue alone, in the order of files and lines."""
    found = [*_unused(catalogue), *_weak_rates(catalogue), *_large_families(catalogue), *dead_canonicals(catalogue)]
    found += [*_homeless_questions(catalogue), *_contradictions(catalogue)]
    for problem in catalogue.problems.values():
        found += _uncited_scenarios(catalogue, problem)
        found += _borrowed_rates(catalogue, problem)
        stuck = list(_unmoved(catalogue, problem))
        found += stuck or [*_unraised(catalogue, problem), *_not_told_apart(catalogue, problem)]
    return sorted(found)


@dataclass(frozen=True)
class FloorRow:
    """What an indicator whose elicited median rate lies under the reference floor can say at most.

    ``best`` is the scenario where the indicator is most frequent, ``worst`` the one where it is rarest. An
    event speaks for ``best``, silence for ``worst``; the ratios say how strongly.
    """

    indicator: str
    median_rate: float  # elicited, per year
    best: str
    worst: str
    event_ratios: tuple[float, ...]  # one event, best to worst, for each weight asked for
    silence_ratio: float  # ten silent years at default coverage, worst to best


def floor_table(catalogue: Catalogue, problem: Problem, weights: Sequence[float] = WEIGHTS) -> list[FloorRow]:
    """A row for each indicator of ``problem`` under the reference floor that differs between scenarios.

    One event of weight w is worth l(s) = (1 − w) + w·λ[s]/ρ with ρ = max(median rate, floor). All is taken at
    the elicited medians and without aftershocks.
    """
    floor = catalogue.tables.reference_rate_floor
    rows = []
    for use in problem.indicators:
        elicited = median(catalogue.rate(problem, use.indicator).interval)
        rates = median_rates(catalogue, problem, use)
        best, worst = max(rates, key=rates.__getitem__), min(rates, key=rates.__getitem__)
        counted = catalogue.indicators[use.indicator].kind is Kind.COUNT  # their ratio knows no floor
        if counted or elicited >= floor or rates[best] == rates[worst]:
            continue
        events = tuple(
            _event_likelihood(rates[best], floor, w) / _event_likelihood(rates[worst], floor, w) for w in weights
        )
        indicator = catalogue.indicators[use.indicator]
        coverage = 0 if indicator.wears_out else indicator.coverage
        silence = math.exp(coverage * (rates[best] - rates[worst]) * SILENT_YEARS)
        rows.append(FloorRow(use.indicator, elicited, best, worst, events, silence))
    return rows


def _event_likelihood(rate: float, reference_rate: float, weight: float) -> float:
    return (1 - weight) + weight * rate / reference_rate


def _unused(catalogue: Catalogue) -> Iterator[Fault]:
    if any(kind in {"problem", "question"} for kind, _ in catalogue.left_out):
        return  # who would use it may be among what is left out
    used = {name for problem in catalogue.problems.values() for name in problem.heard}
    used |= {question.indicator for question in catalogue.questions.values()}
    for name in catalogue.indicators:
        if name not in used:
            message = f"no warning problem listens to '{name}', and no question asks for it"
            yield _at(catalogue, "indicator", name, (), message, "it can be logged, but moves and resolves nothing")


def _large_families(catalogue: Catalogue) -> Iterator[Fault]:
    families: dict[str, list[str]] = defaultdict(list)
    for indicator in catalogue.indicators.values():
        if indicator.family:
            families[indicator.family].append(indicator.id)
    for family, names in families.items():
        if len(names) > LARGEST_FAMILY:
            message = f"the family '{family}' has {len(names)} indicators, more than {LARGEST_FAMILY}"
            yield _at(
                catalogue, "indicator", names[0], ("family",), message, "keep to those whose events set off others"
            )


def _homeless_questions(catalogue: Catalogue) -> Iterator[Fault]:
    for question in catalogue.questions.values():
        heard = [problem.id for problem in catalogue.problems_of(question.indicator)]
        if heard and question.home is None:
            message = f"no problem is named that forecasts it, though some listen to '{question.indicator}'"
            yield _at(catalogue, "question", question.id, ("indicator",), message, f"home: {' or '.join(heard)}")


def _contradictions(catalogue: Catalogue) -> Iterator[Fault]:
    """Indicators of which two problems expect, before any evidence, quite different numbers a year.

    A problem expects Σ_s prior[s]·λ[s] at the elicited medians; the same events are counted in both.
    """
    expected: dict[str, list[tuple[float, Problem, int]]] = defaultdict(list)
    for problem in catalogue.problems.values():
        for index, use in enumerate(problem.indicators):
            rates = median_rates(catalogue, problem, use)
            yearly = sum(scenario.prior * rates[scenario.id] for scenario in problem.scenarios)
            expected[use.indicator].append((yearly, problem, index))
    for name, found in expected.items():
        (least, one, _), (most, other, index) = min(found, key=_first), max(found, key=_first)
        if most > APART * least:
            message = f"'{other.id}' expects '{name}' {most:.2g} times a year, '{one.id}' {least:.2g} times"
            hint = "the same events count in both: bring rates and priors together"
            yield _at(catalogue, "problem", other.id, ("indicators", index), message, hint)


def _first(found: tuple[float, Problem, int]) -> float:
    return found[0]


def _unmoved(catalogue: Catalogue, problem: Problem) -> Iterator[Fault]:
    rates = _covered_rates(catalogue, problem)
    if all(_alike(row.values()) for row in rates):
        message = "no covered indicator differs between the scenarios: nothing can move this problem"
        yield _at(catalogue, "problem", problem.id, ("indicators",), message, "say under 'likelihood' what differs")


def _alike(rates: Iterable[float]) -> bool:
    found = list(rates)
    return max(found) <= min(found) * (1 + 1e-9)


def _weak_rates(catalogue: Catalogue) -> Iterator[Fault]:
    """Rates that no document backs, and rates so narrow that the documents behind them count twice."""
    for kind, name, where, rate in _rates(catalogue):
        if not rate.citations:
            message = f"this number rests on no document, only on the word of {rate.author}"
            yield _at(catalogue, kind, name, where, message, "cite what it rests on")
        elif isinstance(rate, Rate) and rate.interval[1] / rate.interval[0] < WIDE:
            low, high = rate.interval
            message = f"the rate [{low:g}, {high:g}] spans less than x10, yet cites documents"
            hint = "the same documents give the events: widen the interval, or they count twice"
            yield _at(catalogue, kind, name, (*where, "interval"), message, hint)


def _rates(catalogue: Catalogue) -> Iterator[tuple[str, str, Where, Elicited]]:
    for indicator in catalogue.indicators.values():
        for key in ("rate", "usual"):
            if (number := getattr(indicator, key)) is not None:
                yield "indicator", indicator.id, (key,), number
    for problem in catalogue.problems.values():
        for index, use in enumerate(problem.indicators):
            if use.rate:
                yield "problem", problem.id, ("indicators", index, "rate"), use.rate


def _uncited_scenarios(catalogue: Catalogue, problem: Problem) -> Iterator[Fault]:
    for index, scenario in enumerate(problem.scenarios):
        if not scenario.citations:
            message = f"prior, dwell and odds of '{scenario.id}' rest on no document"
            where = ("scenarios", index)
            yield _at(catalogue, "problem", problem.id, where, message, "cite what they rest on")


def _borrowed_rates(catalogue: Catalogue, problem: Problem) -> Iterator[Fault]:
    for index, use in enumerate(problem.indicators):
        if use.only_then and use.only_then != problem.status_quo and not use.rate:
            message = f"'{use.indicator}' happens only in '{use.only_then}', yet its rate is the status quo's"
            where = ("indicators", index, "only_then")
            yield _at(catalogue, "problem", problem.id, where, message, "give the rate in that scenario here")


def _unraised(catalogue: Catalogue, problem: Problem) -> Iterator[Fault]:
    covered = _covered_rates(catalogue, problem)
    for index, scenario in enumerate(problem.scenarios):
        if scenario.id == problem.status_quo:
            continue
        if not any(rates[scenario.id] >= RAISED * rates[problem.status_quo] for rates in covered):
            message = f"no covered indicator is x3 or more in '{scenario.id}' against the status quo"
            hint = "nothing that is seen can speak for it strongly"
            yield _at(catalogue, "problem", problem.id, ("scenarios", index), message, hint)


def _not_told_apart(catalogue: Catalogue, problem: Problem) -> Iterator[Fault]:
    """Pairs of scenarios alike to every indicator; pairs with the status quo are `_unraised`'s to judge."""
    covered = _covered_rates(catalogue, problem)
    others = [(i, s.id) for i, s in enumerate(problem.scenarios) if s.id != problem.status_quo]
    for (_, one), (index, other) in combinations(others, 2):
        if not any(_apart(rates[one], rates[other]) for rates in covered):
            message = f"no covered indicator tells '{other}' from '{one}' by x3 or more"
            hint = "merge the scenarios, or add an indicator that differs between them"
            yield _at(catalogue, "problem", problem.id, ("scenarios", index), message, hint)


def _apart(one: float, other: float) -> bool:
    return max(one, other) >= RAISED * min(one, other)


def _covered_rates(catalogue: Catalogue, problem: Problem) -> list[dict[str, float]]:
    def covered(use: Listening) -> bool:
        return catalogue.indicators[use.indicator].coverage > 0

    return [median_rates(catalogue, problem, use) for use in problem.indicators if covered(use)]


def _at(catalogue: Catalogue, kind: str, name: str, where: Where, message: str, hint: str = "") -> Fault:
    file, loc = catalogue.places[kind, name]
    return file.fault([*loc, *where], message, hint)
