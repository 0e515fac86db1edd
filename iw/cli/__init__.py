"""The command line ``iw``: every command parses, asks the workspace, and prints.

This package stays light until a command runs: ``iw --help`` loads neither the engine nor the store.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["main"]


def main(args: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code (0, or that of the error: see `iw.core.errors`)."""
    from iw.cli.app import run

    return run(args)
