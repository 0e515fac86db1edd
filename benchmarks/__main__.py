"""``python -m benchmarks``: one table for each part, from one run, on the screen and in ``benchmarks/results.md``.

Every contender runs in a process of its own and is checked against the product before it is timed. A contender that is
not installed, fails or disagrees is named so. The whole takes about half an hour, most of it to compile
textbook models. Compiled code is kept in a folder that starts empty, so that compilation is measured too.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from datetime import date
from importlib import import_module
from pathlib import Path

from benchmarks.measure import Bench, Row, say
from benchmarks.page import RESULTS, by_hand, page, section

# What takes longest comes last.
PARTS: dict[str, tuple[str, str]] = {
    "fit": ("fits", "rows"),
    "filter": ("filtering", "rows"),
    "update": ("updates", "rows"),
    "growth": ("growth", "rows"),
    "gradient": ("gradients", "rows"),
    "textbook": ("fits", "textbook_rows"),
}


def main() -> None:
    """Run the parts that are wanted; print the tables, and write them where all parts ran at full size."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="parts to run; then only print")
    parser.add_argument("--small", action="store_true", help="small sizes, to see that all works; then only print")
    parser.add_argument("--date", type=date.fromisoformat, default=date.today(), help="date to put on the results")
    given = parser.parse_args()
    found: dict[str, list[Row]] = {}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(given.small, Path(folder))
        for part in (part for part in PARTS if part in given.only):
            say(f"{part} ...")
            module, function = PARTS[part]
            measure: Callable[[Bench], list[Row]] = getattr(import_module(f"benchmarks.{module}"), function)
            found[part] = measure(bench)
            print("\n".join(section(part, found[part])), flush=True)
    if bench.failures:
        raise SystemExit("\n".join(["These failed or disagreed:", *bench.failures]))
    if set(given.only) == set(PARTS) and not given.small:
        RESULTS.write_text(f"{page(found, given.date)}\n{by_hand()}", encoding="utf-8")


if __name__ == "__main__":
    main()
