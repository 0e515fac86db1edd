"""A watch's workspace: its folder, its catalogue, its log, its fits; and what can be asked of them.

A workspace is a folder with ``iw.toml``, ``indicators/``, ``models/``, ``fits/``, ``reports/`` and, unless the log
lives on a server, ``log.db``. This is the public Python door and the one that the command line goes through; here, at
the edge, the clock is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iw.catalogue import Catalogue, Kind
from iw.core.dates import end_of_day, month_ends
from iw.core.errors import Fault, UsageError
from iw.log.drafts import Draft, EventDraft
from iw.log.records import Event, Marking
from iw.workspace.journaling import JournaledLog
from iw.workspace.logged import Entered, Logged, what_moved
from iw.workspace.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from iw.assessment.beliefs import Belief, Beliefs, Overlay
    from iw.assessment.records import Assessment, ShiftView
    from iw.assessment.replay import Published, Replayed
    from iw.evidence.fit_files import FitSummary
    from iw.workspace.changing import Changed
    from iw.workspace.exchanging import Exchange
    from iw.workspace.foresight import Foresight
    from iw.workspace.trust import Trust

Progress = Callable[[str], None]


def _quiet(_: str) -> None:
    """No progress wanted."""


@dataclass
class Workspace:
    """An open workspace; close it, or use it in a ``with`` statement."""

    path: Path
    settings: Settings
    log: JournaledLog
    catalogue: Catalogue
    faults: tuple[Fault, ...]  # of the catalogue's files; what is sound is loaded all the same
    _clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    # -- time -----------------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        """The present moment (UTC); in a workspace with a frozen clock, the present time of day on that date."""
        now = self._clock()
        return now if self.settings.today is None else datetime.combine(self.settings.today, now.timetz())

    @property
    def today(self) -> date:
        """The present date in UTC."""
        return self.now().date()

    def _when(self, as_of: date | None, known_at: datetime | None) -> tuple[date, datetime]:
        """As of today unless asked otherwise; a past belief is as known on its own day unless asked otherwise."""
        day = as_of or self.today
        if day > self.today:
            raise UsageError(f"{day} lies in the future; beliefs are about today or earlier.", "Forecasts look ahead.")
        return day, known_at or end_of_day(day)

    def seen_marking(self, marking: Marking | None) -> Marking:
        """The marking asked for; unless asked, the highest that any record of the log carries: all there is to see."""
        if marking is not None:
            return marking
        return max(self.log.markings(), key=lambda one: one.rank, default=Marking.CLEAR)

    # -- asking ---------------------------------------------------------------------------------------------------

    @cached_property
    def _beliefs(self) -> Beliefs:
        from iw.assessment.beliefs import Beliefs

        return Beliefs(self.catalogue, self.log, self.path / "fits", self.settings.seed)

    def problems(self) -> list[str]:
        """The ids of the warning problems, in the catalogue's order."""
        return list(self.catalogue.problems)

    def belief(
        self,
        problem: str,
        as_of: date | None = None,
        known_at: datetime | None = None,
        marking: Marking | None = None,
        overlay: Overlay | None = None,
    ) -> Belief:
        """The belief on ``problem``; `NotFoundError` or `UsageError` where it cannot be had."""
        self.catalogue.problem(problem)
        day, known = self._when(as_of, known_at)
        return self._beliefs.at(problem, day, known, self.seen_marking(marking), overlay)

    def assess(
        self,
        problem: str,
        as_of: date | None = None,
        known_at: datetime | None = None,
        marking: Marking | None = None,
        history: Sequence[date] = (),
    ) -> Assessment:
        """The full assessment of one problem."""
        from iw.assessment.assess import assess

        day, known = self._when(as_of, known_at)
        return assess(self._beliefs, problem, day, known, self.seen_marking(marking), history)

    def explain(
        self,
        problem: str,
        since: date | None = None,
        as_of: date | None = None,
        known_at: datetime | None = None,
        marking: Marking | None = None,
        by: str = "event",
    ) -> ShiftView:
        """Why the belief moved between ``since`` (default: 30 days before) and ``as_of``; the terms add up exactly.

        ``by`` sums them by "indicator", "family", "source" or "origin".
        """
        from iw.assessment.grouping import By, grouped
        from iw.assessment.shifts import shift_between

        day, known = self._when(as_of, known_at)
        first = since or max(self.catalogue.problem(problem).start, day - timedelta(days=30))
        if first > day:
            raise UsageError(f"{first} lies after {day}; a shift runs forward in time.")
        seen = self.seen_marking(marking)
        before = self._beliefs.at(problem, first, min(end_of_day(first), known), seen)
        after = self._beliefs.at(problem, day, known, seen)
        return grouped(shift_between(self._beliefs, before, after), after, self.catalogue, By(by))

    @cached_property
    def trust(self) -> Trust:
        """Whether to trust a belief: what it rests on, what to look out for, what to doubt."""
        from iw.workspace.trust import Trust

        return Trust(self._beliefs, self._when, self.seen_marking)

    @cached_property
    def foresight(self) -> Foresight:
        """What is to come and what came: questions, their answers and scores, warning levels."""
        from iw.workspace.foresight import Foresight

        return Foresight(self._beliefs, self.now, self.seen_marking)

    def status(
        self, as_of: date | None = None, known_at: datetime | None = None, marking: Marking | None = None
    ) -> pd.DataFrame:
        """One row per problem: leading scenario, its probability with interval, word, and changes in 7 and 30 days."""
        import pandas as pd

        from iw.assessment.tables import status_rows

        return pd.DataFrame(status_rows(self.assess(name, as_of, known_at, marking) for name in self.problems()))

    def history(
        self, problem: str, as_of: date | None = None, marking: Marking | None = None, months: int = 24
    ) -> pd.DataFrame:
        """The beliefs at the ends of the last ``months`` months and on ``as_of``, each as known then.

        One row for each day and scenario: ``mean``, ``low`` and ``high`` (90 %), and ``reliable``, which is false
        where the draws were worth too few.
        """
        import pandas as pd

        from iw.assessment.history import belief_history

        self.catalogue.problem(problem)
        day, _ = self._when(as_of, None)
        points = belief_history(self._beliefs, problem, month_ends(day, months), self.seen_marking(marking))
        return pd.DataFrame(
            {"day": point.day, "scenario": name, **vars(estimate), "reliable": point.reliable}
            for point in points
            for name, estimate in point.beliefs.items()
        )

    def replay(self, published: Published) -> Replayed:
        """A published belief computed anew from the log position, model version, fit and marking that it names."""
        from iw.assessment.replay import replay

        return replay(self._beliefs, published)

    def hindsight(
        self,
        problem: str,
        as_of: date | None = None,
        known_at: datetime | None = None,
        marking: Marking | None = None,
    ) -> pd.DataFrame:
        """What should have been believed on past days, given all the evidence up to ``as_of``: every 64 days.

        One row for each day and scenario: ``mean``, ``low`` and ``high`` (90 %).
        """
        import pandas as pd

        from iw.assessment.history import hindsight

        belief = self.belief(problem, as_of, known_at, marking)
        return pd.DataFrame(
            {"day": point.day, "scenario": name, **vars(estimate)}
            for point in hindsight(belief)
            for name, estimate in point.beliefs.items()
        )

    def events(self, known_at: datetime | None = None, marking: Marking | None = None) -> pd.DataFrame:
        """The events in force, one row each."""
        from iw.log.tables import event_rows

        return self._frame(event_rows, known_at, self.seen_marking(marking))

    def reports(self, known_at: datetime | None = None, marking: Marking | None = None) -> pd.DataFrame:
        """The reports in force, one row each, with the events that they back or deny."""
        from iw.log.tables import report_rows

        return self._frame(report_rows, known_at, self.seen_marking(marking))

    def readings(self, known_at: datetime | None = None, marking: Marking | None = None) -> pd.DataFrame:
        """The readings of levels and counts in force, one row each."""
        from iw.log.tables import reading_rows

        return self._frame(reading_rows, known_at, self.seen_marking(marking))

    def coverage(self, known_at: datetime | None = None, marking: Marking | None = None) -> pd.DataFrame:
        """Declared coverage, gaps and searches, one row each."""
        from iw.log.tables import coverage_rows

        return self._frame(coverage_rows, known_at, self.seen_marking(marking))

    def reviews(self, known_at: datetime | None = None, marking: Marking | None = None) -> pd.DataFrame:
        """The reviews of what is in force, one row each."""
        from iw.log.tables import review_rows

        return self._frame(review_rows, known_at, marking or Marking.RED)

    def _frame(self, rows: Callable[[Any], Any], known_at: datetime | None, marking: Marking) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame(rows(self.log.view(known_at or end_of_day(self.today), marking)))

    # -- telling --------------------------------------------------------------------------------------------------

    def near(self, draft: EventDraft) -> list[Event]:
        """The events in the log that ``draft`` may repeat, the likeliest first."""
        return self.log.near(draft, self.now())

    def enter(
        self,
        draft: EventDraft,
        author: str | None = None,
        reason: str = "logged",
        near: Sequence[Event] | None = None,
    ) -> Entered:
        """Append an event with its reports; as quick in a large log as in a small one. All of it, or nothing.

        ``near`` is what `near` said of it, where it was asked.
        """
        if (kind := self.catalogue.indicator(draft.indicator).kind) is not Kind.EVENT:
            raise UsageError(f"'{draft.indicator}' is a {kind}: it has readings.", "Import a file of readings.")
        if draft.occurred.first > self.today:
            message = f"{draft.occurred} lies in the future (today is {self.today})."
            raise UsageError(message, "Log it when it has happened.")
        found, before = self.near(draft) if near is None else near, self.log.position()
        return Entered(self.log.event(self.append([draft], author, reason)[-1]), tuple(found), before)

    def follow(self, entered: Entered, author: str | None = None) -> Logged:
        """What an event that was entered just now moved; the changes of warning levels that it brings are recorded."""
        seen = max(self.seen_marking(None), entered.event.stamp.marking, key=lambda one: one.rank)
        moved, silent = what_moved(self._beliefs, self.catalogue, entered, self.today, seen)
        concerned = [one.problem for one in moved]
        changes = self.foresight.record_levels(author or self.settings.author, concerned, seen)
        return Logged(entered.event, entered.near, moved, silent, tuple(changes))

    def log_event(self, draft: EventDraft, author: str | None = None, reason: str = "logged") -> Logged:
        """Append an event with its reports, and say what it moved: `enter`, then `follow`."""
        return self.follow(self.enter(draft, author, reason), author)

    def change(self, draft: Draft, author: str | None = None, reason: str = "logged") -> Changed:
        """Append one fact, or one change of a fact, and say what it moved; nothing is appended that is wrong."""
        since = self.log.position()
        return self.changed(self.append([draft], author, reason)[-1], since, author)

    def changed(self, position: int, since: int, author: str | None = None) -> Changed:
        """What the record at ``position`` moved, which was appended when ``since`` was the last one."""
        from iw.workspace.changing import changed

        by, seen = author or self.settings.author, self.seen_marking(None)
        return changed(self._beliefs, position, since, by, self.today, seen, self.foresight.record_levels)

    def append(self, drafts: Sequence[Draft], author: str | None = None, reason: str = "logged") -> list[int]:
        """Append any drafts in one transaction; gives their log positions."""
        return self.log.append(drafts, author=author or self.settings.author, now=self.now(), reason=reason)

    def import_files(
        self, paths: Iterable[Path], *, backfill: bool = False, dry_run: bool = False, marking: Marking = Marking.CLEAR
    ) -> tuple[int, int]:
        """Append CSV or Parquet files, all or nothing; see `Exchange.read_files`."""
        return self.exchange.read_files(paths, backfill=backfill, dry_run=dry_run, marking=marking)

    @cached_property
    def exchange(self) -> Exchange:
        """The log in files for others, and out of their files."""
        from iw.workspace.exchanging import Exchange

        return Exchange(self.log, self.catalogue, self.settings, self.now, self.belief)

    # -- fitting and reporting ------------------------------------------------------------------------------------

    def fit(
        self,
        problems: Sequence[str] = (),
        as_of: date | None = None,
        known_at: datetime | None = None,
        marking: Marking | None = None,
        *,
        again: bool = False,
        progress: Progress = _quiet,
    ) -> list[FitSummary]:
        """Fit the parameters of some problems (default: all) by NUTS and put accepted fits in force.

        A fit of the same model and evidence that exists already is not made again unless asked. Cancelling raises
        `Interrupted` and leaves every earlier fit in force.
        """
        from iw.assessment.fitting import fit_problems

        day, known = self._when(as_of, known_at)
        names = [self.catalogue.problem(name).id for name in problems or self.problems()]
        return fit_problems(
            self._beliefs,
            self.log,
            self.path / "fits",
            names,
            day,
            known,
            self.seen_marking(marking),
            self.settings,
            self.now,
            again,
            progress,
        )

    def refits_due(
        self, problems: Sequence[str] = (), as_of: date | None = None, marking: Marking | None = None
    ) -> list[str]:
        """Those of the problems (default: all that have begun) without a usable fit, or whose fit's draws are worn.

        Worn is a fit whose weighted draws are worth less than a third of their number, or whose largest weights have a
        Pareto k of more than 0.7.
        """
        day, known = self._when(as_of, None)
        names = [self.catalogue.problem(name).id for name in problems or self.problems()]
        begun = [name for name in names if self.catalogue.problems[name].start <= day]
        return [name for name in begun if self._beliefs.at(name, day, known, self.seen_marking(marking)).refit_due]

    def report(
        self,
        as_of: date | None = None,
        known_at: datetime | None = None,
        marking: Marking | None = None,
        folder: Path | None = None,
        progress: Progress = _quiet,
    ) -> tuple[Path, Path]:
        """Write the weekly warning report as HTML and PDF; gives both paths."""
        from iw.log.journal import Act
        from iw.report.write import files_of, write_report
        from iw.workspace.reporting import weekly_report

        (day, known), to = self._when(as_of, known_at), folder or self.path / "reports"
        with self.log.giving(Act.REPORT, files_of(day, to)):
            return write_report(weekly_report(self, day, known, marking, progress), to, progress)

    def check(self) -> list[Fault]:
        """Everything that is wrong or doubtful in catalogue and log, all at once."""
        from iw.workspace.checking import findings

        return findings(self, self._beliefs)

    def close(self) -> None:
        """Close the log."""
        self.log.close()

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
