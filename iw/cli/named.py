"""The facts that a command names, as they are in the log now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iw.core.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from iw.log.chains import Chain
    from iw.log.records import Event
    from iw.log.schema import Kind
    from iw.workspace import Workspace


def named(workspace: Workspace, name: str, kind: Kind) -> Chain:
    """The fact of this name and kind, in force or not."""
    chain = workspace.log.named(name)
    if chain.kind is not kind:
        raise UsageError(f"{chain.name} is no {kind}")
    return chain


def in_force(workspace: Workspace, about: Chain) -> Event | None:
    """The event or reading as it is now; None where it is withdrawn or nothing backs it."""
    view = workspace.log.view(workspace.now())
    return next((one for one in (*view.events, *view.readings) if one.first_position == about.first), None)


def reported_at(workspace: Workspace, about: Chain) -> datetime | None:
    """When a report that the log holds was reported, as far as that is known."""
    view = workspace.log.view(workspace.now())
    backings = (backing for one in (*view.events, *view.readings) for backing in one.backings)
    reports = (*(backing.report for backing in backings), *view.unassigned)
    return next((one.reported_at for one in reports if one.first_position == about.first), None)
