"""Reasons to doubt a belief: each check against what it says it is, and on a belief made to fail it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scipy import stats

from iw.assessment.beliefs import Belief
from iw.assessment.doubt import (
    SENSITIVE,
    TABLES,
    Doubts,
    grade_band,
    other_grades,
    sensitivities,
    silences,
    unexplained,
)
from iw.catalogue import Tables
from iw.inference.arrays import YEAR_DAYS
from iw.inference.drift import month_of, rates_on
from iw.inference.priors import log_priors
from iw.workspace import Workspace

DAY = date(2026, 4, 12)


@pytest.fixture
def belief(workspace: Workspace) -> Belief:
    return workspace.belief("crown-jewels", DAY)


@pytest.fixture
def tables(workspace: Workspace) -> Tables:
    return workspace.catalogue.tables


def test_other_tables_of_grades_differ_and_never_hold_a_better_grade_for_worse(tables: Tables) -> None:
    rng = np.random.default_rng(1)
    for _ in range(200):
        cells = np.array(list(other_grades(tables, rng).grades.values()))
        assert np.all((cells > 0) & (cells < 1))
        assert np.all(np.diff(cells, axis=0) <= 0)
        assert np.all(np.diff(cells, axis=1) <= 0)
    means = [other_grades(tables, rng).grades["B"][1] for _ in range(500)]
    assert np.median(means) == pytest.approx(tables.grades["B"][1], abs=0.03)
    assert 0.02 < np.std(means) < 0.15


def test_the_grade_band_holds_the_belief_and_the_same_seed_gives_the_same_band(
    workspace: Workspace, belief: Belief
) -> None:
    view = workspace.log.view(belief.provenance.known_at)
    one, two = (grade_band(workspace.catalogue, belief, view, np.random.default_rng(5)) for _ in range(2))
    assert one == two
    for name, (low, high) in one.items():
        assert low <= belief.estimate(name).mean <= high
    low, high = one[belief.leading]
    assert 0.01 < high - low < 0.5
    assert TABLES == 20


def test_a_silence_is_judged_by_the_coverage_since_the_last_event(belief: Belief) -> None:
    arrays = belief.evidence.arrays
    months = month_of(belief.spec, np.arange(arrays.days))
    events = [item.event for item in belief.evidence.dispositions]
    assert not all(item.counts for item in belief.evidence.dispositions)  # what does not count was seen all the same
    for found in silences(belief)[::8]:
        i = belief.spec.indicators.index(found.indicator)
        own = [event for event in events if event.indicator == found.indicator and event.occurred.first <= DAY]
        ends = [min(event.occurred.last, DAY) for event in own]
        first = (max(ends) - belief.evidence.start).days + 1 if ends else 0
        regime = np.searchsorted(arrays.breaks, np.arange(first, arrays.days), side="right") - 1
        assert found.watched_days == pytest.approx(arrays.coverage[regime, i].sum())
        expected = np.zeros(belief.state.probs.shape)
        for month in np.unique(months[first:]):
            days = np.nonzero(months == month)[0]
            seen = arrays.coverage[regime[days[days >= first] - first], i].sum()
            expected += rates_on(belief.spec, belief.draws, arrays, int(days[0]))[:, i] * seen / YEAR_DAYS
        quiet = np.exp(-expected)
        assert found.chance == pytest.approx(float(np.sum(belief.state.joint * quiet)))


def test_recent_weeks_are_unexplained_when_far_more_happens_than_any_scenario_expects(belief: Belief) -> None:
    assert unexplained(belief) > 0.1
    arrays = belief.evidence.arrays
    late = replace(arrays, obs_day=np.where(arrays.obs_day >= 0, arrays.days - 1, -1))
    heard = replace(late, coverage=np.full_like(late.coverage, 0.8))
    crowded = replace(belief, evidence=replace(belief.evidence, arrays=heard))
    calm = replace(crowded, believer=type(belief.believer)(belief.spec, rarer(belief)))
    assert unexplained(calm) < 0.01


def test_an_event_whose_silence_would_not_count_yet_is_not_counted_either(belief: Belief) -> None:
    """Within the lag nothing is expected, so what came early is no surprise."""
    arrays = belief.evidence.arrays
    late = replace(arrays, obs_day=np.where(arrays.obs_day >= 0, arrays.days - 1, -1))
    unheard = replace(late, coverage=np.zeros_like(late.coverage))
    crowded = replace(belief, evidence=replace(belief.evidence, arrays=unheard))
    assert unexplained(crowded) == 1


def test_a_belief_that_is_the_same_in_every_draw_leans_on_nothing(belief: Belief) -> None:
    even = np.full_like(belief.state.probs, 1 / belief.state.probs.shape[1])
    for found in sensitivities(replace(belief, state=replace(belief.state, probs=even)), np.random.default_rng(1)):
        assert (found.prior, found.likelihood, found.diagnosis) == (0, 0, "")


def rarer(belief: Belief) -> object:
    return replace(belief.draws, log_rate=belief.draws.log_rate - 5)


def test_log_priors_are_the_densities_of_scipy(belief: Belief) -> None:
    spec, draws = belief.spec, belief.draws
    found = log_priors(spec, draws)
    rows, columns = spec.departures
    d = 7
    assert found["rates"][d] == pytest.approx(
        stats.norm.logpdf(draws.log_rate[d], spec.log_rate_mean, spec.log_rate_sd).sum()
    )
    means, sds = spec.log_mult_mean[rows, columns], spec.log_mult_sd[rows, columns]
    assert found["multipliers"][d] == pytest.approx(
        stats.norm.logpdf(draws.log_mult[d, rows, columns], means, sds).sum()
    )
    assert ("drift" in found) == (spec.drift is not None)
    assert found["branching_ratio"][d] == pytest.approx(stats.beta.logpdf(draws.branching[d], *spec.branching_prior))
    odds = 0.0
    for r, row in enumerate(spec.odds):
        follow = row > 0
        if follow.sum() > 1:
            share = draws.odds[d, r, follow]
            odds += stats.dirichlet.logpdf(share / share.sum(), spec.odds_concentration * row[follow])
    assert found["odds"][d] == pytest.approx(odds)


def test_a_belief_without_evidence_leans_on_its_priors_more_than_on_the_evidence(workspace: Workspace) -> None:
    early = workspace.belief("crown-jewels", date(2015, 1, 1))
    found = sensitivities(early, np.random.default_rng(1))
    assert [one.scenario for one in found] == list(early.spec.scenarios)
    lead = next(one for one in found if one.scenario == early.leading)
    assert lead.prior > SENSITIVE > lead.likelihood
    assert lead.diagnosis == ""  # it moves by less than a point: nothing to worry about
    assert replace(lead, points=3.0).diagnosis == "a strong prior or weak data"
    assert replace(lead, points=3.0, likelihood=0.2).diagnosis == "prior and data may disagree"


def test_every_concern_says_what_to_do(workspace: Workspace) -> None:
    found: Doubts = workspace.trust.doubts("crown-jewels", DAY)
    assert "fit" in {concern.about for concern in found.concerns}  # this workspace has none
    assert all(concern.what and concern.to_do for concern in found.concerns)
    assert {one.indicator for one in found.surprises} <= set(found.belief.spec.indicators)
    again = workspace.trust.doubts("crown-jewels", DAY)
    assert again.concerns == found.concerns
