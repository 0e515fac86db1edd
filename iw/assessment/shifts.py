"""From one belief to another: every term of the difference, named and adding up.

Order, stated on every page: (1) model version and fit; (2) late and corrected evidence, at the earlier date, late
events one by one in log order; (3) time, day by day, with silence, expected change, imprecise evidence and events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from iw.assessment.beliefs import Belief, Beliefs
from iw.assessment.records import Contribution, ShiftView
from iw.catalogue import Catalogue
from iw.evidence.given import Given
from iw.inference.arrays import Evidence, Floats
from iw.inference.shift import Term, jump, replay, shift_over_time

_ORDER = (
    "model and fit",
    "late evidence",
    "event",
    "resolution",
    "reading",
    "count",
    "imprecise evidence",
    "silence",
    "expected change",
)


def shift_between(beliefs: Beliefs, before: Belief, after: Belief) -> ShiftView:
    """The contributions that take ``before`` to ``after``; the later belief's date may not lie before the earlier's."""
    if after.evidence.as_of < before.evidence.as_of:
        raise ValueError("a shift runs forward in time")
    spec, draws = after.spec, after.draws
    arrays, days = after.evidence.arrays, before.evidence.arrays.days
    parts: list[Contribution] = []
    at_refit = before.state.mean
    if draws is not before.draws or spec.version != before.spec.version:
        at_refit = after.believer.believe(before.evidence.arrays)[-1].mean
        probs, decibans = jump(before.state.mean, at_refit)
        parts.append(_named(after, "model and fit", _new_draws(before, after), (), None, probs, decibans))
    early = arrays.until(days)
    start = after.believer.believe(early)[-1]
    late = _late(before.evidence.arrays, early)
    settled = [name for name in early.given_ids if name not in before.evidence.arrays.given_ids]
    without = early.without(set(late)).without_given(settled)
    known = after.believer.believe(without)[-1] if late or settled else start
    probs, decibans = jump(at_refit, known.mean)
    if np.abs(probs).max() > 1e-12:
        label = "Corrections, coverage and reporting lags known later"
        parts.append(_named(after, "late evidence", label, (), None, probs, decibans))
    for name in settled:
        without = early.without(set(late)).without_given(settled[settled.index(name) + 1 :])
        then = after.believer.believe(without)[-1]
        one = _given(after, name)
        parts.append(_named(after, "late evidence", one.label, _events_of(one), None, *jump(known.mean, then.mean)))
        known = then
    for m, *moved in replay(after.believer, early, late, known):
        ids = early.obs_ids[m]
        parts.append(_named(after, "late evidence", _event_label(after, ids), ids, _day(after, early, m), *moved))
    timed = shift_over_time(spec, draws, arrays, start, days, arrays.days, beliefs.seed)
    parts += [
        _of_term(beliefs.catalogue, after, term, timed.contributions.probs[term], timed.contributions.decibans[term])
        for term in timed.contributions.probs
    ]
    total = sum((np.array(list(part.points.values())) for part in parts), np.zeros(len(spec.scenarios)))
    gap = np.abs(100 * (after.state.mean - before.state.mean) - total).max()
    return ShiftView(
        before.evidence.as_of,
        after.evidence.as_of,
        _by_scenario(spec.scenarios, before.state.mean),
        _by_scenario(spec.scenarios, after.state.mean),
        tuple(sorted(parts, key=_largest_first)),
        float(gap),
    )


def _new_draws(before: Belief, after: Belief) -> str:
    if before.provenance.fit or after.provenance.fit:
        return "New fit of the parameters"
    return "Other draws of the parameters: there is no fit"


def _largest_first(part: Contribution) -> tuple[float, int, str]:
    return -max(abs(v) for v in part.points.values()), _ORDER.index(part.kind), part.label


def _late(before: Evidence, early: Evidence) -> list[int]:
    """Observations dated up to the earlier date that the earlier belief did not have, or had with another weight."""
    had = {(ids, before.obs_weight[m], before.obs_day[m]) for m, ids in enumerate(before.obs_ids)}
    late = [m for m, ids in enumerate(early.obs_ids) if (ids, early.obs_weight[m], early.obs_day[m]) not in had]
    return sorted(late, key=lambda m: int(early.obs_ids[m][0][1:]))  # E12 comes before E101 in the log


def _given(belief: Belief, name: str) -> Given:
    return next(one for one in belief.evidence.given if one.id == name)


def _events_of(one: Given) -> tuple[str, ...]:
    return (one.id,) if one.kind in {"reading", "count"} else ()


def _of_term(catalogue: Catalogue, after: Belief, term: Term, probs: Floats, decibans: Floats) -> Contribution:
    arrays = after.evidence.arrays
    if term[0] == "silence":
        indicator = after.spec.indicators[int(str(term[1]))]
        label = f"Silence: {catalogue.indicators[indicator].title}"
        return replace(_named(after, "silence", label, (), None, probs, decibans), indicator=indicator)
    if term[0] == "expected change":
        return _named(after, "expected change", "Expected change as time passes", (), None, probs, decibans)
    m = int(str(term[1]))
    if term[0] == "given":
        day = after.evidence.start + timedelta(days=int(arrays.given_day[m]))
        one = _given(after, arrays.given_ids[m])
        return _named(after, one.kind, one.label, _events_of(one), day, probs, decibans)
    ids = arrays.obs_ids[m]
    return _named(after, str(term[0]), _event_label(after, ids), ids, _day(after, arrays, m), probs, decibans)


def _named(
    belief: Belief, kind: str, label: str, events: tuple[str, ...], day: date | None, probs: Floats, decibans: Floats
) -> Contribution:
    names = belief.spec.scenarios
    return Contribution(kind, label, events, day, _by_scenario(names, 100 * probs), _by_scenario(names, decibans))


def _event_label(belief: Belief, ids: tuple[str, ...]) -> str:
    summaries = {d.event.id: d.event.summary for d in belief.evidence.dispositions}
    return "; ".join(summaries.get(name, name) for name in ids)


def _day(belief: Belief, arrays: Evidence, obs: int) -> date | None:
    offset = int(arrays.obs_day[obs])
    return belief.evidence.start + timedelta(days=offset) if offset >= 0 else None


def _by_scenario(names: Sequence[str], values: Floats) -> Mapping[str, float]:
    return {name: float(value) for name, value in zip(names, values, strict=True)}
