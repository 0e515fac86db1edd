"""What says something of the scenarios by a known ratio, without any parameter: scenarios that are settled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from iw.catalogue import Problem
from iw.inference.arrays import Floats
from iw.log.records import LogView, OfScenario, Outcome

ELSEWHERE = 0.001  # what settles a scenario may be wrong, too


@dataclass(frozen=True)
class Given:
    """One ratio over a problem's scenarios, which acts at the end of a day; ``label`` names it on pages."""

    id: str
    day: date
    ratio: Floats  # (S,)
    label: str


def settled_scenarios(problem: Problem, view: LogView, as_of: date) -> list[Given]:
    """What the view knows to be settled about ``problem`` up to ``as_of``, by day and then in log order."""
    titles = {scenario.id: scenario.title for scenario in problem.scenarios}
    names = list(titles)
    found = []
    for one in view.resolutions:
        subject = one.subject
        if (
            isinstance(subject, OfScenario)
            and one.outcome is Outcome.YES
            and subject.problem == problem.id
            and subject.scenario in titles
            and problem.start <= subject.settled_on <= as_of
        ):
            ratio = np.full(len(names), ELSEWHERE)
            ratio[names.index(subject.scenario)] = 1.0
            label = f"Settled ({one.id}): {titles[subject.scenario]}"
            found.append(Given(one.id, subject.settled_on, ratio, label))
    return sorted(found, key=lambda given: given.day)
