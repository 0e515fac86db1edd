"""Words for numbers: rendered from the stored number by the configured table, never the other way round."""

from __future__ import annotations

from iw.assessment.records import Estimate, LevelView
from iw.catalogue import Tables
from iw.catalogue.tables import ProbabilityWord, WarningLevel


def probability_word(tables: Tables, probability: float) -> ProbabilityWord:
    """The ICD 203 word for a probability; beyond the table's ends the outermost word holds."""
    words = sorted(tables.probability_words, key=lambda word: word.low)
    return next((word for word in words if probability < word.high), words[-1])


def warning_level(tables: Tables, warned: Estimate) -> LevelView:
    """The highest level whose entry threshold the probability reaches, else the lowest level."""
    levels: list[WarningLevel] = sorted(tables.warning_levels, key=lambda level: level.enter)
    reached = [level for level in levels if warned.mean >= level.enter]
    level = reached[-1] if reached else levels[0]
    return LevelView(level.id, level.name, level.meaning, warned)
