"""All of the log in the order of positions, some thousand records at a time, with what belongs to each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Table, and_, inspect, select

from iw.log.schema import TABLES, Kind, links, records

AT_ONCE = 2_000

type Columns = Mapping[Table, Sequence[Column[Any]]]
type Content = Mapping[Any, Any]  # by the names of the columns


@dataclass(frozen=True)
class Stored:
    """One record as the database holds it: whatever rows the typed tables have at its position, and its link."""

    position: int
    envelope: Content
    contents: tuple[tuple[Kind, Content], ...]
    link: Content | None


@dataclass(frozen=True)
class Chunk:
    """A stretch of the log, and rows in it that belong to no record: the name of the table and the position."""

    records: list[Stored]
    strays: list[tuple[str, int]]


def columns_there(connection: Connection) -> Columns:
    """The tables and columns that the program knows and the database has: fewer, while it is brought up to date."""
    inspected = inspect(connection)
    there = set(inspected.get_table_names())
    found = {}
    for table in (records, *TABLES.values(), links):
        if table.name in there:
            names = {column["name"] for column in inspected.get_columns(table.name)}
            found[table] = [column for column in table.columns if column.name in names]
    return found


def chunks(connection: Connection, columns: Columns, at_once: int = AT_ONCE) -> Iterator[Chunk]:
    """The log in stretches of up to ``at_once`` records; the last may hold strays alone.

    Raises ValueError where a value cannot be read as what its column holds.
    """
    after: int | None = None
    while True:
        query = select(*columns[records]).order_by(records.c.position).limit(at_once)
        if after is not None:
            query = query.where(records.c.position > after)
        found = connection.execute(query).mappings().all()
        until = found[-1]["position"] if len(found) == at_once else None
        chunk = _chunk(connection, columns, found, after, until)
        if chunk.records or chunk.strays:
            yield chunk
        if until is None:
            return
        after = until


def _chunk(
    connection: Connection, columns: Columns, found: Sequence[Any], after: int | None, until: int | None
) -> Chunk:
    contents: dict[int, list[tuple[Kind, Content]]] = defaultdict(list)
    linked: dict[int, Content] = {}
    known = {row["position"] for row in found}
    strays = []
    kinds: list[tuple[Kind | None, Table]] = [(None, links), *TABLES.items()]
    for kind, table in kinds:
        for row in _within(connection, columns, table, after, until):
            position = row["position"]
            if position not in known:
                strays.append((table.name, position))
            elif kind is None:
                linked[position] = row
            else:
                contents[position].append((kind, row))
    stored = [
        Stored(position, row, tuple(contents[position]), linked.get(position))
        for row in found
        for position in (row["position"],)
    ]
    return Chunk(stored, strays)


def _within(
    connection: Connection, columns: Columns, table: Table, after: int | None, until: int | None
) -> Iterator[Content]:
    if table not in columns:
        return
    ends = [table.c.position > after] if after is not None else []
    ends += [table.c.position <= until] if until is not None else []
    yield from connection.execute(select(*columns[table]).where(and_(True, *ends))).mappings()
