"""The facts of another log into this one, as new records of it; what it holds already is passed over.

A fact that both logs hold stays as it is here, but for reports that back or deny an event there and not yet here.
Batches are appended one by one, each whole or not at all, and an import that was broken off can be repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import batched

from iw.exchange.facts import EventFact, FactsToJoin, ReviewFact, claimed, higher
from iw.log.chains import Chains
from iw.log.drafts import BackingDraft, Draft, ReportDraft, ReviewDraft
from iw.log.engine import reading
from iw.log.records import OfEvent
from iw.log.schema import Kind
from iw.log.store import Log

AT_ONCE = 500


@dataclass(frozen=True)
class Joined:
    """How many facts were new, and how many known."""

    appended: int
    known: int


def join(log: Log, facts: FactsToJoin, *, importer: str, now: datetime, batch: str) -> Joined:
    """Append the facts that the log does not hold."""

    def append(drafts: Sequence[Draft]) -> list[int]:
        return log.append(drafts, author=importer, now=now, reason="import", batch=batch, skip_duplicates=True)

    appended = known = 0
    for events in batched(facts.events(), AT_ONCE):
        there = dict(_held(log, events))
        fresh = [one for one in events if id(one) not in there]
        positions = log.append([one.draft for one in fresh], author=importer, now=now, reason="import", batch=batch)
        there |= {id(one): position for one, position in zip(fresh, positions, strict=True)}
        append(list(_missing(log, events, there)))
        append(
            [replace(one.resolution, subject=OfEvent(there[id(one)])) for one in events if one.resolution is not None]
        )
        appended, known = appended + len(fresh), known + len(events) - len(fresh)
    for others in batched(facts.others(), AT_ONCE):
        done = append(others)
        appended, known = appended + len(done), known + len(others) - len(done)
    for reviews in batched(facts.reviews(), AT_ONCE):
        done = append(list(_placed(log, reviews)))
        appended, known = appended + len(done), known + len(reviews) - len(done)
    return Joined(appended, known)


def _held(log: Log, events: Iterable[EventFact]) -> Iterator[tuple[int, int]]:
    """The identity of each event that the log holds, with its position here."""
    with reading(log.engine) as connection:
        chains = Chains(connection)
        claims = {id(one): {*one.fingerprints, claimed(one.draft)} for one in events}
        chains.load_fingerprints(claim for wanted in claims.values() for claim in wanted)
        for name, wanted in claims.items():
            found = (chain for claim in wanted for chain in chains.claiming(claim) if chain.kind is Kind.EVENT)
            chain = min(found, key=lambda one: one.first, default=None)
            if chain is not None:
                yield name, chain.first


def _placed(log: Log, reviews: Iterable[ReviewFact]) -> Iterator[ReviewDraft]:
    """The reviews, each of what the log holds that claims the same; where nothing does any more, there is none."""
    with reading(log.engine) as connection:
        chains = Chains(connection)
        chains.load_fingerprints(claim for one in reviews for claim in one.fingerprints)
        for one in reviews:
            found = (chain for claim in one.fingerprints for chain in chains.claiming(claim))
            subject = min((chain.first for chain in found if chain.kind in (Kind.EVENT, Kind.REPORT)), default=None)
            if subject is not None:
                yield replace(one.draft, subject=subject)


def _missing(log: Log, events: Iterable[EventFact], there: dict[int, int]) -> Iterator[BackingDraft]:
    """The backings of these events that the log does not hold; none is less restricted than its event here."""
    with reading(log.engine) as connection:
        chains = Chains(connection)
        chains.load_positions(there.values())
        for one in events:
            event = chains.known(there[id(one)])
            attached = {chains.known(report).fingerprint for report in chains.stances_to(event)}
            for backing in one.backings:
                assert isinstance(backing.report, ReportDraft)
                if backing.report.fingerprint not in attached:
                    yield replace(backing, event=event.first, marking=higher(backing.marking, event.marking))
