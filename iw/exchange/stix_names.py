"""Identifiers of facts in STIX bundles, the same in every bundle of the watch.

They are made from the watch's name and from what the first version that is seen said, and when: they outlast
corrections and regrades, and tell nothing of what is not seen, as positions in the log would.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from iw.exchange.lines import columns, filled
from iw.exchange.stix_objects import identifier
from iw.log.engine import reading
from iw.log.records import Coverage, Event, LogView, Marking, Report, Search
from iw.log.schema import TABLES, Kind, records
from iw.log.store import Log

_NAMED = {Kind.EVENT: "sighting", Kind.REPORT: "report", Kind.SEARCH: "sighting", Kind.COVERAGE: "note"}


@dataclass(frozen=True)
class LinkStamp:
    """When a backing was recorded, and at which marking."""

    recorded_at: datetime
    marking: Marking


class Names:
    """The identifiers of what a view shows."""

    def __init__(self, log: Log, view: LogView, watch: str) -> None:
        self.watch = identifier("identity", "watch", watch)
        self._ids: dict[int, str] = {}
        self._recorded_at: dict[int, datetime] = {}
        self._links: dict[int, LinkStamp] = {}
        allowed = [str(mark) for mark in Marking if mark.rank <= view.marking.rank]
        seen = (records.c.visible_at <= view.known_at) & records.c.marking.in_(allowed)
        earliest = select(func.min(records.c.position)).where(seen).group_by(records.c.first)
        told = Counter[str]()
        with reading(log.engine) as connection:
            for kind, stix_type in _NAMED.items():
                table = TABLES[kind]
                joined = select(records.c.first, records.c.recorded_at, table).join_from(records, table)
                for row in connection.execute(joined.where(table.c.position.in_(earliest)).order_by(table.c.position)):
                    told_of = {name: row._mapping[table.c[name]] for name in columns(kind)}
                    content = json.dumps([str(told_of[name]) for name in filled(kind, told_of)])
                    key = (self.watch, kind, row.recorded_at.isoformat(), content)
                    told["|".join(key)] += 1
                    # What is recorded twice alike in one moment is told apart by the order.
                    self._ids[row.first] = identifier(stix_type, *key, str(told["|".join(key)]))
                    self._recorded_at[row.first] = row.recorded_at
            query = select(records.c.position, records.c.recorded_at, records.c.marking)
            for position, recorded_at, marking in connection.execute(query.where(records.c.kind == Kind.BACKING)):
                self._links[position] = LinkStamp(recorded_at, Marking(marking))

    def recorded_at(self, first: int) -> datetime:
        """When the first version that is seen of a fact was recorded; ``first`` is the fact's position in the log."""
        return self._recorded_at[first]

    def link(self, position: int) -> LinkStamp:
        """The stamp of a backing."""
        return self._links[position]

    def event(self, event: Event) -> str:
        """The identifier of a sighting."""
        return self._ids[event.first_position]

    def report(self, report: Report) -> str:
        """The identifier of a report."""
        return self._ids[report.first_position]

    def search(self, search: Search) -> str:
        """The identifier of a sighting that was none."""
        return self._ids[search.stamp.position]

    def coverage(self, coverage: Coverage) -> str:
        """The identifier of a note on coverage."""
        return self._ids[coverage.stamp.position]

    def source(self, name: str) -> str:
        """The identifier of a source: the same in the bundles of all watches."""
        return identifier("identity", "source", name)

    def indicator(self, name: str) -> str:
        """The identifier of an indicator of the watch's catalogue."""
        return identifier("indicator", self.watch, name)
