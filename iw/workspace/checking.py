"""What is wrong or doubtful in a workspace's catalogue and log."""

from __future__ import annotations

from iw.assessment.beliefs import Beliefs
from iw.assessment.checks import copied_summaries, log_findings
from iw.catalogue.checks import catalogue_findings
from iw.catalogue.copied import copied_findings, read_runs
from iw.core.dates import end_of_day
from iw.core.errors import Fault
from iw.workspace.workspace import Workspace


def findings(workspace: Workspace, beliefs: Beliefs) -> list[Fault]:
    """Everything, all at once, in the order of files and lines."""
    runs = read_runs(workspace.path / "indicators" / "copied")
    found = [*workspace.faults, *catalogue_findings(workspace.catalogue), *copied_findings(workspace.catalogue, runs)]
    known = end_of_day(workspace.today)
    found += copied_summaries(workspace.log.view(known), runs)
    return sorted([*found, *log_findings(beliefs, workspace.today, known)])
