"""Words for numbers: rendered from the stored number by the configured table, never the other way round."""

from __future__ import annotations

from iw.catalogue import Tables
from iw.catalogue.tables import ProbabilityWord


def probability_word(tables: Tables, probability: float) -> ProbabilityWord:
    """The ICD 203 word for a probability; beyond the table's ends the outermost word holds."""
    words = sorted(tables.probability_words, key=lambda word: word.low)
    return next((word for word in words if probability < word.high), words[-1])
