"""The hash chain: after every record a head for each marking, by a key that the database does not hold.

There are five chains, one for each marking: that of GREEN runs over all records at or below GREEN, that of RED over all
records there are. So a head that is printed in a GREEN report is made of nothing above GREEN, and what is exported at
GREEN can be held against it. One chain over everything could not do the first, and a chain for each marking by itself
could not find a record whose marking was changed on its own.

With ``mac`` for HMAC-SHA-256 under the key (RFC 2104) and ``||`` for joined bytes::

    head[m] before the first record  = mac("iw-log-chain/1" LF m LF)
    head[m] after a record           = mac(head[m] before || mac(record))   where the record is at or below m
                                     = head[m] before                       elsewhere

``record`` is the record in the form that `iw.log.canonical` defines. The number of that form is kept with each link,
and so is the key's id, so that both can change one day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import batched
from typing import Any, Self

from sqlalchemy import Connection, Table, insert, select

from iw.core.errors import StoreError, UsageError
from iw.log.canonical import FORM, record_bytes
from iw.log.keys import LogKey
from iw.log.records import Marking
from iw.log.rows import Rows
from iw.log.schema import TABLES, links, records
from iw.log.walk import Columns, Content, Stored, chunks

type Heads = tuple[bytes, ...]
type Planned = tuple[Content, Table, Content]  # a record's envelope, its kind's table and its row there

COLUMNS = {str(marking): str(marking).replace("+", "_") for marking in Marking}
_RANKS = {str(marking): marking.rank for marking in Marking}
_AT_ONCE = 5_000


@dataclass(frozen=True)
class Head:
    """The head of a hash chain (64 hexadecimal digits) after the record at ``position``, the last that it covers."""

    digest: str
    position: int

    def __str__(self) -> str:
        return f"{self.digest}@{self.position}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """A head from ``DIGEST@POSITION``, white space within it or not; `UsageError` for anything else."""
        found = re.fullmatch(r"([0-9a-f]{64})@([1-9]\d{0,17})", "".join(text.split()).lower(), re.ASCII)
        if found is None:
            raise UsageError(f"'{text.strip()}' is not a head of the log.", "A head looks like DIGEST@POSITION.")
        return cls(found[1], int(found[2]))


def first_heads(key: LogKey) -> Heads:
    """The heads of an empty log, from the most open marking up."""
    return tuple(key.mac(f"iw-log-chain/{FORM}\n{marking}\n".encode()) for marking in Marking)


def next_heads(key: LogKey, heads: Heads, marking: str, record: bytes) -> Heads:
    """The heads after a record of this marking."""
    rank, digest = _RANKS[marking], key.mac(record)
    return (*heads[:rank], *(key.mac(head + digest) for head in heads[rank:]))


def heads_of(link: Content) -> Heads:
    """The heads that a row of the table of links holds."""
    return tuple(bytes(link[name]) for name in COLUMNS.values())


def extend(connection: Connection, key: LogKey, rows: Rows) -> None:
    """Link what an append adds, in its own transaction.

    Raises `StoreError` where the chain does not reach the record before, or goes on with another key.
    """
    if rows.envelopes:
        heads = _heads_before(connection, key, rows.envelopes[0]["position"])
        planned = ((row, TABLES[row["kind"]], rows.typed[row["kind"]][row["position"]]) for row in rows.envelopes)
        _write(connection, key, heads, planned)


def link_all(connection: Connection, key: LogKey | None, columns: Columns) -> None:
    """Link a log from before the hash chain, a few thousand records at a time."""
    heads: Heads | None = None
    for chunk in chunks(connection, columns):
        if key is None:
            raise StoreError(
                "This log was written before there was a hash chain, and there is no key to make it with.",
                "Open it in its workspace, or put a key into the variable IW_LOG_KEY; see docs/log.md.",
            )
        heads = _write(connection, key, heads or first_heads(key), map(_only_content, chunk.records))


def read_heads(connection: Connection) -> dict[Marking, Head]:
    """The newest head of each marking at or below which there is a record."""
    last = connection.execute(select(links).order_by(links.c.position.desc()).limit(1)).mappings().first()
    if last is None:
        return {}
    found = {}
    for marking in Marking:
        allowed = [str(one) for one in Marking if one.rank <= marking.rank]
        query = select(records.c.position).where(records.c.marking.in_(allowed))
        position = connection.execute(query.order_by(records.c.position.desc()).limit(1)).scalar()
        if position is not None:
            found[marking] = Head(bytes(last[COLUMNS[marking]]).hex(), position)
    return found


def _heads_before(connection: Connection, key: LogKey, position: int) -> Heads:
    last = connection.execute(select(links).order_by(links.c.position.desc()).limit(1)).mappings().first()
    reached = 0 if last is None else last["position"]
    if reached != position - 1:
        message = f"The log's hash chain reaches record {reached}, but the last record is {position - 1}."
        raise StoreError(message, "Somebody wrote past the program; nothing was changed. See `iw verify`.")
    if last is None:
        return first_heads(key)
    if last["key_id"] != key.id:
        message = f"The log's hash chain is kept with the key {last['key_id']}; the one at hand is {key.id}."
        raise StoreError(message, "Put that key into log.key beside iw.toml, or into the variable IW_LOG_KEY.")
    return heads_of(last)


def _write(connection: Connection, key: LogKey, heads: Heads, planned: Iterable[Planned]) -> Heads:
    for part in batched(_linked(key, heads, planned), _AT_ONCE):
        connection.execute(insert(links), part)
        heads = heads_of(part[-1])
    return heads


def _linked(key: LogKey, heads: Heads, planned: Iterable[Planned]) -> Iterator[dict[str, Any]]:
    for envelope, table, content in planned:
        heads = next_heads(key, heads, envelope["marking"], record_bytes(table, envelope, content))
        named = dict(zip(COLUMNS.values(), heads, strict=True))
        yield {"position": envelope["position"], "form": FORM, "key_id": key.id, **named}


def _only_content(stored: Stored) -> Planned:
    matching = [content for kind, content in stored.contents if kind == stored.envelope["kind"]]
    if len(matching) != 1:
        message = f"Record {stored.position} has {len(matching)} contents: this log is damaged."
        raise StoreError(message, "Restore it from a backup.")
    return stored.envelope, TABLES[stored.envelope["kind"]], matching[0]
