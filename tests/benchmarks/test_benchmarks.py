"""The benchmarks go on working: contenders that are installed run in small sizes, and agree with the product."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.problems import problem
from benchmarks.roof import plan_of

ROOT = Path(__file__).parents[2]


def test_the_products_that_are_counted_cover_every_day_once():
    evidence = problem(scenarios=3, indicators=4, days=700, events=60, regimes=5, draws=1).evidence
    plan = plan_of(evidence)
    assert sum(2 ** int(power) for power in plan.powers) == evidence.days
    assert plan.series == 5


@pytest.mark.slow
@pytest.mark.parametrize("part", ["filter", "update", "growth"])
def test_a_part_of_the_benchmarks_runs_in_small(part):
    command = [sys.executable, "-m", "benchmarks", "--small", "--only", part]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "| what" in done.stdout
