"""Counts in the evidence: their period and coverage, which of them count, and what they do to a belief."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from iw.assessment.beliefs import Belief, Beliefs
from iw.assessment.shifts import shift_between
from iw.assessment.what_if import with_count, without_events, without_source
from iw.catalogue import Catalogue, load_catalogue
from iw.core.dates import PartialDate, end_of_day
from iw.evidence import EvidenceSet, build_evidence, model_spec
from iw.evidence.grading import grade_weight
from iw.inference.arrays import YEAR_DAYS, Z90
from iw.inference.counts import day_ratios
from iw.inference.matrices import draws_innermost
from iw.inference.proposal import prior_draws
from iw.log.drafts import CorrectionDraft, Draft, EventDraft, ReportDraft, ResolutionDraft
from iw.log.grades import parse_grade
from iw.log.records import Marking, OfEvent, Outcome
from iw.log.store import Log
from tests.evidence.cast import AS_OF, START, event, small_catalogue, view_of, watch

COUNT = """
  - id: overflights
    title: overflights
    kind: count
    polarity: driver
    definition: A drone passes over the dam.
    rate: {interval: [200, 800], elicited_on: 2024-01-01, author: us, rationale: judged}
    lag_days: 2
    coverage: 0.5
"""
LISTENING = """
  - indicator: overflights
    likelihood: {leaking: {word: x3, rationale: they film it, judgement: us}}
