"""A log into its file, whole or not at all."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from iw.core.errors import StoreError
from iw.exchange.lines import Header, Told, encoded_header, told
from iw.exchange.log_forms import form_of
from iw.exchange.stored import stored_records
from iw.log.records import Marking
from iw.log.store import Log


def write_log(log: Log, path: Path, marking: Marking) -> Header:
    """Write all records of the log at or below ``marking``, in the form of the file's name; gives the file's header.

    The file takes its name only when it is complete. Raises `StoreError` where it cannot be written.
    """
    digest, kinds = hashlib.sha256(), Counter[str]()

    def counted() -> Iterator[Told]:
        for record in stored_records(log, marking):
            one = told(record)
            digest.update(one.line)
            kinds[str(record.kind)] += 1
            yield one

    def header() -> Header:
        return Header(marking, kinds.total(), kinds, digest.hexdigest())

    with whole(path) as file:
        form_of(path).write(file, counted(), lambda: encoded_header(header()))
    return header()


@contextmanager
def whole(path: Path) -> Iterator[IO[bytes]]:
    """A new file to write to, which takes the place of ``path`` at the end, or is forgotten on any error."""
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}.", "Choose another place.") from error
    finally:
        part.unlink(missing_ok=True)
