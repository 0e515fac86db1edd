"""What grades do to a likelihood: from the reports behind an event to w = P(the event is genuine).

One joint table maps (reliability, credibility) to a probability, because A and 1 are not independent. F and 6 say
"cannot be judged": they average over the stated frequencies of A-E and 1-5. Within an origin the best report counts;
across origins w = 1 - prod(1 - w_o). A report of credibility 1 ("confirmed by others") has those others inside its
weight already and is not combined with them. A denial multiplies the odds by min(1, (1 - w_d) / w_d), once per origin;
an expected denial by 1.

An event that is settled has the weight of its resolution, whatever its reports are graded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from iw.catalogue import Tables
from iw.log.records import Backing, Event, Grade, LogView, OfEvent, Outcome, Stance

SETTLED: Mapping[Outcome, float] = {Outcome.YES: 0.999, Outcome.NO: 0.001}
"""P(genuine) of a settled event: a resolution may be wrong, too. One that is void leaves it to the reports."""


def grade_weight(tables: Tables, grade: Grade) -> float:
    """P(genuine) of one report so graded."""
    rows: Mapping[str, list[float]] = {str(letter): row for letter, row in tables.grades.items()}
    letters = _averaged(grade.reliability, tables.grade_frequencies.reliability.items())
    digits = _averaged(grade.credibility, tables.grade_frequencies.credibility.items())
    total = sum(letters.values()) * sum(digits.values())
    return sum(a * b * rows[x][int(y) - 1] for x, a in letters.items() for y, b in digits.items()) / total


def _averaged(given: str, frequencies: Iterable[tuple[str, float]]) -> dict[str, float]:
    """The stated frequencies where it "cannot be judged", else all weight on what was given."""
    known = {str(key): value for key, value in frequencies}
    return {given: 1.0} if given in known else known


def outcomes(view: LogView) -> dict[int, Outcome]:
    """How events were settled, yes or no, by the position of each one's first record."""
    return {
        one.subject.event: one.outcome
        for one in view.resolutions
        if isinstance(one.subject, OfEvent) and one.outcome in SETTLED
    }


def settled_weight(tables: Tables, event: Event, settled: Mapping[int, Outcome]) -> float:
    """P(genuine) of an event: of its resolution in ``settled`` (`outcomes`), else from its reports."""
    outcome = settled.get(event.first_position)
    return event_weight(tables, event.backings) if outcome is None else SETTLED[outcome]


def event_weight(tables: Tables, backings: Iterable[Backing]) -> float:
    """P(genuine) of an event, from all reports that back or deny it."""
    backings = list(backings)
    supporting = [b.report for b in backings if b.stance is Stance.BACKS]
    confirmed = [grade_weight(tables, r.grade) for r in supporting if r.grade.credibility == "1"]
    unconfirmed = [b for b in backings if b.stance is Stance.BACKS and b.report.grade.credibility != "1"]
    doubt = 1.0
    for best in _best_per_origin(tables, unconfirmed).values():
        doubt *= 1.0 - best
    weight = max([1.0 - doubt, *confirmed])
    odds = weight / (1.0 - weight)
    for best in _best_per_origin(tables, [b for b in backings if b.stance is Stance.DENIES]).values():
        odds *= min(1.0, (1.0 - best) / best)
    return odds / (1.0 + odds)


def _best_per_origin(tables: Tables, backings: list[Backing]) -> dict[str, float]:
    best: dict[str, float] = {}
    for report in (backing.report for backing in backings):
        best[report.origin] = max(best.get(report.origin, 0.0), grade_weight(tables, report.grade))
    return best
