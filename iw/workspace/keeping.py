"""Whether a workspace's log is as it was written, and copies of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from iw.core.errors import DataError, Fault, StoreError, UsageError
from iw.log.copying import TableDigest, copy
from iw.log.engine import make_engine
from iw.log.linking import Head
from iw.log.verify import Verification
from iw.workspace.workspace import Workspace


def verify_log(
    workspace: Workspace,
    anchors: Iterable[Head] = (),
    *,
    without_key: bool = False,
    journal_anchors: Iterable[Head] = (),
) -> Verification:
    """Walk through log and journal; `StoreError` where there is no key and nobody said that it is to go without."""
    if workspace.log.key is None and not without_key:
        raise StoreError(
            "There is no key to the log's hash chain, and without it contents cannot be checked.",
            "Put the key into log.key beside iw.toml or into IW_LOG_KEY; or check the order alone: --without-key.",
        )
    return workspace.log.verify(anchors, without_key=without_key, journal_anchors=journal_anchors)


def copy_log(workspace: Workspace, url: str) -> list[TableDigest]:
    """Copy the log to another database, and prove it equal; see `iw.log.copying.copy`."""
    engine = make_engine(url)
    workspace.log.copied_to(engine.url.render_as_string(hide_password=True))
    engine.dispose()
    return copy(workspace.log, url)


def read_heads(given: Sequence[str]) -> list[Head]:
    """Heads from ``DIGEST@POSITION`` or from files with one on each line; blank lines and ``#`` lines are passed over.

    Raises `DataError` with every line of the files that is no head, `UsageError` where a text is neither head nor file.
    """
    heads, faults = [], []
    for text in given:
        if "@" in text or not Path(text).is_file():
            heads.append(Head.parse(text))
            continue
        for number, line in enumerate(Path(text).read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
            if line.strip() and not line.lstrip().startswith("#"):
                try:
                    heads.append(Head.parse(line))
                except UsageError as error:
                    faults.append(Fault(text, number, 0, error.message, error.hint))
    if faults:
        raise DataError(faults)
    return heads
