"""The episodes that the case study looks at closely: what moved which belief, term by term."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from iw.assessment.records import Contribution, ShiftView
from iw.catalogue import Problem
from iw.workspace import Workspace

FIRST, LAST = date(2014, 1, 1), date(2026, 6, 30)
MARKS: Mapping[date, str] = {
    date(2014, 3, 18): "Crimea",
    date(2015, 4, 13): "S-400",
    date(2019, 10, 3): "early warning",
    date(2022, 2, 24): "invasion",
    date(2023, 3, 5): "lethal aid?",
    date(2025, 9, 1): "summits, vetoes",
}
TERMS = 5


@dataclass(frozen=True)
class Episode:
    """A stretch of time and the problems that it should have moved."""

    id: str
    title: str
    since: date
    until: date
    problems: tuple[str, ...]


EPISODES = (
    Episode("crimea", "2014: Crimea and the turn to Beijing", date(2014, 2, 28), date(2015, 6, 30),
            ("alignment", "finance", "energy")),
    Episode("s-400", "2014-2018: S-400 and Su-35", date(2014, 2, 28), date(2018, 12, 31),
            ("crown-jewels",)),
    Episode("early-warning", "2019: the early-warning story", date(2019, 9, 30), date(2020, 1, 31),
            ("crown-jewels", "military-operations")),
    Episode("invasion", "2022: the invasion", date(2022, 2, 25), date(2022, 12, 31),
            ("war-support", "finance", "alignment", "axis")),
    Episode("lethal-aid", "2023: would Beijing send arms?", date(2023, 1, 31), date(2023, 3, 31),
            ("war-support",)),
    Episode("summits", "2025-26: summits, vetoes and attacks on partners", date(2025, 7, 31), date(2026, 6, 30),
            ("axis", "governance", "alignment")),
)  # fmt: skip


@dataclass(frozen=True)
class Told:
    """One problem over one episode."""

    problem: Problem
    shift: ShiftView
    terms: tuple[Contribution, ...]  # the largest, by their effect on any scenario


def tell(watch: Workspace) -> dict[str, list[Told]]:
    """Each episode's shifts: every belief as known at its own day, by the fits of the time."""
    return {one.id: [_told(watch, one, name) for name in one.problems] for one in EPISODES}


def _told(watch: Workspace, episode: Episode, name: str) -> Told:
    shift = watch.explain(name, since=episode.since, as_of=episode.until)
    return Told(watch.catalogue.problem(name), shift, _by_event(shift.contributions)[:TERMS])


def _by_event(terms: tuple[Contribution, ...]) -> tuple[Contribution, ...]:
    """The terms, largest first; what an event told late and what it told in time are one."""
    joined: dict[object, Contribution] = {}
    for term in terms:
        key = term.events or (term.kind, term.label)
        if (had := joined.get(key)) is None:
            joined[key] = term
        else:
            points = {name: had.points[name] + value for name, value in term.points.items()}
            decibans = {name: had.decibans[name] + value for name, value in term.decibans.items()}
            joined[key] = replace(had, day=had.day or term.day, points=points, decibans=decibans)
    return tuple(sorted(joined.values(), key=lambda term: -max(abs(value) for value in term.points.values())))
