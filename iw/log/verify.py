"""Does the log hold? A walk through all of it that names the first place that does not.

Checked for every record, in the order of positions: that none is missing; that its typed row is there, once, and no
other; that it supersedes what it says; that its link is there and is what the key makes of the record and the link
before it; and that published heads (*anchors*) are the ones that the log has at their positions. Then the same for the
journal, and that the triggers are in place by which the database itself refuses changes. What has been walked through
is forgotten, so a long log needs no more memory than a short one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from sqlalchemy import Connection, and_, exists, or_, select

from iw.core.errors import StoreError
from iw.log import triggers
from iw.log.canonical import FORM, record_bytes
from iw.log.journal import JournalCheck, check_journal
from iw.log.keys import LogKey
from iw.log.linking import Head, Heads, first_heads, heads_of, next_heads
from iw.log.records import Marking
from iw.log.schema import TABLES, Kind, links, metadata, records
from iw.log.walk import AT_ONCE, Chunk, Columns, Stored, chunks, columns_there


@dataclass(frozen=True)
class Flaw:
    """The first place that does not hold: the position of the record in question, and what is wrong there."""

    position: int
    message: str


@dataclass(frozen=True)
class Verification:
    """What came of walking through the log. ``records`` were walked through; ``heads`` are those after the last.

    ``keyed``: the links were made anew with the key and compared; without it only the order and the anchors were.
    ``anchors`` that were reached, each with the marking whose head it is. ``unguarded`` names what is not as it should
    be among the triggers by which the database itself refuses changes.
    """

    records: int
    heads: dict[Marking, Head]
    keyed: bool
    anchors: tuple[tuple[Head, Marking], ...]
    flaw: Flaw | None
    journal: JournalCheck
    unguarded: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Was nothing found?"""
        return self.flaw is None and not self.journal.flaw and not self.unguarded


class _FlawFound(Exception):  # noqa: N818  # found, not failed
    def __init__(self, position: int, message: str) -> None:
        self.flaw = Flaw(position, message)


def verify(
    connection: Connection, key: LogKey | None, anchors: Iterable[Head] = (), journal_anchors: Iterable[Head] = ()
) -> Verification:
    """Walk through the log; `StoreError` where ``key`` is not the one that it is kept with."""
    _check_key(connection, key)
    walk = _Walk(key)
    for anchor in anchors:
        walk.waiting[anchor.position].append(anchor)
    flaw = None
    try:
        _go(connection, walk)
    except _FlawFound as found:
        flaw = found.flaw
    journal = check_journal(connection, key, journal_anchors)
    unguarded = tuple(triggers.missing(connection, metadata.tables))
    return Verification(walk.last, walk.heads(), key is not None, tuple(walk.reached), flaw, journal, unguarded)


def _check_key(connection: Connection, key: LogKey | None) -> None:
    ids = connection.execute(select(links.c.key_id).order_by(links.c.position).limit(1)).scalars().all()
    if key is not None and ids and ids[0] != key.id:
        message = f"The log's hash chain is kept with the key {ids[0]}; the one at hand is {key.id}."
        raise StoreError(
            message,
            "Put that key into log.key beside iw.toml or into IW_LOG_KEY; or check the order alone: --without-key.",
        )


def _go(connection: Connection, walk: _Walk) -> None:
    columns = columns_there(connection)
    for chunk in _readable(connection, columns, walk):
        strays = sorted((position, table) for table, position in chunk.strays)
        wrong = _wrong_history(connection, chunk)
        for stored in chunk.records:
            for position, table in strays[:1]:
                if position < stored.position:
                    walk.stray(table, position)
            walk.take(stored, wrong.get(stored.position))
        for position, table in strays[:1]:
            walk.stray(table, position)
    walk.end()


def _readable(connection: Connection, columns: Columns, walk: _Walk) -> Iterator[Chunk]:
    """The chunks; where a value cannot be read at all, the records before it and then a flaw that names it."""
    try:
        yield from chunks(connection, columns)
    except (ValueError, TypeError) as error:
        message = f"Between records {walk.last + 1} and {walk.last + AT_ONCE} a value cannot be read ({error})."
        raise _FlawFound(walk.last + 1, message) from error


def _wrong_history(connection: Connection, chunk: Chunk) -> dict[int, str]:
    """Records of a chunk that are no further version of what they say they are: by position, what is wrong."""
    if not chunk.records:
        return {}
    before, other = records.alias(), records.alias()
    first = or_(
        and_(records.c.supersedes.is_(None), records.c.first != records.c.position),
        and_(
            records.c.supersedes.is_not(None),
            ~exists().where(
                before.c.position == records.c.supersedes,
                before.c.position < records.c.position,
                before.c.first == records.c.first,
                before.c.kind == records.c.kind,
            ),
        ),
        and_(
            records.c.supersedes.is_not(None),
            exists().where(
                other.c.first == records.c.first,
                other.c.supersedes == records.c.supersedes,
                other.c.position < records.c.position,
            ),
        ),
    )
    span = records.c.position.between(chunk.records[0].position, chunk.records[-1].position)
    found = connection.execute(select(records.c.position, records.c.supersedes).where(span, first))
    return {
        position: "is no new record and supersedes none" if old is None else f"cannot supersede record {old}"
        for position, old in found
    }


