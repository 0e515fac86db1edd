"""Questions are opened with all that made them, answered by the log alone, and scored."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import nbinom, poisson

from iw.assessment.questions import Refused
from iw.assessment.scores import Scored, scores
from iw.assessment.track import Track
from iw.core.dates import PartialDate
from iw.log.drafts import CoverageDraft, EventDraft, ReportDraft
from iw.log.grades import parse_grade
from iw.log.products import Forecast, Recorded
from iw.log.records import Marking, Outcome, Stamp, VisibleBasis
from iw.workspace import Workspace
from tests.assessment.dam import Clock, dam
from tests.evidence.cast import event, watch

BEGUN = date(2024, 4, 1)
NOON = datetime(2024, 4, 1, 12, tzinfo=UTC)
ALARM = "alarm-soon"


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[Workspace, Clock]]:
    workspace, clock = dam(tmp_path / "dam", BEGUN)
    workspace.append([watch(BEGUN, None, 0.9, collector="gauges")])
    with workspace:
        yield workspace, clock


def reading(value: float, on: str) -> EventDraft:
    report = ReportDraft("gauge", parse_grade("A1"), f"The mark on {on}.", origin=on)
    return EventDraft("water-mark", PartialDate.parse(on), f"{value} m", (report,), value=value)


def outcome(workspace: Workspace, question: str = ALARM) -> tuple[Outcome | None, str]:
    """What the log says of the oldest forecast of a question."""
    row = workspace.foresight.asked(question)[-1]
    return row.answer.outcome, row.answer.ground


def ask(workspace: Workspace) -> dict[str, Forecast]:
    return {one.content.question: one.content for one in workspace.foresight.ask("anna").forecasts}


# -- opening ------------------------------------------------------------------------------------------------------


def test_a_question_is_stored_with_what_made_it(watched: tuple[Workspace, Clock]) -> None:
    workspace, _ = watched
    found = ask(workspace)[ALARM]
    belief = workspace.belief("dam")
    assert (found.since, found.until, found.due) == (date(2024, 4, 2), date(2024, 5, 1), date(2024, 5, 1))
    assert (found.as_of, found.problem, found.log_position) == (BEGUN, "dam", belief.provenance.log_position)
    assert found.model_version == workspace.catalogue.model_version("dam")
    assert found.made_from["catalogue_version"] == workspace.catalogue.version
    assert found.coverage == pytest.approx(1 - (1 - 0.9) * (1 - 0.5))  # the watch's own, and the gauges'
    assert found.low <= found.probability <= found.high


def test_the_same_day_gives_the_same_number_and_asks_only_once_a_week(watched: tuple[Workspace, Clock]) -> None:
    workspace, clock = watched
    first = ask(workspace)
    assert workspace.foresight.forecast(ALARM) == first[ALARM]
    assert ask(workspace) == {}
    clock.turn_to(BEGUN + timedelta(days=6))
    assert ask(workspace) == {}
    clock.turn_to(BEGUN + timedelta(days=7))
    assert set(ask(workspace)) == set(first)


def test_more_is_less_likely(watched: tuple[Workspace, Clock]) -> None:
    workspace, _ = watched
    found = ask(workspace)
    assert found["two-alarms"].probability < found[ALARM].probability
    assert found["two-alarms"].base_rate < found[ALARM].base_rate


def test_a_question_that_silence_could_not_answer_is_not_opened(tmp_path: Path) -> None:
    workspace, _ = dam(tmp_path / "dam", BEGUN, ((ALARM, "alarm", "window_days: 30, home: dam"),))
    with workspace:
        workspace.append([CoverageDraft("watch", "gap", "*", since=date(2024, 4, 5), until=date(2024, 4, 25))])
        found = workspace.foresight.forecast(ALARM)
        assert isinstance(found, Refused)
        assert "coverage of 0.15" in found.why


def test_a_question_whose_deadline_has_passed_is_not_opened(watched: tuple[Workspace, Clock]) -> None:
    workspace, clock = watched
    clock.turn_to(date(2024, 5, 31))
    found = workspace.foresight.forecast("rain-by-may")
    assert isinstance(found, Refused)
    assert "2024-05-31, has passed" in found.why


def test_without_a_problem_the_forecast_is_the_base_rate(watched: tuple[Workspace, Clock]) -> None:
    workspace, _ = watched
    found = ask(workspace)["rain-by-may"]
    assert found.problem is None
    assert found.probability == found.base_rate == found.low == found.high
    years = found.coverage * 60 / 365.25
    elicited = math.sqrt(20 * 90)
    seen = 0.95 / 365.25
    assert found.base_rate == pytest.approx(nbinom.sf(0, 1, (seen + 1 / elicited) / (seen + 1 / elicited + years)))


def test_a_level_far_below_the_value_is_less_likely_to_reach_it(tmp_path: Path) -> None:
    chances = []
    for number, value in enumerate((4.0, 6.8)):
        workspace, _ = dam(tmp_path / f"dam-{number}", BEGUN)
        with workspace:
            workspace.append([reading(value, "2024-03-01"), reading(value, "2024-03-31")])
            found = workspace.foresight.forecast("mark-at-seven")
            assert isinstance(found, Forecast)
            chances.append(found.probability)
    assert chances[0] < 0.05 < 0.3 < chances[1]


# -- answering ----------------------------------------------------------------------------------------------------


def test_an_event_in_the_window_answers_yes_at_once(watched: tuple[Workspace, Clock]) -> None:
    workspace, clock = watched
    ask(workspace)
    clock.turn_to(date(2024, 4, 20))
    assert outcome(workspace)[0] is None
    workspace.append([event("alarm", "2024-04-19", "A1")])
    assert outcome(workspace) == (Outcome.YES, f"E{workspace.events()['position'].max()} in the window")
    assert outcome(workspace, "two-alarms")[0] is None


@pytest.mark.parametrize("on", ["2024-04-01", "2024-05-02"])
def test_an_event_outside_the_window_answers_nothing(watched: tuple[Workspace, Clock], on: str) -> None:
    workspace, clock = watched
    ask(workspace)
    clock.turn_to(date(2024, 5, 2))
    workspace.append([event("alarm", on, "A1")])
    assert outcome(workspace)[0] is Outcome.NO


def test_a_rumour_answers_nothing_and_a_denial_takes_the_answer_back(watched: tuple[Workspace, Clock]) -> None:
    workspace, clock = watched
    ask(workspace)
    clock.turn_to(date(2024, 5, 2))
    workspace.append([event("alarm", "2024-04-19", "E5")])
    assert outcome(workspace)[0] is Outcome.NO


def test_no_is_said_when_the_window_and_the_lag_are_over(watched: tuple[Workspace, Clock]) -> None:
    workspace, clock = watched
    ask(workspace)
    clock.turn_to(date(2024, 5, 1))
    assert outcome(workspace)[0] is None
    clock.turn_to(date(2024, 5, 2))
    assert outcome(workspace)[0] is Outcome.NO


def test_a_date_that_crosses_the_window_is_pending_then_void(watched: tuple[Workspace, Clock]) -> None:
    workspace, clock = watched
    ask(workspace)
    clock.turn_to(date(2024, 5, 20))
    workspace.append([event("alarm", "2024-05", "A1")])
    assert outcome(workspace)[0] is None
    clock.turn_to(date(2024, 5, 1) + timedelta(days=91))
    assert outcome(workspace)[0] is Outcome.VOID


@pytest.mark.parametrize("happened", [True, False])
def test_an_outage_that_was_recorded_blindly_voids_yes_and_no_alike(
    watched: tuple[Workspace, Clock], happened: bool
) -> None:
    workspace, clock = watched
    ask(workspace)
    clock.turn_to(date(2024, 4, 25))
    workspace.append([CoverageDraft("watch", "gap", "alarm", since=date(2024, 4, 8), until=date(2024, 4, 24))])
    if happened:
        workspace.append([event("alarm", "2024-04-25", "A1")])
    clock.turn_to(date(2024, 5, 2))
    assert outcome(workspace)[0] is Outcome.VOID


@pytest.mark.parametrize(("recorded", "happened"), [(date(2024, 4, 26), True), (date(2024, 5, 10), False)])
def test_an_outage_that_was_recorded_with_an_eye_on_the_outcome_voids_nothing(
    watched: tuple[Workspace, Clock], recorded: date, happened: bool
) -> None:
    """After what answered the question became known, or long after the outage's end."""
    workspace, clock = watched
    ask(workspace)
    clock.turn_to(date(2024, 4, 25))
    if happened:
        workspace.append([event("alarm", "2024-04-25", "A1")])
    clock.turn_to(recorded)
    workspace.append([CoverageDraft("watch", "gap", "alarm", since=date(2024, 4, 8), until=date(2024, 4, 24))])
    clock.turn_to(date(2024, 5, 12))
    assert outcome(workspace)[0] is (Outcome.YES if happened else Outcome.NO)


