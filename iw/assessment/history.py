"""What was believed on past days, knowing each time only what was known then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from iw.assessment.beliefs import Beliefs
from iw.assessment.records import HistoryPoint
from iw.core.dates import end_of_day
from iw.log.records import Marking


def belief_history(beliefs: Beliefs, problem: str, days: Sequence[date], marking: Marking) -> list[HistoryPoint]:
    """The belief on each of ``days`` from the problem's start on, as known at that day's end.

    Each comes from the fit that was in force on that day, else from weighted draws of the proposal.
    """
    start = beliefs.catalogue.problem(problem).start
    return [_point(beliefs, problem, day, marking) for day in days if day >= start]


def _point(beliefs: Beliefs, problem: str, day: date, marking: Marking) -> HistoryPoint:
    belief = beliefs.at(problem, day, end_of_day(day), marking)
    return HistoryPoint(day, {name: belief.estimate(name) for name in belief.spec.scenarios}, belief.usable)
