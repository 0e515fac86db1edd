"""The records of a log at or below a marking, in log order, numbered without the ones that are left out.

Nothing tells that something is left out. Positions count on from 1 over what is seen, so they are those of the log
where all of it is seen; and the first version of a chain is the first that is seen. A record that refers to one that is
seen only later (a backing, say, whose report was opened up afterwards) comes right behind that one, and one that
refers to nothing that is ever seen is left out, as it is from every view at this marking.

Only the positions of what is left out are kept in memory, eight bytes each.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select

from iw.log.drafts import position_of
from iw.log.engine import reading
from iw.log.records import Marking, VisibleBasis
from iw.log.restoring import LINKS, Restored
from iw.log.schema import TABLES, Kind, records
from iw.log.store import Log

AT_ONCE = 1_000


def stored_records(log: Log, marking: Marking) -> Generator[Restored]:
    """All records of the log that are seen at ``marking``, of one state of the log; streamed."""
    with reading(log.engine) as connection:
        numbers = _Numbers(connection, marking)
        for batch in _batches(connection, marking):
            numbers.meet(batch)
            for record in batch:
                yield from numbers.renumbered(record)


class _Numbers:
    """From the positions of the log to those of the file."""

    def __init__(self, connection: Connection, marking: Marking) -> None:
        self._connection = connection
        self._allowed = _allowed(marking)
        hidden = select(records.c.position).where(records.c.marking.not_in(self._allowed))
        hidden = hidden.order_by(records.c.position).execution_options(yield_per=10 * AT_ONCE)
        # The positions that have no number where they stand: not seen, or waiting for what they refer to.
        self._out = array("q", connection.execute(hidden).scalars())
        self._waiting: dict[int, list[Restored]] = {}  # by the chain that they wait for
        self._held: set[int] = set()  # the positions of those that wait
        self._late: dict[int, int] = {}  # the numbers of those that waited
        self._behind = array("q")  # for each of these, in order, the position behind which it came
        self._versions: dict[int, list[int]] = {}  # of each chain of this batch, those that are seen
        self._first: dict[int, int] = {}  # of each record that this batch refers to, the chain

    def meet(self, batch: list[Restored]) -> None:
        """Look up the chains that a batch refers to; needed only where anything is left out."""
        if not self._out:
            return
        waiting = [record for held in self._waiting.values() for record in held]
        asked = {link for record in (*batch, *waiting) for link in (record.position, *_links(record))}
        known = select(records.c.position, records.c.first).where(records.c.position.in_(asked))
        self._first = {position: first for position, first in self._connection.execute(known)}
        seen = select(records.c.first, records.c.position).where(
            records.c.first.in_(set(self._first.values())), records.c.marking.in_(self._allowed)
        )
        self._versions = {}
        for first, position in self._connection.execute(seen.order_by(records.c.position)):
            self._versions.setdefault(first, []).append(position)

    def renumbered(self, record: Restored) -> Iterator[Restored]:
        """The record as the file has it, and behind it what waited for it; nothing where it has to wait itself."""
        if not self._out:
            yield record
        elif (chain := self._awaited(record, record.position)) is not None:
            self._hold(record, chain)
            self._out.insert(bisect_right(self._out, record.position), record.position)
        else:
            yield self._as_seen(record)
            yield from self._released(record, record.position)

    def _released(self, record: Restored, now: int) -> Iterator[Restored]:
        for held in self._waiting.pop(record.first, ()):
            self._held.discard(held.position)
            chain = self._awaited(held, now)
            if chain is not None:
                self._hold(held, chain)
                continue
            self._behind.append(now)
            self._late[held.position] = self._number(now) + self._behind.count(now)
            yield self._as_seen(held)
            yield from self._released(held, now)

    def _hold(self, record: Restored, chain: int) -> None:
        self._waiting.setdefault(chain, []).append(record)
        self._held.add(record.position)

    def _awaited(self, record: Restored, now: int) -> int | None:
        """The first chain that the record refers to and of which nothing is in the file up to ``now``."""
        for link in _links(record):
            chain = self._first[link]
            versions = self._versions.get(chain)
            if not versions or versions[0] > now or versions[0] in self._held:
                return chain
        return None

    def _as_seen(self, record: Restored) -> Restored:
        versions = self._versions[record.first]
        place = versions.index(record.position)
        content: dict[str, Any] = dict(record.content)
        for name in LINKS[record.kind]:
            if content[name] is not None:
                content[name] = self._link(content[name])
        if "log_position" in content:  # of a product
            content["log_position"] = self._number(content["log_position"])
        if record.kind is Kind.LEVEL:
            content["events"] = [f"E{self._number(position_of(name))}" for name in content["events"]]
        return replace(
            record,
            position=self._number(record.position),
            first=self._number(versions[0]),
            supersedes=self._number(versions[place - 1]) if place else None,
            content=content,
        )

    def _link(self, link: int) -> int:
        versions = self._versions[self._first[link]]
        return self._number(link if link in versions else versions[0])

    def _number(self, position: int) -> int:
        late = self._late.get(position)
        return late or position - bisect_right(self._out, position) + bisect_left(self._behind, position)


def _links(record: Restored) -> list[int]:
    named = (record.content[name] for name in LINKS[record.kind])
    return [record.first, *(link for link in named if link is not None)]


def _batches(connection: Connection, marking: Marking) -> Iterator[list[Restored]]:
    last = 0
    while True:
        query = select(records).where(records.c.position > last, records.c.marking.in_(_allowed(marking)))
        rows = connection.execute(query.order_by(records.c.position).limit(AT_ONCE)).all()
        if not rows:
            return
        yield list(_restored(connection, rows))
        last = rows[-1].position


def _restored(connection: Connection, rows: Iterable[Any]) -> Iterator[Restored]:
    by_kind: dict[Kind, list[int]] = {}
    for row in rows:
        by_kind.setdefault(Kind(row.kind), []).append(row.position)
    contents: dict[int, dict[str, Any]] = {}
    for kind, positions in by_kind.items():
        table = TABLES[kind]
        for found in connection.execute(select(table).where(table.c.position.in_(positions))).mappings():
            contents[found["position"]] = {name: value for name, value in found.items() if name != "position"}
    for row in rows:
        yield Restored(
            position=row.position,
            kind=Kind(row.kind),
            first=row.first,
            supersedes=row.supersedes,
            recorded_at=row.recorded_at,
            visible_at=row.visible_at,
            visible_basis=VisibleBasis(row.visible_basis),
            author=row.author,
            reason=row.reason,
            marking=Marking(row.marking),
            batch=row.batch,
            content=contents[row.position],
        )


def _allowed(marking: Marking) -> list[str]:
    return [str(other) for other in Marking if other.rank <= marking.rank]
