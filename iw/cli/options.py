"""The options that several commands have, each explained once."""

from __future__ import annotations

from typing import Annotated

import typer

Problem = Annotated[str, typer.Argument(metavar="PROBLEM", help="A warning problem, such as war-support.")]
AsOf = Annotated[
    str | None,
    typer.Option(metavar="DATE", help="The belief on this day: 2026-04-11, today or yesterday. Default: today."),
]
KnownAt = Annotated[
    str | None,
    typer.Option(metavar="MOMENT", help="Only what was known then (UTC; a day means its end). Default: the day as of."),
]
Marked = Annotated[
    str | None,
    typer.Option(metavar="TLP", help="Only what is at or below this marking: clear, green, amber, amber+strict, red."),
]
Json = Annotated[bool, typer.Option("--json", metavar="", help="Answer in JSON, numbers unrounded.")]

# What a report is told by: the same for an event's first report, a further one, a denial, and one that fits nothing.
Source = Annotated[str | None, typer.Option(metavar="NAME", help="Needed. Who reports it.")]
GradeGiven = Annotated[
    str | None, typer.Option(metavar="GRADE", help="Needed. A-F for the source, 1-6 for the report, such as B2.")
]
Text = Annotated[str | None, typer.Option(metavar="TEXT", help="Needed. What the source says.")]
Origin = Annotated[
    str | None, typer.Option(metavar="NAME", help="Where the report comes from in the end. Default: the source.")
]
Url = Annotated[str | None, typer.Option(metavar="URL", help="Where the report can be read.")]
Reported = Annotated[str | None, typer.Option(metavar="DATE", help="Day or moment of the report.")]
Document = Annotated[str | None, typer.Option(metavar="ID", help="The document of the register.")]
Section = Annotated[str | None, typer.Option(metavar="TEXT", help="The section of that document.")]
Note = Annotated[str | None, typer.Option(metavar="TEXT", help="The note of that document.")]

Held = Annotated[
    str | None, typer.Option("--report", metavar="R7", help="A report that the log holds, in place of a new one.")
]

MarkedAs = Annotated[
    str | None, typer.Option(metavar="TLP", help="clear (default), green, amber, amber+strict or red.")
]
Author = Annotated[str | None, typer.Option("--by", metavar="AUTHOR", help="Who does it. Default: the workspace's.")]
Why = Annotated[str | None, typer.Option(metavar="TEXT", help="Needed. Why.")]
