"""A belief at any (as_of, known_at, marking): the right draws, the right evidence, one frozen record.

The draws come from the fit that was in force at the time: the newest accepted fit of this model version that knew no
more than is asked for. Weighted by what the log says now against what it said at the fit. Where there is no such fit,
or its weights have worn out, draws from a proposal stand in, and the belief says so.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from zlib import crc32

import numpy as np

from iw.assessment.records import Estimate, Provenance
from iw.catalogue import Catalogue
from iw.core.errors import NotFoundError
from iw.evidence import EvidenceSet, build_evidence, model_spec
from iw.evidence.coverage import Watched
from iw.evidence.fit_files import read_draws
from iw.inference.arrays import Draws, Floats, ModelSpec
from iw.inference.belief import Believer, JointState, pareto_shape
from iw.inference.forecast import visit_probs
from iw.inference.proposal import proposal_draws
from iw.log.records import FitRecord, LogView, Marking
from iw.log.store import Log

USABLE_DRAWS = 50  # weights worth fewer draws than this carry no belief
WORN = 1 / 3  # share of a fit's draws below which a refit is due
WORN_SHAPE = 0.7
_COVERS = 64  # coverages that are remembered; what-if questions ask for the same one hundreds of times

Overlay = Callable[[LogView], LogView]


@dataclass(frozen=True)
class Belief:
    """Probabilities over a problem's scenarios at a date, and what made them. Frozen."""

    state: JointState
    believer: Believer
    evidence: EvidenceSet
    provenance: Provenance

    @property
    def spec(self) -> ModelSpec:
        """The elicited model of its problem."""
        return self.believer.spec

    @property
    def draws(self) -> Draws:
        """The parameter draws it was made from."""
        return self.believer.draws

    def estimate(self, scenario: str) -> Estimate:
        """Mean and 90 % credible interval of one scenario."""
        s = self.spec.scenarios.index(scenario)
        low, high = self._interval
        return Estimate(float(self.state.mean[s]), float(low[s]), float(high[s]))

    @cached_property
    def _interval(self) -> tuple[Floats, Floats]:
        return self.state.interval()

    @property
    def leading(self) -> str:
        """The most probable scenario."""
        return self.spec.scenarios[int(np.argmax(self.state.mean))]

    @property
    def usable(self) -> bool:
        """False when the weighted draws are worth too few to say anything."""
        return self.provenance.effective_draws >= USABLE_DRAWS

    @property
    def refit_due(self) -> bool:
        """True when there is no fit, or its weights have worn out."""
        p = self.provenance
        return p.fit is None or p.effective_draws < WORN * p.draws or (p.pareto_k or 0.0) > WORN_SHAPE

    def visited(self, scenarios: list[str], days: float) -> Estimate:
        """P(any of ``scenarios`` is visited within ``days``, now included), with its 90 % interval over draws."""
        from iw.inference.belief import weighted_quantile

        columns = [self.spec.scenarios.index(name) for name in scenarios]
        probs = visit_probs(self.state, self.draws, columns, days)
        low, high = weighted_quantile(probs, self.state.weights, (0.05, 0.95))
        return Estimate(float(self.state.weights @ probs), float(low), float(high))


