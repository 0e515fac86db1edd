"""A small catalogue on quite another subject, and a log that tests fill: rivers and a dam."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from iw.catalogue import Catalogue, load_catalogue
from iw.core.dates import PartialDate, end_of_day
from iw.core.resources import shipped
from iw.log.drafts import CoverageDraft, Draft, EventDraft, ReportDraft
from iw.log.grades import parse_grade
from iw.log.records import LogView
from iw.log.store import Log

START, AS_OF = date(2024, 1, 1), date(2024, 12, 31)
NOW = datetime(2025, 1, 10, 12, tzinfo=UTC)

INDICATORS = """
domain: water
title: Water
indicators:
"""
INDICATOR = """
  - id: {id}
    title: {id}
    kind: event
    polarity: confirming
    definition: It happened.
    rate: {{interval: [{low}, {high}], elicited_on: 2024-01-01, author: us, rationale: judged}}
    lag_days: {lag}
    coverage: 0.5
    wears_out: {wears_out}
"""
PROBLEM = """
id: dam
title: The dam
question: How safe is the dam today?
start: 2024-01-01
horizon_days: 365
consequence: A flood.
decision: Evacuate.
lead_time_days: 3
owner: the mayor
rule: The first that is met.
status_quo: sound
warned: [leaking]
scenarios:
  - {id: leaking, title: Leaking, definition: It leaks., prior: 0.1, dwell_years: [1, 10],
     next: {sound: 3, closed: 1}, author: us, rationale: judged}
  - {id: closed, title: Closed, definition: It is closed., prior: 0.1, dwell_years: never_ends,
     author: us, rationale: judged}
  - {id: sound, title: Sound, definition: It holds., prior: 0.8, dwell_years: [5, 50],
     next: {leaking: 2, closed: 1}, author: us, rationale: judged}
indicators:
  - indicator: crack
    likelihood: {leaking: {word: x8, rationale: water finds a way, judgement: us}}
  - indicator: alarm
    likelihood: {leaking: {interval: [2, 6], rationale: loud, judgement: us}}
  - indicator: sign-removed
    only_then: closed
    rationale: nobody does it before
    judgement: us
  - indicator: rain
"""


def small_catalogue(folder: Path) -> Catalogue:
    """Three scenarios (one never ends), four indicators (rain is the same throughout), the shipped tables."""
    indicators, models = folder / "indicators", folder / "models"
    indicators.mkdir()
    models.mkdir()
    entries = [("crack", 0.5, 5, 10, "false"), ("alarm", 1, 10, 0, "false"), ("sign-removed", 0.2, 2, 0, "true")]
    entries.append(("rain", 20, 90, 0, "false"))
    text = INDICATORS + "".join(
        INDICATOR.format(id=i, low=low, high=high, lag=lag, wears_out=w) for i, low, high, lag, w in entries
    )
    (indicators / "water.yaml").write_text(text)
    (models / "dam.yaml").write_text(PROBLEM)
    (models / "tables.yaml").write_text((shipped("models") / "tables.yaml").read_text())
    catalogue, faults = load_catalogue(indicators, models)
    # the shared tables may cite documents that this catalogue has not
    assert not [fault for fault in faults if "document" not in fault.message]
    return catalogue


def event(indicator: str, on: str, grade: str = "B2", **more: object) -> EventDraft:
    """An event backed by one report of its own origin."""
    text = str(more.pop("text", f"{indicator} on {on}"))
    report = ReportDraft("gauge", parse_grade(grade), text, origin=str(more.pop("origin", text)))
    return EventDraft(indicator, PartialDate.parse(on), text, (report,), **more)  # type: ignore[arg-type]


def watch(since: date = START, until: date | None = None, coverage: float | None = None, **more: str) -> CoverageDraft:
    """A collector that looks at everything."""
    given = {"collector": "watch", "kind": "watch", "selects": "*"} | more
    return CoverageDraft(since=since, until=until, coverage=coverage, **given)  # type: ignore[arg-type]


def view_of(log: Log, *drafts: Draft, known: date = AS_OF) -> LogView:
    """Append, and see the log as known at the end of ``known`` (recorded long before)."""
    if drafts:
        log.append(list(drafts), author="anna", now=datetime(2025, 1, 1, tzinfo=UTC), reason="test")
    return log.view(max(end_of_day(known), NOW))
