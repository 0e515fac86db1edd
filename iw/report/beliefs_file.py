"""The beliefs of a report as JSON, with what made each: what ``iw replay`` computes anew, and programs read."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

from iw.assessment.records import Assessment
from iw.assessment.replay import Published
from iw.core.errors import DataError, Fault
from iw.log.records import Marking
from iw.report.record import WeeklyReport

SCHEMA = "iw.report/1"


def render_json(report: WeeklyReport) -> str:
    """The file's text; numbers are not rounded, what is unknown is null."""
    content = {
        "schema": SCHEMA,
        "title": report.title,
        "subject": report.subject,
        "as_of": report.as_of.isoformat(),
        "known_at": report.known_at.isoformat(),
        "issued_at": report.issued_at.isoformat(),
        "marking": report.marking,
        "log_position": report.log_position,
        "chain_head": report.chain_head or None,
        "catalogue_version": report.catalogue_version,
        "product_version": report.product_version,
        "problems": [_problem(assessment) for assessment in report.assessments],
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _problem(assessment: Assessment) -> dict[str, Any]:
    made = assessment.provenance
    return {
        "problem": assessment.problem,
        "log_position": made.log_position,
        "model_version": made.model_version,
        "fit": made.fit,
        "effective_draws": made.effective_draws,
        "level": assessment.level.id,
        "warned_within_horizon": assessment.level.warned.mean,
        "confidence": assessment.confidence.level,
        "scenarios": {
            scenario.id: {"mean": scenario.belief.mean, "low": scenario.belief.low, "high": scenario.belief.high}
            for scenario in assessment.scenarios
        },
    }


def read_beliefs(path: Path) -> list[Published]:
    """The beliefs in such a file; `DataError` where it cannot be read as one."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.get("schema") != SCHEMA:
            raise ValueError(f"its schema is {content.get('schema')!r}, not {SCHEMA!r}")
        return [
            Published(
                problem=str(one["problem"]),
                as_of=date.fromisoformat(content["as_of"]),
                known_at=datetime.fromisoformat(content["known_at"]),
                marking=Marking(content["marking"]),
                log_position=int(one["log_position"]),
                model_version=str(one["model_version"]),
                fit=one["fit"],
                beliefs={name: float(estimate["mean"]) for name, estimate in one["scenarios"].items()},
            )
            for one in content["problems"]
        ]
    except OSError as error:
        raise DataError([Fault(str(path), 0, 0, f"the file cannot be read: {error.strerror}")]) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"this is not the JSON file of a weekly report: {error}"
        raise DataError([Fault(str(path), 0, 0, message, "such a file lies beside each report")]) from error
