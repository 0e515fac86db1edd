"""How everything is measured: rows of the table, the quickest of some runs, and contenders in processes of their own.

A contender is a function that prepares and gives figures; ``python -m benchmarks.contender MODULE FUNCTION`` calls it
in a fresh process and prints its figures as JSON. So no library disturbs another, and the whole process can be timed
from outside: start, imports, compilation or its cache, and one run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

TOLERANCE = 1e-8
LIMIT = 1200.0  # seconds after which a contender is given up


class Row(NamedTuple):
    """One line of a table: what was measured, by whom, the figures, and how many times as good the product is."""

    what: str
    by: str
    in_process: str
    ratio: str = ""
    whole: str = ""
    whole_ratio: str = ""


class Disagreement(SystemExit):
    """A contender computes something else, and is not timed."""


@dataclass(frozen=True)
class Bench:
    """What every part is given: sizes (small ones only try that all works) and a folder for caches and results."""

    small: bool
    folder: Path
    failures: list[str] = field(default_factory=list, compare=False)  # contenders that failed or disagreed

    def contender(self, module: str, function: str, *, caches: str = "shared", **given: Any) -> dict[str, Any]:
        """The figures of a contender, from a process of its own, with ``seconds_whole`` as seen from outside.

        ``caches`` names the folder of compiled code; a new name starts empty. Where the contender fails there is
        only ``failed``, one line.
        """
        given = {"small": self.small, **given}
        command = [sys.executable, "-m", "benchmarks.contender", module, function, json.dumps(given)]
        say(f"  {module} {function} {given if len(given) > 1 else ''}")
        began = time.perf_counter()
        try:
            done = subprocess.run(
                command,
                env=os.environ | self._caches(caches),
                capture_output=True,
                text=True,
                timeout=LIMIT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            self.failures.append(f"{module} {function} {given}")
            return {"failed": f"given up after {LIMIT:.0f} s"}
        seconds = time.perf_counter() - began
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            say(f"    failed: {last}")
            self.failures.append(f"{module} {function} {given}")
            return {"failed": last[:160]}
        return json.loads(done.stdout.splitlines()[-1]) | {"seconds_whole": seconds}

    def _caches(self, name: str) -> dict[str, str]:
        folder = self.folder / name
        return {
            "NUMBA_CACHE_DIR": f"{folder}/numba",
            "PYTENSOR_FLAGS": f"base_compiledir={folder}/pytensor",
            "JAX_COMPILATION_CACHE_DIR": f"{folder}/jax",
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
            "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
            "JAX_PLATFORMS": "cpu",
        }


def best(run: Callable[[], object], times: int, prepare: Callable[[], object] = lambda: None) -> float:
    """Seconds of the quickest of some runs, after one that does not count; ``prepare`` is done before each."""
    seconds = []
    for _ in range(times + 1):
        prepare()
        began = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - began)
    return min(seconds[1:])


def check(name: str, theirs: Any, mine: Any, tolerance: float = TOLERANCE) -> None:
    """Raise `Disagreement` unless the two are the same, relative to the largest."""
    worst = float(np.max(np.abs(np.asarray(theirs) - np.asarray(mine)), initial=0.0))
    if not worst < tolerance * (1 + float(np.max(np.abs(mine), initial=0.0))):
        raise Disagreement(f"{name} disagrees by {worst:.3g}; it was not timed")


def installed(package: str) -> bool:
    """Is it there?"""
    return find_spec(package) is not None


def times(theirs: float, mine: float) -> str:
    """How many times one is the other, to three digits."""
    return f"{theirs / mine:.3g}"


def duration(seconds: float) -> str:
    """Seconds in the unit that suits."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"


def say(text: str) -> None:
    """Progress, on stderr."""
    print(text, file=sys.stderr, flush=True)
