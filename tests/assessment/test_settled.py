"""Settled scenarios and events, through the whole chain: they act at once, are named in shifts, and do not fade."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from iw.core.dates import end_of_day
from iw.core.errors import NotFoundError, UsageError
from iw.log.drafts import CoverageDraft, RetractionDraft
from iw.log.records import Marking, OfEvent, OfScenario, Outcome
from iw.workspace import Workspace
from tests.assessment.conftest import DAY

# Scenarios that are facts once they hold: a treaty, a technology handed over. Their elicited dwell outlives the log,
# and what silence takes from them in a year is less than a tenth.
FACTS = {
    "alignment": ("formal-alliance",),
    "axis": ("formal-axis",),
    "crown-jewels": ("top-secret-technology", "new-generation-systems"),
    "governance": ("bound-bloc",),
}


def settle(workspace: Workspace, problem: str, scenario: str, on: date, outcome: Outcome = Outcome.YES) -> None:
    subject = OfScenario(problem, scenario, on)
    workspace.foresight.settle(subject, outcome, "It was published.", "anna", Marking.CLEAR)


def probability(workspace: Workspace, problem: str, scenario: str, as_of: date = DAY) -> float:
    return workspace.belief(problem, as_of, end_of_day(DAY)).estimate(scenario).mean


def test_a_scenario_that_is_settled_multiplies_its_odds_by_a_thousand(workspace: Workspace) -> None:
    before = probability(workspace, "crown-jewels", "top-secret-technology")
    settle(workspace, "crown-jewels", "top-secret-technology", DAY)
    after = probability(workspace, "crown-jewels", "top-secret-technology")
    assert after / (1 - after) == pytest.approx(1000 * before / (1 - before), rel=0.15)  # draws are weighted anew


def test_it_is_not_known_before_it_was_recorded(workspace: Workspace) -> None:
    yesterday = DAY - timedelta(days=1)
    before = workspace.belief("crown-jewels", yesterday).state.mean
    settle(workspace, "crown-jewels", "top-secret-technology", yesterday)
    assert workspace.belief("crown-jewels", yesterday).state.mean == pytest.approx(before)
    assert probability(workspace, "crown-jewels", "top-secret-technology", yesterday) > 0.9


@pytest.mark.parametrize(("problem", "scenario"), [(one, s) for one, all_ in FACTS.items() for s in all_])
def test_a_year_of_silence_leaves_a_settled_fact(workspace: Workspace, problem: str, scenario: str) -> None:
    on = DAY - timedelta(days=365)
    workspace.append([CoverageDraft("second watch", "watch", "*", since=on + timedelta(days=1))])
    settle(workspace, problem, scenario, on)
    fresh, later = (probability(workspace, problem, scenario, day) for day in (on, DAY))
    assert later > 0.9 * fresh


@pytest.mark.parametrize("days", [0, 20])
def test_the_shift_names_what_was_settled_and_still_adds_up(workspace: Workspace, days: int) -> None:
    """Of the day itself it is a term of time; of a day before the earlier belief's it is late evidence."""
    settle(workspace, "crown-jewels", "new-generation-systems", DAY - timedelta(days=days))
    shift = workspace.explain("crown-jewels", since=DAY - timedelta(days=10))
    term = next(part for part in shift.contributions if part.label.startswith("Settled (V"))
    assert term.kind == ("late evidence" if days else "resolution")
    assert term.points["new-generation-systems"] > 30
    assert shift.residual < 1e-7


def test_a_settled_event_counts_as_settled_until_that_is_withdrawn(workspace: Workspace) -> None:
    belief = workspace.belief("energy")
    item = max((one for one in belief.evidence.dispositions if one.counts), key=lambda one: one.weight)
    subject = OfEvent(item.event.first_position)
    verdict = workspace.foresight.settle(subject, Outcome.NO, "The contract was never signed.", "anna", Marking.CLEAR)
    (now,) = [one for one in workspace.belief("energy").evidence.dispositions if one.event.id == item.event.id]
    assert now.weight == 0.001
    workspace.append([RetractionDraft(verdict.stamp.position)], reason="it was signed after all")
    assert workspace.belief("energy").state.mean == pytest.approx(belief.state.mean)


def test_what_cannot_be_settled_is_refused_with_the_nearest_name(workspace: Workspace) -> None:
    with pytest.raises(NotFoundError, match="top-secret-technology"):
        settle(workspace, "crown-jewels", "top-secret-tech", DAY)
    with pytest.raises(UsageError, match="begins on"):
        settle(workspace, "crown-jewels", "top-secret-technology", date(2010, 1, 1))
    with pytest.raises(UsageError, match="only be settled that it holds"):
        settle(workspace, "crown-jewels", "top-secret-technology", DAY, Outcome.NO)
