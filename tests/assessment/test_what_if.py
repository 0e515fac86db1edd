"""What-if questions change the view in memory and leave the log alone."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from iw.assessment import what_if
from iw.core.dates import PartialDate
from iw.core.errors import NotFoundError
from iw.log.grades import parse_grade
from iw.workspace import Workspace

WARNINGS = date(2023, 3, 5)


def warning_event(workspace: Workspace) -> str:
    belief = workspace.belief("war-support", as_of=WARNINGS)
    return next(d.event.id for d in belief.evidence.dispositions if d.event.indicator == "lethal-aid-warning")


def lethal(workspace: Workspace, *overlays: what_if.Overlay) -> float:
    overlay = what_if.combined(overlays)
    return workspace.belief("war-support", as_of=WARNINGS, overlay=overlay).estimate("state-lethal-aid").mean


def test_dropping_the_warning_lowers_lethal_aid_and_writes_nothing(workspace: Workspace) -> None:
    position = workspace.log.position()
    assert lethal(workspace, what_if.without_events([warning_event(workspace)])) < lethal(workspace)
    assert workspace.log.position() == position


def test_regrading_lies_between_keeping_and_dropping(workspace: Workspace) -> None:
    name = warning_event(workspace)
    dropped = lethal(workspace, what_if.without_events([name]))
    weaker = lethal(workspace, what_if.regraded(name, parse_grade("E4")))
    assert dropped < weaker < lethal(workspace)


def test_a_strong_denial_takes_back_most_of_it(workspace: Workspace) -> None:
    name = warning_event(workspace)
    assert lethal(workspace, what_if.denied(name, parse_grade("A1"))) < lethal(workspace)


def test_leaving_out_a_source_leaves_out_what_only_it_backs(workspace: Workspace) -> None:
    belief = workspace.belief("war-support", as_of=WARNINGS)
    name = warning_event(workspace)
    event = next(d.event for d in belief.evidence.dispositions if d.event.id == name)
    source = event.backings[0].report.source
    assert lethal(workspace, what_if.without_source(source)) < lethal(workspace)
    with pytest.raises(NotFoundError):
        lethal(workspace, what_if.without_source("No such agency"))


def test_an_imagined_delivery_raises_lethal_aid(workspace: Workspace) -> None:
    imagined = what_if.with_event("lethal-aid-delivery", PartialDate.parse("2023-03-01"), parse_grade("A2"))
    assert lethal(workspace, imagined) > 2 * lethal(workspace)


def test_doing_nothing_changes_nothing(workspace: Workspace) -> None:
    plain = workspace.belief("war-support", as_of=WARNINGS).state.mean
    same = workspace.belief("war-support", as_of=WARNINGS, overlay=what_if.combined([])).state.mean
    assert np.array_equal(plain, same)


def test_an_unknown_event_is_refused(workspace: Workspace) -> None:
    with pytest.raises(NotFoundError, match="no event"):
        lethal(workspace, what_if.without_events(["E999999"]))
