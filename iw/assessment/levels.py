"""Warning levels: a rule with hysteresis and a minimum of evidence, and a record of every change with its cause."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import timedelta

from iw.assessment.beliefs import Belief, Beliefs
from iw.assessment.records import Contribution, LevelView
from iw.assessment.shifts import shift_between
from iw.catalogue import Problem, Tables
from iw.catalogue.tables import WarningLevel
from iw.core.dates import end_of_day
from iw.log.products import LevelChange, Recorded
from iw.log.records import Marking, Stance

_LOOKS_BACK = timedelta(days=30)  # for the cause of a change, where the last one lies further back


@dataclass(frozen=True)
class Ruled:
    """The level that the rule gives, and what keeps it from a higher one (empty: nothing)."""

    level: WarningLevel
    held_back: str


def ruled(tables: Tables, warned: float, origins: int, standing: str | None) -> Ruled:
    """The level at a chance ``warned`` that a warned scenario is visited, from ``standing``, the level so far.

    A level is entered from its ``enter`` on, with its least number of ``origins``, and left only under its ``leave``.
    """
    levels = sorted(tables.warning_levels, key=lambda level: level.enter)
    ids = [level.id for level in levels]
    reached = max((k for k, level in enumerate(levels) if warned >= level.enter), default=0)
    allowed = max((k for k, level in enumerate(levels) if origins >= level.least_origins), default=0)
    entered = min(reached, allowed)
    now = ids.index(standing) if standing in ids else entered
    while now > entered and (warned < levels[now].leave or now > allowed):
        now -= 1
    now = max(now, entered)
    if reached <= now:
        return Ruled(levels[now], "")
    need = levels[reached]
    return Ruled(levels[now], f"{need.name} asks for events from {need.least_origins} origins; there are {origins}")


def level_of(beliefs: Beliefs, problem: Problem, belief: Belief) -> LevelView:
    """The level at a belief: by the rule, from the last change that was recorded by then."""
    warned = belief.visited(problem.warned, problem.horizon_days)
    last = standing(beliefs, problem.id, belief)
    rule = ruled(beliefs.catalogue.tables, warned.mean, origins_of(belief), last.content.new if last else None)
    since = last.content.as_of if last and last.content.new == rule.level.id else None
    level = rule.level
    return LevelView(level.id, level.name, level.meaning, warned, since, rule.held_back)


def standing(beliefs: Beliefs, problem: str, belief: Belief) -> Recorded[LevelChange] | None:
    """The last change of level that was recorded for the belief's date or an earlier one.

    At the belief's own marking; where none was, at the next lower one: what is known there is known here, too.
    """
    p = belief.provenance
    own = Marking(p.marking).rank
    for marking in sorted((one for one in Marking if one.rank <= own), key=lambda one: -one.rank):
        found = [
            one
            for one in beliefs.log.level_changes(marking, problem)
            if one.content.as_of <= p.as_of and one.stamp.recorded_at <= p.known_at
        ]
        if found:
            return found[-1]
    return None


def origins_of(belief: Belief) -> int:
    """From how many origins the events that count come."""
    return len(
        {
            backing.report.origin
            for item in belief.evidence.dispositions
            if item.counts
            for backing in item.event.backings
            if backing.stance is Stance.BACKS
        }
    )


def change_of(beliefs: Beliefs, problem: Problem, belief: Belief) -> LevelChange | None:
    """The change of level that ``belief`` brings about, with its cause; None where the level stands.

    A belief that cannot be used changes nothing.
    """
    if not belief.usable:
        return None
    last = standing(beliefs, problem.id, belief)
    view = level_of(beliefs, problem, belief)
    if last is not None and last.content.new == view.id:
        return None
    cause, events = _cause(beliefs, problem, belief, last)
    p = belief.provenance
    return LevelChange(
        problem=problem.id,
        as_of=p.as_of,
        known_at=p.known_at,
        log_position=p.log_position,
        model_version=p.model_version,
        fit=p.fit,
        old=last.content.new if last else None,
        new=view.id,
        warned=view.warned.mean,
        low=view.warned.low,
        high=view.warned.high,
        cause=cause,
        events=events,
    )


def _cause(
    beliefs: Beliefs, problem: Problem, belief: Belief, last: Recorded[LevelChange] | None
) -> tuple[str, tuple[str, ...]]:
    """What moved the warned scenarios most, in the direction of the change, since the last one."""
    if last is None:
        return "first assessment", ()
    p = belief.provenance
    earliest = max(problem.start, p.as_of - _LOOKS_BACK)
    day = min(max(last.content.as_of, earliest), p.as_of)
    known = min(end_of_day(day), p.known_at)
    if day == p.as_of:  # a second change within a day: against what was known at the first one
        day = max(problem.start, day - timedelta(days=1))
        known = end_of_day(day)
    before = beliefs.at(problem.id, day, known, Marking(p.marking))
    shift = shift_between(beliefs, before, belief)
    upwards = belief.visited(problem.warned, problem.horizon_days).mean >= last.content.warned

    def effect(part: Contribution) -> float:
        moved = sum(part.points[name] for name in problem.warned)
        return moved if upwards else -moved

    if not shift.contributions:
        return "the passing of time", ()
    most = max(shift.contributions, key=effect)
    return most.label, most.events


def unacknowledged(
    changes: Sequence[Recorded[LevelChange]], acknowledged: Container[int]
) -> list[Recorded[LevelChange]]:
    """The changes, other than a problem's first level, of which nobody took note."""
    return [one for one in changes if one.content.old is not None and one.stamp.position not in acknowledged]
