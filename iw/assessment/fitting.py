"""Make fits and put them in force: sample, judge, store the draws, record the verdict in the log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Protocol
from zlib import crc32

from iw.assessment.beliefs import Beliefs
from iw.catalogue import content_hash
from iw.core.resources import product_version
from iw.evidence import EvidenceSet, build_evidence
from iw.evidence.fit_files import FitSummary, write_fit
from iw.inference.arrays import ModelSpec
from iw.log.drafts import FitDraft
from iw.log.records import Marking
from iw.log.store import Log


class FitSettings(Protocol):
    """What fitting needs of a workspace's settings."""

    @property
    def seed(self) -> int: ...
    @property
    def author(self) -> str: ...


def fit_problems(
    beliefs: Beliefs,
    log: Log,
    folder: Path,
    names: Sequence[str],
    as_of: date,
    known_at: datetime,
    marking: Marking,
    settings: FitSettings,
    now: Callable[[], datetime],
    again: bool,
    progress: Callable[[str], None],
) -> list[FitSummary]:
    """Fit each problem whose evidence or model has changed since its last fit; one compilation serves all."""
    wanted = []
    for name in names:
        spec, view = beliefs.spec(name), beliefs.view(known_at, marking)
        evidence = build_evidence(beliefs.catalogue, spec, view, as_of)
        fit_id = _fit_id(spec, evidence, view.position, marking, settings.seed)
        recorded = any(fit.fit_id == fit_id for fit in log.fits(name, marking))
        # The draws of a fit that an imported log names may have been left where they were made.
        if again or not recorded or not (folder / f"{fit_id}.nc").exists():
            wanted.append((spec, evidence, view, fit_id, recorded))
        else:
            progress(f"{name}: fitted on this evidence already")
    if not wanted:
        return []
    progress("loading the sampler")
    from iw.inference.fit import sampler_for
    from iw.inference.model import Shape

    days = max(evidence.arrays.days for _, evidence, *_ in wanted)
    sampler = sampler_for(Shape.of(*(beliefs.spec(name) for name in beliefs.catalogue.problems), days=days))
    done = []
    for spec, evidence, view, fit_id, recorded in wanted:
        seed = (settings.seed + crc32(spec.problem.encode())) % 2**31
        result = sampler.fit(spec, evidence.arrays, seed=seed, progress=progress)
        summary = FitSummary(
            fit_id,
            spec.problem,
            spec.version,
            as_of,
            known_at,
            str(marking),
            view.position,
            seed,
            result.gate.accepted,
            result.gate.sentence(),
            product_version(),
        )
        path = write_fit(folder, summary, result.data)
        draft = FitDraft(
            fit_id=fit_id,
            problem=spec.problem,
            model_version=spec.version,
            as_of=as_of,
            known_at=known_at,
            log_position=view.position,
            accepted=result.gate.accepted,
            path=path.name,
            summary=summary.as_json(),
            marking=marking,
        )
        if not recorded:
            log.record_fit(draft, author=settings.author, now=now(), reason="fit")
        progress(f"{spec.problem}: {result.gate.sentence()}, {result.seconds:.1f} s")
        done.append(summary)
    return done


def _fit_id(spec: ModelSpec, evidence: EvidenceSet, position: int, marking: Marking, seed: int) -> str:
    arrays = evidence.arrays
    parts = [spec.version, evidence.as_of.isoformat(), str(marking), seed, [list(ids) for ids in arrays.obs_ids]]
    return f"{spec.problem}-{evidence.as_of}-{content_hash([parts, arrays.digest(arrays.days).hex()])}"
