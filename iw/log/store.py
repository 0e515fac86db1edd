"""The log: facts are appended through one door and read back as known at a moment and at a marking."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine, insert, text

from iw.core.errors import StoreError, UsageError
from iw.log import fingerprints, journal, linking, migrate, near, plan, reading, restoring, verify
from iw.log.chains import Chain, Chains
from iw.log.drafts import CorrectionDraft, Draft, EventDraft, FitDraft
from iw.log.engine import make_engine, sqlite_file, translated
from iw.log.engine import reading as reads
from iw.log.engine import writing as writes
from iw.log.journal import Act, Entry, Note
from iw.log.keys import LogKey
from iw.log.linking import Head
from iw.log.products import Forecast, LevelChange, Product, Recorded
from iw.log.records import Event, FitRecord, ImportRecord, LogView, Marking, Report, Stamp
from iw.log.restoring import Restored
from iw.log.rows import DuplicateError, Envelope, Rows, Signature
from iw.log.schema import Kind
from iw.log.verify import Verification

__all__ = ["DuplicateError", "Log"]

AT_ONCE = 2_000
_EVER = datetime.max.replace(tzinfo=UTC)
SET_BACK = timedelta(days=1)  # a clock may be put right by so much without anybody's being asked


class Log:
    """An append-only log in SQLite or PostgreSQL; close it, or use it in a ``with`` statement.

    Every method raises `StoreError` when the database cannot be read or written. Reading needs no ``key``; to write
    without one is a `StoreError`, because every record is linked into the hash chain in its own transaction.
    """

    def __init__(self, engine: Engine, key: LogKey | None = None) -> None:
        self.engine = engine
        self.key = key

    @classmethod
    def create(cls, url: str, key: LogKey | None = None, fill: Callable[[Connection], None] | None = None) -> Self:
        """Make a new log; `StoreError` where there is one already or the place cannot be written.

        It is empty but for what ``fill`` puts into its tables, in the transaction that makes them.
        """
        engine = make_engine(url)
        file = sqlite_file(engine.url)
        _check_free(file)
        try:
            with translated(engine.url):
                migrate.create(engine, key, fill)
        except BaseException:
            engine.dispose()
            if file is not None:
                _forget(file)
            raise
        return cls(engine, key)

    @classmethod
    def open(cls, url: str, key: LogKey | None = None) -> Self:
        """Open a log, brought up to date where an older program made it.

        Raises `StoreError`, with a hint, where it is missing, unreadable or locked, is no log, was written by a newer
        program, or was written before there was a hash chain and there is no ``key`` to make it with.
        """
        engine = make_engine(url)
        try:
            _check_there(sqlite_file(engine.url))
            with translated(engine.url):
                migrate.upgrade(engine, key)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine, key)

    @staticmethod
    def predates_chain(url: str) -> bool:
        """Was the log written before there was a hash chain, and not opened since? `StoreError` as in `open`."""
        engine = make_engine(url)
        try:
            _check_there(sqlite_file(engine.url))
            with reads(engine) as connection:
                return migrate.check_version(connection) < migrate.CHAINED_VERSION
        finally:
            engine.dispose()

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def append(
        self,
        drafts: Iterable[Draft],
        *,
        author: str,
        now: datetime,
        reason: str,
        batch: str | None = None,
        skip_duplicates: bool = False,
    ) -> list[int]:
        """Append all drafts in one transaction, or none; give the position of each one's record.

        They are taken a few thousand at a time. A record is never dated before the one before it: where the clock was
        set back by up to a day it gets that one's moment; beyond that it is a `StoreError`.

        Raises `UsageError` where the log refuses a draft and `DuplicateError` where it holds it already. With
        ``skip_duplicates`` new facts that it holds are passed over and have no position in the answer, so that an
        import can be repeated.
        """
        signature = _signature(author, now, reason, batch)
        return [position for part in self._appended(drafts, signature, skip_duplicates, list) for position in part]

    def load(
        self, drafts: Iterable[Draft], *, author: str, now: datetime, reason: str, batch: str | None = None
    ) -> int:
        """Append a stream of drafts as `append` does with ``skip_duplicates``, and give how many were appended.

        Of a million no more than a few thousand are in memory at once.
        """
        return sum(self._appended(drafts, _signature(author, now, reason, batch), True, len))

    def _appended[T](
        self,
        drafts: Iterable[Draft],
        signature: Signature,
        skip_duplicates: bool,
        told: Callable[[list[int]], T],
    ) -> list[T]:
        """What is ``told`` of the positions in each portion of an append."""
        key = self._need_key()
        done: list[T] = []
        with writes(self.engine) as connection:
            signature = _start(connection, signature)
            for part in batched(drafts, AT_ONCE):
                rows = _rows(connection, signature)
                plan.look_up(part, rows.chains)
                planned = (plan_one(draft, rows, skip_duplicates) for draft in part)
                done.append(told([position for position in planned if position is not None]))
                _insert(connection, rows, key)
            if len(done) > 1 and connection.dialect.name == "postgresql":
                # Else it plans by the size that the log had, and reads whole tables, until it looks by itself.
                connection.execute(text("ANALYZE"))
        return done

    def view(self, known_at: datetime, marking: Marking = Marking.RED, *, position: int | None = None) -> LogView:
        """The effective facts as known at ``known_at``, at or below ``marking``.

        With ``position`` records after it are left out: a number that names its log position can be replayed
        after later backfills.
        """
        with reads(self.engine) as connection:
            return reading.read_view(connection, _zoned(known_at), marking, position)

    def near(self, draft: EventDraft, known_at: datetime) -> list[Event]:
        """The events in the log that ``draft`` may repeat, as known at ``known_at``, the likeliest first."""
        with reads(self.engine) as connection:
            return near.read_near(connection, draft, _zoned(known_at))

    def event(self, position: int) -> Event:
        """The event or reading whose first record is at ``position``; `UsageError` unless it is in force."""
        with reads(self.engine) as connection:
            for event in reading.read_events(connection, _EVER, Marking.RED, [position]):
                return event
        raise UsageError(f"There is no event E{position} in force.", "See `iw events`.")

    def named(self, name: str) -> Chain:
        """The fact that people call ``E12``, withdrawn or not; `UsageError` where there is none of that name."""
        with reads(self.engine) as connection:
            return Chains(connection).named(name)

    def position(self) -> int:
        """The position of the last record; 0 for an empty log."""
        with reads(self.engine) as connection:
            return reading.last_position(connection)

    def heads(self) -> dict[Marking, Head]:
        """For each marking at or below which there is a record, the head of the hash chain; none for an empty log."""
        with reads(self.engine) as connection:
            return linking.read_heads(connection)

    def verify(
        self, anchors: Iterable[Head] = (), *, without_key: bool = False, journal_anchors: Iterable[Head] = ()
    ) -> Verification:
        """Walk through log and journal and say whether they hold; without a key only their order and the anchors."""
        with reads(self.engine) as connection:
            return verify.verify(connection, None if without_key else self.key, anchors, journal_anchors)

    def markings(self) -> list[Marking]:
        """The markings that facts in the log carry (fits are no facts), in no order."""
        with reads(self.engine) as connection:
            return reading.read_markings(connection)

    def sources(self, known_at: datetime, marking: Marking = Marking.RED) -> dict[str, str]:
        """The known sources, each with its reliability as first given, in the order of their first use."""
        with reads(self.engine) as connection:
            return reading.read_sources(connection, _zoned(known_at), marking)

    def versions(self, source: str, known_at: datetime, marking: Marking = Marking.RED) -> list[Report]:
        """Every version of the reports of ``source``, in log order: how each was graded, and how it was regraded."""
        with reads(self.engine) as connection:
            return reading.read_versions(connection, source, _zoned(known_at), marking)

    def record_fit(self, fit: FitDraft, *, author: str, now: datetime, reason: str) -> int:
        """Record a fit; its position. Raises `UsageError` where the log holds a fit of this id."""
        key = self._need_key()
        with writes(self.engine) as connection:
            rows = _rows(connection, _start(connection, _signature(author, now, reason, None)))
            fingerprint = fingerprints.of_parts("fit", fit.fit_id)
            rows.chains.load_fingerprints([fingerprint])
            rows.refuse_duplicate(fingerprint)
            content = {name: value for name, value in vars(fit).items() if name != "marking"}
            content["summary"] = dict(fit.summary)
            position = rows.new(Kind.FIT, content, fingerprint, Envelope(fit.marking, None, "")).first
            _insert(connection, rows, key)
        return position

    def record(
        self, products: Sequence[Product], marking: Marking, *, author: str, now: datetime, reason: str
    ) -> list[int]:
        """Record what was made from the log at ``marking``, all in one transaction; gives the positions.

        Raises `DuplicateError` where the log holds one of them already.
        """
        key = self._need_key()
        with writes(self.engine) as connection:
            rows = _rows(connection, _start(connection, _signature(author, now, reason, None)))
            prints = [product.fingerprint(str(marking)) for product in products]
            rows.chains.load_fingerprints(prints)
            positions = []
            for product, fingerprint in zip(products, prints, strict=True):
                rows.refuse_duplicate(fingerprint)
                content = dict(vars(product))
                positions.append(rows.new(product.kind, content, fingerprint, Envelope(marking, None, "")).first)
            _insert(connection, rows, key)
        return positions

    def forecasts(self, marking: Marking, question: str | None = None) -> list[Recorded[Forecast]]:
        """The forecasts made at exactly ``marking``, of one question or all, in log order."""
        with reads(self.engine) as connection:
            return reading.read_forecasts(connection, marking, question)

    def level_changes(self, marking: Marking, problem: str | None = None) -> list[Recorded[LevelChange]]:
        """The changes of warning levels recorded at exactly ``marking``, of one problem or all, in log order."""
        with reads(self.engine) as connection:
            return reading.read_level_changes(connection, marking, problem)

    def acknowledgements(self) -> dict[int, list[Stamp]]:
        """By the position of each change of level: who took note of it, and when."""
        with reads(self.engine) as connection:
            return reading.read_acknowledgements(connection)

    def fits(self, problem: str | None = None, marking: Marking | None = None) -> list[FitRecord]:
        """The fits of ``problem`` made at exactly ``marking`` (None: of all, at any), in log order."""
        with reads(self.engine) as connection:
            return reading.read_fits(connection, problem, marking)

    def restore(
        self, batch: Sequence[Restored], *, importer: str, now: datetime, file: str, digest: str
    ) -> ImportRecord:
        """Append the records that come next in the file of this very log, as they stood there, or none of them.

        They keep position, author, reason and all times; that and when they were imported, from a ``file`` of this
        ``digest``, is entered into the journal. Raises `UsageError` unless they follow on what the log holds.
        """
        signature = _signature(importer, now, file, None)
        done = ImportRecord(batch[0].position, batch[-1].position, importer, signature.now, file, digest)
        key = self._need_key()
        with writes(self.engine) as connection:
            rows = _rows(connection, _start(connection, signature))
            restoring.restore(batch, rows)
            _insert(connection, rows, key)
            note = Note(Act.IMPORT, file, done.position, digest=digest, first_position=done.first_position)
            journal.enter(connection, key, note, author=signature.author, at=signature.now)
        return done

    def imports(self) -> list[ImportRecord]:
        """Which records came in from the file of another log, in log order."""
        with reads(self.engine) as connection:
            return journal.read_imports(connection)

    def note(self, note: Note, *, author: str, now: datetime) -> Entry:
        """Enter into the journal what was read or given away; no record, and no position or head of the log changes.

        Raises `StoreError` where that cannot be written.
        """
        signature, key = _signature(author, now, "", None), self._need_key()
        with writes(self.engine) as connection:
            return journal.enter(connection, key, note, author=signature.author, at=signature.now)

    def journal(self) -> list[Entry]:
        """What was read, given away and imported, in the order in which it was entered."""
        with reads(self.engine) as connection:
            return journal.read_journal(connection)

    def highest(self, marking: Marking = Marking.RED) -> Marking | None:
        """The most restricted marking of any record at or below ``marking``; None where there is no record."""
        with reads(self.engine) as connection:
            return reading.highest_marking(connection, marking)

    def _need_key(self) -> LogKey:
        if self.key is None:
            raise StoreError(
                "There is no key to the log's hash chain: it can be read but not written.",
                "Put the key into log.key beside iw.toml or into the variable IW_LOG_KEY; see docs/log.md.",
            )
        return self.key


def plan_one(draft: Draft, rows: Rows, skip_duplicates: bool) -> int | None:
    """Plan one draft; None where it is a duplicate that may be skipped. A correction never is."""
    try:
        return plan.add(draft, rows)
    except DuplicateError:
        if skip_duplicates and not isinstance(draft, CorrectionDraft):
            return None
        raise


def _start(connection: Connection, signature: Signature) -> Signature:
    """The signature, dated no earlier than the last record."""
    if connection.dialect.name == "postgresql":
        # One writer at a time, as on SQLite: else a reader could see a position before a lower one.
        connection.execute(text("LOCK TABLE records IN SHARE ROW EXCLUSIVE MODE"))
    last = reading.last_moment(connection)
    if last is None or signature.now >= last:
        return signature
    if last - signature.now > SET_BACK:
        raise StoreError(
            f"The clock says {signature.now:%Y-%m-%d %H:%M} UTC, but the last record is of {last:%Y-%m-%d %H:%M} UTC.",
            "Set the clock right, or 'today' in iw.toml; nothing was changed.",
        )
    return replace(signature, now=last)


def _rows(connection: Connection, signature: Signature) -> Rows:
    return Rows(Chains(connection), signature, reading.last_position(connection) + 1)


def _insert(connection: Connection, rows: Rows, key: LogKey) -> None:
    for table, contents in rows.by_table():
        connection.execute(insert(table), contents)
    linking.extend(connection, key, rows)


def _signature(author: str, now: datetime, reason: str, batch: str | None) -> Signature:
    if not author.strip():
        raise UsageError("The author is empty.", "Say who appends this.")
    return Signature(author, _zoned(now), reason, batch or None)


def _zoned(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise UsageError(f"The moment {moment} has no time zone.", "Give a moment in UTC.")
    return moment.astimezone(UTC)


def _check_free(file: Path | None) -> None:
    if file is None:
        return
    if file.exists() and file.stat().st_size:
        raise StoreError(f"There is a file already: {file}.", "Open that log, or name another file.")
    if not file.parent.is_dir():
        raise StoreError(f"There is no folder {file.parent}.", "Make it first.")


def _forget(file: Path) -> None:
    # What a failed creation began: no log of anybody's, for there was none, and half of one opens nowhere.
    for ending in ("", "-wal", "-shm"):
        Path(f"{file}{ending}").unlink(missing_ok=True)


def _check_there(file: Path | None) -> None:
    if file is None:
        return
    if not file.exists():
        raise StoreError(f"There is no log at {file}.", "Check the path; `iw init` makes a new log.")
    if not file.is_file():
        raise StoreError(f"{file} is not a file.", "Name the log's file inside the folder.")
