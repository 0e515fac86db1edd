"""From the log to the arrays of one problem: which events count, how much, when, and what silence there was.

Every event of the view gets a `Disposition`: its weight, whether it counts, and if not, why. Nothing is dropped
without a word.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from iw.catalogue import Catalogue
from iw.core.dates import PartialDate, Precision
from iw.core.errors import UsageError
from iw.evidence.counted import counts_of
from iw.evidence.coverage import Watched, watched
from iw.evidence.disposition import Disposition
from iw.evidence.given import Given, given
from iw.evidence.grading import outcomes, settled_weight
from iw.inference.arrays import Counts, Evidence, Floats, Ints, ModelSpec
from iw.log.records import Event, LogView


@dataclass(frozen=True)
class EvidenceSet:
    """The arrays of one problem and what became of each event that concerns it."""

    arrays: Evidence
    start: date
    as_of: date
    dispositions: tuple[Disposition, ...]
    watched: bool  # is anybody declared to be looking for any of the indicators on the belief date?
    cover: Watched
    given: tuple[Given, ...] = ()
    counted: tuple[Disposition, ...] = ()  # every reading of what the problem counts


@dataclass(frozen=True)
class _Candidate:
    """An event that may count: its column among the informative indicators and its covered days."""

    event: Event
    weight: float
    column: int
    days: Ints  # covered days (0-based) of its period; one day where it acts at once
    exact: bool  # its date is known to the day
    spread: bool  # acts over its whole period; else on one day: its own, or the last of its period


def build_evidence(
    catalogue: Catalogue, spec: ModelSpec, view: LogView, as_of: date, cover: Watched | None = None
) -> EvidenceSet:
    """The evidence on one problem up to ``as_of``; raises `UsageError` when that lies before the problem's start.

    ``cover`` is the coverage as the view knows it, where that is known already.
    """
    problem = catalogue.problem(spec.problem)
    if as_of < problem.start:
        raise UsageError(
            f"The problem '{problem.id}' starts on {problem.start}; there is no belief as of {as_of}.",
            "Ask for a later date.",
        )
    listened = {use.indicator for use in problem.indicators}
    decisive = {use.indicator for use in problem.indicators if use.only_then}
    settled = outcomes(view)
    cover = cover or watched(catalogue, view, spec.indicators, problem.start, as_of)
    dispositions: list[Disposition] = []
    candidates: list[_Candidate] = []
    for event in sorted(view.events, key=lambda e: (e.occurred.first, e.first_position)):
        if event.indicator not in listened:
            continue
        weight = settled_weight(catalogue.tables, event, settled)
        at_its_end = event.indicator in decisive or event.first_position in settled
        found = _candidate(spec, cover, event, weight, problem.start, as_of, at_its_end)
        if isinstance(found, str):
            dispositions.append(Disposition(event, weight, False, found))
        else:
            candidates.append(found)
    counting, outdone = _one_per_development(spec, candidates)
    dispositions += [Disposition(c.event, c.weight, False, why) for c, why in outdone]
    dispositions += [Disposition(c.event, c.weight, True) for c in counting]
    dispositions.sort(key=lambda d: (d.event.occurred.first, d.event.first_position))
    looking = bool(np.any(cover.seen[-1] > 0))
    counts, numbers, fates = counts_of(catalogue, spec, view, cover, problem.start, as_of)
    known = tuple(sorted([*given(catalogue, problem, view, as_of), *counts], key=lambda one: one.day))
    arrays = _arrays(spec, counting, cover, known, numbers, problem.start)
    return EvidenceSet(arrays, problem.start, as_of, tuple(dispositions), looking, cover, known, tuple(fates))


def _candidate(
    spec: ModelSpec, cover: Watched, event: Event, weight: float, start: date, as_of: date, at_its_end: bool
) -> _Candidate | str:
    """The event with its covered days, or the reason why it has no weight.

    Spread over its period an event of an "only then" indicator, or one that is settled, would say that its scenario
    held all the time; it acts ``at_its_end``.
    """
    if event.indicator not in spec.indicators:
        return "its indicator is equally likely in every scenario"
    if weight <= 0.0:
        return "no report backs it"
    column = spec.indicators.index(event.indicator)
    if column in spec.counts.indicators:
        return "its indicator is counted: only readings say something of it"
    days = _period(event, start, as_of)
    if not len(days):
        return "dated after the belief date" if event.occurred.first > as_of else "before the problem's start"
    covered = days[cover.seen[days, column] > 0]
    if not len(covered):
        return "nobody is declared to have been looking: an event without the silence around it would mislead"
    exact = event.occurred.precision is Precision.DAY
    if at_its_end and not exact:
        return _Candidate(event, weight, column, covered[-1:], exact, False)
    return _Candidate(event, weight, column, covered, exact, not exact)


def _period(event: Event, start: date, as_of: date) -> Ints:
    """Days of the event's period within the problem, up to its first report and the belief date."""
    first, last = event.occurred.first, min(event.occurred.last, as_of)
    if event.occurred.precision is not Precision.DAY:
        reported = [b.report.reported_at.date() for b in event.backings if b.report.reported_at is not None]
        if reported:
            last = min(last, max(min(reported), first))
    elif first < start:
        return np.empty(0, np.int64)
    return np.arange(max(0, (first - start).days), (last - start).days + 1, dtype=np.int64)