@dataclass
class _Walk:
    """Where the walk stands: the last record that was taken, and the stored heads after it."""

    key: LogKey | None
    last: int = 0
    stored: Heads | None = None
    suspect: Stored | None = (
        None  # its link is not what it should be; the next record says which of the two was changed
    )
    last_of: dict[str, int] = field(default_factory=dict)  # the last record of each marking
    waiting: dict[int, list[Head]] = field(default_factory=lambda: defaultdict(list))
    reached: list[tuple[Head, Marking]] = field(default_factory=list)

    def take(self, stored: Stored, wrong: str | None) -> None:
        """Check the next record; raises `_FlawFound`."""
        if self.suspect is not None:
            self._blame(self.suspect, stored)
        if stored.position != self.last + 1:
            there = f"after {self.last} comes {stored.position}" if self.last else f"the first is {stored.position}"
            raise _FlawFound(self.last + 1, f"Record {self.last + 1} is missing: {there}.")
        self._check_content(stored)
        if wrong is not None:
            raise _FlawFound(stored.position, f"Record {stored.position} {wrong}.")
        self._check_link(stored)
        self.last = stored.position
        if self.suspect is None:
            self.last_of[stored.envelope["marking"]] = stored.position
            self._check_anchors()

    def stray(self, table: str, position: int) -> None:
        """A row that belongs to no record."""
        raise _FlawFound(position, f"The table of {table} has a row for record {position}, which is missing.")

    def end(self) -> None:
        """After the last record."""
        if self.suspect is not None:
            self._blame(self.suspect, None)
        beyond = sorted(chain.from_iterable(self.waiting.values()), key=lambda head: head.position)
        if beyond:
            message = (
                f"The log ends with record {self.last}, but a head was published at record {beyond[0].position}: "
                "the records after the end were there and are gone."
            )
            raise _FlawFound(self.last + 1, message)

    def _check_content(self, stored: Stored) -> None:
        position, kind = stored.position, stored.envelope["kind"]
        own = [content for found, content in stored.contents if found == kind]
        others = [found for found, _ in stored.contents if found != kind]
        if not own:
            raise _FlawFound(position, f"Record {position} ({kind}) has no row in the table of its kind.")
        if others:
            message = f"Record {position} ({kind}) has a row in the table of {TABLES[others[0]].name} too."
            raise _FlawFound(position, message)

    def _check_link(self, stored: Stored) -> None:
        position, link = stored.position, stored.link
        if link is None:
            message = f"Record {position} has no link: somebody wrote it past the program, or took the link away."
            raise _FlawFound(position, message)
        if link["form"] != FORM:
            raise _FlawFound(position, f"The link of record {position} is of form {link['form']}, unknown here.")
        if self.key is not None and link["key_id"] != self.key.id:
            raise _FlawFound(position, f"The link of record {position} names another key: {link['key_id']}.")
        try:
            heads = heads_of(link)
        except TypeError as error:
            raise _FlawFound(position, f"The link of record {position} holds something else than heads.") from error
        if self.key is not None and self._made(stored) != heads:
            self.suspect = stored
        self.stored = heads

    def _made(self, stored: Stored) -> Heads | None:
        """The heads that the key makes of the stored heads before the record, and of the record."""
        assert self.key is not None
        envelope, (_, content) = stored.envelope, stored.contents[0]
        try:
            record = record_bytes(TABLES[Kind(envelope["kind"])], envelope, content)
            return next_heads(self.key, self.stored or first_heads(self.key), envelope["marking"], record)
        except (ValueError, TypeError, KeyError, AttributeError):
            return None  # a value that no program of ours has written there

    def _blame(self, suspect: Stored, following: Stored | None) -> None:
        position = suspect.position
        what = f"Record {position} or its link was changed"
        if following is not None and following.position == position + 1 and following.link and following.contents:
            sound = self._made(following) == heads_of(following.link)
            what = f"Record {position} was changed" if sound else f"The link of record {position} was changed"
        raise _FlawFound(position, f"{what} after it was written: they do not belong together.")

    def heads(self) -> dict[Marking, Head]:
        """The heads after the last record that was taken, each with the position of the last one that it covers."""
        found, position = {}, 0
        for marking, digest in zip(Marking, self.stored or (), strict=bool(self.stored)):
            position = max(position, self.last_of.get(str(marking), 0))
            if position:
                found[marking] = Head(digest.hex(), position)
        return found

    def _check_anchors(self) -> None:
        assert self.stored is not None
        for anchor in self.waiting.pop(self.last, ()):
            named = zip(Marking, self.stored, strict=True)
            found = [marking for marking, digest in named if digest.hex() == anchor.digest]
            if not found:
                message = (
                    f"The head at record {self.last} is not the published one ({anchor.digest[:12]}...): "
                    f"the log up to there was rewritten, or the head is of another log."
                )
                raise _FlawFound(self.last, message)
            self.reached.append((anchor, found[0]))
