"""Which events count, how much, when, and what silence there was."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from iw.catalogue import Catalogue
from iw.core.dates import PartialDate, end_of_day
from iw.core.errors import UsageError
from iw.evidence import EvidenceSet, build_evidence, model_spec
from iw.inference.arrays import ONLY_THEN
from iw.log.drafts import Draft, EventDraft, ReportDraft, ResolutionDraft, SearchDraft
from iw.log.grades import parse_grade
from iw.log.products import Forecast
from iw.log.records import Marking, OfEvent, OfQuestion, Outcome
from iw.log.store import Log
from tests.evidence.cast import AS_OF, NOW, START, event, view_of, watch


def built(catalogue: Catalogue, log: Log, *drafts: Draft, as_of: date = AS_OF) -> EvidenceSet:
    return build_evidence(catalogue, model_spec(catalogue, "dam"), view_of(log, *drafts), as_of)


def why(evidence: EvidenceSet) -> list[str]:
    return [item.why_not for item in evidence.dispositions]


def column(evidence: EvidenceSet, indicator: int, day: date) -> float:
    offset = (day - START).days
    regime = int(np.searchsorted(evidence.arrays.breaks, offset, side="right")) - 1
    return float(evidence.arrays.coverage[regime, indicator])


CRACK, ALARM, SIGN = 0, 1, 2


def test_an_indicator_that_is_the_same_throughout_is_left_out_of_the_model(catalogue: Catalogue) -> None:
    assert model_spec(catalogue, "dam").indicators == ("crack", "alarm", "sign-removed")


def test_only_then_means_a_thousandth_elsewhere_and_no_parameter(catalogue: Catalogue) -> None:
    spec = model_spec(catalogue, "dam")
    assert np.exp(spec.log_mult_mean[SIGN]) == pytest.approx([ONLY_THEN, 1.0, ONLY_THEN])
    assert np.all(spec.log_mult_sd[SIGN] == 0)


def test_a_ninety_percent_interval_becomes_the_log_normal_that_has_it(catalogue: Catalogue) -> None:
    spec = model_spec(catalogue, "dam")
    ends = spec.log_rate_mean[CRACK] + np.array([-1, 1]) * 1.6448536269514722 * spec.log_rate_sd[CRACK]
    assert np.exp(ends) == pytest.approx([0.5, 5.0])


def test_the_reference_rate_never_falls_below_the_floor(catalogue: Catalogue) -> None:
    spec = model_spec(catalogue, "dam")
    assert spec.reference_rates == pytest.approx(np.maximum(np.exp(spec.log_rate_mean), 0.2))


def test_an_event_acts_on_its_day_with_the_weight_of_its_grade(catalogue: Catalogue, log: Log) -> None:
    arrays = built(catalogue, log, watch(), event("crack", "2024-03-05")).arrays
    assert arrays.obs_day.tolist() == [(date(2024, 3, 5) - START).days]
    assert arrays.obs_weight == pytest.approx([catalogue.tables.grades["B"][1]])
    assert arrays.days == 366


def test_an_event_that_nobody_was_looking_for_is_shown_without_weight(catalogue: Catalogue, log: Log) -> None:
    evidence = built(catalogue, log, watch(since=date(2024, 6, 1)), event("crack", "2024-03-05"))
    assert len(evidence.arrays.obs_day) == 0
    assert "looking" in why(evidence)[0]


def test_an_event_in_a_gap_has_no_weight_and_its_silence_says_nothing(catalogue: Catalogue, log: Log) -> None:
    gap = watch(since=date(2024, 3, 1), until=date(2024, 3, 31), collector="strike", kind="gap")
    evidence = built(catalogue, log, watch(), gap, event("crack", "2024-03-05"))
    assert len(evidence.arrays.obs_day) == 0
    assert column(evidence, ALARM, date(2024, 3, 31)) == 0 < column(evidence, ALARM, date(2024, 4, 1))


def test_events_after_the_belief_date_and_before_the_start_do_not_count(catalogue: Catalogue, log: Log) -> None:
    drafts = (watch(since=date(2023, 1, 1)), event("crack", "2024-09-05"), event("crack", "2023-12-31"))
    evidence = built(catalogue, log, *drafts, as_of=date(2024, 6, 30))
    assert why(evidence) == ["before the problem's start", "dated after the belief date"]


def test_a_belief_before_the_start_is_refused(catalogue: Catalogue, log: Log) -> None:
    with pytest.raises(UsageError, match="starts on 2024-01-01"):
        built(catalogue, log, as_of=date(2023, 12, 31))


def test_a_month_is_spread_over_its_covered_days(catalogue: Catalogue, log: Log) -> None:
    evidence = built(catalogue, log, watch(since=date(2024, 3, 11)), event("crack", "2024-03"))
    assert evidence.arrays.obs_day.tolist() == [-1]
    shares = np.repeat(evidence.arrays.spread[:, 0], np.diff(evidence.arrays.breaks))
    days = [START + timedelta(days=int(t)) for t in np.nonzero(shares)[0]]
    assert (days[0], days[-1], len(days)) == (date(2024, 3, 11), date(2024, 3, 31), 21)
    assert shares.sum() == pytest.approx(1.0)


def test_an_imprecise_event_is_spread_only_up_to_its_first_report_and_the_belief_date(
    catalogue: Catalogue, log: Log
) -> None:
    report = ReportDraft("gauge", parse_grade("B2"), "t", reported_at=datetime(2024, 3, 10, 9, tzinfo=UTC))
    dated = EventDraft("crack", PartialDate.parse("2024-03"), "t", (report,))
    evidence = built(catalogue, log, watch(), dated, event("alarm", "2024"), as_of=date(2024, 6, 30))
    shares = np.repeat(evidence.arrays.spread, np.diff(evidence.arrays.breaks), axis=0)
    by_indicator = {int(evidence.arrays.indicators_of(m)[0]): np.count_nonzero(shares[:, m]) for m in range(2)}
    assert by_indicator == {CRACK: 10, ALARM: 182}


def test_of_one_development_only_the_most_telling_event_counts(catalogue: Catalogue, log: Log) -> None:
    drafts = [event("alarm", "2024-03-05", development="spring"), event("crack", "2024-03-06", development="spring")]
    evidence = built(catalogue, log, watch(), *drafts)
    assert [item.counts for item in evidence.dispositions] == [False, True]
    assert "stands for the development 'spring'" in why(evidence)[0]


def test_the_development_is_judged_only_on_what_lies_before_the_belief_date(catalogue: Catalogue, log: Log) -> None:
    drafts = [event("alarm", "2024-03-05", development="spring"), event("crack", "2024-03-06", development="spring")]
    evidence = built(catalogue, log, watch(), *drafts, as_of=date(2024, 3, 5))
    assert [item.counts for item in evidence.dispositions] == [True, False]


def test_same_day_events_of_one_report_share_one_genuineness(catalogue: Catalogue, log: Log) -> None:
    report = ReportDraft("gauge", parse_grade("B2"), "cracks, and the alarm rang")
    first = log.append(
        [EventDraft("crack", PartialDate.parse("2024-03-05"), "cracks", (report,)), watch()],
        author="anna",
        now=datetime(2024, 3, 6, tzinfo=UTC),
        reason="test",
    )
    view = view_of(log)
    known = view.events[0].backings[0].report.stamp.position
    assert first
    both = built(catalogue, log, EventDraft("alarm", PartialDate.parse("2024-03-05"), "alarm", (known,)))
    assert len(both.arrays.obs_day) == 1
    assert sorted(both.arrays.indicators_of(0).tolist()) == [CRACK, ALARM]


def test_silence_is_counted_up_to_the_reporting_lag_and_events_at_once(catalogue: Catalogue, log: Log) -> None:
    log.append(
        [watch(), event("crack", "2024-06-29")],
        author="anna",
        now=datetime(2024, 6, 30, 8, tzinfo=UTC),
        reason="test",
    )
    view = log.view(end_of_day(date(2024, 6, 30)))
    evidence = build_evidence(catalogue, model_spec(catalogue, "dam"), view, date(2024, 6, 30))
    assert column(evidence, CRACK, date(2024, 6, 20)) == 0.5
    assert column(evidence, CRACK, date(2024, 6, 21)) == 0.0  # lag 10 days
    assert column(evidence, ALARM, date(2024, 6, 30)) == 0.5  # lag 0
    assert len(evidence.arrays.obs_day) == 1


def test_an_indicator_that_wears_out_has_events_but_no_silence(catalogue: Catalogue, log: Log) -> None:
    evidence = built(catalogue, log, watch(), event("sign-removed", "2024-03-05"))
    assert len(evidence.arrays.obs_day) == 1
    assert np.all(evidence.arrays.coverage[:, SIGN] == 0)


def test_independent_collectors_overlap_and_documents_take_their_maximum(catalogue: Catalogue, log: Log) -> None:
    drafts = [
        watch(coverage=0.5, collector="a"),
        watch(coverage=0.2, collector="b"),
        watch(coverage=0.4, collector="doc-a", kind="document"),
        watch(coverage=0.3, collector="doc-b", kind="document"),
    ]
    evidence = built(catalogue, log, *drafts)
    assert column(evidence, ALARM, date(2024, 5, 1)) == pytest.approx(1 - 0.5 * 0.8 * 0.6)


def test_within_a_collector_the_more_specific_declaration_holds(catalogue: Catalogue, log: Log) -> None:
    drafts = [watch(coverage=0.9), watch(coverage=0.6, selects="domain:water"), watch(coverage=0.1, selects="crack")]
    evidence = built(catalogue, log, *drafts)
    assert column(evidence, CRACK, date(2024, 5, 1)) == pytest.approx(0.1)
    assert column(evidence, ALARM, date(2024, 5, 1)) == pytest.approx(0.6)


def test_a_search_raises_coverage_and_reaches_into_the_lag(catalogue: Catalogue, log: Log) -> None:
    search = SearchDraft("crack", date(2024, 12, 1), AS_OF, 0.9)
    evidence = built(catalogue, log, watch(), search)
    assert column(evidence, CRACK, AS_OF) == pytest.approx(0.9)
    assert column(evidence, ALARM, AS_OF) == pytest.approx(0.5)


def test_an_imprecise_event_of_an_only_then_indicator_acts_on_the_last_day_of_its_period(
    catalogue: Catalogue, log: Log
) -> None:
    evidence = built(catalogue, log, watch(), event("sign-removed", "2024-03"), event("crack", "2024-03"))
    assert evidence.arrays.obs_day.tolist() == [(date(2024, 3, 31) - START).days, -1]
    assert evidence.arrays.obs_ids[0] == (evidence.dispositions[0].event.id,)


def test_before_its_period_is_over_it_acts_on_the_belief_date_and_after_its_first_report_on_that_day(
    catalogue: Catalogue, log: Log
) -> None:
    reported = ReportDraft("gauge", parse_grade("B2"), "sign gone", reported_at=datetime(2024, 5, 9, tzinfo=UTC))
    told = EventDraft("sign-removed", PartialDate.parse("2024"), "gone", (reported,))
    early = built(catalogue, log, watch(), event("sign-removed", "2024-03", text="x"), told, as_of=date(2024, 3, 12))
    assert early.arrays.obs_day.tolist() == [(date(2024, 3, 12) - START).days] * 2
    assert built(catalogue, log).arrays.obs_day.tolist() == [
        (date(2024, 3, 31) - START).days,
        (date(2024, 5, 9) - START).days,
    ]


def test_indicators_without_a_family_are_one_each_and_their_aftershocks_are_all_their_own(catalogue: Catalogue) -> None:
    spec = model_spec(catalogue, "dam")
    assert list(spec.family) == [0, 1, 2]
    assert list(spec.share) == [1, 1, 1]
    assert list(spec.usual_coverage) == [0.5, 0.5, 0.5]


def test_a_family_shares_its_aftershocks_by_the_median_rates(catalogue: Catalogue) -> None:
    """Cracks happen 1.58 times a year, alarms 3.16 times: a third and two thirds."""
    members = {name: catalogue.indicators[name].model_copy(update={"family": "wear"}) for name in ("crack", "alarm")}
    spec = model_spec(replace(catalogue, indicators={**catalogue.indicators, **members}), "dam")
    assert list(spec.family) == [0, 0, 1]
    assert spec.share == pytest.approx([1 / 3, 2 / 3, 1])


def test_a_family_most_of_whose_events_are_dated_vaguely_has_no_aftershocks(catalogue: Catalogue, log: Log) -> None:
    days = [event("crack", "2024-02-01"), event("crack", "2024-03"), event("alarm", "2024-02-01")]
    even = built(catalogue, log, watch(), *days).arrays
    assert list(even.live) == [True, True, True]
    more = built(catalogue, log, event("crack", "2024-05", text="another"), event("sign-removed", "2024-06")).arrays
    assert list(more.live) == [False, True, False]


def test_only_what_is_dated_to_the_day_is_exact(catalogue: Catalogue, log: Log) -> None:
    """An "only then" event of a month acts on its last day, and yet sets off nothing."""
    found = built(catalogue, log, watch(), event("sign-removed", "2024-06"), event("crack", "2024-06-30")).arrays
    exact = {ids: bool(found.obs_exact[m]) for m, ids in enumerate(found.obs_ids)}
    on_a_day = {ids: bool(found.obs_day[m] >= 0) for m, ids in enumerate(found.obs_ids)}
    assert sorted(exact.values()) == [False, True]
    assert all(on_a_day.values())


def resolution(event: int, outcome: Outcome) -> ResolutionDraft:
    return ResolutionDraft(OfEvent(event), outcome, "The films were compared.")


@pytest.mark.parametrize(("outcome", "weight"), [(Outcome.YES, 0.999), (Outcome.NO, 0.001)])
def test_a_settled_event_has_the_weight_of_its_resolution(
    catalogue: Catalogue, log: Log, outcome: Outcome, weight: float
) -> None:
    view_of(log, event("crack", "2024-05-05", "D4"), watch())
    first = log.view(NOW).events[0].first_position
    assert list(built(catalogue, log, resolution(first, outcome)).arrays.obs_weight) == [weight]


def test_a_void_resolution_leaves_the_event_to_its_reports(catalogue: Catalogue, log: Log) -> None:
    before = built(catalogue, log, event("crack", "2024-05-05", "D4"), watch()).arrays.obs_weight
    first = log.view(NOW).events[0].first_position
    assert list(built(catalogue, log, resolution(first, Outcome.VOID)).arrays.obs_weight) == list(before)


def test_a_settled_event_of_a_vague_date_acts_on_the_last_day_of_its_period(catalogue: Catalogue, log: Log) -> None:
    spread = built(catalogue, log, event("crack", "2024-05"), watch()).arrays
    assert list(spread.obs_day) == [-1]
    first = log.view(NOW).events[0].first_position
    settled = built(catalogue, log, resolution(first, Outcome.YES)).arrays
    assert list(settled.obs_day) == [(date(2024, 5, 31) - START).days]


def asked(outcome: Outcome, *, any: bool = True, indicator: str = "alarm") -> tuple[Forecast, ResolutionDraft]:
    since, until = date(2024, 3, 1), date(2024, 3, 31)
    forecast = Forecast(
        "alarm-soon", indicator, "dam", since, until, until, None if any else 2, None, None, date(2024, 2, 29), NOW, 1,
        None, None, 0.5, 0.4, 0.6, 0.5, 0.5, 0.5, {},
    )  # fmt: skip
    subject = OfQuestion(0, "alarm-soon", indicator, since, until, any)
    return forecast, ResolutionDraft(subject, outcome, "Nothing was logged.")


@pytest.mark.parametrize(
    ("outcome", "any", "coverage"), [(Outcome.NO, True, 1), (Outcome.YES, True, 0), (Outcome.NO, False, 0)]
)
def test_a_question_settled_with_no_is_a_search_over_its_window(
    catalogue: Catalogue, log: Log, outcome: Outcome, any: bool, coverage: float
) -> None:
    forecast, draft = asked(outcome, any=any)
    (position,) = log.record([forecast], Marking.CLEAR, author="clock", now=NOW, reason="weekly")
    draft = replace(draft, subject=replace(draft.subject, forecast=position))
    log.append([draft], author="anna", now=NOW, reason="due")
    evidence = built(catalogue, log)
    assert column(evidence, ALARM, date(2024, 3, 15)) == coverage
    assert column(evidence, ALARM, date(2024, 4, 1)) == 0
    assert column(evidence, CRACK, date(2024, 3, 15)) == 0
