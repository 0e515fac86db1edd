"""``python -m benchmarks.log_size``: what a large log costs to fill, to enter an event into, and to verify.

Events are written to a CSV file and imported from it, until the log of a workspace holds so many records. Then single
events are entered: through `Workspace.enter`, which looks for near-duplicates and appends, and by ``iw log`` in this
process, from its start to the line that says that the event is logged. With ``--url`` the log is made in that (empty)
database, else in a SQLite file in a folder that is removed afterwards.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.made_events import GRADE, Made, made
from iw.cli.app import run
from iw.workspace import Workspace, init_workspace
from iw.workspace.settings import DATABASE

ENTRIES, CALLS = 100, 10
COLUMNS = (
    "records",
    "import, events/s",
    "memory at 10, 50, 100 % of it, MB",
    "log, MB",
    "entry, median ms",
    "entry, 95 % ms",
    "`iw log` to its answer, median ms",
    "verify, records/s",
)


def main() -> None:
    """Fill the log to each size in turn and print one line for each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.log_size", description=__doc__)
    parser.add_argument("--url", help="the address of an empty database; else a SQLite file is made")
    parser.add_argument("--records", type=int, nargs="+", default=[1_000, 3_000_000], help="sizes, rising")
    given = parser.parse_args()
    if given.url:
        os.environ[DATABASE] = given.url
    with (
        tempfile.TemporaryDirectory() as folder,
        init_workspace(Path(folder) / "watch", author="benchmark") as workspace,
    ):
        measure(workspace, given.records)


def measure(workspace: Workspace, sizes: list[int]) -> None:
    """One line of figures for each size."""
    print(f"| {' | '.join(COLUMNS)} |\n|{'---:|' * len(COLUMNS)}", flush=True)
    for size in sizes:
        # An event is three records: its report, itself, and what joins the two.
        file = written(workspace, (size - workspace.log.position()) // 3)
        rate, memory = imported(workspace, file)
        entries = sorted(1e3 * timed(lambda one=one: workspace.enter(one.draft)) for one in fresh(workspace, ENTRIES))  # type: ignore[misc]
        calls = [1e3 * answered(workspace, one) for one in fresh(workspace, CALLS)]
        walked = workspace.log.position() / timed(workspace.log.verify)
        figures = (
            f"{workspace.log.position():,}",
            f"{rate:,.0f}",
            ", ".join(f"{one:,.0f}" for one in memory),
            f"{sum(one.stat().st_size for one in workspace.path.glob('log.db*')) / 1e6:,.0f}",
            f"{statistics.median(entries):.1f}",
            f"{entries[int(0.95 * ENTRIES)]:.1f}",
            f"{statistics.median(calls):.0f}",
            f"{walked:,.0f}",
        )
        print(f"| {' | '.join(figures)} |", flush=True)


def written(workspace: Workspace, events: int) -> Path:
    """A CSV file of so many events that the log does not hold."""
    file = workspace.path / "events.csv"
    with file.open("w", encoding="utf-8", newline="") as opened:
        rows = csv.writer(opened)
        rows.writerow(["indicator", "occurred_on", "summary", "source", "grade", "url"])
        for one in fresh(workspace, events):
            rows.writerow([one.indicator, one.occurred_on, one.text, one.source, GRADE, one.url])
    return file


def imported(workspace: Workspace, file: Path) -> tuple[float, list[float]]:
    """Events per second of an import, and what memory the process had after so many parts of the time it took."""
    samples: list[float] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            samples.append(memory())

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        events = 0

        def work() -> None:
            nonlocal events
            events, _ = workspace.import_files([file])

        seconds = timed(work)
    finally:
        over.set()
        watching.join()
    samples.append(memory())
    return events / seconds, [samples[int(part * (len(samples) - 1))] for part in (0.1, 0.5, 1.0)]


def fresh(workspace: Workspace, events: int) -> Iterator[Made]:
    """So many events that the log does not hold."""
    indicators = sorted(name for name, one in workspace.catalogue.indicators.items() if one.kind == "event")
    first = workspace.log.position()
    return (made(number, indicators, workspace.today) for number in range(first, first + events))


class Answered(BaseException):
    """The program has said that the event is logged."""


class Listener(io.StringIO):
    """Standard output up to the answer."""

    def write(self, text: str) -> int:
        """Take no more after the answer."""
        if " logged: " in text:
            raise Answered
        return super().write(text)


def answered(workspace: Workspace, event: Made) -> float:
    """Seconds that ``iw log`` takes to answer."""
    what = ("--on", event.occurred_on.isoformat(), "--grade", GRADE, "--source", event.source, "--text", event.text)
    command = ["--workspace", str(workspace.path), "log", event.indicator, *what, "--yes"]

    def call() -> None:
        with contextlib.redirect_stdout(Listener()), contextlib.suppress(Answered):
            raise SystemExit(f"iw log gave no answer: {run(command)}")

    return timed(call)


def timed(do: Callable[[], object]) -> float:
    """Seconds that it takes."""
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def memory() -> float:
    """What memory this process has now, in megabytes (on Linux)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
