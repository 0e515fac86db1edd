"""Rates that contradict the log: what rate and coverage lead one to expect, against the weights of what was seen."""

from dataclasses import replace
from pathlib import Path

from iw.assessment.beliefs import Beliefs
from iw.assessment.checks import copied_summaries, log_findings
from iw.catalogue import Catalogue
from iw.catalogue.copied import read_runs, write_runs
from iw.core.dates import end_of_day
from iw.log.drafts import Draft
from iw.log.store import Log
from tests.evidence.cast import AS_OF, NOW, event, watch
from tests.evidence.conftest import catalogue as catalogue
from tests.evidence.conftest import log as log


def often(catalogue: Catalogue, name: str) -> Catalogue:
    """The catalogue in which an indicator happens 20 times a year at the median, and does not wear out."""
    indicator = catalogue.indicators[name]
    assert indicator.rate is not None
    rate = indicator.rate.model_copy(update={"interval": (10.0, 40.0)})
    changed = {**catalogue.indicators, name: indicator.model_copy(update={"rate": rate, "wears_out": False})}
    return replace(catalogue, indicators=changed)


def findings(catalogue: Catalogue, log: Log, *drafts: Draft) -> list[str]:
    log.append(list(drafts), author="anna", now=NOW, reason="test")
    beliefs = Beliefs(catalogue, log, Path("fits"), seed=1)
    return [finding.message for finding in log_findings(beliefs, AS_OF, end_of_day(AS_OF.replace(year=2025)))]


def test_a_rate_that_leads_one_to_expect_twice_what_was_seen_is_a_finding(catalogue: Catalogue, log: Log) -> None:
    """Twenty a year, half of them seen, in a year of 366 days, and nothing in the log."""
    (found,) = findings(often(catalogue, "crack"), log, watch())
    assert found == "'crack': rate and coverage lead one to expect 10.0 genuine events, the log holds 0.0"


def test_events_that_are_seen_far_oftener_than_expected_are_a_finding(catalogue: Catalogue, log: Log) -> None:
    """Expected are 0.8 cracks a year; five of weight 0.88 point to a coverage that was declared too low."""
    cracks = [event("crack", f"2024-0{month}-05") for month in range(1, 6)]
    (found,) = findings(catalogue, log, watch(), *cracks)
    assert found == "'crack': rate and coverage lead one to expect 0.8 genuine events, the log holds 4.4"


def test_what_agrees_and_what_nobody_watched_is_no_finding(catalogue: Catalogue, log: Log) -> None:
    assert findings(catalogue, log, watch()) == []
    assert findings(often(catalogue, "crack"), log, watch(kind="gap", collector="strike")) == []


def test_the_rate_of_an_only_then_indicator_is_expected_in_its_scenario_alone(catalogue: Catalogue, log: Log) -> None:
    assert findings(often(catalogue, "sign-removed"), log, watch()) == []


def test_a_summary_that_shares_eight_words_with_a_document_is_a_finding(log: Log, tmp_path: Path) -> None:
    write_runs("It was told that the crack ran from the crest to the river bed.", tmp_path / "paper.runs")
    copy = event("crack", "2024-03-05", text="The crack ran from the crest to the river.")
    log.append([copy, event("crack", "2024-03-06")], author="anna", now=NOW, reason="test")
    (found,) = copied_summaries(log.view(NOW), read_runs(tmp_path))
    assert "are those of 'paper': the crack ran from the crest to the" in found.message
    assert found.line == log.view(NOW).events[0].first_position
