"""Assessments as plain rows: what a DataFrame, a CSV or a JSON answer is made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from iw.assessment.records import Assessment, ShiftView


def status_rows(assessments: Iterable[Assessment]) -> list[dict[str, Any]]:
    """One row per problem: the board."""
    return [_status_row(assessment) for assessment in assessments]


def _status_row(assessment: Assessment) -> dict[str, Any]:
    lead = next(s for s in assessment.scenarios if s.id == assessment.leading)
    mover = assessment.mover
    return {
        "problem": assessment.problem,
        "leading": lead.id,
        "probability": lead.belief.mean,
        "low": lead.belief.low,
        "high": lead.belief.high,
        "word": lead.word,
        "word_low": lead.word_low,
        "word_high": lead.word_high,
        "change_7": lead.change_7,
        "change_30": lead.change_30,
        "warned_within_horizon": assessment.level.warned.mean,
        "horizon_days": assessment.horizon_days,
        "level": assessment.level.name,
        "level_since": assessment.level.since,
        "level_held_back": assessment.level.held_back or None,
        "confidence": assessment.confidence.level,
        "confidence_reason": assessment.confidence.reason,
        "mover": ", ".join(mover.events) if mover else None,
        "mover_label": mover.label if mover else None,
        "mover_points": max(mover.points.values(), key=abs) if mover else None,
        "as_of": assessment.provenance.as_of,
        "log_position": assessment.provenance.log_position,
        "model_version": assessment.provenance.model_version,
        "fit": assessment.provenance.fit,
        "cautions": list(assessment.cautions),
    }


def shift_rows(shift: ShiftView) -> list[dict[str, Any]]:
    """One row per contribution and scenario."""
    return [
        {
            "kind": part.kind,
            "label": part.label,
            "events": ", ".join(part.events),
            "day": part.day,
            "scenario": scenario,
            "points": part.points[scenario],
            "decibans": part.decibans[scenario],
        }
        for part in shift.contributions
        for scenario in part.points
    ]
