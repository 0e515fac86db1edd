"""From catalogue and log to arrays: what a problem's inference sees, as of a date, as known at a time, at a marking."""

from iw.evidence.build import EvidenceSet, build_evidence
from iw.evidence.disposition import Disposition
from iw.evidence.specification import model_spec

__all__ = ["Disposition", "EvidenceSet", "build_evidence", "model_spec"]
