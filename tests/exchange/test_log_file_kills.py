"""An import that is killed is found whole batch by whole batch, and goes on where it stopped."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from iw.exchange.log_files import write_log
from iw.log.records import Marking
from iw.log.store import Log
from tests.exchange.cast import rows
from tests.log.cast import address, append, drill

KILLS = 4
IMPORTING = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from iw.exchange.import_log import import_log
from iw.log.store import Log
from tests.log.cast import KEY
restore = Log.restore
def telling(*args, **more):
    print(restore(*args, **more).position, flush=True)
Log.restore = telling
with Log.open(sys.argv[1], KEY) as log:
    import_log(log, Path(sys.argv[2]), importer="eva", now=datetime(2024, 8, 1, tzinfo=UTC))
"""


@pytest.mark.slow
def test_a_killed_import_goes_on_where_it_stopped(mine: Log, another: Callable[[], Log], tmp_path: Path) -> None:
    append(mine, *(drill(f"Drill {number} was held.", f"2024-0{1 + number % 5}-20") for number in range(3_000)))
    file = tmp_path / "log.jsonl"
    write_log(mine, file, Marking.RED)
    other, rng = another(), random.Random(1)
    positions = [0]
    for _ in range(KILLS):
        command = [sys.executable, "-c", IMPORTING, address(other), str(file)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            acknowledged = int(process.stdout.readline())
            time.sleep(rng.uniform(0, 0.2))  # somewhere in the next batch
            process.kill()
        positions.append(other.position())
        assert other.position() >= acknowledged
        assert other.imports()[-1].position == other.position()
    assert positions == sorted(set(positions))
    assert positions[-1] < mine.position()
    subprocess.run([sys.executable, "-c", IMPORTING, address(other), str(file)], check=True, stdout=subprocess.DEVNULL)
    assert rows(other) == rows(mine)