def test_a_level_is_answered_by_its_readings_and_void_without_any(watched: tuple[Workspace, Clock]) -> None:
    workspace, clock = watched
    workspace.append([reading(6.0, "2024-02-01"), reading(6.5, "2024-03-01")])
    ask(workspace)
    clock.turn_to(date(2024, 6, 10))
    assert outcome(workspace, "mark-at-seven")[0] is Outcome.VOID
    workspace.append([reading(6.9, "2024-05-01")])
    assert outcome(workspace, "mark-at-seven")[0] is Outcome.NO
    workspace.append([reading(7.0, "2024-05-20")])
    assert outcome(workspace, "mark-at-seven")[0] is Outcome.YES


def test_what_is_due_is_settled_once_and_a_no_becomes_a_search(watched: tuple[Workspace, Clock]) -> None:
    workspace, clock = watched
    ask(workspace)
    clock.turn_to(date(2024, 5, 2))
    found = workspace.foresight.settle_due("clock")
    by_question = {one.subject.question: one.outcome for one in found}  # type: ignore[union-attr]
    assert by_question == {ALARM: Outcome.NO, "two-alarms": Outcome.NO}
    assert workspace.foresight.settle_due("clock") == []
    evidence = workspace.belief("dam").evidence
    column = workspace.belief("dam").spec.indicators.index("alarm")
    window = slice((date(2024, 4, 2) - evidence.start).days, (date(2024, 5, 1) - evidence.start).days + 1)
    assert np.all(evidence.cover.silence[window, column] == 1.0)


