"""Checkpoints: a belief is the same, bit for bit, whatever was asked before; what is known is not filtered again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iw.inference.arrays import Evidence
from iw.inference.belief import Believer
from iw.inference.filter import DrawFilter, FilterState
from iw.inference.filter_kernel import CHECKPOINT_DAYS
from iw.inference.matrices import BLOCK
from tests.inference.cast import Problem, believe, problem, with_observation

DAYS = 900


def long_problem(seed: int = 3, drift: bool = False) -> Problem:
    return problem(seed, days=DAYS, dated=30, spread=4, regimes=20, draws=BLOCK + 6, given=6, drift=drift)


def bursts(evidence: Evidence, day: int) -> Evidence:
    """The same evidence with events around a day, some of them acting on it and some on the day before."""
    for number, (at, indicators) in enumerate([(day - 30, [0]), (day - 2, [1, 2]), (day - 1, [0]), (day, [3])]):
        evidence = with_observation(evidence, at, 0.9, indicators, f"E-{number}")
    return evidence


@pytest.mark.parametrize("drift", [False, True])
@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_a_filter_that_resumes_ends_with_the_same_bits(drift: bool, kept: bool, seed: int) -> None:
    spec, draws, evidence = long_problem(seed, drift=drift)
    days = [CHECKPOINT_DAYS, 5 * CHECKPOINT_DAYS, 6 * CHECKPOINT_DAYS]
    evidence = bursts(evidence, days[1])
    engine = DrawFilter(spec, draws)
    whole = engine.run(evidence, np.array([*days, DAYS]), keep=days if kept else ())
    for day in days:
        start = whole.state(day)
        assert (start.excited is not None) == kept
        resumed = engine.run(evidence, start=start)
        assert np.array_equal(resumed.log_likelihood[0], whole.log_likelihood[-1])
        assert np.array_equal(resumed.probs[0], whole.probs[-1])


def test_what_is_covered_from_a_checkpoint_on_may_change_when_a_filter_resumes_there() -> None:
    spec, draws, evidence = long_problem()
    day = 5 * CHECKPOINT_DAYS
    start = DrawFilter(spec, draws).run(evidence, np.array([day]), keep=[day]).state(day)
    edges = np.union1d(evidence.breaks, [day])
    rows = np.searchsorted(evidence.breaks, edges[:-1], side="right") - 1
    coverage = np.where(edges[:-1, None] >= day, 0.5, 1.0) * evidence.coverage[rows]
    changed = replace(evidence, breaks=edges, coverage=coverage, spread=evidence.spread[rows])
    assert evidence.digest(day) == changed.digest(day)
    resumed, fresh = DrawFilter(spec, draws).run(changed, start=start), DrawFilter(spec, draws).run(changed)
    assert np.array_equal(resumed.log_likelihood, fresh.log_likelihood)
    assert np.array_equal(resumed.probs, fresh.probs)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 50), st.lists(st.tuples(st.integers(1, DAYS), st.sets(st.integers(0, 33)), st.booleans())))
def test_a_belief_does_not_depend_on_what_was_asked_before(
    seed: int, questions: list[tuple[int, set[int], bool]]
) -> None:
    spec, draws, evidence = long_problem(seed, drift=seed % 2 == 1)
    believer = Believer(spec, draws)
    for day, dropped, regraded in questions:
        asked = evidence.without(dropped)
        if regraded:
            asked = replace(asked, obs_weight=asked.obs_weight**2)
        if day % 2:
            asked = replace(asked, given_ratio=asked.given_ratio[::-1].copy())
        asked = asked.until(day)
        (got,), (fresh,) = believer.believe(asked), believe(spec, draws, asked)
        assert np.array_equal(got.probs, fresh.probs)
        assert np.array_equal(got.weights, fresh.weights)


def starts(believer: Believer, evidence: Evidence) -> list[int]:
    """From which day on each question is filtered."""
    found: list[int] = []
    engine = believer._filter
    run = engine.run

    def recorded(*args: object, **named: object) -> object:
        start = args[2] if len(args) > 2 else named.get("start")
        found.append(start.day if isinstance(start, FilterState) else 0)
        return run(*args, **named)  # type: ignore[arg-type]

    engine.run = recorded  # type: ignore[method-assign,assignment]
    believer.believe(evidence)
    engine.run = run  # type: ignore[method-assign]
    return found


def test_a_new_event_is_filtered_from_the_checkpoint_before_it_and_an_old_one_from_further_back() -> None:
    spec, draws, evidence = long_problem()
    last = int(evidence.obs_day[evidence.dated - 1])
    early = int(np.searchsorted(evidence.obs_day[: evidence.dated], 600))
    believer = Believer(spec, draws)
    believer.believe(evidence)
    assert starts(believer, evidence.without({evidence.dated - 1})) == [last // CHECKPOINT_DAYS * CHECKPOINT_DAYS]
    (further,) = starts(believer, evidence.without({early}))
    assert 0 < further <= int(evidence.obs_day[early])
    assert starts(believer, evidence.without({0})) == [0]


def test_what_acts_in_the_first_days_changes_their_digest_and_nothing_else_does() -> None:
    _, _, evidence = long_problem()
    day = 512
    cut = int(np.searchsorted(evidence.obs_day[: evidence.dated], day))
    assert evidence.digest(day) == evidence.until(day).digest(day) == evidence.without({cut}).digest(day)
    late = replace(evidence, given_ratio=np.where(evidence.given_day[:, None] < day, 1, 2) * evidence.given_ratio)
    assert 0 < np.count_nonzero(evidence.given_day < day) < len(evidence.given_day)
    assert evidence.digest(day) == late.digest(day)
    coverage = evidence.coverage.copy()
    coverage[0] /= 2
    changed = [
        evidence.without({cut - 1}),
        evidence.without({len(evidence.obs_day) - 1}),  # spread, from the first regime on
        replace(evidence, obs_weight=evidence.obs_weight * 0.9),
        replace(evidence, coverage=coverage),
        replace(evidence, obs_indicators=(evidence.obs_indicators + 1) % 4),
        replace(evidence, given_day=np.append(0, evidence.given_day[1:])),
        replace(evidence, given_ratio=np.concatenate([evidence.given_ratio[:1] / 2, evidence.given_ratio[1:]])),
    ]
    digests = {one.digest(day) for one in changed}
    assert len(digests) == len(changed)
    assert evidence.digest(day) not in digests


@pytest.mark.parametrize("day", [CHECKPOINT_DAYS + 1, DAYS])
def test_a_filter_resumes_on_a_checkpoint_only(day: int) -> None:
    spec, draws, evidence = long_problem()
    start = DrawFilter(spec, draws).run(evidence, np.array([day])).state(day)
    with pytest.raises(ValueError, match="checkpoint"):
        DrawFilter(spec, draws).run(evidence, start=start)
