"""After any appends, corrections, regrades, retractions and backings, every view equals a simple model's.

The model keeps whole facts with their versions in plain lists and looks them through for every question; it
knows nothing of rows or queries.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from iw.log.drafts import (
    Attached,
    BackingDraft,
    CorrectionDraft,
    RegradeDraft,
    RetractionDraft,
    Visible,
)
from iw.log.grades import parse_grade
from iw.log.records import LogView, Marking, Stance, VisibleBasis
from iw.log.store import Log
from tests.log.cast import DAY, KEY, NOW, append, drill, report

markings = st.sampled_from([Marking.CLEAR, Marking.GREEN, Marking.RED])
stances = st.sampled_from(list(Stance))


@dataclass
class Version:
    says: str
    marking: Marking
    known_from: datetime
    withdrawn_from: datetime | None = None


@dataclass
class Fact:
    position: int
    versions: list[Version]

    def at(self, known_at: datetime, marking: Marking) -> Version | None:
        """The last version that is seen, unless it was withdrawn by then."""
        seen = [one for one in self.versions if one.known_from <= known_at and one.marking.rank <= marking.rank]
        gone = seen and seen[-1].withdrawn_from is not None and seen[-1].withdrawn_from <= known_at
        return seen[-1] if seen and not gone else None

    @property
    def marking(self) -> Marking:
        return self.versions[-1].marking


@dataclass
class Model:
    events: list[Fact] = field(default_factory=list)
    reports: list[Fact] = field(default_factory=list)
    backings: list[tuple[Fact, Fact, Fact]] = field(default_factory=list)  # event, report, and what says so

    def view(self, known_at: datetime, marking: Marking) -> tuple[set[object], set[object]]:
        """The events (name, words, reports with their stances and grades) and the unassigned reports."""
        events: set[object] = set()
        attached: set[int] = set()
        for event in self.events:
            says = event.at(known_at, marking)
            links = [
                (report.position, stance.says, graded.says)
                for of, report, backing in self.backings
                if of is event
                and (stance := backing.at(known_at, marking))
                and (graded := report.at(known_at, marking))
            ]
            if says and any(stance == Stance.BACKS for _, stance, _ in links):
                events.add((event.position, says.says, frozenset(links)))
                attached |= {position for position, _, _ in links}
        loose = {
            (report.position, graded.says)
            for report in self.reports
            if report.position not in attached and (graded := report.at(known_at, marking))
        }
        return events, loose


def told(view: LogView) -> tuple[set[object], set[object]]:
    """A view in the words of the model."""
    events: set[object] = {
        (
            event.first_position,
            event.summary,
            frozenset((one.report.first_position, str(one.stance), str(one.report.grade)) for one in event.backings),
        )
        for event in view.events
    }
    return events, {(report.first_position, str(report.grade)) for report in view.unassigned}


class LogAndModel(RuleBasedStateMachine):
    """Drives a real log and the model side by side; the clock moves by a day with every append."""

    template: Path
    events = Bundle("events")
    reports = Bundle("reports")
    backings = Bundle("backings")

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        shutil.copy(self.template, self.folder / "log.db")
        self.log = Log.open(f"sqlite:///{self.folder / 'log.db'}", KEY)
        self.model = Model()
        self.now = NOW
        self.count = 0

    def teardown(self) -> None:
        if hasattr(self, "log"):
            self.log.close()
            shutil.rmtree(self.folder)

    def tick(self) -> str:
        self.now += DAY
        self.count += 1
        return f"text {self.count}"

    def first(self, says: str, marking: Marking, days_ago: int) -> Version:
        return Version(says, marking, self.now - days_ago * DAY)

    def backfilled(self, days_ago: int) -> Visible | None:
        return Visible(self.now - days_ago * DAY, VisibleBasis.LAG) if days_ago else None

    @rule(target=reports, marking=markings, days_ago=st.integers(0, 3))
    def add_report(self, marking: Marking, days_ago: int) -> Fact:
        text = self.tick()
        draft = report(text, "B2", marking=marking, visible=self.backfilled(days_ago))
        (position,) = append(self.log, draft, now=self.now)
        fact = Fact(position, [self.first("B2", marking, days_ago)])
        self.model.reports.append(fact)
        return fact

    @rule(target=events, report=reports, marking=markings, days_ago=st.integers(0, 3))
    def add_event(self, report: Fact, marking: Marking, days_ago: int) -> object:
        if report.versions[-1].withdrawn_from:
            return multiple()
        text = self.tick()
        draft = drill(text, reports=(report.position,), marking=marking, visible=self.backfilled(days_ago))
        (position,) = append(self.log, draft, now=self.now)
        fact = Fact(position, [self.first(text, marking, days_ago)])
        self.model.events.append(fact)
        higher = max(marking, report.marking, key=lambda one: one.rank)
        self.model.backings.append((fact, report, Fact(0, [self.first(Stance.BACKS, higher, days_ago)])))
        return fact

    @rule(target=events, marking=markings, stance=stances)
    def add_event_with_new_reports(self, marking: Marking, stance: Stance) -> Fact:
        text = self.tick()
        reports = (report(f"{text} a"), Attached(report(f"{text} b"), stance))
        (position,) = append(self.log, drill(text, reports=reports, marking=marking), now=self.now)
        fact = Fact(position, [self.first(text, marking, 0)])
        self.model.events.append(fact)
        # The log appends an event's new reports before the event itself, its backings after it.
        for place, how in ((position - 2, Stance.BACKS), (position - 1, stance)):
            said = Fact(place, [self.first("B2", marking, 0)])
            self.model.reports.append(said)
            self.model.backings.append((fact, said, Fact(0, [self.first(how, marking, 0)])))
        return fact

    @rule(target=backings, event=events, report=reports, stance=stances)
    def back(self, event: Fact, report: Fact, stance: Stance) -> object:
        known = any(
            of is event and what is report and not backing.versions[-1].withdrawn_from
            for of, what, backing in self.model.backings
        )
        if known or event.versions[-1].withdrawn_from or report.versions[-1].withdrawn_from:
            return multiple()
        self.tick()
        (position,) = append(self.log, BackingDraft(event.position, report.position, stance), now=self.now)
        higher = max(event.marking, report.marking, key=lambda one: one.rank)
        fact = Fact(position, [self.first(stance, higher, 0)])
        self.model.backings.append((event, report, fact))
        return fact

    @rule(event=events, marking=st.none() | markings)
    def correct(self, event: Fact, marking: Marking | None) -> None:
        if not event.versions[-1].withdrawn_from:
            text = self.tick()
            append(self.log, CorrectionDraft(event.position, summary=text, marking=marking), now=self.now)
            self.supersede(event, text, marking)

    @rule(report=reports, marking=st.none() | markings, digit=st.integers(1, 6))
    def regrade(self, report: Fact, marking: Marking | None, digit: int) -> None:
        grade = f"C{digit}"
        if not report.versions[-1].withdrawn_from and report.versions[-1].says != grade:
            self.tick()
            append(self.log, RegradeDraft(report.position, parse_grade(grade), marking=marking), now=self.now)
            self.supersede(report, grade, marking)

    def supersede(self, fact: Fact, says: str, marking: Marking | None) -> None:
        old = fact.versions[-1]
        fact.versions.append(Version(says, marking or old.marking, self.now))
        if fact.marking.rank > old.marking.rank:
            old.withdrawn_from = self.now

    @rule(fact=consumes(events) | consumes(reports) | consumes(backings))
    def retract(self, fact: Fact) -> None:
        self.tick()
        append(self.log, RetractionDraft(fact.position), now=self.now)
        fact.versions[-1].withdrawn_from = self.now

    @rule(days_ago=st.integers(0, 12), marking=st.sampled_from(list(Marking)))
    def look_back(self, days_ago: int, marking: Marking) -> None:
        self.agree(self.now - days_ago * DAY, marking)

    @invariant()
    def look(self) -> None:
        if hasattr(self, "log"):
            self.agree(self.now, Marking.RED)
            self.agree(self.now, Marking.CLEAR)

    def agree(self, known_at: datetime, marking: Marking) -> None:
        assert told(self.log.view(known_at, marking)) == self.model.view(known_at, marking)


def test_the_log_agrees_with_a_simple_model(sqlite_template: Path) -> None:
    LogAndModel.template = sqlite_template
    run_state_machine_as_test(LogAndModel, settings=settings(max_examples=12, stateful_step_count=20, deadline=None))