def test_an_answer_that_the_log_no_longer_gives_is_shown_beside_what_was_recorded(
    watched: tuple[Workspace, Clock],
) -> None:
    workspace, clock = watched
    ask(workspace)
    clock.turn_to(date(2024, 5, 2))
    workspace.foresight.settle_due("clock")
    workspace.append([event("alarm", "2024-04-19", "A1")])
    row = workspace.foresight.asked(ALARM)[-1]
    assert row.resolution is not None
    assert (row.resolution.outcome, row.answer.outcome) == (Outcome.NO, Outcome.YES)


def test_evidence_above_the_marking_answers_nothing_below_it(watched: tuple[Workspace, Clock]) -> None:
    workspace, clock = watched
    workspace.foresight.ask("anna", Marking.GREEN)
    clock.turn_to(date(2024, 5, 2))
    workspace.append([event("alarm", "2024-04-19", "A1", marking=Marking.AMBER)])
    (row,) = workspace.foresight.asked(ALARM, Marking.GREEN)
    assert row.answer.outcome is Outcome.NO
    assert workspace.foresight.asked(ALARM, Marking.AMBER) == []


# -- scoring ------------------------------------------------------------------------------------------------------


def settled(question: str, probability: float, base: float, outcome: Outcome) -> Scored:
    moment = VisibleBasis.RECORDED
    stamp = Stamp(1, NOON, NOON, moment, "clock", "weekly", Marking.CLEAR, None)
    content = Forecast(
        question, "alarm", "dam", BEGUN, BEGUN, BEGUN, None, None, None, BEGUN, NOON, 1, None, None,
        probability, probability, probability, base, base, 0.9, {},
    )  # fmt: skip
    return Scored(Recorded(stamp, content), outcome, {"tracker": probability, "base rate": base})


