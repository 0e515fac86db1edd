"""What the shipped catalogue promises."""

from __future__ import annotations

import csv
import math
from itertools import pairwise

import pytest

from iw.catalogue import Catalogue, Kind, Problem, load_catalogue
from iw.catalogue.checks import catalogue_findings
from iw.catalogue.medians import median, median_rates
from iw.core.resources import shipped

PROBLEMS = sorted(path.stem for path in shipped("models").glob("*.yaml") if path.stem != "tables")


@pytest.fixture(params=PROBLEMS)
def problem(request: pytest.FixtureRequest, shipped_catalogue: Catalogue) -> Problem:
    return shipped_catalogue.problem(request.param)


def test_the_shipped_catalogue_loads_without_a_fault() -> None:
    catalogue, faults = load_catalogue(shipped("indicators"), shipped("models"))
    assert [str(fault) for fault in faults] == []
    assert sorted(catalogue.problems) == PROBLEMS
    assert len(catalogue.indicators) >= 100


def test_the_only_findings_are_indicators_that_are_logged_and_not_listened_to(
    shipped_catalogue: Catalogue,
) -> None:
    found = [finding.message for finding in catalogue_findings(shipped_catalogue)]
    assert [message for message in found if not message.startswith("no warning problem listens to")] == []
    assert len(found) < len(shipped_catalogue.indicators) / 20


def test_each_warned_scenario_exists_and_is_not_the_status_quo(problem: Problem) -> None:
    names = [scenario.id for scenario in problem.scenarios]
    assert problem.warned
    assert set(problem.warned) <= set(names) - {problem.status_quo}


def test_each_scenario_is_raised_by_a_covered_indicator(shipped_catalogue: Catalogue, problem: Problem) -> None:
    uses = [use for use in problem.indicators if shipped_catalogue.indicators[use.indicator].coverage > 0]
    rates = [median_rates(shipped_catalogue, problem, use) for use in uses]
    for scenario in problem.scenarios:
        if scenario.id != problem.status_quo:
            assert max(row[scenario.id] / row[problem.status_quo] for row in rates) >= 2.999, scenario.id


def test_the_status_quo_is_listed_last_and_is_left_by_odds_that_lead_to_every_other_scenario(
    problem: Problem,
) -> None:
    *others, last = problem.scenarios
    assert last.id == problem.status_quo
    assert {name for name, odds in last.next.items() if odds > 0} == {scenario.id for scenario in others}


def test_drills_and_summits_say_little(shipped_catalogue: Catalogue) -> None:
    """They fire all the time: no scenario raises either by a factor of 4."""
    for name in ("bilateral-drill", "leader-meeting"):
        problems = shipped_catalogue.problems_of(name)
        assert problems
        for problem in problems:
            use = next(use for use in problem.indicators if use.indicator == name)
            rates = median_rates(shipped_catalogue, problem, use)
            raised = [rate / rates[problem.status_quo] for rate in rates.values()]
            assert max(raised) < 4, (problem.id, name)


def test_a_joint_veto_has_a_likelihood_ratio_near_one(shipped_catalogue: Catalogue) -> None:
    for problem in shipped_catalogue.problems_of("joint-unsc-veto"):
        use = next(use for use in problem.indicators if use.indicator == "joint-unsc-veto")
        rates = median_rates(shipped_catalogue, problem, use)
        assert max(rates.values()) / rates[problem.status_quo] < 2, problem.id


def ratios(catalogue: Catalogue, problem: str, indicator: str) -> dict[str, float]:
    """How many times the status quo's rate the indicator has in each scenario of the problem."""
    subject = catalogue.problem(problem)
    use = next(use for use in subject.indicators if use.indicator == indicator)
    rates = median_rates(catalogue, subject, use)
    return {name: rate / rates[subject.status_quo] for name, rate in rates.items()}


def test_dependence_raises_both_that_moscow_yields_technology_and_that_it_withholds_it(
    shipped_catalogue: Catalogue,
) -> None:
    found = ratios(shipped_catalogue, "crown-jewels", "china-demands-concession")
    assert found["top-secret-technology"] > 1.5
    assert found["restriction"] > 1.5


@pytest.mark.parametrize(
    "name",
    [
        "joint-influence-tasking-proof",
        "joint-cyber-operation-evidence",
        "joint-counter-intelligence-step",
        "counterspace-asw-ew-transfer",
        "hypersonic-cooperation-step",
        "chinese-data-to-russia-europe",
    ],
)
def test_ten_silent_years_hardly_speak_against_what_would_be_hidden(shipped_catalogue: Catalogue, name: str) -> None:
    """At default coverage, by less than a factor of six in any scenario of any problem."""
    indicator = shipped_catalogue.indicators[name]
    assert indicator.coverage <= 0.6
    for problem in shipped_catalogue.problems_of(name):
        use = next(use for use in problem.indicators if use.indicator == name)
        rates = median_rates(shipped_catalogue, problem, use).values()
        silence = 0.0 if indicator.wears_out else indicator.coverage * 10 * (max(rates) - min(rates))
        assert math.exp(silence) < 6, problem.id


def test_closeness_performed_for_onlookers_is_marked(shipped_catalogue: Catalogue) -> None:
    """Bilateral drills and meetings of the leaders in the shipped evidence are possibly staged, calls excepted."""
    found = []
    for path in (shipped("indicators") / "evidence").glob("c[en]*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            found += [
                line for line in csv.DictReader(file) if line["indicator"] in {"bilateral-drill", "leader-meeting"}
            ]
    assert len(found) > 20
    assert [line for line in found if line["staged"] == "no" and "call" not in line["summary"].casefold()] == []


def test_each_indicator_is_cited_seen_and_told_by_examples_and_a_rate_spans_a_power_of_ten(
    shipped_catalogue: Catalogue,
) -> None:
    for indicator in shipped_catalogue.indicators.values():
        assert indicator.kind in {Kind.EVENT, Kind.LEVEL}
        assert indicator.citations, indicator.id
        assert indicator.related, indicator.id
        if indicator.rate is not None:
            low, high = indicator.rate.interval
            assert high / low >= 9.999, indicator.id
        assert indicator.coverage > 0, indicator.id
        assert indicator.counts, indicator.id
        assert indicator.excludes, indicator.id


def test_a_likelihood_word_is_the_median_of_its_interval(shipped_catalogue: Catalogue) -> None:
    for word, found in shipped_catalogue.tables.likelihood_words.items():
        number = 1 / float(word[3:]) if word.startswith("x1/") else float(word[1:])
        assert median(found.interval) == pytest.approx(number, rel=0.02), word


def test_a_better_grade_is_never_less_probable(shipped_catalogue: Catalogue) -> None:
    rows = [row for _, row in sorted(shipped_catalogue.tables.grades.items())]
    assert all(row == sorted(row, reverse=True) for row in rows)
    assert all(list(column) == sorted(column, reverse=True) for column in zip(*rows, strict=True))


def test_warning_levels_and_probability_words_rise_without_gaps(shipped_catalogue: Catalogue) -> None:
    levels, words = shipped_catalogue.tables.warning_levels, shipped_catalogue.tables.probability_words
    enters = [level.enter for level in levels]
    assert enters[0] == 0
    assert enters == sorted(set(enters))
    assert all(high.leave > low.enter for low, high in pairwise(levels))
    assert all(low.high == high.low for low, high in pairwise(words))
