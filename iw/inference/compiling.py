"""What judges a fit, forecasts and explains, compiled beside the model: in a process of its own, for compilers hold the
lock.

Numba keeps what it has compiled on the disk, where this process finds it when it filters for the first time.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import numpy as np

from iw.inference.arrays import Evidence, ModelSpec
from iw.inference.belief import Believer
from iw.inference.forecast import visit_probs
from iw.inference.proposal import prior_draws
from iw.inference.shift import shift_over_time

_LONGEST = 180.0  # seconds; by then this process had compiled it by itself


@contextmanager
def compiled_beside(spec: ModelSpec, evidence: Evidence) -> Iterator[None]:
    """Compile all but the model, if need be, while the body runs, and wait for it. Where that fails only time is lost.

    ``spec`` and ``evidence`` are any that can be filtered.
    """
    command, silent = [sys.executable, "-m", __name__], subprocess.DEVNULL
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=silent, stderr=silent) as process:
        try:
            assert process.stdin is not None
            with suppress(OSError), process.stdin as given:
                pickle.dump((spec, evidence), given)
            yield
            with suppress(subprocess.TimeoutExpired):
                process.wait(_LONGEST)
        finally:
            process.kill()


def _compile(spec: ModelSpec, evidence: Evidence) -> None:
    draws = prior_draws(spec, np.random.default_rng(0), 2, evidence.days)
    yesterday = evidence.days - 1
    before, now = Believer(spec, draws).believe(evidence, np.array([yesterday, evidence.days]))
    visit_probs(now, draws, [0], 30.0)
    shift_over_time(spec, draws, evidence, before, yesterday, evidence.days, seed=0)


if __name__ == "__main__":
    _compile(*pickle.load(sys.stdin.buffer))
