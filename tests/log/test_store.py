from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from iw.core.dates import PartialDate
from iw.core.errors import UsageError
from iw.log.drafts import (
    BackingDraft,
    CorrectionDraft,
    CoverageDraft,
    FitDraft,
    RegradeDraft,
    RetractionDraft,
    SearchDraft,
    Visible,
)
from iw.log.grades import parse_grade
from iw.log.records import Grade, Marking, Staged, Stance, VisibleBasis
from iw.log.store import DuplicateError, Log
from tests.log.cast import DAY, NOW, append, denial, drill, events, report

WINDOW = (date(2024, 1, 1), date(2024, 5, 31))


def test_an_event_comes_back_as_it_was_appended(log: Log) -> None:
    said = datetime(2024, 5, 21, 9, 30, 0, 1, tzinfo=timezone(timedelta(hours=9)))
    draft = drill(
        on="2024-05",
        reports=(
            report(
                "Fleets.",
                reported_at=said,
                origin="o",
                url="https://a.b",
                document="d",
                section="s",
                note="7",
            ),
        ),
        development="exercise",
        staged=Staged.POSSIBLY,
        occurred_local="20 May, in the morning",
        marking=Marking.AMBER,
    )
    (position,) = append(log, draft, batch="b1")
    (event,) = log.view(NOW).events
    assert (event.first_position, event.id) == (position, f"E{position}")
    assert (event.occurred, event.occurred_local) == (PartialDate.parse("2024-05"), "20 May, in the morning")
    assert (event.development, event.staged) == ("exercise", Staged.POSSIBLY)
    assert event.stamp.marking is Marking.AMBER
    assert (event.stamp.recorded_at, event.stamp.visible_at) == (NOW, NOW)
    assert (event.stamp.author, event.stamp.reason, event.stamp.batch) == ("anna", "seen on watch", "b1")
    (backing,) = event.backings
    assert backing.stance is Stance.BACKS
    assert backing.report.reported_at == said
    assert backing.report.stamp.marking is Marking.AMBER
    assert (backing.report.section, backing.report.note, backing.report.grade) == ("s", "7", Grade("B", "2"))


def test_an_append_is_kept_whole_or_not_at_all(log: Log) -> None:
    with pytest.raises(UsageError, match="no record 999"):
        append(log, drill(), RetractionDraft(999))
    assert log.position() == 0
    assert append(log, drill()) == [3]


def test_positions_have_no_gaps_after_a_refusal(log: Log) -> None:
    append(log, drill("One."))
    with pytest.raises(DuplicateError):
        append(log, drill("Two."), drill("One."))
    before = log.position()
    append(log, report("Three."))
    assert log.position() == before + 1


def test_what_is_appended_later_is_not_known_earlier(log: Log) -> None:
    append(log, drill("One."))
    append(log, drill("Two."), now=NOW + DAY)
    assert [event.summary for event in log.view(NOW).events] == ["One."]
    assert len(log.view(NOW + DAY).events) == 2
    assert log.view(NOW - DAY).position == 0


def test_a_backfilled_event_is_known_from_when_it_was_reported(log: Log) -> None:
    said = datetime(2024, 5, 22, tzinfo=UTC)
    append(log, drill(visible=Visible(said, VisibleBasis.REPORTED)))
    (event,) = log.view(said).events
    assert (event.stamp.visible_basis, event.stamp.recorded_at) == (VisibleBasis.REPORTED, NOW)
    assert not log.view(said - timedelta(microseconds=1)).events


def test_a_lag_does_not_hide_what_is_recorded(log: Log) -> None:
    append(log, drill(visible=Visible(NOW + 200 * DAY, VisibleBasis.LAG)))
    (event,) = log.view(NOW).events
    assert event.stamp.visible_basis is VisibleBasis.RECORDED


def test_a_view_can_be_replayed_at_its_log_position(log: Log) -> None:
    append(log, drill("One."))
    before = log.view(NOW)
    append(log, drill("Two.", visible=Visible(NOW - DAY, VisibleBasis.LAG)), now=NOW + DAY)
    assert len(log.view(NOW).events) == 2
    assert log.view(NOW, position=before.position) == before


def test_a_correction_keeps_the_name_and_the_reports_and_what_was_known_before(log: Log) -> None:
    (first,) = append(log, drill())
    change = CorrectionDraft(first, occurred=PartialDate.parse("2024-05-21"), staged=Staged.YES, reason="wrong day")
    (second,) = append(log, change, now=NOW + DAY)
    old, new = events(log)[f"E{first}"], events(log, NOW + DAY)[f"E{first}"]
    assert (str(old.occurred), str(new.occurred)) == ("2024-05-20", "2024-05-21")
    assert (new.staged, new.summary, new.backings) == (Staged.YES, old.summary, old.backings)
    assert (new.stamp.position, new.stamp.reason) == (second, "wrong day")


def test_either_version_names_the_event_that_is_corrected_again(log: Log) -> None:
    (first,) = append(log, drill(development="a"))
    (second,) = append(log, CorrectionDraft(first, development="b"))
    append(log, CorrectionDraft(second, development=""))
    (event,) = log.view(NOW).events
    assert (event.id, event.development) == (f"E{first}", None)


