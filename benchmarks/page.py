"""The results as a page: a table for each part, machine and versions, and what was written under them by hand."""

from __future__ import annotations

import os
import platform
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.measure import Row

RESULTS = Path(__file__).parent / "results.md"
BY_HAND = "## What bounds it"  # from here on the page is written by people and kept as it is
PACKAGES = (
    "numpy",
    "numba",
    "pymc",
    "pytensor",
    "nutpie",
    "hmmlearn",
    "jax",
    "dynamax",
    "numpyro",
    "pymc-extras",
)
HEADS = {  # title and note of each part
    "fit": (
        "Fit",
        """
NUTS, 4 chains of 500 + 500 iterations on two cores, target acceptance 0.8; the least bulk effective sample size of all
parameters per second of sampling, adaptation included. The same posterior for both, compared draw by draw to 1e-6.
NumPyro: one `lax.scan` over gaps and events. Aftershocks only in the whole model, whose gate is that of every fit;
judging counts as sampling. The whole process starts Python, imports, reads its caches, and samples once.
""",
    ),
    "textbook": (
        "Fit beside textbook PyMC",
        """
As above. A PyTensor scan over gaps and events, and the `DiscreteMarkovChain` of pymc-extras over days, marginalised.
""",
    ),
    "filter": (
        "Filter",
        """
2,000 draws, 4 scenarios, 20 indicators, 1,000 events in ten years; log-likelihoods are checked to 1e-8 before anything
is timed. JAX: event-driven, written by hand. hmmlearn (looped over draws) and dynamax (`hmm_filter` under `vmap`) step
day by day and take a single transition matrix, so a single regime. The others know no aftershocks. One dense sequence:
10,000 days with a likelihood given for each, by the forward pass of the likelihood that is sampled, that with its
gradient, and the filter of many draws. The whole process starts Python, imports, compiles or reads its caches, and
filters once. In the rows of limits the ratio is the filter's share of the limit.
""",
    ),
    "gradient": (
        "Gradient",
        """
One draw, 100 events, 20 indicators, 4 scenarios, ten years, 12 regimes; value and gradient are checked to 1e-8.
""",
    ),
    "update": (
        "One more event",
        """
2,000 draws, 4 scenarios, 20 indicators, ten years, 12 regimes, aftershocks; the problems were believed before without
the event. In the first rows there are 1,000 events, and ratios are to the engine's own step.
""",
    ),
    "growth": (
        "Cost in events",
        """
One pass over all events, 4 scenarios, 20 indicators, ten years, 12 regimes.

![Seconds for one pass against the number of events, on logarithmic scales](growth.svg)
""",
    ),
}


def page(found: dict[str, list[Row]], on: date) -> str:
    """The page in Markdown, without what is written by hand."""
    parts = ["# Benchmarks", "", f"{on.isoformat()}; {_machine()}; {_versions()}.", ""]
    for part, rows in found.items():
        parts += section(part, rows)
    return "\n".join(parts)


def section(part: str, rows: list[Row]) -> list[str]:
    """The lines of one part."""
    title, note = HEADS[part]
    return [f"## {title}", "", *_table(rows), note]


def by_hand() -> str:
    """What is written by hand in the page that there is."""
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    return text[text.index(BY_HAND) :] if BY_HAND in text else f"{BY_HAND}\n"


def _table(rows: list[Row]) -> list[str]:
    head = Row("what", "by", "in the process", "iw is × better", "whole process", "iw is × better")
    used = [k for k in range(len(head)) if k < 3 or any(row[k] for row in rows)]
    widths = [max(len(row[k]) for row in [head, *rows]) for k in range(len(head))]
    lines = ["| " + " | ".join(row[k].ljust(widths[k]) for k in used) + " |" for row in [head, *rows]]
    lines.insert(1, "|" + "|".join("-" * (widths[k] + 2) for k in used) + "|")
    return lines


def _machine() -> str:
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")
        ]
        name = names[0] if names else name
    load = f", load {os.getloadavg()[0]:.1f} at the end" if hasattr(os, "getloadavg") else ""
    return f"{os.cpu_count()} cores of {name}, {platform.system()}{load}"


def _versions() -> str:
    parts = [f"Python {platform.python_version()}"]
    for package in PACKAGES:
        try:
            parts.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join(parts)
