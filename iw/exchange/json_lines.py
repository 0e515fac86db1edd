"""The file of a log as JSON Lines: the header, padded with spaces to a fixed length because it counts what comes after
it, and then the line of each record.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import IO

from iw.core.errors import UsageError
from iw.exchange.lines import HEADER_BYTES, LONGEST_LINE, Told


class JsonLines:
    """One line for the header, and one for each record."""

    header_line = 1

    def write(self, file: IO[bytes], records: Iterable[Told], header: Callable[[], bytes]) -> None:
        """Write the lines, and at the end the header before them."""
        file.write(b" " * HEADER_BYTES)
        file.writelines(told.line for told in records)
        file.seek(0)
        file.write(header().ljust(HEADER_BYTES - 1) + b"\n")

    def is_log(self, path: Path) -> bool:
        """Always: no tables of evidence are written so."""
        return True

    def header(self, path: Path) -> bytes:
        """The first line."""
        with path.open("rb") as file:
            return file.readline(LONGEST_LINE)

    def lines(self, path: Path) -> Generator[tuple[int, bytes | UsageError]]:
        """The lines after the header; one that is cut off is a fault."""
        with path.open("rb") as file:
            file.readline(LONGEST_LINE)
            number = 2
            while line := file.readline(LONGEST_LINE):
                yield number, line if line.endswith(b"\n") else _cut_off(line)
                number += 1


def _cut_off(line: bytes) -> UsageError:
    cut = "it is longer than any record may be" if len(line) >= LONGEST_LINE else "the file ends within it"
    return UsageError(f"the line is cut off: {cut}")
