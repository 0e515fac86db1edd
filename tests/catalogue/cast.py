"""The small fixed cast of the catalogue's tests: two documents, three indicators, one problem."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from iw.catalogue import Catalogue, load_catalogue

DOCUMENTS = """\
documents:
  - id: paper
    title: A paper
    authors: [A. Author]
    publisher: A house
    published: "2021-01"
  - id: reply
    title: A reply
    authors: [B. Author]
    publisher: A house
    published: "2022"
    cites: [paper]
"""

INDICATORS = """\
domain: operations
title: Operations
indicators:
  - id: drill
    title: Joint drill
    kind: event
    polarity: confirming
    definition: A drill of both forces is held.
    rate:
      interval: [1, 16]
      elicited_on: 2024-01-01
      author: anna
      rationale: Seen every year.
      citations: [{document: paper, section: Drills}]
    lag_days: 3
    coverage: 0.9
  - id: base-accord
    title: Accord on bases
    kind: event
    polarity: confirming
    definition: An accord on the use of bases is signed.
    rate:
      interval: [0.05, 0.8]
      elicited_on: 2024-01-01
      author: anna
      rationale: Not seen yet.
      citations: [{document: paper, section: Bases}]
    lag_days: 3
    coverage: 0.8
    related: [drill]
  - id: quarrel
    title: Open quarrel
    kind: event
    polarity: disconfirming
    definition: A minister blames the other side in public.
    rate:
      interval: [0.01, 1]
      elicited_on: 2024-01-01
      author: anna
      rationale: Rare.
      citations: [{document: paper, section: Quarrels}]
    lag_days: 1
    coverage: 0.5
"""

OPS_TAGGED = INDICATORS.replace("    coverage: 0.5\n", "    coverage: 0.5\n    tags: [treaty]\n")

PROBLEM = """\
id: closeness
title: Closeness
question: How close are they?
start: 2014-01-01
horizon_days: 365
consequence: Plans fail.
decision: Change the plans.
lead_time_days: 90
owner: manager
rule: The first one met holds.
status_quo: as-before
warned: [alliance]
scenarios:
  - id: alliance
    title: Alliance
    definition: A treaty is in force.
    prior: 0.1
    dwell_years: [5, 50]
    next: {as-before: 1}
    author: anna
    rationale: Rare.
    citations: [{document: paper, section: Treaties}]
  - id: rupture
    title: Rupture
    definition: Ties are broken.
    prior: 0.2
    dwell_years: never_ends
    author: anna
    rationale: Rarer.
    citations: [{document: paper, section: Ruptures}]
  - id: as-before
    title: As before
    definition: Neither.
    prior: 0.7
    dwell_years: [3, 30]
    next: {alliance: 2, rupture: 1}
    author: anna
    rationale: The rest.
    citations: [{document: paper, section: Today}]
indicators:
  - indicator: drill
    likelihood:
      rupture: {word: x1/8, rationale: Nobody drills then., judgement: anna}
  - indicator: base-accord
    only_then: alliance
    rate:
      interval: [0.02, 0.5]
      elicited_on: 2024-01-01
      author: anna
      rationale: Once in many years of alliance.
      citations: [{document: paper, section: Bases}]
    rationale: It is the alliance.
    citations: [{document: paper, section: Bases}]
  - indicator: quarrel
    likelihood:
      rupture:
        interval: [4, 25]
        rationale: It comes with it.
        citations: [{document: paper, section: Quarrels}]
      alliance: {word: same, rationale: Allies quarrel too., judgement: anna}
"""

TABLES = """\
grades:
  A: [0.97, 0.93, 0.80, 0.45, 0.15]
  B: [0.95, 0.88, 0.70, 0.35, 0.10]
  C: [0.90, 0.75, 0.50, 0.25, 0.07]
  D: [0.80, 0.55, 0.30, 0.15, 0.05]
  E: [0.60, 0.35, 0.18, 0.08, 0.03]
grades_note: {author: anna, rationale: A guess.}
grade_frequencies:
  reliability: {A: 0.1, B: 0.35, C: 0.35, D: 0.15, E: 0.05}
  credibility: {"1": 0.15, "2": 0.4, "3": 0.3, "4": 0.1, "5": 0.05}
grade_frequencies_note: {author: anna, rationale: A guess.}
likelihood_words:
  x3: {interval: [1.8, 5]}
  x1/8: {interval: [0.05, 0.2]}
likelihood_words_note: {author: anna, rationale: A guess.}
probability_words:
  - {word: unlikely, low: 0.0, high: 0.5}
  - {word: likely, low: 0.5, high: 1.0}
probability_words_note: {author: anna, rationale: A guess.}
warning_levels:
  - {id: quiet, name: Quiet, enter: 0.0, leave: 0.0, meaning: Rest.}
  - {id: loud, name: Loud, enter: 0.5, leave: 0.4, meaning: Wake.}
warning_levels_note: {author: anna, rationale: A guess.}
reference_rate_floor: 0.2
odds_concentration: 20
level_memory_years: 3
level_memory_note: {author: team, rationale: A judgement.}
aftershocks: {branching: [2, 5], decay_days: [13, 170]}
aftershocks_note: {author: anna, rationale: A guess.}
count_dispersion: [0.1, 1]
count_dispersion_note: {author: anna, rationale: A guess.}
drift: {yearly_step: [0.05, 0.2]}
drift_note: {author: anna, rationale: A guess.}
confidence: []
confidence_note: {author: anna, rationale: A guess.}
"""


@dataclass(frozen=True)
class Folders:
    """A catalogue on disk that a test may spoil."""

    root: Path

    @classmethod
    def create(cls, root: Path) -> Folders:
        folders = cls(root)
        folders.write("indicators/documents.yaml", DOCUMENTS)
        folders.write("indicators/operations.yaml", INDICATORS)
        folders.write("models/closeness.yaml", PROBLEM)
        folders.write("models/tables.yaml", TABLES)
        return folders

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def swap(self, name: str, old: str, new: str) -> None:
        """Write ``new`` where ``old`` first stands in the file."""
        text = (self.root / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new, 1))

    def place(self, name: str, words: str) -> str:
        """``name:line:column`` of the first place of ``words`` in the file."""
        before, found, _ = (self.root / name).read_text(encoding="utf-8").partition(words)
        assert found
        return f"{name}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"

    def load(self) -> Catalogue:
        """The sound part of the catalogue."""
        return load_catalogue(self.root / "indicators", self.root / "models")[0]

    def faults(self) -> list[str]:
        """All faults, as a person reads them."""
        return [str(fault) for fault in load_catalogue(self.root / "indicators", self.root / "models")[1]]
