"""The public door to a watch: open or found a workspace, ask it, tell it."""

from iw.workspace.founding import init_workspace, open_workspace
from iw.workspace.logged import Entered, Logged, Moved
from iw.workspace.settings import Settings
from iw.workspace.workspace import Workspace

__all__ = ["Entered", "Logged", "Moved", "Settings", "Workspace", "init_workspace", "open_workspace"]
