"""A Bayesian indications-and-warnings tracker.

``iw.open(path)`` gives the workspace of a watch; everything else hangs from it::

    import iw
    watch = iw.open("my-watch")
    watch.status()                     # a DataFrame, one row per warning problem
    watch.belief("war-support")        # a Belief: probabilities with intervals and provenance

Importing this package stays light: the engine is loaded on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from iw.workspace import Workspace
    from iw.workspace import open_workspace as open

__all__ = ["Workspace", "__version__", "open"]


def __getattr__(name: str) -> Any:
    if name == "open":
        from iw.workspace import open_workspace

        return open_workspace
    if name == "Workspace":
        from iw.workspace import Workspace

        return Workspace
    if name == "__version__":
        from importlib.metadata import version

        return version("iw-tracker")
    raise AttributeError(f"module 'iw' has no attribute {name!r}")
