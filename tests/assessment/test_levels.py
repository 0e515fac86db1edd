"""Warning levels: entered, held and left by the rule; every change a record with its cause, acknowledged by name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from iw.assessment.levels import ruled
from iw.catalogue import Tables
from iw.core.errors import UsageError
from iw.core.resources import shipped
from iw.log.records import Marking
from iw.workspace import Workspace
from tests.assessment.dam import Clock, dam
from tests.evidence.cast import event, watch

ENOUGH = 9  # origins


@cache
def shipped_tables() -> Tables:
    content = yaml.safe_load((shipped("models") / "tables.yaml").read_text())
    return Tables.model_validate(content, strict=False)


@pytest.fixture
def tables() -> Tables:
    return shipped_tables()


def level(tables: Tables, warned: float, standing: str | None, origins: int = ENOUGH) -> str:
    return ruled(tables, warned, origins, standing).level.id


@pytest.mark.parametrize(
    ("warned", "standing", "expected"),
    [
        (0.24, None, "watchcon-4"),
        (0.25, None, "watchcon-3"),
        (0.20, "watchcon-3", "watchcon-3"),  # not left above its lower threshold
        (0.17, "watchcon-3", "watchcon-4"),
        (0.20, "watchcon-4", "watchcon-4"),  # nor entered below its upper one
        (0.46, "watchcon-4", "watchcon-2"),  # several steps at once
        (0.60, "watchcon-1", "watchcon-1"),
        (0.40, "watchcon-1", "watchcon-2"),  # down to the level whose lower threshold still holds
        (0.05, "watchcon-1", "watchcon-4"),
        (0.30, "a level that was renamed", "watchcon-3"),
    ],
)
def test_a_level_is_entered_at_one_threshold_and_left_under_another(
    tables: Tables, warned: float, standing: str | None, expected: str
) -> None:
    assert level(tables, warned, standing) == expected


@pytest.mark.parametrize(("origins", "expected"), [(0, "watchcon-4"), (1, "watchcon-3"), (2, "watchcon-2")])
def test_evidence_from_too_few_origins_holds_a_level_back_and_says_so(
    tables: Tables, origins: int, expected: str
) -> None:
    found = ruled(tables, 0.9, origins, None)
    assert found.level.id == expected
    assert found.held_back == f"WATCHCON 1 asks for events from 3 origins; there are {origins}"


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 5), st.sampled_from(["watchcon-4", "watchcon-3", "watchcon-1"]))
def test_a_higher_chance_never_gives_a_lower_level(one: float, other: float, origins: int, standing: str) -> None:
    tables = shipped_tables()
    order = [one.id for one in sorted(tables.warning_levels, key=lambda level: level.enter)]
    low, high = (order.index(level(tables, p, standing, origins)) for p in sorted((one, other)))
    assert low <= high


@given(st.floats(0, 1), st.integers(0, 5), st.sampled_from([None, "watchcon-4", "watchcon-2", "watchcon-1"]))
def test_the_rule_applied_twice_changes_nothing_more(warned: float, origins: int, standing: str | None) -> None:
    tables = shipped_tables()
    once = level(tables, warned, standing, origins)
    assert level(tables, warned, once, origins) == once


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[Workspace, Clock]]:
    workspace, clock = dam(tmp_path / "dam", date(2024, 4, 1))
    with workspace:
        workspace.append([watch(date(2024, 4, 1), None, 0.9, collector="gauges")])
        yield workspace, clock


def log_cracks(workspace: Workspace, clock: Clock, first: int = 5, count: int = 4) -> list[str]:
    names = []
    for day in range(first, first + count):
        clock.turn_to(date(2024, 5, day))
        names.append(workspace.log_event(event("crack", f"2024-05-{day:02d}", "A2")).event.id)
    return names


def test_an_event_moves_the_belief_from_the_very_one_that_was_held_before(watched: tuple[Workspace, Clock]) -> None:
    workspace, clock = watched
    log_cracks(workspace, clock, count=2)
    held = workspace.belief("dam")
    (moved,) = workspace.log_event(event("crack", "2024-05-06", "B2", text="Another one.")).moved
    assert np.array_equal(moved.before.state.mean, held.state.mean)
    assert np.array_equal(moved.before.state.weights, held.state.weights)
    assert moved.before.provenance == held.provenance
    assert np.array_equal(moved.after.state.mean, workspace.belief("dam").state.mean)
    assert not np.array_equal(moved.after.state.mean, held.state.mean)


def test_an_event_of_a_problem_that_has_not_begun_is_logged_and_says_so(tmp_path: Path) -> None:
    workspace, _ = dam(tmp_path / "dam", date(2023, 4, 1))
    with workspace:
        logged = workspace.log_event(event("crack", "2023-03-30", "B2"))
        assert (logged.moved, logged.silent) == ((), "No problem that listens to this indicator has begun.")
        assert [one.id for one in workspace.log.view(workspace.now()).events] == [logged.event.id]


def test_the_first_level_of_a_problem_is_recorded_and_waits_for_nobody(watched: tuple[Workspace, Clock]) -> None:
    workspace, _ = watched
    (first,) = workspace.foresight.record_levels("anna")
    assert (first.content.problem, first.content.old, first.content.cause) == ("dam", None, "first assessment")
    assert workspace.foresight.to_acknowledge() == []
    assert workspace.foresight.record_levels("anna") == []


def test_logging_events_raises_the_level_and_records_what_moved_it(watched: tuple[Workspace, Clock]) -> None:
    workspace, clock = watched
    workspace.foresight.record_levels("anna")
    names = log_cracks(workspace, clock)
    newest = workspace.foresight.levels("dam")[0].recorded
    assert newest.content.old is not None
    assert newest.content.new == workspace.assess("dam").level.id
    assert newest.content.warned >= 0.25
    assert set(newest.content.events) <= set(names)
    assert newest.content.events
    assert workspace.assess("dam").level.since == newest.content.as_of


def test_a_level_stands_on_past_days_as_it_was_recorded_then(watched: tuple[Workspace, Clock]) -> None:
    workspace, clock = watched
    workspace.foresight.record_levels("anna")
    before = workspace.assess("dam").level.id
    log_cracks(workspace, clock)
    clock.turn_to(date(2024, 6, 1))
    assert workspace.assess("dam", as_of=date(2024, 4, 20)).level.id == before
    assert workspace.assess("dam").level.id != before


def test_a_change_is_acknowledged_by_name_and_then_waits_no_more(watched: tuple[Workspace, Clock]) -> None:
    workspace, clock = watched
    workspace.foresight.record_levels("anna")
    log_cracks(workspace, clock)
    waiting = [one.stamp.position for one in workspace.foresight.to_acknowledge()]
    assert waiting
    workspace.foresight.acknowledge(waiting, "berta", "told the mayor")
    assert workspace.foresight.to_acknowledge() == []
    (stamp,) = workspace.foresight.levels("dam")[0].acknowledged
    assert (stamp.author, stamp.reason) == ("berta", "told the mayor")
    with pytest.raises(UsageError, match="is no change of level"):
        workspace.foresight.acknowledge([1], "berta", "seen")


def test_levels_are_kept_apart_by_marking(watched: tuple[Workspace, Clock]) -> None:
    workspace, clock = watched
    for marking in (Marking.CLEAR, Marking.AMBER):
        workspace.foresight.record_levels("anna", marking=marking)
    for day in range(5, 9):
        clock.turn_to(date(2024, 5, day))
        workspace.append([event("crack", f"2024-05-{day:02d}", "A2", marking=Marking.AMBER)])
    low = workspace.foresight.record_levels("anna", marking=Marking.CLEAR)
    high = workspace.foresight.record_levels("anna", marking=Marking.AMBER)
    assert (len(low), len(high)) == (0, 1)
    assert workspace.assess("dam", marking=Marking.CLEAR).level.id == "watchcon-4"


def test_the_first_change_at_a_higher_marking_is_one_from_the_level_of_the_lower(
    watched: tuple[Workspace, Clock],
) -> None:
    """Else the first restricted event that raises a level would wait for nobody's acknowledgement."""
    workspace, clock = watched
    workspace.foresight.record_levels("anna", marking=Marking.CLEAR)
    for day in range(5, 9):
        clock.turn_to(date(2024, 5, day))
        workspace.append([event("crack", f"2024-05-{day:02d}", "A2", marking=Marking.AMBER)])
    (change,) = workspace.foresight.record_levels("anna", marking=Marking.AMBER)
    assert change.content.old == "watchcon-4"
    assert [one.stamp.position for one in workspace.foresight.to_acknowledge(Marking.AMBER)] == [change.stamp.position]
