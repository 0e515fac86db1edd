"""A workspace's log, which enters into its journal whatever marked material it hands out, before it does.

Every read of a workspace goes through this door: beliefs, tables and products are made of what it hands out. Marked is
what is restricted at all, from GREEN on; CLEAR material is for everybody, and nobody's reading of it is noted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from iw.core.errors import StoreError
from iw.log.drafts import EventDraft
from iw.log.journal import Act, Note
from iw.log.keys import LogKey
from iw.log.products import Forecast, LevelChange, Recorded
from iw.log.records import Coverage, Event, LogView, Marking, Report, Resolution, Review, Search, Stamp
from iw.log.store import Log

MARKED_FROM = Marking.GREEN


@dataclass(frozen=True)
class Reader:
    """Who reads, and by what: a command of the program, or Python."""

    author: str
    purpose: str
    now: Callable[[], datetime]


@dataclass
class Handed:
    """The most restricted marking of all that was handed out in a block, and up to which record of the log."""

    marking: Marking = Marking.CLEAR
    position: int = 0

    @property
    def marked(self) -> bool:
        """Was anything of it restricted?"""
        return self.marking.rank >= MARKED_FROM.rank

    def add(self, marking: Marking, position: int) -> None:
        """Take note of something that was handed out."""
        self.marking = max(self.marking, marking, key=lambda one: one.rank)
        self.position = max(self.position, position)


class JournaledLog(Log):
    """A log that notes what it hands out; once for a command or Python session, a marking and a state of the log.

    To hand out marked material raises `StoreError` where that cannot be noted.
    """

    reader: Reader | None = None

    def __init__(self, engine: Any, key: LogKey | None = None) -> None:
        super().__init__(engine, key)
        self._noted: set[tuple[Marking, int]] = set()
        self._handed: list[Handed] = []

    def view(self, known_at: datetime, marking: Marking = Marking.RED, *, position: int | None = None) -> LogView:
        """As `Log.view`, and noted where anything in it is marked, or a fit from marked material stands behind it."""
        view = super().view(known_at, marking, position=position)
        stamps = chain(_stamps(view), (fit.stamp for fit in self.fits() if fit.stamp.marking.rank <= marking.rank))
        self._hand_out(_highest(stamps), self.position() if position is None else position)
        return view

    def near(self, draft: EventDraft, known_at: datetime) -> list[Event]:
        """As `Log.near`, and noted where any of it is marked."""
        found = super().near(draft, known_at)
        self._hand_out_events(found)
        return found

    def event(self, position: int) -> Event:
        """As `Log.event`, and noted where it is marked."""
        found = super().event(position)
        self._hand_out_events([found])
        return found

    def versions(self, source: str, known_at: datetime, marking: Marking = Marking.RED) -> list[Report]:
        """As `Log.versions`, and noted where any of it is marked."""
        found = super().versions(source, known_at, marking)
        self._hand_out(_highest(report.stamp for report in found), self.position())
        return found

    def _hand_out_events(self, found: Sequence[Event]) -> None:
        self._hand_out(_highest(stamp for event in found for stamp in _of_event(event)), self.position())

    def forecasts(self, marking: Marking, question: str | None = None) -> list[Recorded[Forecast]]:
        """As `Log.forecasts`, and noted where they were made from marked material."""
        found = super().forecasts(marking, question)
        self._hand_out_products(found)
        return found

    def level_changes(self, marking: Marking, problem: str | None = None) -> list[Recorded[LevelChange]]:
        """As `Log.level_changes`, and noted where they were made from marked material."""
        found = super().level_changes(marking, problem)
        self._hand_out_products(found)
        return found

    def _hand_out_products(self, found: list[Recorded[Forecast]] | list[Recorded[LevelChange]]) -> None:
        self._hand_out(_highest(one.stamp for one in found), self.position())

    def hand_out_all(self, marking: Marking) -> None:
        """Note that every record at or below ``marking`` is about to be handed out, past the views."""
        self._hand_out(self.highest(marking) or Marking.CLEAR, self.position())

    def copied_to(self, address: str) -> None:
        """Note that the whole log is about to be copied to another database."""
        highest = self.highest()
        if highest is not None and highest.rank >= MARKED_FROM.rank:
            self._enter(Act.COPY, address, highest, self.position(), None)

    def _hand_out(self, marking: Marking, position: int) -> None:
        for handed in self._handed:
            handed.add(marking, position)
        if marking.rank >= MARKED_FROM.rank and (marking, position) not in self._noted:
            self._enter(Act.READ, None, marking, position, None)
            self._noted.add((marking, position))

    @contextmanager
    def handing(self) -> Iterator[Handed]:
        """What is handed out in the block."""
        handed = Handed()
        self._handed.append(handed)
        try:
            yield handed
        finally:
            self._handed.remove(handed)

    @contextmanager
    def giving(self, act: Act, paths: Iterable[Path]) -> Iterator[Handed]:
        """A block that writes files from what is handed out in it: each is noted with its SHA-256 if that is marked.

        A file that cannot be noted is taken away again.
        """
        with self.handing() as handed:
            yield handed
        for path in paths if handed.marked else ():
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            try:
                self._enter(act, path.name, handed.marking, handed.position, digest)
            except StoreError:
                path.unlink()
                raise

    def _enter(self, act: Act, what: str | None, marking: Marking, position: int, digest: str | None) -> None:
        if self.reader is None:  # a log while it is being made
            return
        told = self.reader.purpose if what is None else f"{self.reader.purpose}: {what}"
        try:
            note = Note(act, told, position, marking, digest)
            self.note(note, author=self.reader.author, now=self.reader.now())
        except StoreError as error:
            message = f"This holds {marking} material. Whoever reads or exports that is noted, which fails here"
            hint = f"Ask for what is open to all: --marking clear. {error.hint}"
            raise StoreError(f"{message}: {error.message}", hint) from error


def _highest(stamps: Iterable[Stamp]) -> Marking:
    found = {stamp.marking for stamp in stamps}
    return max(found, key=lambda marking: marking.rank, default=Marking.CLEAR)


def _of_event(event: Event) -> Iterator[Stamp]:
    yield event.stamp
    for backing in event.backings:
        yield backing.report.stamp


def _stamps(view: LogView) -> Iterator[Stamp]:
    for event in (*view.events, *view.readings):
        yield from _of_event(event)
    for report in view.unassigned:
        yield report.stamp
    windows: tuple[Coverage | Search, ...] = (*view.coverages, *view.searches)
    for window in windows:
        yield window.stamp
    said: tuple[Resolution | Review, ...] = (*view.resolutions, *view.reviews)
    for one in said:
        yield one.stamp
