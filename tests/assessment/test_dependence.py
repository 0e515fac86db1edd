"""What a belief rests on: one thing left out at a time, and the linchpin."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iw.assessment import what_if
from iw.assessment.dependence import By, Linchpin, linchpin
from iw.workspace import Workspace

DAY = date(2026, 4, 12)


@pytest.mark.parametrize("by", list(By))
def test_leaving_a_thing_out_gives_the_belief_of_the_what_if_question(workspace: Workspace, by: By) -> None:
    leaving = {By.EVENT: lambda n: what_if.without_events([n]), By.SOURCE: what_if.without_source}
    rows = workspace.trust.left_out("energy", by, DAY)
    belief = workspace.belief("energy", DAY)
    for row in rows[:3]:
        rest = workspace.belief("energy", DAY, overlay=leaving.get(by, what_if.without_origin)(row.name))
        for s, name in enumerate(belief.spec.scenarios):
            assert row.beliefs[name] == rest.state.mean[s]
            assert row.points[name] == pytest.approx(100 * (belief.state.mean[s] - rest.state.mean[s]), abs=1e-12)
    sizes = [abs(row.points[belief.leading]) for row in rows]
    assert sizes == sorted(sizes, reverse=True)


def test_every_event_that_counts_is_left_out_once_and_the_table_has_a_row_for_each(workspace: Workspace) -> None:
    counting = {item.event.id for item in workspace.belief("axis", DAY).evidence.dispositions if item.counts}
    frame = workspace.trust.resting_on("axis", as_of=DAY)
    assert set(frame["name"]) == counting
    assert {"label", "leading", "loose-links then", "loose-links points"} <= set(frame.columns)


@dataclass(frozen=True)
class Votes:
    """Stands for a belief: two scenarios whose log odds are those at the start plus the votes of the events there."""

    start: float
    votes: dict[str, float]

    @property
    def state(self) -> Any:
        odds = np.exp(self.start + sum(self.votes.values()))
        return SimpleNamespace(mean=np.array([odds, 1.0]) / (1 + odds))

    @property
    def leading(self) -> str:
        return "first" if self.state.mean[0] >= self.state.mean[1] else "second"

    spec = SimpleNamespace(scenarios=("first", "second"))

    @property
    def evidence(self) -> Any:
        items = [
            SimpleNamespace(counts=True, event=SimpleNamespace(id=name, occurred="", summary="", backings=()))
            for name in self.votes
        ]
        return SimpleNamespace(dispositions=items)


def found(votes: Votes) -> Linchpin:
    def without(names: Any) -> Votes:
        return Votes(votes.start, {name: vote for name, vote in votes.votes.items() if name not in set(names)})

    return linchpin(votes, without)  # type: ignore[arg-type]


def smallest(votes: Votes) -> int | None:
    """By trying every set."""
    for size in range(1, len(votes.votes) + 1):
        for names in itertools.combinations(votes.votes, size):
            rest = Votes(votes.start, {name: vote for name, vote in votes.votes.items() if name not in names})
            if rest.leading != votes.leading:
                return size
    return None


@settings(deadline=None, max_examples=150)
@given(st.floats(-3, 3), st.lists(st.floats(-2, 2).filter(lambda v: abs(v) > 1e-3), max_size=7))
def test_the_linchpin_is_the_smallest_set_without_which_another_scenario_leads(
    start: float, values: list[float]
) -> None:
    votes = Votes(start, {f"E{number}": value for number, value in enumerate(values)})
    pin, size = found(votes), smallest(votes)
    assert (len(pin.events) or None) == size
    assert pin.exact or len(pin.events) > 3
    if size:
        assert pin.leading != votes.leading


def test_a_linchpin_of_four_is_found_and_said_to_be_the_smallest_only_where_nothing_smaller_was_left_untried() -> None:
    pin = found(Votes(-2.0, {f"E{number}": 1.0 for number in range(7)}))
    assert (len(pin.events), pin.exact) == (6, False)
    pin = found(Votes(-0.5, {f"E{number}": 1.0 for number in range(4)}))
    assert (len(pin.events), pin.exact) == (4, True)
