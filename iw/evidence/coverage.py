"""How closely each indicator was watched on each day: c_i(t), declared as data.

Gap before search before declared coverage. Within one collector the more specific declaration holds (indicator,
then domain, then everything). Independent collectors overlap as 1 - prod(1 - c); documents, which cite one another, by
their maximum. A search cannot lower what is declared. Silence is counted only up to the moment of knowledge less the
indicator's usual reporting lag, unless a search says otherwise. A question about any event of an indicator that was
settled with no is a search that would have seen it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from iw.catalogue import Catalogue
from iw.inference.arrays import Floats
from iw.log.records import Coverage, LogView, OfQuestion, Outcome


@dataclass(frozen=True)
class Watched:
    """Coverage of a problem's informative indicators; day ``t`` counts from the problem's start."""

    seen: Floats  # (T, I) chance that an occurrence on that day is seen; decides whether an event counts
    silence: Floats  # (T, I) the part whose silence counts


def watched(catalogue: Catalogue, view: LogView, indicators: tuple[str, ...], start: date, as_of: date) -> Watched:
    """Coverage from ``start`` to ``as_of`` (both included), as the view knows it."""
    days = (as_of - start).days + 1
    seen, silence = np.zeros((days, len(indicators))), np.zeros((days, len(indicators)))
    for column, name in enumerate(indicators):
        indicator = catalogue.indicators[name]
        declared = _declared(view, name, catalogue.domains[name], indicator.coverage, start, days)
        searched = np.zeros(days)
        for since, until, chance in _searches(view, name):
            window = _window(since, until, start, days)
            searched[window] = np.maximum(searched[window], chance)
        counted = declared.copy()
        reported_until = view.known_at.date() - timedelta(days=round(indicator.lag_days))
        counted[max(0, (reported_until - start).days + 1) :] = 0.0
        gaps = _gaps(view, name, catalogue.domains[name], start, days)
        seen[:, column] = np.where(gaps, 0.0, np.maximum(declared, searched))
        if not indicator.wears_out:
            silence[:, column] = np.where(gaps, 0.0, np.maximum(counted, searched))
    return Watched(seen, silence)


def planned(catalogue: Catalogue, view: LogView, indicators: tuple[str, ...], since: date, until: date) -> Floats:
    """(days, I) the coverage that is declared for days to come, both included: what collectors mean to watch."""
    days = (until - since).days + 1
    result = np.zeros((days, len(indicators)))
    for column, name in enumerate(indicators):
        domain, default = catalogue.domains[name], catalogue.indicators[name].coverage
        declared = _declared(view, name, domain, default, since, days)
        result[:, column] = np.where(_gaps(view, name, domain, since, days), 0.0, declared)
    return result


def _declared(view: LogView, name: str, domain: str, default: float, start: date, days: int) -> Floats:
    """(T,) the declared coverage of one indicator, all collectors together."""
    collectors: dict[tuple[str, str], list[Coverage]] = {}
    for item in view.coverages:
        if item.kind != "gap" and _selects(item, name, domain):
            collectors.setdefault((item.kind, item.collector), []).append(item)
    documents, unseen = np.zeros(days), np.ones(days)
    for (kind, _), items in collectors.items():
        own = np.zeros(days)
        for level in ("*", f"domain:{domain}", name):
            chosen = [item for item in items if item.selects == level]
            if not chosen:
                continue
            layer = np.full(days, -1.0)
            for item in chosen:
                window = _window(item.since, item.until, start, days)
                value = default if item.coverage is None else item.coverage
                layer[window] = np.maximum(layer[window], value)
            own = np.where(layer >= 0, layer, own)
        if kind == "document":
            documents = np.maximum(documents, own)
        else:
            unseen *= 1.0 - own
    return 1.0 - unseen * (1.0 - documents)


def _searches(view: LogView, name: str) -> Iterator[tuple[date, date, float]]:
    for search in view.searches:
        if search.indicator == name:
            yield search.since, search.until, search.coverage
    for one in view.resolutions:
        asked = one.subject
        if isinstance(asked, OfQuestion) and one.outcome is Outcome.NO and asked.any and asked.indicator == name:
            yield asked.since, asked.until, 1.0


def _gaps(view: LogView, name: str, domain: str, start: date, days: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    gaps = np.zeros(days, dtype=bool)
    for item in view.coverages:
        if item.kind == "gap" and _selects(item, name, domain):
            gaps[_window(item.since, item.until, start, days)] = True
    return gaps


def _selects(item: Coverage, name: str, domain: str) -> bool:
    return item.selects in {"*", name, f"domain:{domain}"}


def _window(since: date, until: date | None, start: date, days: int) -> slice:
    first = max(0, (since - start).days)
    last = days if until is None else min(days, (until - start).days + 1)
    return slice(first, max(first, last))
