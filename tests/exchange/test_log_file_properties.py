"""After any appends and changes at any markings, an exported and imported log shows what the log shows."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from iw.exchange.log_files import write_log
from iw.exchange.log_forms import FORMS
from iw.log.records import Backing, LogView, Marking
from iw.log.store import Log
from tests.exchange.cast import read_in, rows
from tests.log.cast import DAY, KEY
from tests.log.test_state_machine import LogAndModel


def told(view: LogView) -> object:
    """A view without positions: in a file they count only what is seen."""
    events = [
        (one.summary, one.stamp.recorded_at, one.stamp.marking, sorted(_told(backing) for backing in one.backings))
        for one in view.events
    ]
    return sorted(events), sorted((one.text, str(one.grade), one.stamp.recorded_at) for one in view.unassigned)


def _told(backing: Backing) -> tuple[str, ...]:
    return backing.stance, backing.report.text, str(backing.report.grade)


class ExportedLog(LogAndModel):
    """The log of `LogAndModel`, exported and imported now and then."""

    @rule(marking=st.sampled_from([Marking.CLEAR, Marking.GREEN]), form=st.sampled_from(sorted(FORMS)))
    def export_at(self, marking: Marking, form: str) -> None:
        with self.imported(marking, form) as other:
            for days_ago in range(0, 12, 2):
                known = self.now - days_ago * DAY
                for lower in (one for one in Marking if one.rank <= marking.rank):
                    assert told(other.view(known, lower)) == told(self.log.view(known, lower))

    @rule(form=st.sampled_from(sorted(FORMS)))
    def export(self, form: str) -> None:
        with self.imported(Marking.RED, form) as other:
            assert rows(other) == rows(self.log)

    def imported(self, marking: Marking, form: str) -> Log:
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        write_log(self.log, folder / f"log{form}", marking)
        shutil.copy(self.template, folder / "log.db")
        other = Log.open(f"sqlite:///{folder / 'log.db'}", KEY)
        read_in(other, folder / f"log{form}", now=self.now)
        return other


def test_an_imported_log_shows_what_the_log_shows(sqlite_template: Path) -> None:
    ExportedLog.template = sqlite_template
    run_state_machine_as_test(ExportedLog, settings=settings(max_examples=6, stateful_step_count=20, deadline=None))
