"""``python -m benchmarks.log_size``: what a large log costs to fill, to enter an event into, and to verify.

Events are appended from a generator in one transaction, as an import does it, until the log of a workspace holds so
many records. Then single events are entered: through `Workspace.enter`, which looks for near-duplicates and appends,
and by ``iw log`` in this process, from its start to the line that says that the event is logged. The peak of memory is
that of the process so far. With ``--url`` the log is made in that (empty) database, else in a SQLite file in a folder
that is removed afterwards.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.made_events import GRADE, Made, made
from iw.cli.app import run
from iw.workspace import Workspace, init_workspace
from iw.workspace.settings import DATABASE

ENTRIES, CALLS = 100, 10


def main() -> None:
    """Fill the log to each size in turn and print one line for each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.log_size", description=__doc__)
    parser.add_argument("--url", help="the address of an empty database; else a SQLite file is made")
    parser.add_argument("--records", type=int, nargs="+", default=[1_000, 1_000_000], help="sizes, rising")
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
    columns = ("records", "import, events/s", "entry, median ms", "entry, 95 % ms", "`iw log` to its answer, median ms")
    print(f"| {' | '.join(columns)} | verify, records/s | peak memory, MB |")
    print("|---:|---:|---:|---:|---:|---:|---:|", flush=True)
    for size in sizes:
        # An event is three records: its report, itself, and what joins the two.
        events = (size - workspace.log.position()) // 3
        drafts = (one.draft for one in fresh(workspace, events))
        rate = events / timed(lambda drafts=drafts: workspace.log.append(drafts, **signed(workspace)))  # type: ignore[misc]
        entries = sorted(1e3 * timed(lambda one=one: workspace.enter(one.draft)) for one in fresh(workspace, ENTRIES))  # type: ignore[misc]
        calls = [1e3 * answered(workspace, one) for one in fresh(workspace, CALLS)]
        walked = workspace.log.position() / timed(workspace.log.verify)
        middle, late = statistics.median(entries), entries[int(0.95 * ENTRIES)]
        figures = (f"{rate:,.0f}", f"{middle:.1f}", f"{late:.1f}", f"{statistics.median(calls):.0f}")
        print(f"| {workspace.log.position():,} | {' | '.join(figures)} | {walked:,.0f} | {peak():,.0f} |", flush=True)


def fresh(workspace: Workspace, events: int) -> Iterator[Made]:
    """So many events that the log does not hold."""
    indicators = sorted(name for name, one in workspace.catalogue.indicators.items() if one.kind == "event")
    first = workspace.log.position()
    return (made(number, indicators, workspace.today) for number in range(first, first + events))


def signed(workspace: Workspace) -> dict[str, object]:
    """By whom, when and why."""
    return {"author": "benchmark", "now": workspace.now(), "reason": "import"}


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


def peak() -> float:
    """The most memory that this process has had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


if __name__ == "__main__":
    main()
