"""What both renderings receive: a frozen page of rows and sentences, ready to be set and free of decisions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Share:
    """An estimate as text, and as numbers for the bar beside it."""

    text: str
    interval: str
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Link:
    """A text that leads to an anchor of the page, to a web address, or nowhere."""

    text: str
    anchor: str | None = None
    url: str | None = None


@dataclass(frozen=True)
class Fact:
    """A name and its value."""

    name: str
    value: str


@dataclass(frozen=True)
class BoardRow:
    """One problem on the board."""

    anchor: str
    title: str
    conditional: bool
    level: str
    leading: str
    belief: Share
    change_7: str
    change_30: str
    warned: Share
    horizon: str
    lead_time: str
    pressing: bool


@dataclass(frozen=True)
class Caution:
    """A caution with the problems that it holds for; none named if it holds for all."""

    text: str
    problems: tuple[str, ...]


@dataclass(frozen=True)
class ScenarioRow:
    """One scenario of a problem."""

    id: str
    title: str
    short: str  # for the head of a column
    definition: str
    role: str  # "warned of", "status quo" or empty
    leads: bool
    belief: Share
    word: str
    word_range: str
    change_7: str
    change_30: str
    forecasts: tuple[Share | None, ...]  # in the order of the problem's horizons


@dataclass(frozen=True)
class ContributionRow:
    """One term of a shift; ``points`` in the order of the problem's scenarios."""

    label: str
    kind: str
    day: str
    events: tuple[Link, ...]
    points: tuple[str, ...]
    decibans: str
    total: bool = False


@dataclass(frozen=True)
class ShiftTable:
    """What changed since a day and why."""

    anchor: str
    days: int
    since: str
    until: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    rows: tuple[ContributionRow, ...]  # those that get a row of their own
    smaller: tuple[ContributionRow, ...]  # those that are summed in the table
    rest: ContributionRow | None
    total: ContributionRow
    residual: str


@dataclass(frozen=True)
class ReportRow:
    """One report behind an event."""

    anchor: str
    id: str
    source: str
    grade: str
    grade_reason: str
    stance: str  # empty when it backs the event
    origin: str
    reported: str
    text: str
    url: Link | None
    place: tuple[Link, ...]  # document, section, note
    contradicts: str
    marking: str


@dataclass(frozen=True)
class EventRow:
    """One event of the evidence table."""

    anchor: str
    id: str
    occurred: str
    indicator: str
    indicator_title: str
    summary: str
    weight: str
    counts: bool
    why_not: str
    staged: str
    development: str
    effect: str
    reports: tuple[ReportRow, ...]


@dataclass(frozen=True)
class Mover:
    """The event that moved the belief most, with the way to its evidence."""

    text: str
    events: tuple[Link, ...]


@dataclass(frozen=True)
class QuestionRow:
    """One question that the problem forecasts."""

    id: str
    asks: str
    until: str
    belief: Share
    base_rate: str
    change: str  # in points, against the forecast before
    outcome: str  # with its ground; empty while it is pending


@dataclass(frozen=True)
class ProblemPage:
    """Everything that is shown of one problem."""

    id: str
    anchor: str
    number: int
    title: str
    question: str
    condition: str | None
    facts: tuple[Fact, ...]
    level: str
    level_meaning: str
    pressing: bool
    leading: str
    standing: str
    changes: str
    mover: Mover
    warned: str
    cautions: tuple[str, ...]
    scenarios: tuple[ScenarioRow, ...]
    horizons: tuple[str, ...]
    sums: str
    shifts: tuple[ShiftTable, ...]
    focus: str  # in short, the title of the scenario that the change charts and decibans are about
    has_history: bool
    history_note: str
    questions: tuple[QuestionRow, ...]
    questions_note: str
    events: tuple[EventRow, ...]
    evidence_note: str
    provenance: tuple[Fact, ...]


@dataclass(frozen=True)
class DocumentRow:
    """One document of the register."""

    anchor: str
    id: str
    title: str
    imprint: str
    url: Link | None
    note: str


@dataclass(frozen=True)
class MethodPart:
    """One paragraph on how the numbers came about."""

    heading: str
    text: str


@dataclass(frozen=True)
class Page:
    """The whole report as both renderings set it."""

    title: str
    subject: str
    as_of: str
    marking: str
    dates: tuple[Fact, ...]
    top: tuple[str, ...]
    board: tuple[BoardRow, ...]
    cautions: tuple[Caution, ...]
    notes: tuple[str, ...]
    problems: tuple[ProblemPage, ...]
    documents: tuple[DocumentRow, ...]
    method: tuple[MethodPart, ...]
    provenance: tuple[Fact, ...]
