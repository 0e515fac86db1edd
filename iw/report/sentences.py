"""The sentences of the report, made from the record by rules that the method section states.

A word for a probability stands with its range and its number, and never in one sentence with a judgement of
confidence: no sentence here names any.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from iw.assessment.records import Assessment, Contribution, ScenarioView
from iw.assessment.scores import Score
from iw.report import numbers
from iw.report.record import WeeklyReport

# A warned scenario needs attention when it is no longer very unlikely to come before the warning time is over:
# the upper edge of ICD 203's "very unlikely".
ATTENTION = 0.20


@dataclass(frozen=True)
class Outlook:
    """A warned scenario against the lead time that its decision needs."""

    problem: Assessment
    scenario: ScenarioView
    horizons: tuple[int, ...]  # the forecasts on either side of the lead time; one if it is met, none if none is made
    reach: float  # the chance of a visit by the first forecast that covers the lead time, else by the longest

    @property
    def pressing(self) -> bool:
        """Whether it may well come before the decision could take effect."""
        return self.reach >= ATTENTION


def quoted(title: str) -> str:
    """A scenario's title in quotation marks."""
    return f"“{title}”"


def leading(assessment: Assessment) -> ScenarioView:
    """The scenario that leads."""
    return next(s for s in assessment.scenarios if s.id == assessment.leading)


def outlooks(assessments: Sequence[Assessment]) -> tuple[Outlook, ...]:
    """All warned scenarios, the one most likely to come within its lead time first."""
    found = [_outlook(a, s) for a in assessments for s in a.scenarios if s.warned]
    return tuple(sorted(found, key=lambda o: (-o.reach, -o.scenario.change_7, o.problem.problem)))


def _outlook(assessment: Assessment, scenario: ScenarioView) -> Outlook:
    made = sorted(scenario.forecasts)
    shorter = [d for d in made if d < assessment.lead_time_days][-1:]
    covering = [d for d in made if d >= assessment.lead_time_days][:1]
    if covering == [assessment.lead_time_days]:
        shorter = []
    horizons = tuple(shorter + covering)
    number = scenario.forecasts[horizons[-1]] if horizons else scenario.belief
    return Outlook(assessment, scenario, horizons, number.mean)


def top_sentences(assessments: Sequence[Assessment]) -> tuple[str, ...]:
    """What a manager must know over all problems: first the warned scenario that matters most, then the others."""
    ranked = outlooks(assessments)
    if not assessments:
        return ("No warning problem is under watch.",)
    if not ranked:
        return ("No scenario is warned of in any problem.",)
    pressing = [outlook for outlook in ranked if outlook.pressing]
    if not pressing:
        limit = numbers.percent(ATTENTION)
        return (
            f"No warned scenario reaches {limit} within the warning time that its decision needs.",
            f"Nearest to it is {_named(ranked[0])}: {_chances(ranked[0])}.",
        )
    first = f"{_named(pressing[0])} needs attention: {_chances(pressing[0])}."
    return (first, *_others(pressing[1:]))


def _named(outlook: Outlook) -> str:
    under = f" ({outlook.problem.title}"
    if outlook.problem.conditional_on:
        under += f"; if it came to {outlook.problem.conditional_on}"
    return quoted(outlook.scenario.title) + under + ")"


def _chances(outlook: Outlook) -> str:
    scenario = outlook.scenario
    parts = [f"{numbers.percent(scenario.belief.mean)} today"]
    parts += [f"{numbers.percent(scenario.forecasts[d].mean)} within {numbers.days(d)}" for d in outlook.horizons]
    needs = f"the decision needs {numbers.days(outlook.problem.lead_time_days)} of warning"
    return f"{listed(parts)}, while {needs}"


def _others(rest: Sequence[Outlook]) -> tuple[str, ...]:
    if not rest:
        return ()
    shown = [f"{_named(o)}, {numbers.percent(o.reach)}{_within(o)}" for o in rest[:2]]
    left = len(rest) - len(shown)
    if left:
        shown.append(f"{left} more")
    return (f"Attention is also due to {listed(shown)}.",)


def _within(outlook: Outlook) -> str:
    return f" within {numbers.days(outlook.horizons[-1])}" if outlook.horizons else " today"


