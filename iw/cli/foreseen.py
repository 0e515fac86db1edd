"""Questions, answers, scores and levels, printed and as JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

from iw.assessment.records import Estimate
from iw.assessment.scores import Score, Tally
from iw.cli.answers import answer, origin
from iw.cli.figures import fine_percent, share, shortened
from iw.cli.session import Session
from iw.log.products import Forecast, LevelChange, Recorded
from iw.log.records import OfEvent, OfQuestion, OfScenario, Resolution
from iw.workspace.foresight import Asked, Level, Opened

if TYPE_CHECKING:
    from iw.workspace import Workspace


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns[:-1]:
        table.add_column(name, no_wrap=True)
    table.add_column(columns[-1], overflow="fold")
    return table


def _plural(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


# -- questions ----------------------------------------------------------------------------------------------------


def show_opened(session: Session, workspace: Workspace, opened: Opened) -> None:
    """What came of asking."""
    later = f"; {opened.not_due} were asked within the last week" if opened.not_due else ""
    session.out.print(f"{_plural(len(opened.forecasts), 'question')} asked{later}.", soft_wrap=True)
    if opened.refused:
        session.out.print(f"{_plural(len(opened.refused), 'question')} cannot be opened today:", soft_wrap=True)
        for one in opened.refused:
            session.below(f"{one.question}: {one.why}", style="dim")
    if opened.forecasts:
        session.out.print(f"See them: {session.command('questions --pending')}", style="dim", soft_wrap=True)


def show_asked(session: Session, workspace: Workspace, rows: Sequence[Asked], whole: bool) -> None:
    """The newest forecast of each question; with ``whole`` every forecast, and what the question asks."""
    if not rows:
        session.out.print(f"Nothing was asked so far: {session.command('ask')}", soft_wrap=True)
        return
    questions = workspace.catalogue.questions
    first = rows[0].recorded.content
    if whole and first.question in questions:
        session.out.print(questions[first.question].asks, style="bold", soft_wrap=True)
    newest: dict[str, Asked] = {}
    for row in rows:
        newest.setdefault(row.recorded.content.question, row)
    asked_on = ("asked on",) if whole else ()
    table = _table("id", *asked_on, "until", "yes", "base", "what came of it" if whole else "question: what came of it")
    shown = list(rows) if whole else list(newest.values())
    for row in shown:
        content = row.recorded.content
        title = questions[content.question].title if content.question in questions else content.question
        table.add_row(
            f"Q{row.recorded.stamp.position}",
            *((str(content.as_of),) if whole else ()),
            str(content.until),
            _chance(content),
            fine_percent(content.base_rate, 0),
            _came(row) if whole else f"{title}: {_came(row)}",
        )
    session.out.print(table)
    session.out.print(
        "yes: the chance, with its 90 % interval over draws of the parameters, that the log will show it; base: what "
        "past events alone lead one to expect.",
        style="dim",
        soft_wrap=True,
    )


def _chance(content: Forecast) -> str:
    if content.low == content.high:  # a base rate: there are no draws to disagree
        return fine_percent(content.probability, 0)
    return share(Estimate(content.probability, content.low, content.high))


def _came(row: Asked) -> str:
    if row.resolution is None:
        what = f"{row.answer.outcome}, to be recorded" if row.answer.outcome else "pending"
        return f"{what} ({row.answer.ground})"
    told = f"{row.resolution.outcome} ({row.resolution.id}: {row.resolution.ground})"
    if row.answer.outcome is not None and row.answer.outcome is not row.resolution.outcome:
        return f"{told}; the log says {row.answer.outcome} now: look at it"
    return told


def opened_json(workspace: Workspace, opened: Opened) -> str:
    """The forecasts that were recorded, one row each."""
    return answer(
        "ask",
        origin(workspace),
        [_forecast_row(one) for one in opened.forecasts],
        refused=opened.refused,
        not_due=opened.not_due,
    )


def asked_json(workspace: Workspace, rows: Sequence[Asked]) -> str:
    """Every forecast with its outcome, one row each."""
    return answer(
        "questions",
        origin(workspace),
        [
            _forecast_row(row.recorded)
            | {
                "outcome": row.resolution.outcome if row.resolution else None,
                "ground": row.resolution.ground if row.resolution else None,
                "log_says": row.answer.outcome,
                "log_ground": row.answer.ground,
            }
            for row in rows
        ],
    )


def _forecast_row(one: Recorded[Forecast]) -> dict[str, Any]:
    return {"id": f"Q{one.stamp.position}", "marking": one.stamp.marking, **vars(one.content)}


# -- resolutions --------------------------------------------------------------------------------------------------


def show_resolved(session: Session, workspace: Workspace, found: Sequence[Resolution]) -> None:
    """What was settled."""
    if not found:
        session.out.print("Nothing is due: the log answers no question that is not settled yet.")
    for one in found:
        session.out.print(f"{one.id}: {_settled(one)}: {one.outcome} ({one.ground})", soft_wrap=True)


def _settled(one: Resolution) -> str:
    match one.subject:
        case OfEvent():
            return f"E{one.subject.event}"
        case OfScenario():
            return f"{one.subject.problem}/{one.subject.scenario} on {one.subject.settled_on}"
        case OfQuestion():
            return f"Q{one.subject.forecast} {one.subject.question} until {one.subject.until}"


def resolved_json(workspace: Workspace, found: Sequence[Resolution]) -> str:
    """One row for each resolution."""
    rows = [
        {"id": one.id, "subject": _settled(one), "outcome": one.outcome, "ground": one.ground, **vars(one.stamp)}
        for one in found
    ]
    return answer("resolve", origin(workspace), rows)


# -- scores -------------------------------------------------------------------------------------------------------


def show_scores(session: Session, rows: Sequence[Score], tally: Tally) -> None:
    """One line for each forecaster, and what became of all forecasts."""
    counts = f"{tally.yes} yes, {tally.no} no, {tally.void} void, {tally.pending} pending"
    void = f"; {fine_percent(tally.void_share, 0)} of those settled are void" if tally.void else ""
    session.out.print(f"Forecasts: {counts}{void}.", soft_wrap=True)
    if not rows:
        session.out.print("No forecast has been settled with yes or no yet, so there is nothing to score.")
        return
    table = _table("forecaster", "forecasts", "questions", "Brier", "log", "against the tracker")
    for row in rows:
        error = "" if math.isnan(row.error) else f" ± {row.error:.3f}"
        gain = "" if row.forecaster == "tracker" else f"{row.gain:+.3f}{error}".replace("-", "\u2212")
        table.add_row(
            row.forecaster, str(row.forecasts), str(row.questions), f"{row.brier:.3f}", f"{row.log:.3f}", gain
        )
    session.out.print(table)
    session.out.print(
        "Brier: mean squared distance from what came; log: mean −ln of the chance given to what came; lower is better. "
        "Against the tracker: Brier score less the tracker's on the same forecasts, above 0 where the tracker was "
        "better, with its standard error over questions.",
        style="dim",
        soft_wrap=True,
    )


def scores_json(workspace: Workspace, rows: Sequence[Score], tally: Tally) -> str:
    """One row for each forecaster."""
    return answer("scores", origin(workspace), rows, tally=tally)


# -- sources ------------------------------------------------------------------------------------------------------


def show_sources(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """One line for each source."""
    table = _table("reports", "settled", "right", "as graded", "with resolutions", "source")
    for row in rows:
        note = f" (does {row['regrade']} than it is graded: look at its grades)" if row["regrade"] else ""
        table.add_row(
            str(row["reports"]),
            str(row["settled"]),
            str(row["right"]),
            fine_percent(row["graded"], 0),
            share(Estimate(row["mean"], row["low"], row["high"])),
            f"{row['source']}{note}",
        )
    session.out.print(table)
    session.out.print(
        "As graded: the mean chance, by its grades, that its reports are genuine. Settled events that it reported or "
        "denied change it, and nothing else does; no weight changes by itself.",
        style="dim",
        soft_wrap=True,
    )


def show_gradings(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """One line for each grading of a report, the newest first."""
    table = _table("recorded", "report", "grade", "w", "by", "why")
    for row in reversed(rows):
        grade = f"{row['before']} → {row['grade']}" if row["before"] else row["grade"]
        table.add_row(
            f"{row['at']:%Y-%m-%d}", row["report"], grade, f"{row['weight']:.2f}", row["author"], row["reason"]
        )
    session.out.print(table)


def sources_json(workspace: Workspace, rows: Sequence[dict[str, Any]]) -> str:
    """One row for each source, or for each grading of one."""
    return answer("sources", origin(workspace), rows)


# -- levels -------------------------------------------------------------------------------------------------------


def show_changes(session: Session, workspace: Workspace, changes: Sequence[Recorded[LevelChange]]) -> None:
    """Changes that were just recorded; first levels only as a number."""
    first = [one for one in changes if one.content.old is None]
    for one in changes:
        if one.content.old is not None:
            session.out.print(_change(workspace, one), style="bold yellow", soft_wrap=True)
    if first:
        session.out.print(f"{_plural(len(first), 'problem')} got a first warning level.", style="dim", soft_wrap=True)


def _change(workspace: Workspace, one: Recorded[LevelChange]) -> str:
    content = one.content
    names = {level.id: level.name for level in workspace.catalogue.tables.warning_levels}
    old, new = names.get(content.old or "", content.old or "none"), names.get(content.new, content.new)
    events = f" ({', '.join(content.events)})" if content.events else ""
    chance = share(Estimate(content.warned, content.low, content.high))
    cause = shortened(content.cause, 100)
    return f"L{one.stamp.position} {content.problem}: {old} → {new} at {chance}: {cause}{events}"


def show_levels(session: Session, workspace: Workspace, rows: Sequence[Level]) -> None:
    """One line for each change, with who took note of it."""
    if not rows:
        session.out.print("No change of level is recorded yet; logging, importing, fitting and asking record them.")
        return
    for row in rows:
        by = ", ".join(f"{stamp.author} ({stamp.recorded_at:%Y-%m-%d}: {stamp.reason})" for stamp in row.acknowledged)
        session.out.print(f"{row.recorded.content.as_of}  {_change(workspace, row.recorded)}", soft_wrap=True)
        waits = "" if row.recorded.content.old is None else "waits to be acknowledged"
        if by or waits:
            session.below(f"acknowledged by {by}" if by else waits, 12, "dim" if by else "yellow")


def levels_json(workspace: Workspace, rows: Sequence[Level]) -> str:
    """One row for each change."""
    return answer(
        "levels",
        origin(workspace),
        [
            {
                "id": f"L{row.recorded.stamp.position}",
                "marking": row.recorded.stamp.marking,
                **vars(row.recorded.content),
                "acknowledged": [
                    {"by": stamp.author, "at": stamp.recorded_at, "note": stamp.reason} for stamp in row.acknowledged
                ],
            }
            for row in rows
        ],
    )