"""
KNOWN = end_of_day(date(2025, 1, 9))


@pytest.fixture
def heard(tmp_path: Path) -> Catalogue:
    """The dam, which listens to the count of overflights."""
    return altered(tmp_path)


def altered(folder: Path, listening: str = LISTENING, count: str = COUNT) -> Catalogue:
    catalogue, faults = loaded(folder, listening, count)
    assert not [fault for fault in faults if "document" not in fault.message]
    return catalogue


def loaded(folder: Path, listening: str = LISTENING, count: str = COUNT) -> tuple[Catalogue, list[object]]:
    small_catalogue(folder)
    indicators, problem = folder / "indicators" / "water.yaml", folder / "models" / "dam.yaml"
    indicators.write_text(indicators.read_text() + count)
    problem.write_text(problem.read_text().rstrip() + listening)
    catalogue, faults = load_catalogue(folder / "indicators", folder / "models")
    return catalogue, list(faults)


def count(
    value: float, on: str, days: int | None = 7, grade: str = "B2", coverage: float | None = 1.0, source: str = "radar"
) -> EventDraft:
    said = f"{value:g} overflights from {on}, {days} days"
    report = ReportDraft(source, parse_grade(grade), said, origin=f"{source} {on}")
    more = {"value": value, "period_days": days, "coverage": coverage}
    return EventDraft("overflights", PartialDate.parse(on), said, (report,), **more)  # type: ignore[arg-type]


def built(catalogue: Catalogue, log: Log, *drafts: Draft, as_of: date = AS_OF) -> EvidenceSet:
    return build_evidence(catalogue, model_spec(catalogue, "dam"), view_of(log, *drafts), as_of)


def why_not(found: EvidenceSet) -> list[str]:
    return [one.why_not for one in found.counted]


def believed(catalogue: Catalogue, log: Log, day: date = AS_OF) -> Belief:
    return Beliefs(catalogue, log, Path("/nowhere"), 1).at("dam", day, KNOWN, Marking.CLEAR)


def test_a_count_is_what_docs_say_it_is(heard: Catalogue, log: Log) -> None:
    """The whole formula anew, with SciPy, for some draws of the prior."""
    spec = model_spec(heard, "dam")
    found = built(heard, log, count(11, "2024-05-05", 7, "B2", 0.8))
    draws = prior_draws(spec, np.random.default_rng(0), 5, found.arrays.days)
    rates = draws.rates(spec, found.arrays)
    ratios = day_ratios(
        spec, found.arrays, draws_innermost(rates), draws_innermost(draws.log_drift), draws.log_dispersion, 0
    )
    i = spec.indicators.index("overflights")
    assert [found.start.toordinal() + int(day) for day in found.arrays.given_day] == [date(2024, 5, 8).toordinal()]
    w = grade_weight(heard.tables, parse_grade("B2"))
    years = 0.8 * 7 / YEAR_DAYS
    f, x3 = np.sqrt(200 * 800), np.sqrt(np.prod(heard.tables.likelihood_words["x3"].interval))
    sd_f = np.log(4) / (2 * Z90)
    low, high = heard.tables.likelihood_words["x3"].interval
    shared = heard.tables.count_dispersion
    width = sd_f**2 + (np.log(high / low) / (2 * Z90)) ** 2 + shared[0] * shared[1]
    middle = np.log(years * f) + np.log(x3) / 2
    broad = stats.t(4, middle, 2 * (np.log(x3) / 2 + np.sqrt(width + 1 / np.exp(middle))))
    for d in range(5):
        size = np.exp(-2 * draws.log_dispersion[d, 0])
        mean = years * rates[d, i]
        right = stats.nbinom.pmf(11, size, size / (size + mean))
        expected = (1 - w) + w * right / (broad.cdf(np.log(12)) - broad.cdf(np.log(11)))
        assert ratios[0, :, d] == pytest.approx(expected, rel=1e-9)


def test_a_count_has_the_coverage_that_it_states_else_that_declared_over_its_period(heard: Catalogue, log: Log) -> None:
    stated = count(11, "2024-05-06", 8, coverage=0.9)
    declared = count(11, "2024-06-03", 8, coverage=None)
    half = watch(date(2024, 6, 7), date(2024, 6, 30), coverage=0.6)  # four of the eight days
    assert built(heard, log, stated, declared, half).arrays.counts.years == pytest.approx(
        [0.9 * 8 / YEAR_DAYS, 0.3 * 8 / YEAR_DAYS]
    )


def test_a_month_is_a_period_too(heard: Catalogue, log: Log) -> None:
    found = built(heard, log, count(40, "2024-02", None)).arrays
    assert found.counts.years == pytest.approx([29 / YEAR_DAYS])
    assert list(found.given_day) == [(date(2024, 2, 15) - START).days]


@pytest.mark.parametrize(
    ("draft", "why"),
    [
        (count(5, "2023-12-29"), "its period begins before the problem's start"),
        (count(5, "2024-12-26"), "its period is not over on the belief date"),
        (count(5, "2024-05-05", coverage=None), "nobody is declared to have been looking"),
        (count(5.5, "2024-05-05"), "5.5 is no whole number of occurrences"),
        (count(-1, "2024-05-05"), "-1 is no whole number of occurrences"),
    ],
)
def test_a_count_that_does_not_count_says_why(heard: Catalogue, log: Log, draft: EventDraft, why: str) -> None:
    found = built(heard, log, draft)
    assert len(found.arrays.counts) == 0
    (said,) = why_not(found)
    assert said.startswith(why)


def test_of_counts_that_share_a_day_the_best_graded_counts_then_the_shortest(heard: Catalogue, log: Log) -> None:
    month, week = count(50, "2024-05", None, "B2"), count(9, "2024-05-06", 7, "B2")
    poor, later = count(80, "2024-05-10", 7, "E5"), count(8, "2024-05-13", 7, "C3")
    found = built(heard, log, month, week, poor, later)
    assert sorted(found.arrays.counts.value) == [8.0, 9.0]
    counting = {one.event.id for one in found.counted if one.counts}
    for one in found.counted:
        if not one.counts:
            assert one.why_not.removesuffix(" stands for a period that it shares") in counting


def test_an_event_of_what_is_counted_does_not_count(heard: Catalogue, log: Log) -> None:
    found = built(heard, log, event("overflights", "2024-05-05"), watch())
    assert [one.why_not for one in found.dispositions if not one.counts] == [
        "its indicator is counted: only readings say something of it"
    ]


def test_what_is_counted_has_no_silence_and_no_aftershocks(heard: Catalogue, log: Log) -> None:
    spec = model_spec(heard, "dam")
    i = spec.indicators.index("overflights")
    arrays = built(heard, log, watch(coverage=1.0), count(5, "2024-05-05")).arrays
    assert not arrays.coverage[:, i].any()
    assert arrays.coverage.any()
    assert not arrays.live[i]
    draws = prior_draws(spec, np.random.default_rng(0), 3, arrays.days)
    assert draws.rates(spec, arrays)[:, i] == pytest.approx(np.exp(draws.log_rate[:, i, None] + draws.log_mult[:, i]))


def test_a_settled_count_has_the_weight_of_its_resolution(heard: Catalogue, log: Log) -> None:
    view = view_of(log, count(5, "2024-05-05", grade="E5"))
    settled = ResolutionDraft(OfEvent(view.readings[0].first_position), Outcome.YES, "checked")
    assert built(heard, log, settled).arrays.counts.weight == pytest.approx([0.999])


def test_a_correction_changes_period_and_coverage(heard: Catalogue, log: Log) -> None:
    position = view_of(log, count(5, "2024-05-05", 7)).readings[0].first_position
    found = built(heard, log, CorrectionDraft(position, period_days=14, coverage=0.5))
    assert found.arrays.counts.years == pytest.approx([0.5 * 14 / YEAR_DAYS])


def test_many_a_week_move_the_belief_and_the_count_is_named(heard: Catalogue, log: Log) -> None:
    view_of(log, watch(), *(count(30, f"2024-06-{day:02}") for day in (3, 10, 17)))
    beliefs = Beliefs(heard, log, Path("/nowhere"), 1)
    before, after = (beliefs.at("dam", day, KNOWN, Marking.CLEAR) for day in (date(2024, 6, 1), date(2024, 7, 1)))
    assert after.estimate("leaking").mean > 3 * before.estimate("leaking").mean
    shift = shift_between(beliefs, before, after)
    terms = [part for part in shift.contributions if part.kind == "count"]
    assert {term.label.partition(" of ")[2] for term in terms} == {
        "overflights: 30 in 2024-06-03 to 2024-06-09",
        "overflights: 30 in 2024-06-10 to 2024-06-16",
        "overflights: 30 in 2024-06-17 to 2024-06-23",
    }
    assert sum(term.points["leaking"] for term in terms) > 5
    assert shift.residual < 1e-7


def test_a_count_whose_period_ended_after_the_earlier_date_is_late_evidence(heard: Catalogue, log: Log) -> None:
    """On 7 June the middle of the week is past, and its count is not yet known."""
    view_of(log, watch(), count(40, "2024-06-03"))
    beliefs = Beliefs(heard, log, Path("/nowhere"), 1)
    before, after = (beliefs.at("dam", day, KNOWN, Marking.CLEAR) for day in (date(2024, 6, 7), date(2024, 6, 12)))
    shift = shift_between(beliefs, before, after)
    late = [part for part in shift.contributions if part.kind == "late evidence"]
    assert [part.label.partition(" of ")[2] for part in late] == ["overflights: 40 in 2024-06-03 to 2024-06-09"]
    assert shift.residual < 1e-7


def test_one_odd_count_of_a_poor_grade_does_little(heard: Catalogue, log: Log) -> None:
    view_of(log, watch(), *(count(7, f"2024-06-{day:02}") for day in (3, 10, 17)))
    plain = believed(heard, log).estimate("leaking").mean
    view_of(log, count(300, "2024-06-24", grade="E5"))
    assert abs(believed(heard, log).estimate("leaking").mean - plain) < 0.03


def test_without_their_source_or_themselves_counts_say_nothing(heard: Catalogue, log: Log) -> None:
    view_of(log, watch(), count(30, "2024-06-03"), count(28, "2024-06-10", source="eye"))
    beliefs = Beliefs(heard, log, Path("/nowhere"), 1)
    view = beliefs.view(KNOWN, Marking.CLEAR)
    names = [one.id for one in view.readings]
    assert [one.value for one in without_source("radar")(view).readings] == [28.0]
    assert without_events(names)(view).readings == ()
    whole, without = (
        beliefs.at("dam", AS_OF, KNOWN, Marking.CLEAR, overlay=one) for one in (None, without_events(names))
    )
    assert whole.estimate("leaking").mean > without.estimate("leaking").mean


def test_an_imagined_count_moves_the_belief_and_not_the_log(heard: Catalogue, log: Log) -> None:
    view_of(log, watch())
    beliefs = Beliefs(heard, log, Path("/nowhere"), 1)
    imagined = with_count("overflights", PartialDate.parse("2024-06-03"), parse_grade("B2"), 40.0, 7)
    plain, moved = (beliefs.at("dam", AS_OF, KNOWN, Marking.CLEAR, overlay=one) for one in (None, imagined))
    assert moved.estimate("leaking").mean > plain.estimate("leaking").mean
    assert beliefs.view(KNOWN, Marking.CLEAR).readings == ()


def test_a_problem_may_say_how_much_its_counts_vary(tmp_path: Path) -> None:
    own = LISTENING + "    dispersion: {interval: [0.05, 0.2], rationale: a steady feed, judgement: us}\n"
    specs = []
    for number, listening in enumerate((LISTENING, own)):
        (tmp_path / str(number)).mkdir()
        specs.append(model_spec(altered(tmp_path / str(number), listening), "dam"))
    assert [float(np.exp(one.counts.log_dispersion_mean[0])) for one in specs] == pytest.approx([np.sqrt(0.1), 0.1])
    assert specs[0].version != specs[1].version


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("word: x3", "word: x4", "'x4' is no likelihood word"),
        ("- indicator: overflights", "- indicator: overflight", "there is no indicator 'overflight'"),
        ("leaking:", "leeking:", "'leeking' is not a scenario"),
        (
            "- indicator: overflights",
            "- indicator: alarm\n    dispersion: {interval: [0.1, 1], rationale: so, judgement: us}",
            "'alarm' is no count, and has no dispersion",
        ),
        (
            "- indicator: overflights",
            "- indicator: overflights\n    dispersion: {interval: [0.1, 1], rationale: so}",
            "a dispersion needs a citation or a named judgement",
        ),
        (
            "- indicator: overflights",
            "- indicator: overflights\n    dispersion: {interval: [1, 0.1], rationale: so, judgement: us}",
            "interval",
        ),
    ],
)
def test_a_fault_in_what_is_counted_is_located(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert old in LISTENING
    _, faults = loaded(tmp_path, LISTENING.replace(old, new))
    found = [str(one) for one in faults if fault in str(one) and "dam.yaml" in str(one)]
    assert found, [str(one) for one in faults]
    assert all(int(one.split(":")[1]) > 20 for one in found)


@pytest.mark.parametrize("more", ["wears_out: true", "family: drones"])
def test_a_count_has_neither_silence_nor_aftershocks_in_the_catalogue(tmp_path: Path, more: str) -> None:
    _, faults = loaded(tmp_path, count=COUNT + f"    {more}\n")
    assert any("a count has neither aftershocks nor silence" in str(fault) for fault in faults)


@pytest.mark.parametrize("counts", [True, False])
def test_the_shared_dispersion_is_part_of_a_model_that_counts_something_only(tmp_path: Path, counts: bool) -> None:
    catalogue = altered(tmp_path) if counts else small_catalogue(tmp_path)
    other = catalogue.tables.model_copy(update={"count_dispersion": (0.3, 0.9)})
    same = replace(catalogue, tables=other).model_version("dam") == catalogue.model_version("dam")
    assert same is not counts