def log_ratio_spread(spec: ModelSpec, column: int, weight: float) -> float:
    """max - min over scenarios of the event's log likelihood ratio at elicited medians."""
    rates = spec.elicited_rates()[column] / spec.reference_rates[column]
    ratios = np.log1p(-weight + weight * rates)
    return float(ratios.max() - ratios.min())


def _one_per_development(
    spec: ModelSpec, candidates: list[_Candidate]
) -> tuple[list[_Candidate], list[tuple[_Candidate, str]]]:
    """Of the events that name one development, only the one that says most counts."""
    best: dict[str, _Candidate] = {}
    for candidate in candidates:
        name = candidate.event.development
        if name and (
            name not in best
            or log_ratio_spread(spec, candidate.column, candidate.weight)
            > log_ratio_spread(spec, best[name].column, best[name].weight)
        ):
            best[name] = candidate
    counting, outdone = [], []
    for candidate in candidates:
        name = candidate.event.development
        if name and best[name] is not candidate:
            outdone.append((candidate, f"{best[name].event.id} stands for the development '{name}'"))
        else:
            counting.append(candidate)
    return counting, outdone


def _arrays(
    spec: ModelSpec,
    counting: list[_Candidate],
    cover: Watched,
    known: tuple[Given, ...],
    numbers: Mapping[str, Counts],
    start: date,
) -> Evidence:
    groups = _joint(counting)
    dated = sorted((g for g in groups if not g[0].spread), key=lambda g: (g[0].days[0], g[0].event.first_position))
    spread = [g for g in groups if g[0].spread]
    ordered = dated + spread
    silence = cover.silence.copy()
    silence[:, spec.counts.indicators] = 0.0  # what a count did not see is in its number
    total_days = len(silence)
    shares = np.zeros((total_days, len(ordered)))
    for m, group in enumerate(spread, start=len(dated)):
        shares[group[0].days, m] = 1.0 / len(group[0].days)
    breaks = _breaks(silence, shares)
    columns = [[c.column for c in group] for group in ordered]
    return Evidence(
        days=total_days,
        breaks=breaks,
        coverage=silence[breaks[:-1]],
        spread=shares[breaks[:-1]],
        obs_day=np.array([-1 if g[0].spread else g[0].days[0] for g in ordered], dtype=np.int64),
        obs_weight=np.array([max(c.weight for c in group) for group in ordered], dtype=np.float64),
        obs_ptr=np.cumsum([0, *(len(part) for part in columns)]).astype(np.int64),
        obs_indicators=np.array([i for part in columns for i in part], dtype=np.int64),
        obs_ids=tuple(tuple(c.event.id for c in group) for group in ordered),
        obs_exact=np.array([g[0].exact for g in ordered], dtype=np.bool_),
        live=_live(spec, counting),
        given_day=np.array([(one.day - start).days for one in known], dtype=np.int64),
        given_ratio=np.array([one.ratio for one in known]).reshape(len(known), len(spec.scenarios)),
        given_ids=tuple(one.id for one in known),
        counts=_joined(known, numbers),
    )


def _joined(known: tuple[Given, ...], numbers: Mapping[str, Counts]) -> Counts:
    """The counts in their places among what is given."""
    at = [g for g, one in enumerate(known) if one.kind == "count"]
    if not at:
        return Counts()
    rows = [numbers[known[g].id].columns()[1:] for g in at]
    return Counts(np.array(at), *(np.concatenate(parts) for parts in zip(*rows, strict=True)))


def _live(spec: ModelSpec, counting: list[_Candidate]) -> NDArray[np.bool_]:
    """(I,) whether the indicator's family has aftershocks: not where most of its events are dated vaguely."""
    families = spec.family[[c.column for c in counting]]
    exact = np.array([c.exact for c in counting], dtype=np.float64)
    of_events = np.bincount(families, exact - 0.5, spec.families)
    live = np.asarray(of_events >= 0)[spec.family]
    live[spec.counts.indicators] = False
    return live


def _joint(counting: list[_Candidate]) -> list[list[_Candidate]]:
    """Events of one period that share a report share one genuineness; the others stand alone."""
    groups: list[list[_Candidate]] = []
    by_report: dict[tuple[PartialDate, int], list[_Candidate]] = {}
    for candidate in counting:
        keys = [(candidate.event.occurred, b.report.stamp.position) for b in candidate.event.backings]
        group = next((by_report[key] for key in keys if key in by_report), None)
        if group is None:
            group = []
            groups.append(group)
        group.append(candidate)
        for key in keys:
            by_report.setdefault(key, group)
    return groups


def _breaks(silence: Floats, shares: Floats) -> Ints:
    changed = np.any(np.diff(silence, axis=0) != 0, axis=1) | np.any(np.diff(shares, axis=0) != 0, axis=1)
    return np.concatenate([[0], np.nonzero(changed)[0] + 1, [len(silence)]]).astype(np.int64)