def listed(parts: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def standing(assessment: Assessment) -> str:
    """Which scenario leads, in a word with its range, as a number with its interval."""
    lead = leading(assessment)
    word = f"{lead.word} ({numbers.said_span(lead.word_low, lead.word_high)})"
    number = f"{numbers.percent(lead.belief.mean)} with a 90\u00a0% interval of"
    opening = f"If it came to {assessment.conditional_on} today, " if assessment.conditional_on else ""
    return (
        f"{opening}{quoted(lead.title)} leads: {word}, {number} {numbers.said_span(lead.belief.low, lead.belief.high)}."
    )


def changes(scenario: ScenarioView) -> str:
    """How its belief changed in 7 and in 30 days."""
    week, four_weeks = _moved(scenario.change_7), _moved(scenario.change_30)
    text = f"{week} in 7\u00a0days and {four_weeks} in 30\u00a0days."
    if week == four_weeks:
        text = f"{week} in 7\u00a0and in 30\u00a0days."
    return text[0].upper() + text[1:]


def _moved(probability: float) -> str:
    if math.isnan(probability):
        return "not known"
    size = round(abs(probability) * 100)
    if size == 0:
        return "unchanged"
    return f"{'up' if probability > 0 else 'down'} {numbers.plural(size, 'point')}"


def most_moved(points: dict[str, float]) -> str | None:
    """The scenario that a contribution moved most; the first of equals."""
    return max(points, key=lambda s: abs(points[s]), default=None)


def mover(assessment: Assessment, term: Contribution | None) -> str:
    """Which event moved the belief most within 30 days, and by how much."""
    target = most_moved(dict(term.points)) if term else None
    if term is None or target is None:
        return "No single event stands out within 30\u00a0days."
    titles = {s.id: s.title for s in assessment.scenarios}
    when = f" ({numbers.short_day(term.day)})" if term.day else ""
    if term.kind == "late evidence":
        when = f" ({numbers.short_day(term.day)}, known late)" if term.day else " (known late)"
    effect = f"{numbers.points(term.points[target])}\u00a0points on {quoted(titles.get(target, target))}"
    return f"Largest single effect: {term.label.rstrip('.')}{when}, {effect}."


def warned(assessment: Assessment) -> str:
    """The chance that any warned scenario is visited within the horizon, and the level that follows."""
    estimate = assessment.level.warned
    limits = numbers.said_span(estimate.low, estimate.high)
    chance = f"{numbers.percent(estimate.mean)} (90\u00a0% interval {limits})"
    level = assessment.level
    since = f" since {numbers.day(level.since)}" if level.since else ""
    held = f" Held back: {level.held_back}." if level.held_back else ""
    return (
        f"A warned scenario is in force or comes within {numbers.days(assessment.horizon_days)}: {chance}; "
        f"level {level.name}{since}.{held}"
    )


def questions(assessment: Assessment) -> str:
    """What the table of questions shows, or that there is none."""
    if not assessment.questions:
        return "No question of this problem has been asked at this marking."
    asked = max(view.asked_on for view in assessment.questions)
    return (
        f"The newest forecast of each, the last on {numbers.day(asked)}. Beside it what past events alone lead one to "
        "expect, and the change in points from the forecast before."
    )


def condition(assessment: Assessment) -> str | None:
    """What a conditional problem's numbers mean."""
    if not assessment.conditional_on:
        return None
    return (
        f"Conditional on {assessment.conditional_on}: the numbers say what would hold if it came to that today. "
        "They are not multiplied by a chance that it does."
    )


def sums(assessment: Assessment) -> str:
    """Why the forecasts of one horizon sum to more than 1, with the sum itself."""
    horizons = sorted({d for s in assessment.scenarios for d in s.forecasts})
    text = "These chances sum to more than 100\u00a0%, since several scenarios can be visited in turn"
    if not horizons:
        return text + "."
    total = sum(s.forecasts[horizons[-1]].mean for s in assessment.scenarios if horizons[-1] in s.forecasts)
    return f"{text}: {total * 100:.0f}\u00a0% within {numbers.days(horizons[-1])}."


def confidence(assessment: Assessment) -> str:
    """The level of analytic confidence, and the rule that decided."""
    found = assessment.confidence
    return f"{found.level.capitalize()}: {found.reason}."


def track(report: WeeklyReport) -> str:
    """How good the forecasts of questions were that have been settled so far."""
    tally = report.tally
    if tally is None or not tally.made:
        return "No question has been asked at this marking yet."
    counts = f"{tally.yes} yes, {tally.no} no, {tally.void} void, {tally.pending} pending"
    if not report.scores:
        return f"Forecasts of questions so far: {counts}. None is settled with yes or no, so there is nothing to score."
    own, *others = report.scores
    beside = "; ".join(f"{one.forecaster} {one.brier:.3f}{_better(one)}" for one in others)
    return (
        f"Forecasts of questions so far: {counts}. Mean Brier score of those settled, 0 being perfect: {own.brier:.3f} "
        f"over {own.forecasts} forecasts of {own.questions} questions ({beside})."
    )


def _better(score: Score) -> str:
    if math.isnan(score.error):
        return ""
    return f" ({score.gain:+.3f} ± {score.error:.3f})".replace("-", "\u2212")
