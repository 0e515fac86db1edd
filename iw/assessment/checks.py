"""Findings that need catalogue and log together: do the elicited rates agree with what was seen?"""

from __future__ import annotations

from datetime import date, datetime

import numpy as np

from iw.assessment.beliefs import Beliefs
from iw.catalogue.copied import Runs, copied
from iw.core.errors import Fault
from iw.evidence import build_evidence
from iw.inference.arrays import YEAR_DAYS
from iw.log.records import LogView, Marking

FACTOR = 2.0
_LEAST = 3.0  # below three expected and seen, a factor of two is chance


def log_findings(beliefs: Beliefs, as_of: date, known_at: datetime) -> list[Fault]:
    """Rates that contradict the log beyond a factor of two: the integral of c f against the sum of weights."""
    findings = []
    for name, problem in beliefs.catalogue.problems.items():
        if as_of < problem.start:
            continue
        spec = beliefs.spec(name)
        arrays = build_evidence(beliefs.catalogue, spec, beliefs.view(known_at, Marking.RED), as_of).arrays
        years = np.diff(arrays.breaks) @ arrays.coverage / YEAR_DAYS
        expected = years * spec.elicited_rates()[:, spec.scenarios.index(problem.status_quo)]
        seen = np.zeros(len(spec.indicators))
        for m, weight in enumerate(arrays.obs_weight):
            seen[arrays.indicators_of(m)] += weight
        counts = arrays.counts
        status_quo = spec.elicited_rates()[counts.indicator, spec.scenarios.index(problem.status_quo)]
        np.add.at(expected, counts.indicator, counts.weight * counts.years * status_quo)
        np.add.at(seen, counts.indicator, counts.weight * counts.value)
        file, loc = beliefs.catalogue.places["problem", name]
        for i, indicator in enumerate(spec.indicators):
            ratio = (seen[i] + 0.5) / (expected[i] + 0.5)
            if max(expected[i], seen[i]) >= _LEAST and not 1 / FACTOR <= ratio <= FACTOR:
                index = next(k for k, use in enumerate(problem.indicators) if use.indicator == indicator)
                findings.append(
                    file.fault(
                        [*loc, "indicators", index],
                        f"'{indicator}': rate and coverage lead one to expect {expected[i]:.1f} genuine events, "
                        f"the log holds {seen[i]:.1f}",
                        "look at the rate, the coverage that was declared, and the log",
                    )
                )
    return findings


def copied_summaries(view: LogView, runs: Runs) -> list[Fault]:
    """Events and readings whose summary, meant to be in our own words, shares eight words with a document.

    What a source sent is kept as it was sent, and not looked at.
    """
    found = []
    for event in (*view.events, *view.readings):
        if hit := copied(event.summary, runs):
            document, run = hit
            message = f"eight words of the summary of {event.id} are those of '{document}': {run}"
            found.append(Fault("log", event.first_position, 0, message, "correct it, in your own words"))
    return found
