"""The board of ``iw status``: a table where there is room, a card for each problem where there is not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from iw.assessment.assess import VISIBLE_POINTS
from iw.assessment.beliefs import USABLE_DRAWS
from iw.assessment.records import Assessment, Contribution, ScenarioView
from iw.cli.figures import change, plain, share, shortened, signed
from iw.cli.session import Session
from iw.report import numbers

if TYPE_CHECKING:
    from iw.workspace import Workspace

NO_BELIEF = "No belief yet"
WIDE = 140  # columns from which the table is easier to read than the cards


def show(session: Session, assessments: Sequence[Assessment], not_begun: Sequence[str], then: str = "") -> None:
    """Print the board, what to beware of, where the numbers come from, and what to ask next.

    ``then`` are the options that make the next question one about the same date.
    """
    if session.out.width >= WIDE:
        session.out.print(_table(assessments))
        session.out.print()
    else:
        for assessment in assessments:
            _card(session, assessment)
    for name in not_begun:
        session.out.print(f"{name}: had not begun.", style="dim")
    _cautions(session, assessments)
    _footer(session, assessments, then)


def leading(assessment: Assessment) -> ScenarioView:
    """The scenario that leads."""
    return next(one for one in assessment.scenarios if one.id == assessment.leading)


def usable(assessment: Assessment) -> bool:
    """False where the weighted draws are worth too few: then no number is shown, and a caution says what to do."""
    return assessment.provenance.effective_draws >= USABLE_DRAWS


def _word(lead: ScenarioView) -> str:
    return plain(f"{lead.word} ({numbers.span(lead.word_low, lead.word_high)})")


def _chance(assessment: Assessment, what: str = "") -> str:
    return plain(f"{share(assessment.level.warned)}{what} within {numbers.days(assessment.horizon_days)}")


def _mover(assessment: Assessment) -> Contribution | None:
    """The event that moved the leading scenario most within 30 days; none where nothing moved it visibly."""
    mover = assessment.mover
    if mover is None or abs(mover.points[assessment.leading]) < VISIBLE_POINTS:
        return None
    return mover


def _mover_text(assessment: Assessment, width: int) -> str:
    mover = _mover(assessment)
    if mover is None:
        return "no event in 30 days"
    names = "+".join(mover.events)
    return f"{names} ({signed(mover.points[assessment.leading], 1)}): {shortened(mover.label, width)}"


def _table(assessments: Sequence[Assessment]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 1, 0), expand=True)
    for name, width in (("problem", 20), ("leading scenario", 20), ("probability (90 %)", None), ("in words", 12)):
        table.add_column(name, max_width=width)
    table.add_column("points\n7 days", justify="right", no_wrap=True)
    table.add_column("points\n30 days", justify="right", no_wrap=True)
    table.add_column("moved most by", ratio=1)
    table.add_column("warning level, and the\nchance of what is warned of", width=30)
    for one in assessments:
        lead = leading(one)
        if not usable(one):
            table.add_row(Text(one.problem, style="bold"), NO_BELIEF)
            continue
        condition = Text("\nif it came to it today", style="yellow") if one.conditional_on else Text("")
        level = Text.assemble((one.level.name, _level_style(one)), f"{_since(one)}\n{_chance(one)}")
        level.append(f"\nconfidence: {one.confidence.level}", style="dim")
        table.add_row(
            Text.assemble((one.problem, "bold"), condition),
            lead.title,
            Text(share(lead.belief), style="bold"),
            _word(lead),
            change(lead.change_7),
            change(lead.change_30),
            _mover_text(one, 60),
            level,
        )
    return table


def _card(session: Session, one: Assessment) -> None:
    lead = leading(one)
    session.out.print(Text.assemble((one.problem, "bold"), f"  {one.title}"))
    if one.conditional_on:
        session.below(f"If it came to it today: {one.conditional_on}", style="yellow")
    if not usable(one):
        session.below(f"{NO_BELIEF}\n")
        return
    session.below(Text(f"{share(lead.belief)}  {lead.title}", style="bold"))
    session.below(f"{_word(lead)}; points: {change(lead.change_7)} in 7 days, {change(lead.change_30)} in 30 days")
    mover = _mover_text(one, max(24, session.out.width - 40))
    session.below(f"Moved most by {mover}" if _mover(one) else f"Moved by {mover}")
    chance = _chance(one, " that what is warned of is in force or comes")
    session.below(Text.assemble((one.level.name, _level_style(one)), f"{_since(one)}: {chance}"))
    if one.level.held_back:
        session.below(f"Held back: {one.level.held_back}", style="dim")
    session.below(f"Confidence: {one.confidence.level} ({one.confidence.reason})", style="dim")
    session.out.print()


def _since(one: Assessment) -> str:
    return f" since {one.level.since}" if one.level.since else ""


def _level_style(one: Assessment) -> str:
    return "bold red" if one.level.warned.mean >= 0.5 else "bold yellow" if one.level.warned.mean >= 0.2 else "bold"


def _cautions(session: Session, assessments: Sequence[Assessment]) -> None:
    found: dict[str, list[str]] = {}
    for one in assessments:
        for caution in one.cautions:
            found.setdefault(caution, []).append(one.problem)
    if found:
        session.out.print("Beware", style="bold yellow")
    for caution, problems in found.items():
        names = "All problems" if len(problems) == len(assessments) > 1 else ", ".join(problems)
        session.below(f"{names}: {caution}")
    if found:
        session.out.print()


def _footer(session: Session, assessments: Sequence[Assessment], then: str) -> None:
    if not assessments:
        session.out.print("No problem is under watch on that day.")
        return
    made = assessments[0].provenance
    fits = {f"fit of {a.provenance.fit_as_of}" if a.provenance.fit else "no accepted fit" for a in assessments}
    session.out.print(
        f"As of {made.as_of}, as known at {made.known_at:%Y-%m-%d %H:%M} UTC, marking {made.marking}, log position "
        f"{made.log_position}; {'; '.join(sorted(fits))}.",
        style="dim",
    )
    session.out.print(
        "Brackets: 90 % intervals, and the range of a word. Points: of the leading scenario.", style="dim"
    )
    subject = max(assessments, key=lambda a: abs(leading(a).change_30)).problem
    session.out.print("Next:", style="dim")
    for words in (f"explain {subject}", f"whatif {subject} --without-staged", "report"):
        session.out.print(f"  {session.command(words)}{then}", style="dim", soft_wrap=True)
    session.out.print(f"  {session.command(f'events {subject}')}", style="dim", soft_wrap=True)


def as_json(workspace: Workspace, assessments: Sequence[Assessment]) -> str:
    """The board as JSON."""
    from iw.assessment.tables import status_rows
    from iw.cli.answers import answer, origin

    rows = [
        row
        | {
            "title": one.title,
            "leading_title": leading(one).title,
            "conditional_on": one.conditional_on,
            "known_at": one.provenance.known_at,
            "marking": one.provenance.marking,
            "warned_low": one.level.warned.low,
            "warned_high": one.level.warned.high,
            "mover_leading_points": one.mover.points[one.leading] if one.mover else None,
            "scenarios": [
                {
                    "scenario": s.id,
                    "title": s.title,
                    "warned": s.warned,
                    "status_quo": s.status_quo,
                    "probability": s.belief.mean,
                    "low": s.belief.low,
                    "high": s.belief.high,
                    "word": s.word,
                    "change_7": s.change_7,
                    "change_30": s.change_30,
                    "visited_within_days": {days: estimate for days, estimate in s.forecasts.items()},
                }
                for s in one.scenarios
            ],
        }
        for one, row in zip(assessments, status_rows(assessments), strict=True)
    ]
    return answer("status", origin(workspace), rows)
