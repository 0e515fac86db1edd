"""A shift summed up by event, indicator, family, source or origin; the sums still add up to the difference."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from enum import StrEnum

from iw.assessment.beliefs import Belief
from iw.assessment.records import Contribution, ShiftView
from iw.catalogue import Catalogue, Tables
from iw.evidence.grading import grade_weight
from iw.log.records import Event, Stance


class By(StrEnum):
    """What the terms of a shift are summed by."""

    EVENT = "event"
    INDICATOR = "indicator"
    FAMILY = "family"
    SOURCE = "source"
    ORIGIN = "origin"


def grouped(shift: ShiftView, belief: Belief, catalogue: Catalogue, by: By) -> ShiftView:
    """The shift with one term for each group, the largest effect first.

    Several events of one term share it evenly. By source or origin, an event is shared out among the reports that back
    it by −log(1 − w), the part of each in the doubt that is left; silence then is one term. ``belief`` is the later
    one.
    """
    if by == By.EVENT:
        return shift
    events = {item.event.id: item.event for item in belief.evidence.dispositions}
    shares = _sharing(catalogue, by)
    sums: dict[tuple[str, str], tuple[dict[str, float], dict[str, float], list[str]]] = {}
    for part in shift.contributions:
        for (kind, label), share in _groups(part, events, shares, catalogue, by).items():
            points, decibans, ids = sums.setdefault((kind, label), (defaultdict(float), defaultdict(float), []))
            for scenario, value in part.points.items():
                points[scenario] += share * value
                decibans[scenario] += share * part.decibans[scenario]
            ids += [name for name in part.events if name not in ids]
    parts = [
        Contribution(kind, label, tuple(ids), None, dict(points), dict(decibans))
        for (kind, label), (points, decibans, ids) in sums.items()
    ]
    parts.sort(key=lambda part: (-max(abs(value) for value in part.points.values()), part.label))
    return ShiftView(shift.since, shift.until, shift.before, shift.after, tuple(parts), shift.residual)


def _groups(
    part: Contribution,
    events: Mapping[str, Event],
    shares: Callable[[Event], Mapping[str, float]],
    catalogue: Catalogue,
    by: By,
) -> dict[tuple[str, str], float]:
    """The groups of a term, by kind and label, and the share of each; shares sum to 1."""
    found: dict[tuple[str, str], float] = defaultdict(float)
    known = [events[name] for name in part.events if name in events]
    if known:
        for event in known:
            for name, share in shares(event).items():
                found[str(by), name] += share / len(known)
    elif part.indicator and by in {By.INDICATOR, By.FAMILY}:
        found[str(by), _name(catalogue, part.indicator, by)] = 1.0
    else:
        found[part.kind, "Silence" if part.kind == "silence" else part.label] = 1.0
    return found


def _name(catalogue: Catalogue, indicator: str, by: By) -> str:
    entry = catalogue.indicators[indicator]
    return entry.title if by == By.INDICATOR else entry.family or entry.title


def _sharing(catalogue: Catalogue, by: By) -> Callable[[Event], Mapping[str, float]]:
    if by in {By.INDICATOR, By.FAMILY}:
        return lambda event: {_name(catalogue, event.indicator, by): 1.0}
    return lambda event: _of_reports(catalogue.tables, event, by)


def _of_reports(tables: Tables, event: Event, by: By) -> dict[str, float]:
    """The shares of an event's sources or origins; within an origin its best report has all."""
    best: dict[str, tuple[float, str]] = {}
    for report in (backing.report for backing in event.backings if backing.stance is Stance.BACKS):
        said = -math.log1p(-grade_weight(tables, report.grade))
        best[report.origin] = max(best.get(report.origin, (0.0, "")), (said, report.source))
    total = sum(said for said, _ in best.values())
    shares: dict[str, float] = defaultdict(float)
    for origin, (said, source) in best.items():
        shares[source if by == By.SOURCE else origin] += said / total
    return shares
