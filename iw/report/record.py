"""The record that the weekly warning report is made from; both renderings show nothing that is not in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from iw.assessment.records import Assessment
from iw.assessment.scores import Score, Tally


@dataclass(frozen=True)
class DocumentView:
    """One document of the register, as the list of sources shows it."""

    id: str
    title: str
    authors: tuple[str, ...] = ()
    publisher: str | None = None
    published: str | None = None  # 2026, 2026-06 or 2026-06-30
    url: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class WeeklyReport:
    """One week's report over all warning problems: assessments of one date, as known at one moment, at one marking."""

    title: str
    subject: str
    as_of: date
    known_at: datetime
    issued_at: datetime
    marking: str
    log_position: int  # of the last record at or below the marking
    chain_head: str  # DIGEST@POSITION of the log's hash chain at the marking; empty where there is no record
    catalogue_version: str
    product_version: str
    assessments: tuple[Assessment, ...]  # in the order in which they are shown
    documents: tuple[DocumentView, ...] = ()
    left_out: tuple[str, ...] = ()  # warning problems that are missing because of faults in the catalogue
    scores: tuple[Score, ...] = ()  # of the forecasts of questions, the tracker's first
    tally: Tally | None = None  # of all of them
    notes: tuple[str, ...] = ()  # sentences of the analyst, shown before the numbers
