"""Questions opened: what is thought on a day of what the log will show, with everything that made the number."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zlib import crc32

import numpy as np

from iw.assessment.answers import LEAST_COVERAGE
from iw.assessment.beliefs import Belief, Beliefs
from iw.assessment.count_questions import Window, count_chance
from iw.assessment.level_paths import level_chance
from iw.assessment.track import Track, passing, track
from iw.catalogue import Kind
from iw.catalogue.questions import Question
from iw.core.resources import product_version
from iw.evidence.coverage import planned, watched
from iw.evidence.grading import outcomes, settled_weight
from iw.inference.arrays import YEAR_DAYS, Floats
from iw.inference.question import Asked, Chance, shown
from iw.log.products import Forecast
from iw.log.records import LogView, Marking, Reading


@dataclass(frozen=True)
class Refused:
    """A question that cannot be opened on a day, and why."""

    question: str
    why: str


class Questioner:
    """Opens the questions of one catalogue on one day, as known at one moment and marking; beliefs are made once."""

    def __init__(self, beliefs: Beliefs, as_of: date, known_at: datetime, marking: Marking) -> None:
        self.beliefs, self.catalogue = beliefs, beliefs.catalogue
        self.as_of, self.known_at, self.marking = as_of, known_at, marking
        self.view: LogView = beliefs.view(known_at, marking)
        self._beliefs: dict[str, Belief] = {}

    def open(self, name: str) -> Forecast | Refused:
        """The forecast of one question, or why there is none. Raises what a belief raises."""
        question = self.catalogue.question(name)
        since, until = window(question, self.as_of)
        if until < since:
            return Refused(name, f"its deadline, {question.deadline}, has passed")
        indicator = self.catalogue.indicators[question.indicator]
        coverage = planned(self.catalogue, self.view, (indicator.id,), since, until)[:, 0]
        if (mean := float(coverage.mean())) < LEAST_COVERAGE:
            watching = f"the indicator is watched with a coverage of {mean:.2f} over the window"
            return Refused(name, f"{watching}, and {LEAST_COVERAGE:.2f} is the least with which silence tells a no")
        if question.home and self.catalogue.problems[question.home].start > self.as_of:
            return Refused(name, f"its problem begins on {self.catalogue.problems[question.home].start}")
        if indicator.kind is Kind.LEVEL:
            return self._of_level(question, since, until, mean)
        if indicator.kind is Kind.COUNT:
            return self._of_count(question, Window(since, until, coverage))
        return self._of_events(question, since, until, coverage)

    def _of_events(self, question: Question, since: date, until: date, coverage: Floats) -> Forecast:
        belief = self._belief(question.home) if question.home else None
        history = self._track(question, belief)
        elicited = self._elicited(question, belief)
        years = float(coverage.sum()) / YEAR_DAYS
        need = question.at_least or 1
        base, decayed = (history.base_rate(need, elicited, years, decayed=one) for one in (False, True))
        made: dict[str, object] = {"seed": self._seed(question), "program": product_version()}
        if belief is None:
            chance = Chance(base, base, base, False)
            made |= {"by": "base rate: no problem forecasts it"}
        else:
            spec = belief.spec
            asked = Asked(
                spec.indicators.index(question.indicator),
                need,
                planned(self.catalogue, self.view, spec.indicators, since, until),
                history.passing_share,
                history.false_rate,
                history.usual_weights,
            )
            rng = np.random.default_rng(self._seed(question))
            chance = shown(spec, belief.state, belief.draws, belief.evidence.arrays, asked, rng)
            made |= {
                "by": "paths" if chance.by_paths else "formula",
                "passing_share": history.passing_share,
                "false_rate": history.false_rate,
                "effective_draws": belief.provenance.effective_draws,
            }
        return self._forecast(question, since, until, float(coverage.mean()), chance, base, decayed, belief, made)

    def _of_level(self, question: Question, since: date, until: date, coverage: float) -> Forecast | Refused:
        indicator = self.catalogue.indicators[question.indicator]
        assert indicator.usual is not None  # a level has one
        readings = self._readings(indicator.id)
        rng = np.random.default_rng(self._seed(question))
        memory = self.catalogue.tables.level_memory_years
        found = level_chance(question, indicator.usual.interval, readings, memory, since, until, rng)
        if isinstance(found, str):
            return Refused(question.id, found)
        chance, base, decayed = found
        made = {"seed": self._seed(question), "program": product_version(), "by": "paths of the level"}
        return self._forecast(question, since, until, coverage, chance, base, decayed, None, made)

    def _of_count(self, question: Question, window: Window) -> Forecast | Refused:
        belief = self._belief(question.home) if question.home else None
        readings = self._readings(question.indicator)
        genuine = [one for one in passing(self.catalogue.tables, self.view, readings) if isinstance(one, Reading)]
        weight = settled_weight(self.catalogue.tables, genuine[-1], outcomes(self.view)) if genuine else 0.0
        found = count_chance(question, belief, genuine, weight, window)
        if isinstance(found, str):
            return Refused(question.id, found)
        chance, base, decayed = found
        made: dict[str, object] = {"seed": self._seed(question), "program": product_version()}
        made |= {"by": "base rate: no problem forecasts it" if belief is None else "sum over scenarios and counts"}
        days = window.since, window.until, float(window.coverage.mean())
        return self._forecast(question, *days, chance, base, decayed, belief, made)

    def _readings(self, indicator: str) -> list[Reading]:
        """Those known of one indicator whose periods are over, in the order of their ends."""
        readings = [one for one in self.view.readings if one.indicator == indicator and one.last <= self.as_of]
        return sorted(readings, key=lambda one: one.last)

    def _forecast(
        self,
        question: Question,
        since: date,
        until: date,
        coverage: float,
        chance: Chance,
        base: float,
        decayed: float,
        belief: Belief | None,
        made_from: Mapping[str, object],
    ) -> Forecast:
        lag = timedelta(days=math.ceil(self.catalogue.indicators[question.indicator].lag_days))
        return Forecast(
            question=question.id,
            indicator=question.indicator,
            problem=question.home if belief else None,
            since=since,
            until=until,
            due=until + lag,
            at_least=question.at_least,
            above=question.above,
            below=question.below,
            as_of=self.as_of,
            known_at=self.known_at,
            log_position=self.view.position,
            model_version=belief.provenance.model_version if belief else None,
            fit=belief.provenance.fit if belief else None,
            probability=chance.mean,
            low=chance.low,
            high=chance.high,
            base_rate=base,
            decayed_base_rate=decayed,
            coverage=coverage,
            made_from={**made_from, "catalogue_version": self.catalogue.version},
        )

    def _belief(self, problem: str) -> Belief:
        if problem not in self._beliefs:
            self._beliefs[problem] = self.beliefs.at(problem, self.as_of, self.known_at, self.marking)
        return self._beliefs[problem]

    def _track(self, question: Question, belief: Belief | None) -> Track:
        if belief is not None:
            first = belief.evidence.start
            seen = belief.evidence.cover.seen[:, belief.spec.indicators.index(question.indicator)]
        else:
            first = min((one.since for one in self.view.coverages), default=self.as_of)
            first = min(first, self.as_of)
            seen = watched(self.catalogue, self.view, (question.indicator,), first, self.as_of).seen[:, 0]
        return track(self.catalogue.tables, self.view, question.indicator, first, seen)

    def _elicited(self, question: Question, belief: Belief | None) -> float:
        """Events a year at elicited medians: over the scenarios' priors, or the indicator's own without a home."""
        if belief is not None:
            spec = belief.spec
            return float(spec.elicited_rates()[spec.indicators.index(question.indicator)] @ spec.prior_probs)
        own = self.catalogue.indicators[question.indicator].rate
        assert own is not None  # a question on a level goes another way
        return math.sqrt(own.interval[0] * own.interval[1])

    def _seed(self, question: Question) -> list[int]:
        return [self.beliefs.seed, crc32(question.id.encode()), self.as_of.toordinal()]


def window(question: Question, asked_on: date) -> tuple[date, date]:
    """The first and last day on which what is asked can happen, both inclusive: the day of asking is over."""
    since = asked_on + timedelta(days=1)
    if question.deadline is not None:
        return since, question.deadline
    assert question.window_days is not None  # the schema demands one of the two
    return since, asked_on + timedelta(days=question.window_days)
