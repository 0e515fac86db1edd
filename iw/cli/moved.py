"""An append and what it moved, printed and as rows: the scenarios of each problem before and after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from iw.cli.session import Session

if TYPE_CHECKING:
    from iw.log.drafts import Draft
    from iw.log.products import LevelChange, Recorded
    from iw.workspace import Moved, Workspace
    from iw.workspace.changing import Changed

_FELT = 0.05  # points from which a scenario counts as moved


def moved_rows(moved: Moved, all_of_them: bool = False) -> list[dict[str, Any]]:
    """The scenarios that lead, before or after, and those that moved, with the largest move first."""
    before, after = moved.before.state.mean, moved.after.state.mean
    rows: list[dict[str, Any]] = [
        {
            "problem": moved.problem,
            "scenario": name,
            "before": float(before[s]),
            "after": float(after[s]),
            "points": 100 * float(after[s] - before[s]),
        }
        for s, name in enumerate(moved.after.spec.scenarios)
    ]
    rows.sort(key=lambda row: -abs(row["points"]))
    leading = {moved.before.leading, moved.after.leading}
    return [row for row in rows if all_of_them or abs(row["points"]) >= _FELT or row["scenario"] in leading]


def show_moved(
    session: Session,
    workspace: Workspace,
    every: Sequence[Moved],
    silent: str,
    changes: Sequence[Recorded[LevelChange]],
) -> None:
    """Print what moved, or why nothing did."""
    from iw.cli.figures import fine_percent, signed
    from iw.cli.foreseen import show_changes

    if silent:
        session.out.print(f"It moves no belief. {silent.rstrip('.')}.", soft_wrap=True)
        return
    for moved in every:
        problem = workspace.catalogue.problem(moved.problem)
        titles = {scenario.id: scenario.title for scenario in problem.scenarios}
        unusable = "" if moved.after.usable else "   (no belief yet: see iw status)"
        session.out.print(f"{problem.id}: {problem.title}{unusable}", style="bold", soft_wrap=True)
        rows = moved_rows(moved)
        width = max(len(titles[row["scenario"]]) for row in rows)
        for row in rows:
            before, after = (f"{fine_percent(row[key]):>7}" for key in ("before", "after"))
            leads = "  leads" if row["scenario"] == moved.after.leading else ""
            points = f"{signed(row['points']):>6} points{leads}"
            session.out.print(f"  {titles[row['scenario']]:<{width}}  {before} → {after}  {points}", soft_wrap=True)
    show_changes(session, workspace, [one for one in changes if one.content.old is not None])
    why = session.command(f"explain {every[0].problem} --since {workspace.today - timedelta(days=1)}")
    session.out.print(f"Why: {why}", style="dim", soft_wrap=True)


def show_changed(session: Session, workspace: Workspace, changed: Changed) -> None:
    """Print what an append did to the weights of events, and what moved."""
    for one in changed.weighed:
        before, after = ("not in force" if w is None else f"w = {w:.2f}" for w in (one.before, one.after))
        session.out.print(f"{one.event} ({one.indicator}): {before} → {after}", soft_wrap=True)
    show_moved(session, workspace, changed.moved, changed.silent, changed.levels)


def changed_json(workspace: Workspace, command: str, record: str, changed: Changed) -> str:
    """The same as JSON; ``record`` is the name of what was changed or appended."""
    from iw.cli.answers import answer, origin

    return answer(
        command,
        origin(workspace, beliefs={moved.problem: moved.after.provenance for moved in changed.moved}),
        [row for moved in changed.moved for row in moved_rows(moved, all_of_them=True)],
        record=record,
        position=changed.position,
        events=changed.weighed,
        silent=changed.silent or None,
        level_changes=[vars(one.content) for one in changed.levels],
    )


def apply(
    session: Session,
    workspace: Workspace,
    command: str,
    told: Callable[[int], tuple[str, str]],
    draft: Draft,
    by: str | None,
    reason: str,
    as_json: bool,
) -> None:
    """Append a draft, and tell what it did; ``told`` gives the record's name and a sentence from its position."""
    since = workspace.log.position()
    position = workspace.append([draft], by, reason or "logged")[-1]
    record, done = told(position)
    if not as_json:
        # It is in the log from now on; what it moves takes a while longer.
        session.out.print(done, soft_wrap=True)
        session.out.file.flush()
    with session.waiting("Weighing the evidence"):
        changed = workspace.changed(position, since, by)
    if as_json:
        print(changed_json(workspace, command, record, changed))
    else:
        show_changed(session, workspace, changed)
