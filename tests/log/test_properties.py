"""Any event survives the store, and nothing is seen before it was known."""

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iw.core.dates import PartialDate, Precision
from iw.log.drafts import Attached, EventDraft, ReportDraft, Visible
from iw.log.records import Grade, Marking, Staged, Stance, VisibleBasis
from iw.log.store import Log
from tests.log.cast import DAY, KEY, NOW, append, drill

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
filled = texts.filter(str.strip)
optional = st.none() | filled
days = st.dates(date(1900, 1, 1), NOW.date())
periods = st.builds(PartialDate.of, days, st.sampled_from(list(Precision))).filter(
    lambda period: period.first <= NOW.date()
)
zones = st.timezones()
moments = st.datetimes(datetime(1900, 1, 1), datetime(2024, 5, 31), timezones=zones, allow_imaginary=False)
grades = st.builds(Grade, st.sampled_from("ABCDEF"), st.sampled_from("123456"))
markings = st.sampled_from(list(Marking))
visibles = st.none() | st.builds(Visible, moments, st.sampled_from([VisibleBasis.REPORTED, VisibleBasis.LAG]))
reports = st.builds(
    ReportDraft,
    source=filled,
    grade=grades,
    text=filled,
    origin=filled,
    grade_reason=texts,
    reported_at=moments,
    url=optional,
    document=optional,
    section=optional,
    note=optional,
    visible=visibles,
)


@st.composite
def event_drafts(draw: st.DrawFn) -> EventDraft:
    occurred = draw(periods)
    backing = draw(reports.filter(lambda one: one.reported_at.astimezone(UTC).date() >= occurred.first))
    denying = draw(
        st.lists(st.builds(Attached, reports, st.sampled_from([Stance.DENIES, Stance.DENIES_EXPECTED])), max_size=2)
    )
    return EventDraft(
        indicator=draw(filled),
        occurred=occurred,
        summary=draw(filled),
        reports=(backing, *denying),
        development=draw(optional),
        staged=draw(st.sampled_from(list(Staged))),
        occurred_local=draw(optional),
        marking=draw(markings),
        visible=draw(visibles),
    )


def numbered(draft: EventDraft, number: int) -> EventDraft:
    """The draft with a number in its sources: the log shares the reports that examples repeat."""
    reports = []
    for place, item in enumerate(draft.attached):
        assert isinstance(item.report, ReportDraft)
        source = f"{number}.{place} {item.report.source}"
        reports.append(replace(item, report=replace(item.report, source=source)))
    return replace(draft, reports=tuple(reports))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(draft=event_drafts())
def test_any_event_survives_the_store(shared_log: Log, draft: EventDraft) -> None:
    draft = numbered(draft, shared_log.position())
    (position,) = append(shared_log, draft)
    found = {event.first_position: event for event in shared_log.view(NOW).events}[position]
    assert found.stamp.recorded_at == NOW
    # In UTC, because a moment that a clock passes twice equals no moment of another zone (PEP 495).
    assert found.stamp.visible_at == (draft.visible.moment.astimezone(UTC) if draft.visible else NOW)
    same = ("indicator", "occurred", "summary", "development", "staged", "occurred_local")
    assert [getattr(found, name) for name in same] == [getattr(draft, name) for name in same]
    assert found.stamp.marking is draft.marking
    kept = (
        "source",
        "grade",
        "text",
        "origin",
        "grade_reason",
        "reported_at",
        "url",
        "document",
        "section",
        "note",
    )
    for backing, attached in zip(found.backings, draft.attached, strict=True):
        assert backing.stance is attached.stance
        assert isinstance(attached.report, ReportDraft)
        assert [getattr(backing.report, name) for name in kept] == [getattr(attached.report, name) for name in kept]
        assert backing.report.reported_at is None or backing.report.reported_at.tzinfo is UTC


@settings(max_examples=15, deadline=None)
@given(
    appended=st.lists(st.tuples(st.integers(0, 9), st.none() | st.integers(-9, 9)), max_size=6),
    known=st.integers(-10, 10),
)
def test_nothing_recorded_after_known_at_is_visible(
    sqlite_template: Path,
    tmp_path_factory: pytest.TempPathFactory,
    appended: list[tuple[int, int | None]],
    known: int,
) -> None:
    """Each pair: the day on which an event is appended, and the day from which a backfill makes it known."""
    file = tmp_path_factory.mktemp("known") / "log.db"
    shutil.copy(sqlite_template, file)
    known_at = NOW + known * DAY
    appended = sorted(appended, key=lambda pair: pair[0])
    with Log.open(f"sqlite:///{file}", KEY) as log:
        for number, (day, since) in enumerate(appended):
            visible = None if since is None else Visible(NOW + since * DAY, VisibleBasis.LAG)
            append(log, drill(f"Drill {number}.", visible=visible), now=NOW + day * DAY)
        view = log.view(known_at)
    expected = {
        f"Drill {number}."
        for number, (day, since) in enumerate(appended)
        if (day if since is None else min(day, since)) <= known
    }
    assert {event.summary for event in view.events} == expected
    stamps = [event.stamp for event in view.events] + [
        backing.report.stamp for event in view.events for backing in event.backings
    ]
    assert all(stamp.visible_at <= known_at for stamp in stamps)
    recorded = [stamp for stamp in stamps if stamp.visible_basis is VisibleBasis.RECORDED]
    assert all(stamp.recorded_at <= known_at for stamp in recorded)


def test_a_moment_is_kept_to_the_microsecond_whatever_its_zone(shared_log: Log) -> None:
    moment = datetime(2024, 5, 30, 23, 59, 59, 999999, UTC)
    append(shared_log, drill("To the microsecond.", visible=Visible(moment, VisibleBasis.LAG)))
    step = timedelta(microseconds=1)
    names = [{event.summary for event in shared_log.view(at).events} for at in (moment - step, moment)]
    assert ["To the microsecond." in summaries for summaries in names] == [False, True]
