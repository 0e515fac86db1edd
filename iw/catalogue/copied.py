"""Sentences copied from a document: runs of eight words that stand in it, too.

Of a document only hashes of its runs of eight words are kept, so that a catalogue can be checked by whoever does not
have the text. A run is eight words in a row, in small letters, without accents, signs and apostrophes. Of its BLAKE2b
hash five bytes are kept: among 100,000 runs of a catalogue and 100,000 of a document one is expected to agree by
chance with a probability of about one in a hundred.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from iw.catalogue.load import Catalogue
from iw.core.errors import Fault, StoreError

RUN = 8
_BYTES = 5
_ENDING = ".runs"
# Names and references, which are the same in every text that uses them.
_NAMES = {"id", "document", "section", "note", "url", "canonical", "related", "tags", "indicator", "home", "family"}

type Runs = Mapping[str, frozenset[bytes]]  # document -> its hashes


def write_runs(text: str, path: Path) -> int:
    """Write the hashes of a document's runs; gives how many. The file's name is the document's id and ``.runs``."""
    hashes = sorted({_hashed(run) for run in _runs(text)})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(hashes))
    return len(hashes)


def read_runs(folder: Path) -> Runs:
    """The hashes of every document in ``folder``; none where there is no such folder. Raises `StoreError`."""
    found = {}
    for path in sorted(folder.glob(f"*{_ENDING}")):
        data = path.read_bytes()
        if len(data) % _BYTES:
            raise StoreError(f"{path} is damaged: it does not hold hashes of {_BYTES} bytes.", "Copy it anew.")
        found[path.name.removesuffix(_ENDING)] = frozenset(
            data[start : start + _BYTES] for start in range(0, len(data), _BYTES)
        )
    return found


def copied(text: str, runs: Runs) -> tuple[str, str] | None:
    """The document and the words of the first run of ``text`` that stands in a document, too."""
    for run in _runs(text):
        hashed = _hashed(run)
        for document, known in runs.items():
            if hashed in known:
                return document, run
    return None


def copied_findings(catalogue: Catalogue, runs: Runs) -> list[Fault]:
    """A finding for each text of the catalogue that shares a run with a document."""
    groups: dict[str, Mapping[str, Any]] = {
        "indicator": catalogue.indicators,
        "problem": catalogue.problems,
        "question": catalogue.questions,
    }
    found = []
    for kind, entries in groups.items():
        for name, entry in entries.items():
            file, loc = catalogue.places[kind, name]
            for where, text in _texts(entry.model_dump(mode="python")):
                if hit := copied(text, runs):
                    document, run = hit
                    message = f"these eight words are those of '{document}': {run}"
                    found.append(file.fault([*loc, *where], message, "say it in your own words"))
    return sorted(found)


def _texts(node: Any, where: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(node, str):
        yield where, node
    elif isinstance(node, dict):
        for key, child in node.items():
            if key not in _NAMES:
                yield from _texts(child, (*where, key))
    elif isinstance(node, list | tuple):
        for index, child in enumerate(node):
            yield from _texts(child, (*where, index))


def _runs(text: str) -> Iterator[str]:
    bare = unicodedata.normalize("NFKD", text.casefold()).replace("'", "").replace("\u2019", "")
    words = re.findall(r"[a-z0-9]+", bare.encode("ascii", "ignore").decode())
    for start in range(len(words) - RUN + 1):
        yield " ".join(words[start : start + RUN])


def _hashed(run: str) -> bytes:
    return hashlib.blake2b(run.encode(), digest_size=_BYTES).digest()
