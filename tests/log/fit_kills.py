"""Processes that fit and are killed (-9) while they do, and what is left of the log and of the fits."""

from __future__ import annotations

import os
import random
import signal
import time
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from iw.evidence.fit_files import read_draws
from iw.workspace import Workspace, open_workspace
from tests.evidence.cast import event, watch
from tests.log.kills import Writers, wait_for_the_server

PROBLEM = "dam"
BEGUN = date(2024, 4, 1)  # from when on somebody watches
WRITING = 0.5  # seconds within which a fit is written and recorded
END_TO_END = 5  # of so many rounds one fit is let live


@dataclass
class Fits:
    """The workspace of processes that fit, what its log acknowledged, and what became of the fits that were killed."""

    forked: Writers
    url: str
    folder: Path
    chance: random.Random
    logged: list[int] = field(default_factory=list)
    seconds: float = 0.0  # that a fit takes
    unrecorded: int = 0  # fits that were killed before they were in the log
    recorded: int = 0

    def log(self) -> None:
        """An event more, so that the next fit is another one."""
        day = BEGUN + timedelta(days=len(self.logged))
        with open_workspace(self.folder) as workspace:
            self.logged += workspace.append([event("crack", day.isoformat(), "D4")])

    def live(self) -> None:
        """A fit that is let live is recorded, and in force."""
        began = time.monotonic()
        self.forked.fit(self.url, self.folder, to_its_end=True)
        self.forked.wait()
        self.seconds = time.monotonic() - began
        with open_workspace(self.folder) as workspace:
            self.look(workspace, workspace.log.fits()[-1].fit_id)

    def die(self, at_the_end: bool) -> None:
        """A fit is killed at some moment, or while it is written and recorded; all is as before, or it is in force."""
        with open_workspace(self.folder) as workspace:
            known = [fit.fit_id for fit in workspace.log.fits()]
        pid = self.forked.fit(self.url, self.folder)
        if at_the_end:
            self._wait_for_its_file()
        time.sleep(self.chance.uniform(0, WRITING if at_the_end else self.seconds))
        os.kill(pid, signal.SIGKILL)
        self.forked.wait()
        with open_workspace(self.folder) as workspace:
            wait_for_the_server(workspace.log)
            now = [fit.fit_id for fit in workspace.log.fits()]
            assert now[: len(known)] == known
            assert len(now) <= len(known) + 1
            self.recorded += len(now) - len(known)
            self.unrecorded += 1 - (len(now) - len(known))
            self.look(workspace, now[-1])

    def look(self, workspace: Workspace, in_force: str) -> None:
        """The log holds, with all that was acknowledged; every fit can be read; and this one is in force."""
        assert workspace.log.verify().holds
        assert {one.first_position for one in workspace.log.view(workspace.now()).events} == set(self.logged)
        assert all(fit.accepted for fit in workspace.log.fits())
        belief = workspace.belief(PROBLEM)
        assert belief.provenance.fit == in_force
        for path in (self.folder / "fits").glob("*.nc"):
            read_draws(path, belief.spec)

    def _wait_for_its_file(self) -> None:
        before = set((self.folder / "fits").iterdir())
        end = time.monotonic() + 60 + 10 * self.seconds
        while set((self.folder / "fits").iterdir()) == before:
            time.sleep(0.001)
            assert time.monotonic() < end, "nobody fits"


def kill_while_fitting(forked: Writers, url: str, folder: Path, rounds: int, seed: int) -> Fits:
    """Let a process fit, kill it at a random moment, and look; so many rounds, now and then with a fit that lives."""
    with open_workspace(folder) as workspace:
        workspace.append([watch(BEGUN, None, 0.9, collector="gauges")])
    fits = Fits(forked, url, folder, random.Random(seed))
    fits.log()
    forked.compile(url, folder)
    fits.live()
    for number in range(rounds):
        fits.log()
        fits.die(at_the_end=number % 2 == 0)
        if number % END_TO_END == END_TO_END - 1:
            fits.log()
            fits.live()
    return fits
