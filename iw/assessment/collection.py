"""What to look out for next: the expected information of each indicator of a problem."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from iw.assessment.beliefs import Belief
from iw.catalogue import Catalogue
from iw.evidence.grading import grade_weight
from iw.inference.collection import collection_bits, entropy_bits
from iw.log.records import Grade

REPORTED = Grade("B", "2")  # what a staffed watch mostly files


@dataclass(frozen=True)
class Collected:
    """One indicator, watched as closely as it usually is."""

    indicator: str
    title: str
    coverage: float
    bits: float  # expected, about the scenario at the end of the window
    share: float  # of the belief's entropy today


def collected(catalogue: Catalogue, belief: Belief, days: float) -> list[Collected]:
    """Every indicator that tells scenarios apart by its events, the most telling first; counts are left out.

    An indicator whose silence counts nothing (it wears out) may tell less than is said here.
    """
    spec = belief.spec
    entries = [catalogue.indicators[name] for name in spec.indicators]
    counted = np.isin(np.arange(len(entries)), spec.counts.indicators)
    coverage = np.where(counted, 0.0, [entry.coverage for entry in entries])
    weight = grade_weight(catalogue.tables, REPORTED)
    arrays = belief.evidence.arrays
    bits = collection_bits(spec, belief.state, belief.draws, arrays, coverage, weight, days)
    whole = entropy_bits(belief.state.mean)
    rows = [
        Collected(entry.id, entry.title, entry.coverage, float(one), float(one / whole) if whole else 0.0)
        for entry, one, left_out in zip(entries, bits, counted, strict=True)
        if not left_out
    ]
    return sorted(rows, key=lambda row: (-row.bits, row.indicator))
