"""What is to come and what came: questions, their answers and scores, warning levels. Tables are DataFrames."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from iw.assessment.answers import Answer, answer
from iw.assessment.levels import change_of, unacknowledged
from iw.assessment.questions import Questioner, Refused
from iw.assessment.scores import Score, Tally, outcomes_of, scored, scores, tally
from iw.assessment.source_records import gradings, source_records
from iw.core.dates import end_of_day
from iw.core.errors import NotFoundError, UsageError
from iw.log.drafts import ResolutionDraft
from iw.log.products import Acknowledgement, Forecast, LevelChange, Recorded
from iw.log.records import Marking, OfEvent, OfQuestion, OfScenario, Outcome, Resolution, Stamp

if TYPE_CHECKING:
    import pandas as pd

    from iw.assessment.beliefs import Beliefs

EVERY = timedelta(days=7)  # a question is asked once a week


@dataclass(frozen=True)
class Opened:
    """What came of asking: forecasts recorded, questions that could not be opened, and how many were not due."""

    forecasts: tuple[Recorded[Forecast], ...]
    refused: tuple[Refused, ...]
    not_due: int


@dataclass(frozen=True)
class Asked:
    """A recorded forecast with its resolution, or what the log says so far."""

    recorded: Recorded[Forecast]
    resolution: Resolution | None
    answer: Answer  # of the log today; where it differs from the resolution, somebody should look


@dataclass(frozen=True)
class Level:
    """A change of level and who took note of it."""

    recorded: Recorded[LevelChange]
    acknowledged: tuple[Stamp, ...]


class Foresight:
    """Forecasts that the log resolves, and warning levels, of one workspace at one marking or another."""

    def __init__(
        self, beliefs: Beliefs, now: Callable[[], datetime], seen_marking: Callable[[Marking | None], Marking]
    ):
        self._beliefs, self._now, self._seen_marking = beliefs, now, seen_marking
        self._log = beliefs.log

    # -- questions ------------------------------------------------------------------------------------------------

    def forecast(self, question: str, as_of: date | None = None, marking: Marking | None = None) -> Forecast | Refused:
        """What is (or would have been) thought of a question on a day, as known then. Nothing is recorded."""
        day = as_of or self._now().date()
        questioner = Questioner(self._beliefs, day, end_of_day(day), self._seen_marking(marking))
        return questioner.open(question)

    def ask(
        self, author: str, marking: Marking | None = None, progress: Callable[[str], None] = lambda _: None
    ) -> Opened:
        """Record today's forecast of every question that was not asked within the last week."""
        now, seen = self._now(), self._seen_marking(marking)
        today = now.date()
        recent = {
            one.content.question for one in self._log.forecasts(seen) if today - EVERY < one.content.as_of <= today
        }
        due = [name for name in self._beliefs.catalogue.questions if name not in recent]
        questioner = Questioner(self._beliefs, today, end_of_day(today), seen)
        found: list[Forecast] = []
        refused: list[Refused] = []
        for number, name in enumerate(due, start=1):
            progress(f"{name} ({number} of {len(due)})")
            opened = questioner.open(name)
            if isinstance(opened, Forecast):
                found.append(opened)
            else:
                refused.append(opened)
        positions = self._log.record(found, seen, author=author, now=now, reason="asked weekly") if found else []
        made = {one.stamp.position: one for one in self._log.forecasts(seen)}
        return Opened(tuple(made[position] for position in positions), tuple(refused), len(recent))

    def asked(self, question: str | None = None, marking: Marking | None = None) -> list[Asked]:
        """The recorded forecasts of one question or all, the newest first, with what came of each."""
        if question is not None:
            self._beliefs.catalogue.question(question)
        seen, now = self._seen_marking(marking), self._now()
        view = self._beliefs.view(end_of_day(now.date()), seen)
        settled = {one.subject.forecast: one for one in view.resolutions if isinstance(one.subject, OfQuestion)}
        tables, domains = self._beliefs.catalogue.tables, self._beliefs.catalogue.domains
        return [
            Asked(
                one,
                settled.get(one.stamp.position),
                answer(tables, view, one.content, domains.get(one.content.indicator, ""), now.date()),
            )
            for one in reversed(self._log.forecasts(seen, question))
        ]

    def settle_due(self, author: str, marking: Marking | None = None) -> list[Resolution]:
        """Record the answer of every question that the log answers by now; the rules are in `iw.assessment.answers`."""
        seen = self._seen_marking(marking)
        drafts = [
            ResolutionDraft(_subject(one.recorded), one.answer.outcome, one.answer.ground, seen)
            for one in reversed(self.asked(marking=seen))
            if one.resolution is None and one.answer.outcome is not None
        ]
        return self._append(drafts, author, "answered by the log", seen)

    def settle(
        self, subject: OfEvent | OfScenario, outcome: Outcome, ground: str, author: str, marking: Marking
    ) -> Resolution:
        """Record that an event or a scenario is settled. Raises `UsageError` or `NotFoundError` where it cannot be."""
        if isinstance(subject, OfScenario):
            problem = self._beliefs.catalogue.problem(subject.problem)
            known = [scenario.id for scenario in problem.scenarios]
            if subject.scenario not in known:
                raise NotFoundError(f"scenario of the problem '{problem.id}'", subject.scenario, known)
            if subject.settled_on < problem.start:
                raise UsageError(f"The problem '{problem.id}' begins on {problem.start}.", "Name a later day.")
        return self._append([ResolutionDraft(subject, outcome, ground, marking)], author, ground, Marking.RED)[0]

    def _append(self, drafts: Sequence[ResolutionDraft], author: str, reason: str, seen: Marking) -> list[Resolution]:
        if not drafts:
            return []
        now = self._now()
        positions = set(self._log.append(drafts, author=author, now=now, reason=reason))
        return [one for one in self._log.view(now, seen).resolutions if one.stamp.position in positions]

    def scores(self, marking: Marking | None = None, known_at: datetime | None = None) -> tuple[list[Score], Tally]:
        """The scores of all forecasters on what was settled, and what became of all forecasts; as known at a moment."""
        seen, known = self._seen_marking(marking), known_at or end_of_day(self._now().date())
        forecasts = [one for one in self._log.forecasts(seen) if one.stamp.recorded_at <= known]
        resolutions = self._beliefs.view(known, seen).resolutions
        return scores(scored(forecasts, resolutions)), tally(forecasts, resolutions)

    def forecasts_table(self, marking: Marking | None = None) -> pd.DataFrame:
        """Every recorded forecast, one row each, with its outcome (None: pending)."""
        import pandas as pd

        seen, now = self._seen_marking(marking), self._now()
        outcomes = outcomes_of(self._beliefs.view(end_of_day(now.date()), seen).resolutions)
        return pd.DataFrame(
            {
                "id": f"Q{one.stamp.position}",
                **{name: value for name, value in vars(one.content).items() if name != "made_from"},
                "outcome": str(outcomes[one.stamp.position]) if one.stamp.position in outcomes else None,
            }
            for one in self._log.forecasts(seen)
        )

    def sources(self, marking: Marking | None = None) -> pd.DataFrame:
        """The record of every source, one row each: what its grades say, what resolutions say, and both together."""
        import pandas as pd

        view = self._beliefs.view(end_of_day(self._now().date()), self._seen_marking(marking))
        found = source_records(self._beliefs.catalogue.tables, view)
        return pd.DataFrame({**vars(one), "regrade": one.regrade} for one in found)

    def gradings(self, source: str, marking: Marking | None = None) -> pd.DataFrame:
        """How the reports of one source were graded and regraded, one row each in log order; `NotFoundError`."""
        import pandas as pd

        now, seen = end_of_day(self._now().date()), self._seen_marking(marking)
        versions = self._log.versions(source, now, seen)
        if not versions:
            raise NotFoundError("source", source, self._log.sources(now, seen))
        return pd.DataFrame(vars(one) for one in gradings(self._beliefs.catalogue.tables, versions))

    # -- levels ---------------------------------------------------------------------------------------------------

    def record_levels(
        self, author: str, problems: Iterable[str] | None = None, marking: Marking | None = None
    ) -> list[Recorded[LevelChange]]:
        """Record every change of level that today's beliefs bring about; a problem's first level is one."""
        now, seen = self._now(), self._seen_marking(marking)
        today = now.date()
        catalogue = self._beliefs.catalogue
        changes = []
        for name in problems if problems is not None else catalogue.problems:
            problem = catalogue.problem(name)
            if problem.start <= today:
                belief = self._beliefs.at(name, today, end_of_day(today), seen)
                changes.append(change_of(self._beliefs, problem, belief))
        wanted = [change for change in changes if change is not None]
        if not wanted:
            return []
        positions = set(self._log.record(wanted, seen, author=author, now=now, reason="level changed"))
        return [one for one in self._log.level_changes(seen) if one.stamp.position in positions]

    def levels(self, problem: str | None = None, marking: Marking | None = None) -> list[Level]:
        """The recorded changes of level, the newest first."""
        noted = self._log.acknowledgements()
        found = self._log.level_changes(self._seen_marking(marking), problem)
        return [Level(one, tuple(noted.get(one.stamp.position, ()))) for one in reversed(found)]

    def acknowledge(self, positions: Sequence[int], author: str, reason: str) -> int:
        """Record that ``author`` took note of changes of level; how many. Raises `UsageError` for what is none."""
        by_marking: dict[Marking, list[int]] = {}
        for position in positions:
            found = next(
                (m for m in Marking if any(c.stamp.position == position for c in self._log.level_changes(m))), None
            )
            if found is None:
                raise UsageError(f"L{position} is no change of level.", "See 'iw levels'.")
            by_marking.setdefault(found, []).append(position)
        for marking, own in by_marking.items():
            drafts = [Acknowledgement(position) for position in own]
            self._log.record(drafts, marking, author=author, now=self._now(), reason=reason)
        return len(positions)

    def to_acknowledge(self, marking: Marking | None = None) -> list[Recorded[LevelChange]]:
        """The changes of which nobody took note."""
        return unacknowledged(self._log.level_changes(self._seen_marking(marking)), self._log.acknowledgements())


def _subject(forecast: Recorded[Forecast]) -> OfQuestion:
    content = forecast.content
    one = content.at_least in (None, 1) and content.above is None and content.below is None
    return OfQuestion(forecast.stamp.position, content.question, content.indicator, content.since, content.until, one)