def test_scores_are_the_mean_squared_distance_and_the_mean_surprise() -> None:
    rows = [settled("a", 0.8, 0.5, Outcome.YES), settled("b", 0.3, 0.5, Outcome.NO)]
    tracker, base = scores(rows)
    assert tracker.brier == pytest.approx((0.04 + 0.09) / 2)
    assert tracker.log == pytest.approx(-(math.log(0.8) + math.log(0.7)) / 2)
    assert (base.brier, base.gain) == (0.25, pytest.approx(0.25 - 0.065))
    assert (base.forecasts, base.questions) == (2, 2)


def test_many_forecasts_of_one_question_are_no_surer_than_one() -> None:
    few = [settled("a", 0.8, 0.5, Outcome.YES), settled("b", 0.3, 0.5, Outcome.NO), settled("c", 0.6, 0.5, Outcome.NO)]
    many = [row for row in few for _ in range(20)]
    assert scores(many)[1].error == pytest.approx(scores(few)[1].error)
    assert math.isnan(scores(few[:1])[1].error)


def test_a_forecast_that_was_sure_and_wrong_costs_a_finite_log_score() -> None:
    assert math.isfinite(scores([settled("a", 0.0, 0.5, Outcome.YES)])[0].log)


def test_void_and_pending_forecasts_are_counted_and_not_scored(watched: tuple[Workspace, Clock]) -> None:
    workspace, clock = watched
    workspace.append([reading(6.0, "2024-02-01"), reading(6.5, "2024-03-01")])
    ask(workspace)
    clock.turn_to(date(2024, 6, 10))
    workspace.foresight.settle_due("clock")
    rows, tally = workspace.foresight.scores()
    assert (tally.yes, tally.no, tally.void, tally.pending) == (0, 3, 1, 0)
    assert tally.void_share == pytest.approx(1 / 4)
    assert rows[0].forecasts == 3


def test_the_week_before_is_a_forecaster_where_there_was_one(watched: tuple[Workspace, Clock]) -> None:
    workspace, clock = watched
    first = ask(workspace)[ALARM].probability
    clock.turn_to(BEGUN + timedelta(days=7))
    ask(workspace)
    clock.turn_to(date(2024, 5, 20))
    workspace.foresight.settle_due("clock")
    before = next(row for row in workspace.foresight.scores()[0] if row.forecaster == "a week before")
    assert (before.forecasts, before.questions) == (2, 2)  # the rain is not due yet, and no level was read
    assert 0 < first < 1


# -- what the log says of one indicator ---------------------------------------------------------------------------


def track(weights: tuple[float, ...], days: int = 730, coverage: float = 0.5) -> Track:
    first = date(2022, 1, 1)
    on = tuple(first + timedelta(days=60 * k) for k in range(len(weights)))
    return Track(first, np.full(days, coverage), on, weights)


def test_the_share_and_the_rate_that_pass_are_those_of_the_mathematics() -> None:
    one = track((0.9, 0.8, 0.3))
    assert one.passing_share == pytest.approx((1.6 + 1.7) / (2 + 2.0))
    assert one.false_rate == pytest.approx((0.05 + 0.3) / (1 + 0.5 * 730 / 365.25))
    assert one.usual_weights == (pytest.approx((0.9 + 1.7) / 3), pytest.approx((0.3 + 0.3) / 2))


def test_the_base_rate_of_much_experience_is_that_of_its_frequency() -> None:
    long = track((0.9,) * 40, days=7305, coverage=1.0)
    assert long.base_rate(1, 1.0, 0.5) == pytest.approx(poisson.sf(0, 2.0 * 0.5), abs=0.02)


def test_decay_forgets_what_lies_back() -> None:
    old = track((0.9, 0.9, 0.9), days=3650)
    assert old.base_rate(1, 0.5, 1.0, decayed=True) < old.base_rate(1, 0.5, 1.0)
