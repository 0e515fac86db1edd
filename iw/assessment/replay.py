"""A published belief computed anew from what it names: log position, model version, fit and marking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from iw.assessment.beliefs import Beliefs
from iw.core.errors import NotFoundError
from iw.log.records import Marking

SAME = 1e-9  # between two builds of the program; on one build the bits are the same


@dataclass(frozen=True)
class Published:
    """A belief as it was published, with what made it."""

    problem: str
    as_of: date
    known_at: datetime
    marking: Marking
    log_position: int
    model_version: str
    fit: str | None
    beliefs: Mapping[str, float]  # scenario id -> probability


@dataclass(frozen=True)
class Replayed:
    """What came of computing it anew: the largest difference of a probability, or why it cannot be done."""

    published: Published
    difference: float | None
    why_not: str = ""

    @property
    def same(self) -> bool:
        """Is it the same belief?"""
        return self.difference is not None and self.difference <= SAME


def replay(beliefs: Beliefs, published: Published) -> Replayed:
    """Compute it anew, knowing nothing that was appended after its log position."""
    try:
        spec = beliefs.spec(published.problem)
        if spec.version != published.model_version:
            made = f"it was made with model version {published.model_version}, and the catalogue now has {spec.version}"
            return Replayed(published, None, f"{made}: put back the catalogue of then")
        belief = beliefs.again(
            published.problem,
            published.as_of,
            published.known_at,
            published.marking,
            published.log_position,
            published.fit,
        )
    except NotFoundError as error:
        return Replayed(published, None, str(error))
    if set(spec.scenarios) != set(published.beliefs):
        return Replayed(published, None, "its scenarios are not those of the problem")
    means = dict(zip(spec.scenarios, belief.state.mean, strict=True))
    return Replayed(published, max(abs(float(means[name]) - value) for name, value in published.beliefs.items()))
