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
