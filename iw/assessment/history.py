"""What was believed on past days, knowing each time only what was known then; and what should have been believed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from iw.assessment.beliefs import Belief, Beliefs
from iw.assessment.records import Estimate, HistoryPoint
from iw.core.dates import end_of_day
from iw.inference.belief import JointState
from iw.inference.smoother import smoothed
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


def hindsight(belief: Belief) -> list[HistoryPoint]:
    """The smoothed belief on past days: given all that ``belief`` knows, what came before a day and what came after.

    The days are the edges of the filter's blocks; the first is the eve of the problem's start.
    """
    days, states = smoothed(belief.believer, belief.evidence.arrays)
    names, eve = belief.spec.scenarios, belief.evidence.start - timedelta(days=1)
    return [
        HistoryPoint(eve + timedelta(days=int(day)), _estimates(names, state), belief.usable)
        for day, state in zip(days, states, strict=True)
    ]


def _estimates(names: Sequence[str], state: JointState) -> dict[str, Estimate]:
    low, high = state.interval()
    return {
        name: Estimate(float(mean), float(low[s]), float(high[s]))
        for s, (name, mean) in enumerate(zip(names, state.mean, strict=True))
    }
