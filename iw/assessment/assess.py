"""Put an assessment together: the one record that terminal, report and pages render."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from iw.assessment.beliefs import Belief, Beliefs
from iw.assessment.confidence import confidence
from iw.assessment.history import belief_history
from iw.assessment.levels import level_of
from iw.assessment.question_views import question_views
from iw.assessment.records import (
    Assessment,
    Contribution,
    EventView,
    ReportView,
    ScenarioView,
    ShiftView,
)
from iw.assessment.shifts import shift_between
from iw.assessment.words import probability_word
from iw.catalogue import Problem, Scenario
from iw.core.dates import end_of_day
from iw.evidence import Disposition
from iw.log.records import Backing, Marking

FORECAST_DAYS = (30, 90, 365)
VISIBLE_POINTS = 0.05  # an effect that would be written as ±0.0 points moved nothing
Progress = Callable[[str], None]


def assess(
    beliefs: Beliefs,
    name: str,
    as_of: date,
    known_at: datetime,
    marking: Marking,
    history: Sequence[date] = (),
) -> Assessment:
    """Everything shown of one problem. ``history`` names past dates, each believed as known on that day."""
    problem = beliefs.catalogue.problem(name)
    now = beliefs.at(name, as_of, known_at, marking)
    week, month = (_earlier(beliefs, problem, as_of, days, marking) for days in (7, 30))
    shift_7, shift_30 = shift_between(beliefs, week, now), shift_between(beliefs, month, now)
    points = belief_history(beliefs, problem.id, history, marking)
    return Assessment(
        problem=problem.id,
        title=problem.title,
        question=problem.question,
        consequence=problem.consequence,
        decision=problem.decision,
        lead_time_days=problem.lead_time_days,
        horizon_days=problem.horizon_days,
        owner=problem.owner,
        conditional_on=problem.conditional_on,
        provenance=now.provenance,
        scenarios=tuple(_scenario(beliefs, problem, s, now, week, month) for s in problem.scenarios),
        leading=now.leading,
        level=level_of(beliefs, problem, now),
        confidence=confidence(beliefs.catalogue.tables, now),
        shift_7=shift_7,
        shift_30=shift_30,
        history=tuple(points),
        events=_events(beliefs, now, shift_30),
        mover=mover(shift_30),
        cautions=_cautions(beliefs, problem, now),
        questions=question_views(beliefs, problem.id, now.provenance),
    )


def _earlier(beliefs: Beliefs, problem: Problem, as_of: date, days: int, marking: Marking) -> Belief:
    day = max(problem.start, as_of - timedelta(days=days))
    return beliefs.at(problem.id, day, end_of_day(day), marking)


def _scenario(
    beliefs: Beliefs, problem: Problem, scenario: Scenario, now: Belief, week: Belief, month: Belief
) -> ScenarioView:
    belief = now.estimate(scenario.id)
    column = now.spec.scenarios.index(scenario.id)
    word = probability_word(beliefs.catalogue.tables, belief.mean)
    return ScenarioView(
        id=scenario.id,
        title=scenario.title,
        definition=scenario.definition,
        status_quo=scenario.id == problem.status_quo,
        warned=scenario.id in problem.warned,
        belief=belief,
        word=word.word,
        word_low=word.low,
        word_high=word.high,
        change_7=belief.mean - float(week.state.mean[column]),
        change_30=belief.mean - float(month.state.mean[column]),
        forecasts={days: now.visited([scenario.id], days) for days in FORECAST_DAYS},
    )


def mover(shift: ShiftView) -> Contribution | None:
    """The contribution of events that moved any scenario most; none where none moved one visibly."""
    moved = [part for part in shift.contributions if part.events and _size(part) >= VISIBLE_POINTS]
    return max(moved, key=_size, default=None)


def _size(part: Contribution) -> float:
    return max(abs(points) for points in part.points.values())


def _events(beliefs: Beliefs, now: Belief, shift: ShiftView) -> tuple[EventView, ...]:
    effects = {name: part.points[now.leading] for part in shift.contributions for name in part.events}
    return tuple(_event(beliefs, item, effects.get(item.event.id, 0.0)) for item in reversed(now.evidence.dispositions))


def _event(beliefs: Beliefs, item: Disposition, effect: float) -> EventView:
    event = item.event
    return EventView(
        id=event.id,
        occurred=str(event.occurred),
        indicator=event.indicator,
        indicator_title=beliefs.catalogue.indicators[event.indicator].title,
        summary=event.summary,
        weight=item.weight,
        counts=item.counts,
        why_not=item.why_not,
        staged=str(event.staged),
        development=event.development,
        reports=tuple(_report(backing) for backing in event.backings),
        effect_points=effect,
    )


def _report(backing: Backing) -> ReportView:
    report = backing.report
    return ReportView(
        id=report.id,
        source=report.source,
        grade=str(report.grade),
        grade_reason=report.grade_reason,
        stance=str(backing.stance),
        origin=report.origin,
        reported_at=report.reported_at,
        text=report.text,
        url=report.url,
        document=report.document,
        section=report.section,
        note=report.note,
        contradicts=report.contradicts,
        marking=str(report.stamp.marking),
    )


def _cautions(beliefs: Beliefs, problem: Problem, now: Belief) -> tuple[str, ...]:
    p = now.provenance
    found = []
    if not now.usable:
        worth = f"the weighted draws are worth only {p.effective_draws:.0f}"
        found.append(f"No belief yet: {worth}. Run 'iw fit {problem.id}'.")
    elif p.fit is None:
        worth = f"{p.draws} weighted proposal draws worth {p.effective_draws:.0f}"
        found.append(f"No accepted fit: {worth} stand in for one.")
    elif now.refit_due:
        found.append(f"A refit is due: the fit's {p.draws} draws are worth {p.effective_draws:.0f} now.")
    if problem.conditional_on:
        found.append(f"Conditional: this holds if it came to it today ({problem.conditional_on}).")
    if any(item.event.stamp.visible_basis != "recorded" for item in now.evidence.dispositions):
        found.append(
            "Part of the evidence was backfilled from documents: what was known when rests on publication dates, "
            "and the choice of facts and of indicators knows how the story went on."
        )
    if not now.evidence.watched:
        found.append("Nobody is declared to be watching on this date: only the passing of time moves the belief.")
    return tuple(found)
