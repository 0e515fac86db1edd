"""What is above the asked marking is not there, and nothing that is there shows that it is missing."""

import pytest

from iw.log.drafts import (
    BackingDraft,
    CorrectionDraft,
    CoverageDraft,
    RegradeDraft,
    RetractionDraft,
    SearchDraft,
)
from iw.log.grades import parse_grade
from iw.log.records import Marking
from iw.log.store import Log
from tests.log.cast import DAY, NOW, append, drill, events, report
from tests.log.test_store import WINDOW


def test_an_event_is_seen_at_its_marking_and_above(log: Log) -> None:
    for marking in Marking:
        append(log, drill(marking.name, marking=marking))
    for rank, marking in enumerate(Marking):
        assert len(log.view(NOW, marking).events) == rank + 1
        assert not log.view(NOW, marking).unassigned


def test_an_event_whose_backing_reports_are_not_allowed_is_left_out(log: Log) -> None:
    (first,) = append(log, drill(reports=(report(marking=Marking.AMBER),)))
    assert not log.view(NOW, Marking.GREEN).events
    append(log, BackingDraft(first, report("Open.")))
    (event,) = log.view(NOW, Marking.GREEN).events
    assert [one.report.text for one in event.backings] == ["Open."]


@pytest.mark.parametrize("marking", [Marking.CLEAR, Marking.GREEN])
def test_changes_to_amber_evidence_leave_lower_views_as_they_were(log: Log, marking: Marking) -> None:
    (first,) = append(log, drill(), CoverageDraft("watch", "watch", "*", *WINDOW, 0.5))[:1]
    before = log.view(NOW + DAY, marking)
    amber = Marking.AMBER
    (secret,) = append(log, drill("Secret.", marking=amber), now=NOW + DAY)
    append(
        log,
        BackingDraft(first, report("Backed in secret.", source="Agent", marking=amber)),
        BackingDraft(secret, report("More.", marking=amber)),
        CoverageDraft("agent", "watch", "*", *WINDOW, 1, marking=amber),
        SearchDraft("bilateral-drill", *WINDOW, 0.5, marking=amber),
        RegradeDraft(events(log, NOW + DAY)[f"E{secret}"].backings[0].report.first_position, parse_grade("E5")),
        CorrectionDraft(secret, development="plot"),
        RetractionDraft(secret),
        now=NOW + DAY,
    )
    assert log.view(NOW + DAY, marking) == before
    assert "Agent" not in log.sources(NOW + DAY, marking)


def test_a_raised_marking_withdraws_the_event_from_lower_views(log: Log) -> None:
    (first,) = append(log, drill())
    append(log, CorrectionDraft(first, marking=Marking.AMBER), now=NOW + DAY)
    assert not events(log, NOW + DAY, Marking.GREEN)
    assert events(log, NOW + DAY, Marking.AMBER).keys() == {f"E{first}"}
    assert events(log, NOW, Marking.GREEN).keys() == {f"E{first}"}
    append(log, CorrectionDraft(first, marking=Marking.GREEN), now=NOW + 2 * DAY)
    assert events(log, NOW + 2 * DAY, Marking.GREEN).keys() == {f"E{first}"}
    assert not events(log, NOW + 2 * DAY, Marking.CLEAR)


def test_a_raised_marking_withdraws_a_report_from_lower_views(log: Log) -> None:
    (position,) = append(log, report())
    append(log, RegradeDraft(position, marking=Marking.RED))
    assert not log.view(NOW, Marking.AMBER).unassigned
    assert [one.id for one in log.view(NOW, Marking.RED).unassigned] == [f"R{position}"]


def test_a_source_that_is_first_named_in_amber_is_known_below_only_once_it_is_named_there(log: Log) -> None:
    append(log, report("Secret.", "A1", marking=Marking.AMBER))
    assert log.sources(NOW, Marking.CLEAR) == {}
    append(log, report("Open.", "C3"))
    assert log.sources(NOW, Marking.CLEAR) == {"TASS": "C"}
    assert log.sources(NOW, Marking.RED) == {"TASS": "A"}


def test_the_markings_in_use_are_those_of_facts(log: Log) -> None:
    assert log.markings() == []
    append(log, drill())
    append(log, drill("Another drill.", on="2024-05-21", marking=Marking.AMBER))
    assert set(log.markings()) == {Marking.CLEAR, Marking.AMBER}
