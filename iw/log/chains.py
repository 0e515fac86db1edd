"""What the log already holds about the records that an append touches: each with its versions, a chain.

Everything is looked up in a few queries before anything is planned; the plan then keeps the chains up to
date, so that drafts of one append see one another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select

from iw.core.errors import UsageError
from iw.log.drafts import position_of
from iw.log.records import Marking, Stance
from iw.log.schema import Kind, backings, records, retractions, sources

# Below the number of parameters that either database takes in one statement.
_AT_ONCE = 5_000

_LETTERS = {
    Kind.EVENT: "E",
    Kind.REPORT: "R",
    Kind.COVERAGE: "C",
    Kind.SEARCH: "S",
    Kind.RESOLUTION: "V",
    Kind.FORECAST: "Q",
    Kind.LEVEL: "L",
    Kind.REVIEW: "J",
}


@dataclass(eq=False)
class Chain:
    """One fact: its first record and the version that holds now."""

    kind: Kind
    first: int
    latest: int
    marking: Marking
    visible_at: datetime  # of the first version
    fingerprint: str  # of the first version
    retracted: bool = False

    @property
    def name(self) -> str:
        """The short name that people use."""
        return short_name(self.kind, self.first)


@dataclass
class Chains:
    """The chains that an append touches, by position and by fingerprint, and the sources that it names."""

    connection: Connection
    by_first: dict[int, Chain] = field(default_factory=dict)
    first_of: dict[int, int] = field(default_factory=dict)
    by_fingerprint: dict[str, list[Chain]] = field(default_factory=dict)
    source_ranks: dict[str, int] = field(default_factory=dict)
    stances: dict[int, dict[int, tuple[Stance, Chain]]] = field(default_factory=dict)

    def load_positions(self, positions: Iterable[int]) -> None:
        """Look up the chains of records that drafts name; those of no record are left out."""
        self._load(
            records.c.first.in_(select(records.c.first).where(part)) for part in _parts(positions, records.c.position)
        )

    def load_fingerprints(self, fingerprints: Iterable[str]) -> None:
        """Look up the chains any version of which claims what a draft claims."""
        firsts = (select(records.c.first).where(part) for part in _parts(fingerprints, records.c.fingerprint))
        self._load(records.c.first.in_(query) for query in firsts)

    def load_sources(self, names: Iterable[str]) -> None:
        """Look up the lowest marking at which each source is known."""
        for part in _parts(names, sources.c.name):
            query = select(sources.c.name, records.c.marking).join(records).where(part)
            for name, marking in self.connection.execute(query):
                self.meet_source(name, Marking(marking))

    def live(self, position: int, kind: Kind) -> Chain:
        """The chain of the live ``kind`` at ``position``; `UsageError` where there is none."""
        chain = self.known(position)
        if chain.kind is not kind:
            raise UsageError(f"{chain.name} is no {kind}.")
        if chain.retracted:
            raise UsageError(f"{chain.name} has been retracted.")
        return chain

    def known(self, position: int) -> Chain:
        """The chain of the record at ``position``, retracted or not; `UsageError` where there is none."""
        first = self.first_of.get(position)
        if first is None:
            raise UsageError(f"There is no record {position} in the log.")
        return self.by_first[first]

    def named(self, name: str) -> Chain:
        """The chain of the record that people call ``E12``; `UsageError` where none is so called."""
        position = position_of(name)
        self.load_positions([position])
        chain = self.known(position)
        letter = name.strip()[0].upper()
        if letter.isalpha() and _LETTERS.get(chain.kind) != letter:
            raise UsageError(f"There is no {letter}{position}.", f"Record {position} is of another kind: {chain.name}.")
        return chain

    def claiming(self, fingerprint: str) -> Iterator[Chain]:
        """The live chains that claim this."""
        return (chain for chain in self.by_fingerprint.get(fingerprint, ()) if not chain.retracted)

    def add(self, chain: Chain) -> None:
        """Take note of a new record."""
        self.by_first[chain.first] = chain
        self.add_version(chain, chain.latest, chain.fingerprint)

    def add_version(self, chain: Chain, position: int, fingerprint: str) -> None:
        """Take note of a version: the last one that is added is the one that holds."""
        chain.latest = position
        self.first_of[position] = chain.first
        same = self.by_fingerprint.setdefault(fingerprint, [])
        if chain not in same:
            same.append(chain)

    def meet_source(self, name: str, marking: Marking) -> bool:
        """Take note of a source; is it new at this marking?"""
        known = self.source_ranks.get(name)
        if known is not None and known <= marking.rank:
            return False
        self.source_ranks[name] = marking.rank
        return True

    def stances_to(self, event: Chain) -> dict[int, tuple[Stance, Chain]]:
        """By the first position of each attached report: its stance to the event, and the backing's chain."""
        if event.first not in self.stances:
            self.stances[event.first] = self._load_stances(event)
        return self.stances[event.first]

    def detach(self, event: int, backing: Chain) -> None:
        """Take note that a backing was retracted."""
        self.load_positions([event])
        stances = self.stances_to(self.known(event))
        self.stances[event] = {report: pair for report, pair in stances.items() if pair[1] is not backing}

    def _load_stances(self, event: Chain) -> dict[int, tuple[Stance, Chain]]:
        query = select(backings.c.position, backings.c.report, backings.c.stance).where(backings.c.event == event.first)
        rows = self.connection.execute(query).all()
        self.load_positions([number for row in rows for number in (row.position, row.report)])
        found = {row.report: (Stance(row.stance), self.known(row.position)) for row in rows}
        return {report: pair for report, pair in found.items() if not pair[1].retracted}

    def _load(self, conditions: Iterable[ColumnElement[bool]]) -> None:
        for condition in conditions:
            found = self.connection.execute(select(records).where(condition).order_by(records.c.position)).all()
            fresh = [row for row in found if row.position not in self.first_of]
            for row in fresh:
                if row.first == row.position:
                    kind, marking = Kind(row.kind), Marking(row.marking)
                    self.add(Chain(kind, row.first, row.position, marking, row.visible_at, row.fingerprint))
                else:
                    chain = self.by_first[row.first]
                    chain.marking = Marking(row.marking)
                    self.add_version(chain, row.position, row.fingerprint)
            self._mark_retracted(row.position for row in fresh)

    def _mark_retracted(self, positions: Iterable[int]) -> None:
        for part in _parts(positions, retractions.c.target):
            for (target,) in self.connection.execute(select(retractions.c.target).where(part)):
                chain = self.by_first[self.first_of[target]]
                chain.retracted = chain.retracted or chain.latest == target


def short_name(kind: Kind, first: int) -> str:
    """``E12``, ``R7``, ``C3``, ``S5``, and in words for the other kinds."""
    return f"{_LETTERS[kind]}{first}" if kind in _LETTERS else f"The {kind} {first}"


def _parts[T](values: Iterable[T], column: ColumnElement[T]) -> Iterator[ColumnElement[bool]]:
    distinct = list(dict.fromkeys(values))
    for start in range(0, len(distinct), _AT_ONCE):
        yield column.in_(distinct[start : start + _AT_ONCE])
