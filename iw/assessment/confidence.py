"""Analytic confidence: low, moderate or high, by the published table of rules in ``models/tables.yaml``.

It judges the evidence and the fit behind a belief, and stands apart from the belief's own probability (ICD 203, 2015).
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from iw.assessment.beliefs import Belief
from iw.assessment.records import ConfidenceView
from iw.catalogue import Tables
from iw.catalogue.tables import ConfidenceRule
from iw.evidence.grading import grade_weight
from iw.log.records import Staged, Stance

_YEAR = 365  # days of coverage that are looked at


@dataclass(frozen=True)
class Footing:
    """What confidence is judged by."""

    interval_points: float
    origins: int
    largest_share: float  # of one origin, in the sum of −log(1 − w) over reports, the best of each origin and event
    coverage: float  # mean over indicators and days
    staged_share: float  # in the same sum
    accepted_fit: bool


def confidence(tables: Tables, belief: Belief) -> ConfidenceView:
    """The best level all of whose conditions hold, and what stands in the way of the next one."""
    footing = footing_of(tables, belief)
    missing = ""
    for rule in tables.confidence:
        failed = _failed(rule, footing)
        if not failed:
            return ConfidenceView(rule.level, missing or "all that is asked for holds")
        missing = f"{rule.level} asks for {failed}"
    return ConfidenceView("low", missing or "there are no rules for more")


def footing_of(tables: Tables, belief: Belief) -> Footing:
    """The figures of one belief."""
    said: dict[str, float] = defaultdict(float)
    staged = 0.0
    for event in (item.event for item in belief.evidence.dispositions if item.counts):
        best: dict[str, float] = {}
        for report in (backing.report for backing in event.backings if backing.stance is Stance.BACKS):
            told = -math.log1p(-grade_weight(tables, report.grade))
            best[report.origin] = max(best.get(report.origin, 0.0), told)
        for origin, told in best.items():
            said[origin] += told
            staged += told * (event.staged is not Staged.NO)
    total = sum(said.values())
    lead = belief.estimate(belief.leading)
    seen = belief.evidence.cover.seen[-_YEAR:]
    return Footing(
        interval_points=100 * (lead.high - lead.low),
        origins=len(said),
        largest_share=max(said.values()) / total if total else 1.0,
        coverage=float(np.mean(seen)) if seen.size else 0.0,
        staged_share=staged / total if total else 0.0,
        accepted_fit=belief.provenance.fit is not None and not belief.refit_due,
    )


def _failed(rule: ConfidenceRule, footing: Footing) -> str:
    """The first condition that does not hold, in words with both figures; nothing where all hold."""
    if rule.accepted_fit and not footing.accepted_fit:
        return "an accepted fit that is not worn"
    if footing.interval_points > rule.interval_points:
        return f"a 90 % interval of at most {rule.interval_points:.0f} points, not {footing.interval_points:.0f}"
    if footing.origins < rule.origins:
        return f"events of at least {rule.origins} origins, not {footing.origins}"
    if footing.largest_share > rule.largest_share:
        limit, largest = _percent(rule.largest_share), _percent(footing.largest_share)
        return f"no origin with more than {limit} of the evidence, not {largest}"
    if footing.coverage < rule.coverage:
        return f"a coverage of at least {rule.coverage:.2f} over the last year, not {footing.coverage:.2f}"
    if footing.staged_share > rule.staged_share:
        return f"at most {_percent(rule.staged_share)} of what may be staged, not {_percent(footing.staged_share)}"
    return ""


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
