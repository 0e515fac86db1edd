"""Coverage files: which collector watched for what, over which window, and how closely."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time

from iw.core.dates import parse_day
from iw.core.errors import UsageError, nearest
from iw.log import csv_fields, fingerprints
from iw.log.csv_lines import Line, header_faults
from iw.log.csv_reader import Reader
from iw.log.drafts import CoverageDraft, Visible
from iw.log.records import VisibleBasis

COLUMNS = ("collector", "kind", "selects", "from", "to", "coverage")
EXTRAS = ("reason", "document", "marking")


def coverages(reader: Reader) -> Iterator[CoverageDraft]:
    """The coverage of every sound line."""
    reader.faults += header_faults(reader.table, COLUMNS, EXTRAS)
    for line in reader.lines():
        draft = _coverage(reader, line)
        if draft is not None:
            reader.new(line, fingerprints.of_coverage(draft))
            yield draft


def _coverage(reader: Reader, line: Line) -> CoverageDraft | None:
    before = len(reader.faults)
    collector, selects = reader.text(line, "collector"), reader.text(line, "selects")
    reader.text(line, "kind")
    reader.text(line, "from")
    kind = reader.parsed(line, "kind", csv_fields.coverage_kind)
    if kind == "document":
        reader.known(line, "collector", "document", reader.documents)
    _check_selects(reader, line)
    since = reader.parsed(line, "from", parse_day)
    until = reader.parsed(line, "to", parse_day)
    if since is not None and until is not None and until < since:
        reader.say(line, "to", f"the window ends on {until}, before it begins on {since}")
    chance = reader.parsed(line, "coverage", csv_fields.chance)
    if kind == "gap" and chance:
        reader.say(line, "coverage", "a gap has coverage 0: nobody was looking")
    marking = reader.parsed(line, "marking", csv_fields.marking) or reader.marking
    reader.known(line, "document", "document", reader.documents)
    if len(reader.faults) > before or kind is None or since is None or not (collector and selects):
        return None
    visible = None
    if reader.backfill:
        visible = Visible(datetime.combine(since, time(), UTC), VisibleBasis.LAG)
    reason = line.fields.get("reason", "")
    try:
        return CoverageDraft(collector, kind, selects, since, until, chance, marking, visible, reason)
    except UsageError as error:
        reader.say(line, "", error.message, error.hint)
        return None


def _check_selects(reader: Reader, line: Line) -> None:
    selects = line.fields.get("selects", "")
    if selects == "*":
        return
    if not selects.startswith("domain:"):
        reader.known(line, "selects", "indicator", reader.indicators)
    elif reader.domains is not None and selects.removeprefix("domain:") not in reader.domains:
        near = nearest(selects.removeprefix("domain:"), reader.domains)
        hint = f"did you mean domain:{' or domain:'.join(near)}?" if near else ""
        reader.say(line, "selects", f"there is no domain '{selects.removeprefix('domain:')}'", hint)
