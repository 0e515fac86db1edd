"""A small watch over a dam, with a clock that tests turn: three scenarios, four indicators, a level, some questions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from iw.workspace import Workspace, init_workspace
from tests.evidence.cast import INDICATOR, INDICATORS, PROBLEM

LEVEL = """
  - id: water-mark
    title: water mark
    kind: level
    polarity: driver
    definition: The mark that the water reaches.
    unit: metres
    usual: {interval: [4, 8], elicited_on: 2024-01-01, author: us, rationale: judged}
    lag_days: 5
    coverage: 0.9
"""
QUESTION = (
    "  - {{id: {id}, title: {id}, asks: Will it be?, indicator: {indicator}, {more}, author: us, rationale: so}}\n"
)
QUESTIONS = (
    ("alarm-soon", "alarm", "window_days: 30, home: dam"),
    ("two-alarms", "alarm", "window_days: 30, at_least: 2, home: dam"),
    ("rain-by-may", "rain", "deadline: 2024-05-31"),
    ("mark-at-seven", "water-mark", "window_days: 60, above: 7"),
)


@dataclass
class Clock:
    """A clock that stands where it was put."""

    moment: datetime

    def __call__(self) -> datetime:
        return self.moment

    def turn_to(self, day: date) -> None:
        """Noon of that day."""
        self.moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def dam(folder: Path, begun: date, questions: tuple[tuple[str, str, str], ...] = QUESTIONS) -> tuple[Workspace, Clock]:
    """The watch, founded on ``begun``, and its clock."""
    from iw.workspace import open_workspace

    clock = Clock(datetime.min.replace(tzinfo=UTC))
    clock.turn_to(begun)
    init_workspace(folder, name="Dam", author="anna", bare=True, clock=clock).close()
    entries = [("crack", 0.5, 5, 10, "false"), ("alarm", 1, 10, 0, "false"), ("sign-removed", 0.2, 2, 0, "true")]
    entries.append(("rain", 20, 90, 0, "false"))
    text = "".join(INDICATOR.format(id=i, low=low, high=high, lag=lag, wears_out=w) for i, low, high, lag, w in entries)
    (folder / "indicators" / "water.yaml").write_text(INDICATORS + text + LEVEL)
    (folder / "models" / "dam.yaml").write_text(PROBLEM.replace("  - indicator: rain\n", ""))
    asked = "".join(QUESTION.format(id=name, indicator=indicator, more=more) for name, indicator, more in questions)
    (folder / "models" / "questions" / "dam.yaml").write_text(f"questions:\n{asked}")
    return open_workspace(folder, clock), clock
