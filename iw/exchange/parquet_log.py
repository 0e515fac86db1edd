"""The file of a log as Parquet: a row for each record, and the header among the file's metadata.

Moments and numbers are typed; what only records of a kind have is a JSON object. Rows count from 1.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from datetime import datetime
from functools import cache
from itertools import batched
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Integer

from iw.core.errors import UsageError
from iw.exchange.lines import ENVELOPE, Told, joined, plain
from iw.log.schema import Moment, records

AT_ONCE = 5_000
_METADATA = "iw.log"
_MOMENTS = [column.name for column in records.c if isinstance(column.type, Moment)]


class ParquetLog:
    """One row for each record."""

    header_line = 0

    def write(self, file: IO[bytes], records: Iterable[Told], header: Callable[[], bytes]) -> None:
        """Write some thousand rows at a time, and at the end the header among the metadata."""
        import pyarrow as pa
        from pyarrow import parquet

        with parquet.ParquetWriter(file, _schema()) as written:
            for some in batched(records, AT_ONCE):
                written.write_table(pa.Table.from_pylist(list(map(_row, some)), schema=_schema()))
            written.add_key_value_metadata({_METADATA: header().decode()})

    def is_log(self, path: Path) -> bool:
        """Whether the columns are those of a log."""
        try:
            return bool(self._read(path)[1].names == _schema().names)
        except UsageError:
            return False

    def header(self, path: Path) -> bytes:
        """The header among the file's metadata."""
        metadata, schema = self._read(path)
        if _METADATA.encode() not in metadata:
            message = "the header of a log is missing among its metadata"
            raise UsageError(message, "programs that write the file anew lose it: take what 'iw export' wrote")
        if not schema.equals(_schema()):
            raise UsageError("its columns are not those of a log", f"they are {', '.join(_schema().names)}")
        return bytes(metadata[_METADATA.encode()])

    def _read(self, path: Path) -> tuple[dict[bytes, bytes], Any]:
        """The file's metadata and schema; raises as `header` does."""
        import pyarrow as pa
        from pyarrow import parquet

        try:
            with path.open("rb") as file, parquet.ParquetFile(file) as opened:
                return opened.metadata.metadata or {}, opened.schema_arrow
        except (OSError, pa.ArrowException) as error:
            raise _damage(error, "this is no Parquet file, or a damaged one") from error

    def lines(self, path: Path) -> Generator[tuple[int, bytes | UsageError]]:
        """The rows; a page that is damaged ends them."""
        import pyarrow as pa
        from pyarrow import parquet

        number = 0
        try:
            with path.open("rb") as file, parquet.ParquetFile(file) as opened:
                for batch in opened.iter_batches(AT_ONCE):
                    for *told, content in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                        number += 1
                        envelope = dict(zip(ENVELOPE, map(plain, told), strict=True))
                        yield number, joined(envelope, (content or "null").encode())
        except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
            yield number + 1, _damage(error, "the file is damaged from here on")


def _row(told: Told) -> dict[str, Any]:
    moments = {name: datetime.fromisoformat(told.envelope[name]) for name in _MOMENTS}
    return {**told.envelope, **moments, "content": told.content.decode()}


def _damage(error: Exception, message: str) -> UsageError:
    """The error in words; one of the system is raised on, but Arrow tells of damage by errors like those."""
    if isinstance(error, OSError) and error.strerror:
        raise error
    return UsageError(message, str(error).splitlines()[0])


@cache
def _schema() -> Any:
    import pyarrow as pa

    types = ((Integer, pa.int64()), (Moment, pa.timestamp("us", tz="UTC")))
    fields = [
        pa.field(
            name,
            next((made for kind, made in types if isinstance(records.c[name].type, kind)), pa.string()),
            records.c[name].nullable,
        )
        for name in ENVELOPE
    ]
    return pa.schema([*fields, pa.field("content", pa.string(), nullable=False)])
