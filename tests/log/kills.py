"""Processes that write to a log and are killed (-9) while they do, and what is left of the log.

One process is started and imports the program once; it forks a writer for every order, since to start Python anew for
each of a thousand writers takes longer than all the writing.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from iw.log.store import Log
from tests.log.cast import KEY, NOW, append, drill

BATCH = 30  # events of one import
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Writers:
    """The process that forks writers. What they print is what they were told by the log: acknowledged appends."""

    process: subprocess.Popen[str]
    acknowledged: list[tuple[str, int]] = field(default_factory=list)  # the name of an append and its events

    def start(self, url: str, name: str, events: int, appends: int) -> int:
        """Fork a writer of so many appends of so many events each; its process id, when it has opened the log."""
        self._say(f"write {url} {name} {events} {appends}")
        return int(self._until("pid")[1])

    def bring_up_to_date(self, url: str) -> int:
        """Fork a process that opens a log of an older program; its process id."""
        self._say(f"open {url}")
        return int(self._until("pid")[1])

    def compile(self, url: str, folder: Path) -> None:
        """Compile the model of a workspace once for all that will fit."""
        self._say(f"compile {url} {folder}")
        self._until("compiled")

    def fit(self, url: str, folder: Path, *, to_its_end: bool = False) -> int:
        """Fork a process that fits; its process id, when it has opened the workspace, or has recorded the fit."""
        self._say(f"fit {url} {folder}")
        pid = int(self._until("pid")[1])
        if to_its_end:
            self._until("fitted")
        return pid

    def get_ready_to_keep(self, folder: Path) -> None:
        """Write a small fit in the process itself, so that those that it forks do so without delay."""
        self._say(f"get-ready {folder}")
        self._until("kept")

    def keep(self, folder: Path) -> int:
        """Fork a process that writes small fits; its process id."""
        self._say(f"keep {folder}")
        return int(self._until("pid")[1])

    def kept(self) -> str:
        """The name of the next file that such a process says is kept."""
        return self._until("kept")[1]

    def go_on(self, appends: int) -> None:
        """Until so many more appends have been acknowledged."""
        wanted = len(self.acknowledged) + appends
        while len(self.acknowledged) < wanted:
            self._until("appended")

    def wait(self) -> None:
        """Until all writers have ended, by themselves or not."""
        self._say("wait")
        self._until("over")

    def _until(self, word: str) -> list[str]:
        """The next line that begins with ``word``; acknowledgements are noted on the way."""
        while True:
            line = self._read()
            if line[0] == "appended":
                self.acknowledged.append((line[1], int(line[2])))
            if line[0] == word:
                return line

    def _say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def _read(self) -> list[str]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline().split()
        assert line, "the writers' process has ended"
        return line


@contextmanager
def writers() -> Iterator[Writers]:
    """A process that forks writers, ended afterwards."""
    command = [sys.executable, "-m", "tests.log.kills"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT, env=os.environ) as process:
        try:
            yield Writers(process)
        finally:
            process.kill()


def kill_often(url: str, rounds: int, seed: int) -> tuple[int, int]:
    """Let a writer append single events or import batches, kill it at a random moment, and look; so many rounds.

    Gives how many appends were acknowledged, and how many are there that a writer did not live to acknowledge.
    """
    chance, beyond = random.Random(seed), 0
    with writers() as forked:
        for number in range(rounds):
            events = chance.choice((1, BATCH))
            pid = forked.start(url, f"{seed}-{number}", events, 1_000)
            forked.go_on(chance.randrange(4))
            time.sleep(chance.uniform(0, 0.05))
            os.kill(pid, signal.SIGKILL)
            forked.wait()
            beyond = look(url, forked.acknowledged)
            assert beyond <= number + 1
    return len(forked.acknowledged), beyond


def kill_while_migrating(log: Log, take_back: Callable[[], None], rounds: int, seed: int) -> tuple[int, int]:
    """Take the hash chain back, let a process make it anew, kill that at a random moment, and look; so many rounds.

    Gives in how many rounds the log was still an old one after the kill, and in how many a new one.
    """
    url = log.engine.url.render_as_string(hide_password=False)
    chance, heads, view, old = random.Random(seed), log.heads(), log.view(NOW), 0
    with writers() as forked:
        for _ in range(rounds):
            take_back()
            pid = forked.bring_up_to_date(url)
            time.sleep(chance.uniform(0, 0.3))
            os.kill(pid, signal.SIGKILL)
            forked.wait()
            wait_for_the_server(log)
            old += Log.predates_chain(url)
            with Log.open(url, KEY) as opened:
                assert (opened.heads(), opened.view(NOW)) == (heads, view)
                assert opened.verify().holds
    return old, rounds - old


def look(url: str, acknowledged: list[tuple[str, int]]) -> int:
    """Check that the log is whole and holds all that was acknowledged; how many appends it holds beyond."""
    with Log.open(url, KEY) as log:
        wait_for_the_server(log)
        done = log.verify()
        assert done.holds, done.flaw
        view = log.view(NOW)
        events = [event.summary for event in view.events]
        assert len(events) == len(set(events))
        assert not view.unassigned
        # One source row in all, and three records for each event: nothing of an append without the rest.
        assert log.position() == 3 * len(events) + bool(events)
    found: dict[str, int] = {}
    for summary in events:
        name = summary.rsplit("/", 1)[0]
        found[name] = found.get(name, 0) + 1
    assert {name: found.get(name) for name, _ in acknowledged} == dict(acknowledged)
    assert set(found.values()) <= {1, BATCH}
    return len(found) - len(acknowledged)


def wait_for_the_server(log: Log) -> None:
    """Until the store has done what dead clients asked of it."""
    # A server may be about to commit what a client that is dead now asked it to.
    if log.engine.dialect.name == "postgresql":
        with log.engine.begin() as connection:
            connection.exec_driver_sql("LOCK TABLE records IN SHARE ROW EXCLUSIVE MODE")


def write(url: str, name: str, events: int, appends: int) -> None:
    """A writer: say after each append that it was acknowledged."""
    with Log.open(url, KEY) as log:
        os.write(1, f"pid {os.getpid()}\n".encode())
        for number in range(appends):
            called = f"{name}.{number}"
            append(log, *(drill(f"{called}/{place}") for place in range(events)), author=name)
            os.write(1, f"appended {called} {events}\n".encode())


def keep(folder: Path, fits: Iterable[int]) -> None:
    """A process that writes the files of small fits, and says of each that it is kept."""
    import numpy as np
    import xarray

    from iw.evidence.fit_files import FitSummary, write_fit

    made = (date(2024, 5, 20), NOW, "clear", 7, 1, True, "accepted", "0")
    os.write(1, f"pid {os.getpid()}\n".encode())
    for number in fits:
        draws = xarray.Dataset({"draws": ("draw", np.full(20_000, float(number)))})
        data = xarray.DataTree.from_dict({"/posterior": draws})
        path = write_fit(folder, FitSummary(f"{os.getpid()}-{number}", "dam", "v", *made), data)
        os.write(1, f"kept {path.name}\n".encode())


class _Compiled(BaseException):
    """The model has been compiled; nothing was sampled."""


def use(url: str) -> None:
    """Let workspaces have their log there."""
    os.environ |= {"IW_DATABASE_URL": url, "IW_LOG_KEY": KEY.text}


def compile_once(folder: Path) -> None:
    """Compile the model in this process, so that those that it forks need only sample."""
    import nutpie

    from iw.workspace import open_workspace

    def stop(*_: object, **__: object) -> None:
        raise _Compiled

    sample, nutpie.sample = nutpie.sample, stop
    with open_workspace(folder) as workspace, contextlib.suppress(_Compiled):
        workspace.fit(again=True)
    nutpie.sample = sample


def fit(folder: Path) -> None:
    """A process that fits, and says so when the fit is recorded."""
    from iw.workspace import open_workspace

    with open_workspace(folder) as workspace:
        os.write(1, f"pid {os.getpid()}\n".encode())
        for done in workspace.fit():
            os.write(1, f"fitted {done.fit_id}\n".encode())


def serve() -> None:
    """Fork a process for every line of standard input, until it ends."""
    import alembic.command  # noqa: F401  # once, before forking
    import psycopg  # noqa: F401

    for line in sys.stdin:
        if line.strip() == "wait":
            with contextlib.suppress(ChildProcessError):
                while True:
                    os.wait()
            os.write(1, b"over\n")
            continue
        word, url, *more = line.split()
        if word == "get-ready":
            keep(Path(url), range(1))  # what writing loads is loaded once
            continue
        if word == "compile":
            use(url)
            compile_once(Path(more[0]))
            os.write(1, b"compiled\n")
            continue
        if os.fork() == 0:
            if word == "write":
                name, events, appends = more
                write(url, name, int(events), int(appends))
            elif word == "fit":
                use(url)
                fit(Path(more[0]))
            elif word == "keep":
                keep(Path(url), itertools.count())
            else:
                os.write(1, f"pid {os.getpid()}\n".encode())
                Log.open(url, KEY).close()
            os._exit(0)


if __name__ == "__main__":
    serve()
