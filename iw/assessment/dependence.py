"""What a belief rests on: the belief without each event, source or origin, and the linchpin of its leading scenario."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from iw.assessment.beliefs import Belief
from iw.inference.arrays import Floats

EXACT_SIZE = 3
_MOST_SETS = 3000  # of one size that are tried; beyond that the search takes the largest effect first


class By(StrEnum):
    """What is left out, one at a time."""

    EVENT = "event"
    SOURCE = "source"
    ORIGIN = "origin"


@dataclass(frozen=True)
class Left:
    """The belief with one thing left out."""

    name: str  # an event, a source or an origin
    label: str
    leading: str  # the scenario that leads then
    beliefs: Mapping[str, float]  # scenario id -> probability
    points: Mapping[str, float]  # scenario id -> what it adds to the belief, in percentage points


@dataclass(frozen=True)
class Linchpin:
    """The smallest set of events without which another scenario would lead."""

    events: tuple[str, ...]  # empty: it leads without all that supports it, too
    exact: bool  # no smaller set does; else found by leaving out the largest effect first
    leading: str  # the scenario that leads without it (or without all that supports it)
    probability: float  # of the scenario that leads now, without it
    supporting: int  # events whose absence alone weakens the lead


def things(belief: Belief, by: By) -> dict[str, str]:
    """What the belief rests on: every event that counts, or every source or origin behind an event or count."""
    counting = [item.event for item in belief.evidence.dispositions if item.counts]
    if by == By.EVENT:
        return {event.id: f"{event.occurred} {event.summary}" for event in counting}
    counting += [item.event for item in belief.evidence.counted if item.counts]
    behind: dict[str, list[str]] = defaultdict(list)
    for event in counting:
        for report in (backing.report for backing in event.backings):
            name = report.source if by == By.SOURCE else report.origin
            if event.id not in behind[name]:
                behind[name].append(event.id)
    read = {item.event.id for item in belief.evidence.counted}
    return {name: _numbers(len(set(ids) - read), len(read.intersection(ids))) for name, ids in behind.items()}


def _numbers(events: int, counts: int) -> str:
    """Such as "3 events, 1 count"."""
    parts = [(events, "event"), (counts, "count")]
    return ", ".join(f"{number} {what}{'s' if number > 1 else ''}" for number, what in parts if number)


def left_out(belief: Belief, named: Mapping[str, str], without: Callable[[str], Belief]) -> list[Left]:
    """The belief without each of the ``named`` things, the largest effect on the leading scenario first."""
    rows = [_left(belief, name, label, without(name)) for name, label in named.items()]
    return sorted(rows, key=lambda row: (-abs(row.points[belief.leading]), row.name))


def _left(belief: Belief, name: str, label: str, rest: Belief) -> Left:
    scenarios, now, then = belief.spec.scenarios, belief.state.mean, rest.state.mean
    points = {one: float(100 * (now[s] - then[s])) for s, one in enumerate(scenarios)}
    return Left(name, label, rest.leading, dict(zip(scenarios, map(float, then), strict=True)), points)


Without = Callable[[Sequence[str]], Belief]  # the belief without these events


def linchpin(belief: Belief, without: Without) -> Linchpin:
    """Exact to three events among those whose absence alone weakens the lead; beyond, largest effect first.

    The lead is the distance in decibans between the leading scenario and the strongest other one. Where it holds
    without all of these events, there is no linchpin: events that strengthen it only together are not looked for.
    """
    lead = belief.spec.scenarios.index(belief.leading)
    alone = {name: without([name]) for name in things(belief, By.EVENT)}
    whole = _margin(belief.state.mean, lead)
    weakened = {name: whole - _margin(rest.state.mean, lead) for name, rest in alone.items()}
    supporting = sorted((name for name in alone if weakened[name] > 0), key=lambda name: -weakened[name])
    for name in supporting:
        if alone[name].leading != belief.leading:
            return _found(belief, [name], alone[name], True, len(supporting))
    bare = without(supporting)
    if bare.leading == belief.leading:
        return _found(belief, [], bare, True, len(supporting))
    for size in range(2, min(EXACT_SIZE, len(supporting) - 1) + 1):
        if math.comb(len(supporting), size) > _MOST_SETS:
            break
        sets = itertools.combinations(supporting, size)
        for names in sorted(sets, key=lambda names: -sum(weakened[name] for name in names)):
            rest = without(names)
            if rest.leading != belief.leading:
                return _found(belief, names, rest, True, len(supporting))
    return _greedy(belief, without, supporting, bare)


def _greedy(belief: Belief, without: Without, supporting: Sequence[str], bare: Belief) -> Linchpin:
    """Leave out one more each time, the largest effect first, until another scenario leads."""
    for size in range(2, len(supporting)):
        rest = without(supporting[:size])
        if rest.leading != belief.leading:
            return _found(belief, supporting[:size], rest, False, len(supporting))
    return _found(belief, supporting, bare, len(supporting) <= EXACT_SIZE + 1, len(supporting))


def _found(belief: Belief, names: Sequence[str], rest: Belief, exact: bool, supporting: int) -> Linchpin:
    lead = belief.spec.scenarios.index(belief.leading)
    return Linchpin(tuple(names), exact, rest.leading, float(rest.state.mean[lead]), supporting)


def _margin(probs: Floats, lead: int) -> float:
    """Decibans of scenario ``lead`` over the strongest other one."""
    others = np.delete(probs, lead)
    return float(10 * (np.log10(max(probs[lead], 1e-300)) - np.log10(max(others.max(), 1e-300))))
