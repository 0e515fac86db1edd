"""A report from what was typed about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from iw.cli.reading import Reader
from iw.cli.session import Session

if TYPE_CHECKING:
    from iw.log.chains import Chain
    from iw.log.drafts import ReportDraft
    from iw.log.records import Marking
    from iw.workspace import Workspace


@dataclass(frozen=True)
class Sent:
    """The options that tell a report, as they were given; None: not at all."""

    source: str | None
    grade: str | None
    text: str | None
    origin: str | None = None
    url: str | None = None
    reported: str | None = None
    document: str | None = None
    section: str | None = None
    note: str | None = None

    def asked(self, session: Session) -> Sent:
        """With what is needed and was not given asked for, where somebody can answer."""
        return replace(
            self,
            source=session.ask(self.source, "Who reports it"),
            grade=session.ask(self.grade, "Grade, such as B2"),
            text=session.ask(self.text, "What the source says"),
        )

    @property
    def given(self) -> list[str]:
        """The options that were given."""
        return [f"--{name}" for name, value in vars(self).items() if value is not None]


def read_held(reader: Reader, workspace: Workspace, name: str, sent: Sent) -> Chain | None:
    """A report that the log holds, in place of one that is told; None where it cannot be, which the reader keeps."""
    from iw.core.errors import UsageError
    from iw.log.schema import Kind

    if sent.given:
        reader.say("--report", f"names a report that the log holds. Leave out {', '.join(sent.given)}.")

    def find() -> Chain:
        chain = workspace.log.named(name)
        if chain.kind is not Kind.REPORT:
            raise UsageError(f"{chain.name} is no report", "The names of reports look like R7: see 'iw unassigned'")
        return chain

    return reader.attempt("--report", find)


def read_report(
    reader: Reader, workspace: Workspace, sent: Sent, marking: Marking | None = None, bears_on: str | None = None
) -> ReportDraft | None:
    """The report as it would be recorded; None where anything about it is wrong, which the reader keeps."""
    from iw.core.errors import NotFoundError
    from iw.log import csv_fields
    from iw.log.drafts import ReportDraft
    from iw.log.grades import parse_grade

    before = len(reader.faults)
    text = reader.needed("--text", sent.text, "Say what the source says.")
    source = reader.needed("--source", sent.source, "Name who reports it.")
    graded = reader.needed("--grade", sent.grade, "Write a letter A-F and a digit 1-6, such as B2.")
    grade = reader.read("--grade", graded, parse_grade)
    reported = reader.read("--reported", sent.reported, reader.moment)
    if reported is not None and reported.date() > workspace.today:
        reader.say("--reported", f"{reported.date()} lies in the future (today is {workspace.today}).")
    url = reader.read("--url", sent.url, csv_fields.url)
    if sent.document is not None and sent.document not in workspace.catalogue.documents:
        missing = NotFoundError("document", sent.document, workspace.catalogue.documents)
        reader.say("--document", str(missing))
    if len(reader.faults) > before:
        return None
    assert text is not None
    assert source is not None
    assert grade is not None
    draft = ReportDraft
    return reader.attempt(
        "--text",
        lambda: draft(
            source=source,
            grade=grade,
            text=text,
            origin=sent.origin or "",
            reported_at=reported,
            url=url,
            document=sent.document,
            section=sent.section,
            note=sent.note,
            marking=marking,
            bears_on=bears_on,
        ),
    )
