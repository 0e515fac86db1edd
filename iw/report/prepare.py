"""From the record to the page: a `WeeklyReport` becomes a `Page`, with every choice of what is shown and how.

Anchors are unique over the page, since one event may stand under several problems.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from iw.assessment.records import (
    Assessment,
    Contribution,
    Estimate,
    Provenance,
    QuestionView,
    ScenarioView,
    ShiftView,
)
from iw.report import numbers, sentences
from iw.report.evidence_rows import document_row, event_row, slug
from iw.report.method import METHOD
from iw.report.page import (
    BoardRow,
    Caution,
    ContributionRow,
    Fact,
    Link,
    MethodPart,
    Mover,
    Page,
    ProblemPage,
    QuestionRow,
    ScenarioRow,
    Share,
    ShiftTable,
)
from iw.report.record import WeeklyReport

SHOWN = {7: 4, 30: 8}  # contributions of a shift that get a row; the smaller ones are summed, so columns still add up


def prepare(report: WeeklyReport) -> Page:
    """All rows and sentences of the report."""
    documents = {document.id for document in report.documents}
    problems = tuple(_problem(number, assessment, documents) for number, assessment in enumerate(report.assessments, 1))
    return Page(
        title=report.title,
        subject=report.subject,
        as_of=numbers.day(report.as_of),
        marking=numbers.marking(report.marking),
        dates=(
            Fact("As of", numbers.day(report.as_of)),
            Fact("As known at", numbers.moment(report.known_at)),
            Fact("Issued", numbers.moment(report.issued_at)),
        ),
        top=sentences.top_sentences(report.assessments),
        board=tuple(_board_row(a, p) for a, p in zip(report.assessments, problems, strict=True)),
        cautions=_cautions(report),
        notes=report.notes,
        problems=problems,
        documents=tuple(document_row(document) for document in report.documents),
        method=(
            MethodPart("Track record", sentences.track(report)),
            *(MethodPart(heading, text.replace(" %", "\u00a0%")) for heading, text in METHOD),
        ),
        provenance=_report_provenance(report),
    )


def focus(assessment: Assessment) -> ScenarioView:
    """The scenario that the change charts are about: the one that moved most in 30 days; the leading one of equals."""

    def size(scenario: ScenarioView) -> tuple[float, bool]:
        shift = assessment.shift_30
        moved = shift.after.get(scenario.id, 0.0) - shift.before.get(scenario.id, 0.0)
        return round(abs(moved), 6), scenario.id == assessment.leading

    return max(assessment.scenarios, key=size)


def horizons(assessment: Assessment) -> tuple[int, ...]:
    """The days ahead for which any scenario has a forecast."""
    return tuple(sorted({days for scenario in assessment.scenarios for days in scenario.forecasts}))


def _share(estimate: Estimate) -> Share:
    text, interval = numbers.percent(estimate.mean), numbers.interval(estimate)
    return Share(text, interval, _inside(estimate.mean), _inside(estimate.low), _inside(estimate.high))


def _inside(value: float) -> float:
    """A place on a bar, also where the number is not known."""
    return 0.0 if math.isnan(value) else min(max(value, 0.0), 1.0)


def _pressing(assessment: Assessment) -> bool:
    return any(outlook.pressing for outlook in sentences.outlooks([assessment]))


def _question(view: QuestionView) -> QuestionRow:
    return QuestionRow(
        id=view.id,
        asks=view.asks,
        until=numbers.day(view.until),
        belief=_share(view.belief),
        base_rate=numbers.percent(view.base_rate),
        change=numbers.change(view.change) if view.change is not None else "new",
        outcome=f"{view.outcome}: {view.ground}" if view.outcome else "",
    )


def _board_row(assessment: Assessment, problem: ProblemPage) -> BoardRow:
    lead = sentences.leading(assessment)
    return BoardRow(
        anchor=problem.anchor,
        title=assessment.title,
        conditional=bool(assessment.conditional_on),
        level=assessment.level.name,
        leading=lead.title,
        belief=_share(lead.belief),
        change_7=numbers.change(lead.change_7),
        change_30=numbers.change(lead.change_30),
        warned=_share(assessment.level.warned),
        horizon=numbers.days(assessment.horizon_days),
        lead_time=numbers.days(assessment.lead_time_days),
        pressing=problem.pressing,
    )


def _cautions(report: WeeklyReport) -> tuple[Caution, ...]:
    """What is missing, then each caution once, with the problems that it holds for."""
    where: dict[str, list[str]] = {}
    total = 0
    for assessment in report.assessments:
        total += 1
        for text in dict.fromkeys(assessment.cautions):
            where.setdefault(text, []).append(assessment.title)
    shared = [Caution(text, () if len(p) == total > 1 else tuple(p)) for text, p in where.items()]
    missing = [
        Caution(f"The warning problem “{name}” is missing: there is a fault in its file.", ())
        for name in report.left_out
    ]
    return (*missing, *shared)


def _problem(number: int, assessment: Assessment, documents: set[str]) -> ProblemPage:
    anchor = slug("problem", assessment.problem)
    events = tuple(event_row(assessment.problem, event, documents) for event in assessment.events)
    anchors = {event.id: event.anchor for event in events}
    subject = focus(assessment)
    days = horizons(assessment)
    return ProblemPage(
        id=assessment.problem,
        anchor=anchor,
        number=number,
        title=assessment.title,
        question=assessment.question,
        condition=sentences.condition(assessment),
        facts=_facts(assessment),
        level=assessment.level.name,
        level_meaning=assessment.level.meaning,
        pressing=_pressing(assessment),
        leading=sentences.leading(assessment).title,
        standing=sentences.standing(assessment),
        changes=sentences.changes(sentences.leading(assessment)),
        mover=_mover(assessment, anchors),
        warned=sentences.warned(assessment),
        cautions=assessment.cautions,
        scenarios=tuple(_scenario(s, assessment.leading, days) for s in assessment.scenarios),
        horizons=tuple(numbers.days(d) for d in days),
        sums=sentences.sums(assessment),
        shifts=tuple(
            _shift(assessment, days, shift, subject.id, anchors)
            for days, shift in ((7, assessment.shift_7), (30, assessment.shift_30))
        ),
        focus=numbers.shortened(subject.title, 60),
        has_history=bool(assessment.history),
        history_note=_history_note(assessment),
        questions=tuple(_question(one) for one in assessment.questions),
        questions_note=sentences.questions(assessment),
        events=events,
        evidence_note=_evidence_note(assessment),
        provenance=_provenance(assessment.provenance),
    )


def _facts(assessment: Assessment) -> tuple[Fact, ...]:
    return (
        Fact("If it comes", assessment.consequence),
        Fact("Decision served", assessment.decision),
        Fact("Lead time needed", numbers.days(assessment.lead_time_days)),
        Fact("Horizon", numbers.days(assessment.horizon_days)),
        Fact("Owner", assessment.owner),
        Fact("Analytic confidence", sentences.confidence(assessment)),
    )


def _mover(assessment: Assessment, anchors: Mapping[str, str]) -> Mover:
    term = assessment.mover
    return Mover(sentences.mover(assessment, term), _links(term.events, anchors) if term else ())


def _links(events: Iterable[str], anchors: Mapping[str, str]) -> tuple[Link, ...]:
    return tuple(Link(event, anchors.get(event)) for event in events)


def _scenario(scenario: ScenarioView, leading: str, days: tuple[int, ...]) -> ScenarioRow:
    made = scenario.forecasts
    return ScenarioRow(
        id=scenario.id,
        title=scenario.title,
        short=numbers.shortened(scenario.title, 60),
        definition=scenario.definition,
        role="warned of" if scenario.warned else "status quo" if scenario.status_quo else "",
        leads=scenario.id == leading,
        belief=_share(scenario.belief),
        word=scenario.word,
        word_range=numbers.span(scenario.word_low, scenario.word_high),
        change_7=numbers.change(scenario.change_7),
        change_30=numbers.change(scenario.change_30),
        forecasts=tuple(_share(made[d]) if d in made else None for d in days),
    )


def _shift(assessment: Assessment, days: int, shift: ShiftView, subject: str, anchors: Mapping[str, str]) -> ShiftTable:
    ids = [scenario.id for scenario in assessment.scenarios]
    rows = [_contribution(term, ids, subject, anchors) for term in shift.contributions]
    keep = SHOWN[days] if len(rows) > SHOWN[days] + 1 else len(rows)
    rest = shift.contributions[keep:]
    return ShiftTable(
        anchor=slug("shift", assessment.problem, str(days)),
        days=days,
        since=numbers.day(shift.since),
        until=numbers.day(shift.until),
        before=tuple(numbers.percent(shift.before[i]) for i in ids),
        after=tuple(numbers.percent(shift.after[i]) for i in ids),
        rows=tuple(rows[:keep]),
        smaller=tuple(rows[keep:]),
        rest=_sum(rest, f"{numbers.plural(len(rest), 'smaller term')} together", ids, subject) if rest else None,
        total=_sum(shift.contributions, "Sum: the whole change", ids, subject, total=True),
        residual=f"The terms add up to the change; the largest gap is {_small(shift.residual)} points.",
    )


def _small(value: float) -> str:
    return "less than 0.01" if abs(value) < 0.01 else f"{abs(value):.2f}"


def _contribution(term: Contribution, ids: list[str], subject: str, anchors: Mapping[str, str]) -> ContributionRow:
    return ContributionRow(
        label=term.label,
        kind=term.kind,
        day=numbers.short_day(term.day) if term.day else "",
        events=_links(term.events, anchors),
        points=tuple(numbers.points(term.points.get(i, 0.0)) for i in ids),
        decibans=numbers.decibans(term.decibans.get(subject, 0.0)),
    )


def _sum(
    terms: Iterable[Contribution], label: str, ids: list[str], subject: str, total: bool = False
) -> ContributionRow:
    listed = tuple(terms)
    points = tuple(numbers.points(sum(t.points.get(i, 0.0) for t in listed)) for i in ids)
    evidence = numbers.decibans(sum(t.decibans.get(subject, 0.0) for t in listed))
    return ContributionRow(label, "", "", (), points, evidence, total)


def _history_note(assessment: Assessment) -> str:
    if not assessment.history:
        return "There is no history yet: this is the first assessment of the problem."
    text = (
        "Each point is the belief as known on its day; the band is the 90\u00a0% interval. Scales differ from panel to "
        "panel. Ticks mark dated events that count, the long one the event that moved the belief most."
    )
    unreliable = sum(not point.reliable for point in assessment.history)
    if unreliable:
        text += (
            f" Dotted with open circles: {numbers.plural(unreliable, 'point')} where too few draws carried the "
            "weight; do not rely on them."
        )
    return text + " Hindsight remains in the choice of facts and in the catalogue."


def _evidence_note(assessment: Assessment) -> str:
    if not assessment.events:
        return "No event has been logged for this problem."
    silent = sum(not event.counts for event in assessment.events)
    title = sentences.leading(assessment).title
    text = (
        f"{numbers.plural(len(assessment.events), 'event')}, newest first. Weight is the chance that the event is "
        f"genuine, from grades, origins and denials; effect is in points on {sentences.quoted(title)} within "
        "30\u00a0days."
    )
    if silent:
        text += f" {numbers.plural(silent, 'event')} {'is' if silent == 1 else 'are'} shown without weight."
    return text


def _provenance(made: Provenance) -> tuple[Fact, ...]:
    shape = numbers.UNKNOWN if made.pareto_k is None else f"{made.pareto_k:.2f}"
    effective = f"{numbers.count(made.effective_draws)} of {numbers.count(made.draws)}"
    fit_date = f", as of {numbers.day(made.fit_as_of)}" if made.fit_as_of else ""
    return (
        Fact("As of", numbers.day(made.as_of)),
        Fact("As known at", numbers.moment(made.known_at)),
        Fact("Marking", numbers.marking(made.marking)),
        Fact("Log position", str(made.log_position)),
        Fact("Model version", made.model_version),
        Fact("Fit", f"{made.fit}{fit_date}" if made.fit else "none accepted; weighted draws from a proposal"),
        Fact("Fit’s gate", made.fit_gate),
        Fact("Effective draws", effective),
        Fact("Pareto k", shape),
        Fact("Seed", str(made.seed)),
    )


def _report_provenance(report: WeeklyReport) -> tuple[Fact, ...]:
    return (
        Fact("As of", numbers.day(report.as_of)),
        Fact("As known at", numbers.moment(report.known_at)),
        Fact("Issued", numbers.moment(report.issued_at)),
        Fact("Marking", numbers.marking(report.marking)),
        Fact("Log position", str(report.log_position)),
        *([Fact("Chain head", numbers.in_groups(report.chain_head))] if report.chain_head else []),
        Fact("Catalogue version", report.catalogue_version),
        Fact("Product version", report.product_version),
    )
