import subprocess
import sys
import threading

from sqlalchemy import event

from iw.log.store import Log
from tests.log.cast import NOW, address, append, drill

APPENDS = 8
WRITER = """
import sys
from iw.log.store import Log
from tests.log.cast import KEY, append, drill
url, name, appends = sys.argv[1:]
with Log.open(url, KEY) as log:
    for number in range(int(appends)):
        append(log, drill(f"{name} {number}"), author=name)
"""


def test_two_processes_that_write_at_once_both_succeed(log: Log) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, address(log), name, str(APPENDS)],
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("anna", "boris")
    ]
    said = [writer.communicate(timeout=60)[1] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0], said
    view = log.view(NOW)
    assert len(view.events) == 2 * APPENDS
    # One source row in all, and for every event itself, its report and its backing: no position was lost.
    assert log.position() == view.position == 1 + 3 * 2 * APPENDS


def test_a_view_is_of_one_moment_while_somebody_writes(log: Log) -> None:
    append(log, drill("First."))
    writer = threading.Thread(target=append, args=(log, drill("Second.")))

    def interrupt(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "JOIN reports" in statement and writer.ident is None:  # the reading has begun by then
            writer.start()
            writer.join()

    event.listen(log.engine, "before_cursor_execute", interrupt)
    view = log.view(NOW)
    assert [one.summary for one in view.events] == ["First."]
    assert view.position == 4
    assert len(log.view(NOW).events) == 2