def test_a_correction_that_changes_nothing_is_refused(log: Log) -> None:
    (first,) = append(log, drill())
    with pytest.raises(UsageError, match=f"change nothing about E{first}"):
        append(log, CorrectionDraft(first, summary=drill().summary))


def test_a_change_needs_a_reason(log: Log) -> None:
    (first,) = append(log, drill())
    with pytest.raises(UsageError, match="needs a reason"):
        append(log, RetractionDraft(first), reason=" ")


def test_a_regraded_report_stays_with_its_events_and_keeps_its_name(log: Log) -> None:
    (position,) = append(log, report())
    append(log, drill("One.", reports=(position,)), drill("Two.", reports=(position,)))
    append(log, RegradeDraft(position, parse_grade("D4"), reason="the author admits an error"), now=NOW + DAY)
    view = log.view(NOW + DAY)
    regraded = {event.backings[0].report for event in view.events}
    assert [(one.id, str(one.grade), one.grade_reason) for one in regraded] == [
        (f"R{position}", "D4", "the author admits an error")
    ]
    assert {str(event.backings[0].report.grade) for event in log.view(NOW).events} == {"B2"}
    assert not view.unassigned


def test_a_retracted_event_is_gone_and_its_report_remains(log: Log) -> None:
    (first,) = append(log, drill())
    append(log, RetractionDraft(first), now=NOW + DAY)
    assert events(log).keys() == {f"E{first}"}
    view = log.view(NOW + DAY)
    assert (view.events, [one.text for one in view.unassigned]) == ((), [drill().summary])


def test_an_event_goes_with_its_last_backing_report(log: Log) -> None:
    append(log, drill(reports=(report("Yes."), denial("No."))))
    backing, denying = log.view(NOW).events[0].backings
    append(log, RetractionDraft(denying.report.first_position))
    assert [len(event.backings) for event in log.view(NOW).events] == [1]
    append(log, RetractionDraft(backing.report.first_position))
    assert not log.view(NOW).events


def test_a_further_report_backs_or_denies_a_known_event(log: Log) -> None:
    (first,) = append(log, drill())
    (loose,) = append(log, report("Loose."))
    append(log, BackingDraft(first, loose), BackingDraft(first, report("No."), Stance.DENIES_EXPECTED))
    (event,) = log.view(NOW).events
    assert [one.stance for one in event.backings] == [Stance.BACKS, Stance.BACKS, Stance.DENIES_EXPECTED]
    assert not log.view(NOW).unassigned


def test_a_backing_can_be_taken_back_and_given_another_stance(log: Log) -> None:
    (first,) = append(log, drill())
    (loose,) = append(log, report("Loose."))
    (backing,) = append(log, BackingDraft(first, loose))
    with pytest.raises(DuplicateError, match=f"R{loose} on E{first}"):
        append(log, BackingDraft(first, loose))
    with pytest.raises(UsageError, match="Retract that backing first"):
        append(log, BackingDraft(first, loose, Stance.DENIES))
    append(log, RetractionDraft(backing), BackingDraft(first, loose, Stance.DENIES))
    (event,) = log.view(NOW).events
    assert [one.stance for one in event.backings] == [Stance.BACKS, Stance.DENIES]


def test_unknown_retracted_and_wrong_records_are_named_in_the_refusal(log: Log) -> None:
    (first,) = append(log, drill())
    with pytest.raises(UsageError, match="no record 77"):
        append(log, BackingDraft(77, report("x")))
    with pytest.raises(UsageError, match=f"E{first} is no report"):
        append(log, RegradeDraft(first, parse_grade("A1")))
    append(log, RetractionDraft(first))
    with pytest.raises(UsageError, match=f"E{first} has been retracted already"):
        append(log, RetractionDraft(first))
    with pytest.raises(UsageError, match=f"E{first} has been retracted"):
        append(log, CorrectionDraft(first, summary="x"))
    with pytest.raises(UsageError, match="cannot be retracted"):
        append(log, RetractionDraft(log.position()))


def test_a_live_duplicate_is_refused_by_name(log: Log) -> None:
    (first,) = append(log, drill())
    regraded = drill(reports=(report(drill().summary, "C3", origin="elsewhere"),), staged=Staged.YES)
    for again in (drill(), regraded):
        with pytest.raises(DuplicateError, match=f"E{first}") as caught:
            append(log, again, now=NOW + DAY, author="boris", batch="b2")
        assert caught.value.existing == f"E{first}"


def test_an_import_can_be_repeated(log: Log) -> None:
    window = CoverageDraft("watch", "watch", "*", *WINDOW, 0.5)
    drafts = [
        drill("One."),
        drill("Two."),
        report("Loose."),
        window,
        SearchDraft("bilateral-drill", *WINDOW, 1),
    ]
    assert len(append(log, *drafts)) == 5
    before = log.view(NOW)
    assert append(log, *drafts, skip_duplicates=True) == []
    assert len(append(log, *drafts, drill("Three."), drill("Three."), skip_duplicates=True)) == 1
    assert log.view(NOW, position=before.position) == before


