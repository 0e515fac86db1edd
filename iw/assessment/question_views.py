"""The questions of one problem as an assessment shows them: the newest forecast of each, and what came of it."""

from __future__ import annotations

from itertools import pairwise

from iw.assessment.beliefs import Beliefs
from iw.assessment.records import Estimate, Provenance, QuestionView
from iw.log.products import Forecast, Recorded
from iw.log.records import Marking, OfQuestion, Resolution


def question_views(beliefs: Beliefs, problem: str, made: Provenance) -> tuple[QuestionView, ...]:
    """Of every question that ``problem`` forecast at the marking, by the date and moment of an assessment."""
    marking = Marking(made.marking)
    by_question: dict[str, list[Recorded[Forecast]]] = {}
    for one in beliefs.log.forecasts(marking):
        known = one.content.as_of <= made.as_of and one.stamp.recorded_at <= made.known_at
        if known and one.content.problem == problem:
            by_question.setdefault(one.content.question, []).append(one)
    settled = {
        one.subject.forecast: one
        for one in beliefs.view(made.known_at, marking).resolutions
        if isinstance(one.subject, OfQuestion)
    }
    views = [_view(beliefs, forecasts, settled) for forecasts in by_question.values()]
    return tuple(sorted(views, key=lambda view: (-view.belief.mean, view.question)))


def _view(beliefs: Beliefs, forecasts: list[Recorded[Forecast]], settled: dict[int, Resolution]) -> QuestionView:
    newest = forecasts[-1]
    content, verdict = newest.content, settled.get(newest.stamp.position)
    known = beliefs.catalogue.questions.get(content.question)
    changes = [b.content.probability - a.content.probability for a, b in pairwise(forecasts)]
    return QuestionView(
        id=f"Q{newest.stamp.position}",
        question=content.question,
        asks=known.asks if known else content.question,
        asked_on=content.as_of,
        until=content.until,
        belief=Estimate(content.probability, content.low, content.high),
        base_rate=content.base_rate,
        change=changes[-1] if changes else None,
        outcome=str(verdict.outcome) if verdict else None,
        ground=verdict.ground if verdict else "",
    )
