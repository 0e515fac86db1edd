"""``python -m benchmarks.log_size``: what a large log costs to fill, to append to and to verify.

Events are imported from a generator in one transaction, as an import does it, until the log holds so many records;
then single events are appended. The peak of memory is that of the process so far. With ``--url`` the log is made in
that (empty) database, else in a SQLite file in a folder that is removed afterwards.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from iw.core.dates import PartialDate
from iw.log.drafts import EventDraft, ReportDraft
from iw.log.grades import parse_grade
from iw.log.keys import LogKey
from iw.log.store import Log

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
GRADE = parse_grade("B2")
SOURCES, INDICATORS, ENTRIES = 200, 200, 200


def main() -> None:
    """Fill the log to each size in turn and print one line for each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.log_size", description=__doc__)
    parser.add_argument("--url", help="the address of an empty database; else a SQLite file is made")
    parser.add_argument("--records", type=int, nargs="+", default=[1_000, 1_000_000], help="sizes, rising")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(given.url or f"sqlite:///{Path(folder) / 'log.db'}", given.records)


def measure(url: str, sizes: list[int]) -> None:
    """One line of figures for each size."""
    print("| records | import, events/s | append, median ms | append, 95 % ms | verify, records/s | peak memory, MB |")
    print("|---:|---:|---:|---:|---:|---:|", flush=True)
    with Log.create(url, LogKey.new()) as log:
        for size in sizes:
            # An event is three records: its report, itself, and what joins the two.
            events = (size - log.position()) // 3
            rate = events / timed(lambda events=events: fill(log, events))
            entries = sorted(timed(lambda: fill(log, 1)) * 1e3 for _ in range(ENTRIES))
            walked = log.position() / timed(log.verify)
            figures = (f"{rate:,.0f}", f"{statistics.median(entries):.1f}", f"{entries[int(0.95 * ENTRIES)]:.1f}")
            print(f"| {log.position():,} | {' | '.join(figures)} | {walked:,.0f} | {peak():,.0f} |", flush=True)


def fill(log: Log, events: int) -> None:
    """Append so many events in one transaction."""
    log.append(drafts(log.position(), events), author="benchmark", now=NOW, reason="import")


def drafts(first: int, events: int) -> Iterator[EventDraft]:
    """Events of the last ten years by many sources, no two alike."""
    for number in range(first, first + events):
        text = f"Report {number}: two fleets of {number % 17} ships were seen to sail together, and a port was named."
        day = PartialDate.of_day((NOW - timedelta(days=1 + number % 3650)).date())
        report = ReportDraft(f"Source {number % SOURCES}", GRADE, text)
        yield EventDraft(f"indicator-{number % INDICATORS}", day, text, (report,))


def timed(do: object) -> float:
    """Seconds that it takes."""
    began = time.perf_counter()
    do()  # type: ignore[operator]
    return time.perf_counter() - began


def peak() -> float:
    """The most memory that this process has had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


if __name__ == "__main__":
    main()
