"""The shipped subject through the whole chain: log, evidence, belief, shift, assessment. No fit is needed here."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from iw.assessment.beliefs import USABLE_DRAWS
from iw.core.dates import PartialDate, end_of_day
from iw.core.errors import NotFoundError, UsageError
from iw.core.resources import shipped
from iw.log.drafts import EventDraft, ReportDraft
from iw.log.grades import parse_grade
from iw.log.records import Marking
from iw.workspace import Workspace
from tests.assessment.conftest import DAY

PROBLEMS = sorted(path.stem for path in shipped("models").glob("*.yaml") if path.stem != "tables")
WARNINGS = date(2023, 3, 5)  # the week in which Washington warned of lethal aid


def lethal_aid_delivered(on: str = "2026-04-10", grade: str = "A2") -> EventDraft:
    report = ReportDraft("Example ministry", parse_grade(grade), "Shells were delivered.", origin="ministry")
    return EventDraft("lethal-aid-delivery", PartialDate.parse(on), "Shells delivered", (report,))


def test_the_thirteen_problems_are_there_and_three_of_them_are_conditional(workspace: Workspace) -> None:
    assert sorted(workspace.problems()) == PROBLEMS
    assert len(PROBLEMS) == 13
    conditional = [name for name in PROBLEMS if workspace.catalogue.problem(name).conditional_on]
    assert conditional == ["after-the-war", "europe-crisis", "taiwan-crisis"] == workspace.problems()[-3:]
    assert workspace.faults == ()


def test_what_the_documents_tell_ships_as_events_readings_and_context(workspace: Workspace) -> None:
    assert len(workspace.events()) >= 190
    assert len(workspace.readings()) >= 20
    reports = workspace.reports()
    assert set(reports["document"].dropna()) == set(workspace.catalogue.documents)
    context = reports[reports["event"].isna()]
    assert len(context) >= 24
    assert set(context["bears_on"]) <= set(workspace.catalogue.indicators)
    assert reports["contradicts"].notna().sum() >= 40


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_belief_is_there_before_any_fit_and_worth_enough(workspace: Workspace, problem: str) -> None:
    belief = workspace.belief(problem)
    assert belief.provenance.fit is None
    assert belief.provenance.effective_draws > USABLE_DRAWS
    assert belief.state.mean.sum() == pytest.approx(1)
    low, high = belief.state.interval()
    assert np.all((low <= belief.state.mean) & (belief.state.mean <= high))


def test_the_same_question_gives_the_same_belief_to_the_bit(workspace: Workspace) -> None:
    from iw.workspace import open_workspace
    from tests.assessment.conftest import clock

    with open_workspace(workspace.path, clock) as other:
        one, two = workspace.belief("war-support"), other.belief("war-support")
    assert np.array_equal(one.state.mean, two.state.mean)
    assert one.provenance == two.provenance


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_shift_closes_whatever_changed_in_between(workspace: Workspace, problem: str) -> None:
    shift = workspace.explain(problem, since=WARNINGS - timedelta(days=40), as_of=WARNINGS)
    assert shift.residual < 1e-9
    for scenario in shift.before:
        total = sum(part.points[scenario] for part in shift.contributions)
        assert total == pytest.approx(100 * (shift.after[scenario] - shift.before[scenario]), abs=1e-9)


def test_the_warnings_of_2023_moved_lethal_aid_and_the_event_is_named(workspace: Workspace) -> None:
    shift = workspace.explain("war-support", since=date(2023, 2, 1), as_of=WARNINGS)
    assert shift.after["state-lethal-aid"] > 1.5 * shift.before["state-lethal-aid"]
    events = [part for part in shift.contributions if part.kind == "event"]
    strongest = max(events, key=lambda part: part.points["state-lethal-aid"])
    assert "lethal aid" in strongest.label


def test_nothing_learnt_later_reaches_an_earlier_belief(workspace: Workspace) -> None:
    before = workspace.belief("war-support", as_of=WARNINGS)
    workspace.log_event(lethal_aid_delivered())
    assert np.array_equal(workspace.belief("war-support", as_of=WARNINGS).state.mean, before.state.mean)
    assert all(d.event.stamp.visible_at <= end_of_day(WARNINGS) for d in before.evidence.dispositions)


def test_a_logged_event_moves_every_affected_belief_and_says_by_how_much(workspace: Workspace) -> None:
    logged = workspace.log_event(lethal_aid_delivered(str(DAY)))
    moved = {m.problem: m for m in logged.moved}
    belief = moved["war-support"]
    assert belief.after.estimate("state-lethal-aid").mean > 5 * belief.before.estimate("state-lethal-aid").mean
    assert logged.silent == ""


def test_an_event_of_a_time_that_nobody_watched_is_kept_and_says_why_it_moves_nothing(workspace: Workspace) -> None:
    logged = workspace.log_event(lethal_aid_delivered("2023-06-01"))
    untouched = workspace.belief("war-support", as_of=DAY)
    assert logged.event.id in {d.event.id for d in untouched.evidence.dispositions} or logged.silent


def test_a_future_event_is_refused_and_nothing_is_written(workspace: Workspace) -> None:
    position = workspace.log.position()
    with pytest.raises(UsageError, match="future"):
        workspace.log_event(lethal_aid_delivered("2026-05-01"))
    assert workspace.log.position() == position


def test_an_unknown_indicator_suggests_the_nearest(workspace: Workspace) -> None:
    report = ReportDraft("x", parse_grade("B2"), "t")
    draft = EventDraft("lethal-aid-delivry", PartialDate.parse("2026-04-10"), "t", (report,))
    with pytest.raises(NotFoundError, match="lethal-aid-delivery"):
        workspace.log_event(draft)


def test_an_assessment_names_what_made_it(workspace: Workspace) -> None:
    assessment = workspace.assess("war-support", history=[date(2025, 12, 31), DAY])
    provenance = assessment.provenance
    assert provenance.log_position == workspace.log.position()
    assert provenance.model_version == workspace.catalogue.model_version("war-support")
    assert provenance.as_of == DAY
    assert [point.day for point in assessment.history] == [date(2025, 12, 31), DAY]
    assert assessment.history[-1].beliefs["calibrated-enablement"].mean == pytest.approx(
        next(s.belief.mean for s in assessment.scenarios if s.id == "calibrated-enablement")
    )


def test_forecasts_begin_at_the_belief_and_grow(workspace: Workspace) -> None:
    for scenario in workspace.assess("crown-jewels").scenarios:
        means = [scenario.belief.mean, *(scenario.forecasts[days].mean for days in (30, 90, 365))]
        assert means == sorted(means)


def test_every_event_of_the_problem_is_shown_and_those_without_weight_say_why(workspace: Workspace) -> None:
    assessment = workspace.assess("military-operations")
    assert {event.counts for event in assessment.events} == {True, False}
    assert all(event.why_not for event in assessment.events if not event.counts)


def test_a_marking_leaves_out_what_is_above_it(workspace: Workspace) -> None:
    from dataclasses import replace

    before = workspace.belief("war-support", marking=Marking.GREEN)
    workspace.append([replace(lethal_aid_delivered(str(DAY)), marking=Marking.AMBER)])
    green = workspace.belief("war-support", marking=Marking.GREEN)
    assert np.array_equal(green.state.mean, before.state.mean)
    assert workspace.belief("war-support").estimate("state-lethal-aid").mean > before.estimate("state-lethal-aid").mean


def test_a_belief_in_the_future_is_refused(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="future"):
        workspace.belief("finance", as_of=DAY + timedelta(days=1))


def test_importing_twice_adds_nothing(workspace: Workspace) -> None:
    from iw.core.resources import shipped

    assert workspace.import_files([shipped("indicators") / "evidence" / "cnas-2023.csv"], backfill=True) == (0, 17)