def test_a_corrected_event_is_not_imported_again_and_a_retracted_one_may_be(log: Log) -> None:
    (first,) = append(log, drill())
    append(log, CorrectionDraft(first, occurred=PartialDate.parse("2024-05-19")))
    assert append(log, drill(), skip_duplicates=True) == []
    append(log, RetractionDraft(first))
    assert len(append(log, drill(), skip_duplicates=True)) == 1


def test_a_correction_into_another_event_is_a_duplicate(log: Log) -> None:
    (shared,) = append(log, report())
    first, second = append(log, drill("One.", reports=(shared,)), drill("Two.", reports=(shared,)))
    with pytest.raises(DuplicateError, match=f"E{first}"):
        append(log, CorrectionDraft(second, summary="One."), skip_duplicates=True)


def test_two_events_of_one_report_share_it(log: Log) -> None:
    append(log, drill("One.", reports=(report(),)))
    append(log, drill("Two.", reports=(report(),)), drill("Three.", reports=(report(),)))
    assert len({event.backings[0].report.id for event in log.view(NOW).events}) == 1


def test_a_report_is_not_shared_with_an_event_that_was_known_before_it(log: Log) -> None:
    append(log, drill("One.", reports=(report(),)))
    append(log, drill("Two.", reports=(report(),), visible=Visible(NOW - DAY, VisibleBasis.LAG)))
    assert [event.summary for event in log.view(NOW - DAY).events] == ["Two."]


def test_a_report_that_is_judged_otherwise_is_not_shared(log: Log) -> None:
    append(log, drill("One.", reports=(report(grade="B2"),)))
    append(log, drill("Two.", reports=(report(grade="C4"),)))
    assert {str(event.backings[0].report.grade) for event in log.view(NOW).events} == {"B2", "C4"}


def test_nothing_from_the_future_is_appended(log: Log) -> None:
    with pytest.raises(UsageError, match="lies in the future"):
        append(log, drill(on="2024-06-02"))
    with pytest.raises(UsageError, match="lies in the future"):
        append(log, report(reported_at=NOW + DAY))
    with pytest.raises(UsageError, match="not over yet"):
        append(log, SearchDraft("bilateral-drill", date(2024, 6, 1), date(2024, 6, 2), 0.5))
    append(log, drill(on="2024"))


def test_an_append_needs_an_author_and_a_moment_with_its_zone(log: Log) -> None:
    with pytest.raises(UsageError, match="author"):
        append(log, drill(), author="")
    with pytest.raises(UsageError, match="time zone"):
        append(log, drill(), now=NOW.replace(tzinfo=None))


def test_coverage_gaps_and_searches_come_back_and_can_be_retracted(log: Log) -> None:
    coverage, gap, search = append(
        log,
        CoverageDraft("cnas-2021", "document", "domain:finance", *WINDOW, 0.25, reason="read in full"),
        CoverageDraft("watch", "gap", "*", WINDOW[0]),
        SearchDraft("bilateral-drill", *WINDOW, 0.9),
    )
    view = log.view(NOW)
    assert [(one.id, one.kind, one.since, one.until, one.coverage) for one in view.coverages] == [
        (f"C{coverage}", "document", *WINDOW, 0.25),
        (f"C{gap}", "gap", WINDOW[0], None, 0),
    ]
    assert view.coverages[0].stamp.reason == "read in full"
    assert [(one.id, one.indicator, one.coverage) for one in view.searches] == [(f"S{search}", "bilateral-drill", 0.9)]
    append(log, *(RetractionDraft(position) for position in (coverage, gap, search)))
    assert (log.view(NOW).coverages, log.view(NOW).searches) == ((), ())


def test_sources_keep_their_reliability_as_first_given(log: Log) -> None:
    append(log, report("One.", "B2"), report("Two.", "D4"), report("Three.", "C3", source="Reuters"))
    assert log.sources(NOW) == {"TASS": "B", "Reuters": "C"}
    assert log.sources(NOW - DAY) == {}


def test_fits_are_recorded_per_marking_and_leave_the_view_as_it_was(log: Log) -> None:
    append(log, drill())
    before = log.view(NOW)
    fit = FitDraft(
        "f1",
        "war-support",
        "abc",
        date(2024, 6, 1),
        NOW,
        before.position,
        True,
        "fits/f1.nc",
        {"ess": [400.5]},
    )
    position = log.record_fit(fit, author="worker", now=NOW, reason="refit")
    assert log.view(NOW) == before
    (found,) = log.fits("war-support", Marking.RED)
    assert (found.fit_id, found.accepted, found.known_at, found.summary) == (
        "f1",
        True,
        NOW,
        {"ess": [400.5]},
    )
    assert found.stamp.position == position
    assert not log.fits("war-support", Marking.GREEN)
    assert not log.fits("alignment")
    with pytest.raises(DuplicateError):
        log.record_fit(fit, author="worker", now=NOW, reason="refit")
