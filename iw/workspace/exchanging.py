"""What goes out of a workspace and comes into it, as files and DataFrames."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from iw.catalogue import Catalogue, Kind
from iw.core.errors import DataError, Fault, StoreError
from iw.exchange import frames, import_log, log_files, parquet_files, stix_export, stix_import
from iw.exchange.import_log import Imported
from iw.exchange.joining import Joined
from iw.exchange.lines import Header
from iw.exchange.parquet_files import TableName
from iw.exchange.stix_export import BeliefNote, Meaning, Told
from iw.exchange.stix_import import Asked
from iw.log import csv_files, csv_lines
from iw.log.csv_lines import CsvTable
from iw.log.drafts import CoverageDraft, Draft, EventDraft, ReportDraft
from iw.log.journal import Act
from iw.log.records import Marking
from iw.workspace.journaling import JournaledLog
from iw.workspace.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from iw.assessment.beliefs import Belief


class Exchange:
    """The log in files for others, and out of their files into the log."""

    def __init__(
        self,
        log: JournaledLog,
        catalogue: Catalogue,
        settings: Settings,
        now: Callable[[], datetime],
        belief: Callable[[str, date, datetime, Marking], Belief],
    ) -> None:
        self._log, self._catalogue, self._now, self._belief = log, catalogue, now, belief
        self._watch, self._author = settings.name, settings.author

    def write_log(self, path: Path, marking: Marking = Marking.RED) -> Header:
        """Write all records at or below ``marking`` to a file (JSON Lines); gives its header.

        Raises `StoreError` where the file cannot be written; then the one that was there is left.
        """
        with self._log.giving(Act.EXPORT, [path]):
            self._log.hand_out_all(marking)
            return log_files.write_log(self._log, path, marking)

    def read_log(self, path: Path, *, backfill: bool = False, dry_run: bool = False) -> Imported:
        """Take in the file of a log: as it stood there where this log is its beginning, else as known from now.

        Raises `DataError` with every fault of the file; then nothing is taken in. See `iw.exchange.import_log`.
        """
        asked = {"backfill": backfill, "dry_run": dry_run}
        return import_log.import_log(self._log, path, importer=self._author, now=self._now(), **asked)

    def write_table(
        self, table: TableName | str, path: Path, known_at: datetime | None = None, marking: Marking = Marking.RED
    ) -> int:
        """Write one of the tables of what is in force to a Parquet file; gives the number of rows."""
        with self._log.giving(Act.EXPORT, [path]):
            return parquet_files.write_table(self._log, TableName(table), path, known_at or self._now(), marking)

    def write_bundle(
        self, path: Path, known_at: datetime | None = None, marking: Marking = Marking.RED, *, beliefs: bool = False
    ) -> Told:
        """Write what is in force as a STIX 2.1 bundle; with ``beliefs``, also what is believed of each problem."""
        known = known_at or self._now()
        problems = [name for name, problem in self._catalogue.problems.items() if problem.start <= known.date()]
        with self._log.giving(Act.EXPORT, [path]):
            return stix_export.write_bundle(
                self._log,
                path,
                watch=self._watch,
                known_at=known,
                marking=marking,
                meanings={name: Meaning(one.title, one.definition) for name, one in self._catalogue.indicators.items()},
                beliefs=[self._belief_note(name, known, marking) for name in problems if beliefs],
            )

    def read_bundle(
        self, path: Path, *, backfill: bool = False, dry_run: bool = False, marking: Marking = Marking.CLEAR
    ) -> tuple[Joined, list[Fault]]:
        """Append what a STIX 2.1 bundle tells: our own facts, or the reports of others, ungraded and unassigned.

        ``marking`` is that of what has none. Also gives what could not be read of a foreign bundle. Raises `DataError`
        with every fault of a bundle of ours.
        """
        scenarios = {
            name: {scenario.id for scenario in one.scenarios} for name, one in self._catalogue.problems.items()
        }
        asked = Asked(self._now(), set(self._catalogue.indicators), marking, backfill, scenarios)
        return stix_import.import_bundle(self._log, path, asked, importer=self._author, dry_run=dry_run)

    def _belief_note(self, problem: str, known: datetime, marking: Marking) -> BeliefNote:
        belief = self._belief(problem, known.date(), known, marking)
        made = belief.provenance
        told = {name: belief.estimate(name) for name in belief.spec.scenarios}
        scenarios = {name: (one.mean, one.low, one.high) for name, one in told.items()}
        title = self._catalogue.problem(problem).title
        return BeliefNote(problem, title, made.as_of, known, made.model_version, made.fit, scenarios)

    def read_files(
        self, paths: Iterable[Path], *, backfill: bool = False, dry_run: bool = False, marking: Marking = Marking.CLEAR
    ) -> tuple[int, int]:
        """Append CSV or Parquet files of events, readings, context or coverage, all or nothing.

        Gives how many records were appended, and how many skipped as known.

        ``backfill`` dates knowledge by the first public report instead of the time of recording. Raises `DataError`
        with every fault of every file.
        """
        tables = [
            frames.parquet_table(path) if path.suffix == ".parquet" else csv_lines.read_table(path) for path in paths
        ]
        return self._append(tables, backfill, dry_run, marking)

    def append_frame(
        self,
        frame: pd.DataFrame,
        *,
        backfill: bool = False,
        dry_run: bool = False,
        marking: Marking = Marking.CLEAR,
        name: str = "DataFrame",
    ) -> tuple[int, int]:
        """Append the rows of a DataFrame with the columns of a CSV file, all or nothing, as `read_files` does.

        Faults name row and column, both counted from 1, after ``name``.
        """
        return self._append([(frames.frame_table(frame, name), [])], backfill, dry_run, marking)

    def _append(
        self, tables: Sequence[tuple[CsvTable | None, list[Fault]]], backfill: bool, dry_run: bool, marking: Marking
    ) -> tuple[int, int]:
        """Read the tables twice: to find every fault, and, where there is none, to append."""
        faults: list[Fault] = []
        found = 0
        for table, wrong in tables:
            if table is not None:
                found += sum(1 for _ in self._drafts(table, wrong, backfill, marking))
            faults += sorted(wrong)
        if faults:
            raise DataError(faults, f"Nothing was imported: {len(faults)} fault{'s' if len(faults) != 1 else ''}.")
        if dry_run:
            return found, 0
        drafts = self._once_more([table for table, _ in tables if table is not None], found, backfill, marking)
        done = self._log.load(drafts, author=self._author, now=self._now(), reason="import")
        return done, found - done

    def _once_more(
        self, tables: Sequence[CsvTable], expected: int, backfill: bool, marking: Marking
    ) -> Iterator[Draft]:
        """The drafts of tables that were sound when they were read; `StoreError` where they have changed since."""
        faults: list[Fault] = []
        found = 0
        for table in tables:
            for draft in self._drafts(table, faults, backfill, marking, again=True):
                found += 1
                yield draft
        if faults or found != expected:
            raise StoreError("A file changed while it was read; nothing was imported.", "Import it again.")

    def _drafts(
        self, table: CsvTable, faults: list[Fault], backfill: bool, marking: Marking, again: bool = False
    ) -> Iterator[EventDraft | ReportDraft | CoverageDraft]:
        catalogue = self._catalogue
        return csv_files.drafts_of(
            table,
            faults,
            indicators={name: indicator.lag_days for name, indicator in catalogue.indicators.items()},
            levels={name for name, one in catalogue.indicators.items() if one.kind is Kind.LEVEL},
            counts={name for name, one in catalogue.indicators.items() if one.kind is Kind.COUNT},
            documents=set(catalogue.documents),
            domains=set(catalogue.domains.values()),
            today=self._now().date(),
            backfill=backfill,
            marking=marking,
            again=again,
        )
