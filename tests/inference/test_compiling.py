"""What judges and explains fits is compiled in a process beside this one, which leaves nothing behind."""

from __future__ import annotations

import shutil
import subprocess
import time

import pytest

from iw.inference import compiling
from iw.inference.compiling import compiled_beside
from tests.inference.cast import problem


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The processes that were started."""
    found: list[subprocess.Popen[bytes]] = []

    class Noted(subprocess.Popen[bytes]):
        def __init__(self, *args: object, **more: object) -> None:
            super().__init__(*args, **more)  # type: ignore[call-overload]
            found.append(self)

    monkeypatch.setattr(compiling.subprocess, "Popen", Noted)
    return found


def test_all_has_run_in_a_process_of_its_own_when_the_body_ends(
    started: list[subprocess.Popen[bytes]],
) -> None:
    spec, _, evidence = problem(1, days=100)
    with compiled_beside(spec, evidence):
        assert started[0].poll() is None
    assert started[0].returncode == 0


def test_a_body_that_is_cancelled_takes_the_process_along(started: list[subprocess.Popen[bytes]]) -> None:
    spec, _, evidence = problem(1, days=100)
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt), compiled_beside(spec, evidence):
        raise KeyboardInterrupt
    assert started[0].returncode not in (None, 0)
    assert time.monotonic() - begun < 5


def test_a_process_that_fails_costs_nothing(
    started: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiling.sys, "executable", shutil.which("false"))
    spec, _, evidence = problem(1, days=100)
    with compiled_beside(spec, evidence):
        pass
    assert started[0].returncode == 1
