"""Whether to trust a belief: what it rests on, what to look out for, what to doubt. Tables are DataFrames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from iw.assessment.collection import Collected, collected
from iw.assessment.dependence import By, Left, Linchpin, left_out, linchpin, things
from iw.assessment.doubt import Doubts, doubts
from iw.assessment.what_if import combined, without_events, without_origin, without_source
from iw.log.records import Marking

if TYPE_CHECKING:
    import pandas as pd

    from iw.assessment.beliefs import Belief, Beliefs, Overlay

When = Callable[[date | None, datetime | None], tuple[date, datetime]]
_LEAVING_OUT: dict[By, Callable[[str], Overlay]] = {
    By.EVENT: lambda name: without_events([name]),
    By.SOURCE: without_source,
    By.ORIGIN: without_origin,
}


class Trust:
    """Questions about one belief of a workspace, at a date, as known at a moment, at a marking."""

    def __init__(self, beliefs: Beliefs, when: When, seen_marking: Callable[[Marking | None], Marking]) -> None:
        self._beliefs, self._when, self._seen_marking = beliefs, when, seen_marking

    def _at(
        self, problem: str, as_of: date | None, known_at: datetime | None, marking: Marking | None
    ) -> Callable[..., Belief]:
        self._beliefs.catalogue.problem(problem)
        day, known = self._when(as_of, known_at)
        seen = self._seen_marking(marking)
        return lambda *overlays: self._beliefs.at(problem, day, known, seen, combined(overlays))

    def left_out(
        self,
        problem: str,
        by: By = By.EVENT,
        as_of: date | None = None,
        known_at: datetime | None = None,
        marking: Marking | None = None,
    ) -> list[Left]:
        """The belief without each event that counts (or all reports of a source or origin), largest effect first."""
        at = self._at(problem, as_of, known_at, marking)
        belief = at()
        return left_out(belief, things(belief, by), lambda name: at(_LEAVING_OUT[by](name)))

    def resting_on(
        self,
        problem: str,
        by: By = By.EVENT,
        as_of: date | None = None,
        known_at: datetime | None = None,
        marking: Marking | None = None,
    ) -> pd.DataFrame:
        """`left_out`, one row for each: ``name``, ``label``, the scenario ``leading`` then, and for each scenario its
        probability ``then`` and the ``points`` that the thing left out adds now."""
        import pandas as pd

        return pd.DataFrame(
            {
                "name": row.name,
                "label": row.label,
                "leading": row.leading,
                **{f"{name} then": value for name, value in row.beliefs.items()},
                **{f"{name} points": value for name, value in row.points.items()},
            }
            for row in self.left_out(problem, by, as_of, known_at, marking)
        )

    def linchpin(
        self,
        problem: str,
        as_of: date | None = None,
        known_at: datetime | None = None,
        marking: Marking | None = None,
    ) -> Linchpin:
        """The smallest set of events without which another scenario would lead."""
        at = self._at(problem, as_of, known_at, marking)
        return linchpin(at(), lambda names: at(without_events(names)))

    def collected(
        self,
        problem: str,
        days: float = 90,
        as_of: date | None = None,
        known_at: datetime | None = None,
        marking: Marking | None = None,
    ) -> list[Collected]:
        """What watching each indicator for ``days`` is expected to tell, the most telling first."""
        return collected(self._beliefs.catalogue, self._at(problem, as_of, known_at, marking)(), days)

    def collection(
        self,
        problems: Sequence[str] = (),
        days: float = 90,
        as_of: date | None = None,
        known_at: datetime | None = None,
        marking: Marking | None = None,
    ) -> pd.DataFrame:
        """`collected` of some problems (default: all that have begun): ``problem``, ``indicator``, ``title``,
        ``coverage``, ``bits``, and the ``share`` of the belief's entropy that they are."""
        import pandas as pd

        day, _ = self._when(as_of, known_at)
        catalogue = self._beliefs.catalogue
        names = problems or [name for name, one in catalogue.problems.items() if one.start <= day]
        return pd.DataFrame(
            {"problem": name, **vars(row)}
            for name in names
            for row in self.collected(name, days, as_of, known_at, marking)
        )

    def doubts(
        self,
        problem: str,
        as_of: date | None = None,
        known_at: datetime | None = None,
        marking: Marking | None = None,
    ) -> Doubts:
        """Every reason to doubt the belief, with figures and what to do."""
        belief = self._at(problem, as_of, known_at, marking)()
        _, known = self._when(as_of, known_at)
        return doubts(self._beliefs, belief, self._beliefs.view(known, self._seen_marking(marking)))