class Beliefs:
    """Answers for one catalogue, log and folder of fits; keeps what it has read."""

    def __init__(self, catalogue: Catalogue, log: Log, fits: Path, seed: int) -> None:
        self.catalogue, self.log, self._fits, self.seed = catalogue, log, fits, seed
        self._views: dict[tuple[datetime, Marking, int], LogView] = {}
        self._believers: dict[str, Believer] = {}  # by fit
        self._specs: dict[str, ModelSpec] = {}
        self._covers: OrderedDict[tuple[str, date, datetime, Marking, int], Watched] = OrderedDict()

    def spec(self, problem: str) -> ModelSpec:
        """The elicited model of ``problem``."""
        if problem not in self._specs:
            self._specs[problem] = model_spec(self.catalogue, problem)
        return self._specs[problem]

    def view(self, known_at: datetime, marking: Marking, position: int | None = None) -> LogView:
        """The log as known at a moment, at or below a marking; with ``position``, as it was up to that record."""
        last = self.log.position() if position is None else position
        key = (known_at, marking, last)
        if key not in self._views:
            self._views[key] = self.log.view(known_at, marking, position=last)
        return self._views[key]

    def at(
        self,
        problem: str,
        as_of: date,
        known_at: datetime,
        marking: Marking,
        overlay: Overlay | None = None,
        position: int | None = None,
    ) -> Belief:
        """The belief; ``overlay`` changes the view for a what-if question and leaves the log alone.

        With ``position`` it is that of before later records, from the fit that is in force now.
        """
        spec = self.spec(problem)
        view = self.view(known_at, marking, position)
        seen = overlay(view) if overlay else view
        key = (problem, as_of, view.known_at, view.marking, view.position)
        watching = (seen.coverages, seen.searches, seen.resolutions)
        same = all(a is b for a, b in zip(watching, (view.coverages, view.searches, view.resolutions), strict=True))
        evidence = build_evidence(self.catalogue, spec, seen, as_of, self._covers.get(key) if same else None)
        if same:
            self._covers[key] = evidence.cover
            while len(self._covers) > _COVERS:
                self._covers.popitem(last=False)
        fit = self.fit_in_force(spec, as_of, known_at, marking)
        if fit is not None:
            belief = self._from(self._read(spec, fit), evidence, view, fit)
            if belief.usable:
                return belief
        return self._proposed(spec, evidence, view)

    def again(
        self,
        problem: str,
        as_of: date,
        known_at: datetime,
        marking: Marking,
        position: int,
        fit: str | None,
    ) -> Belief:
        """The belief as it was made when ``position`` was the log's last record, from the fit of this id or none.

        Raises `NotFoundError` where the log has no such fit.
        """
        spec = self.spec(problem)
        view = self.log.view(known_at, marking, position=position)
        evidence = build_evidence(self.catalogue, spec, view, as_of)
        if fit is None:
            return self._proposed(spec, evidence, view)
        known = {one.fit_id: one for one in self.log.fits(problem)}
        if fit not in known:
            raise NotFoundError("fit", fit, known)
        return self._from(self._read(spec, known[fit]), evidence, view, known[fit])

    def _proposed(self, spec: ModelSpec, evidence: EvidenceSet, view: LogView) -> Belief:
        rng = np.random.default_rng([self.seed, crc32(spec.problem.encode()), evidence.as_of.toordinal()])
        return self._from(Believer(spec, proposal_draws(spec, evidence.arrays, rng)), evidence, view, None)

    def fit_in_force(self, spec: ModelSpec, as_of: date, known_at: datetime, marking: Marking) -> FitRecord | None:
        """The newest accepted fit of this model that knew no more than is asked and saw nothing above ``marking``.

        A log that was imported names fits whose draws were left where they were made: these are not in force here.
        """
        candidates = [
            fit
            for fit in self.log.fits(spec.problem)
            if fit.stamp.marking.rank <= marking.rank
            and fit.accepted
            and fit.model_version == spec.version
            and fit.as_of <= as_of
            and fit.known_at <= known_at
            and (self._fits / fit.path).exists()
        ]
        return max(candidates, key=lambda f: (f.as_of, f.known_at, f.stamp.position), default=None)

    def _read(self, spec: ModelSpec, fit: FitRecord) -> Believer:
        if fit.fit_id not in self._believers:
            self._believers[fit.fit_id] = Believer(spec, read_draws(self._fits / fit.path, spec)[0])
        return self._believers[fit.fit_id]

    def _from(self, believer: Believer, evidence: EvidenceSet, view: LogView, fit: FitRecord | None) -> Belief:
        state = believer.believe(evidence.arrays)[-1]
        provenance = Provenance(
            as_of=evidence.as_of,
            known_at=view.known_at,
            marking=str(view.marking),
            log_position=view.position,
            model_version=believer.spec.version,
            fit=fit.fit_id if fit else None,
            fit_as_of=fit.as_of if fit else None,
            fit_gate=str(fit.summary.get("gate", "accepted")) if fit else "no accepted fit: weighted proposal draws",
            effective_draws=state.effective_draws,
            draws=len(believer.draws),
            pareto_k=_finite(pareto_shape(np.log(np.maximum(state.weights, 1e-300)))),
            seed=self.seed,
        )
        return Belief(state, believer, evidence, provenance)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
