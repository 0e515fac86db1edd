"""``make docs``: bring the tables of docs/evidence.md and docs/catalogue.md up to date with the catalogue's files, and
the graph of the model in docs/mathematics.md with its code.

A table stands between ``<!-- table: name -->`` and ``<!-- end -->``; what is around it is written by hand. A test holds
the pages to what this writes.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median

from iw.catalogue import Catalogue, Kind, load_catalogue
from iw.catalogue.carried import carried_scenarios
from iw.core.resources import shipped

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = ("evidence.md", "catalogue.md", "mathematics.md")
Line = dict[str, str]


class Evidence:
    """The lines of the shipped evidence, by kind of file."""

    def __init__(self, folder: Path, documents: Sequence[str]) -> None:
        self.documents = documents
        self.events = self._read(folder, "")
        self.readings = self._read(folder, "readings-")
        self.context = self._read(folder, "context-")
        self.coverage = self._read(folder, "coverage-")

    def _read(self, folder: Path, prefix: str) -> list[Line]:
        found = []
        for document in self.documents:
            path = folder / f"{prefix}{document}.csv"
            if path.exists():
                with path.open(encoding="utf-8", newline="") as file:
                    found += list(csv.DictReader(file))
        return found


def tables() -> Mapping[str, str]:
    """Every table by its name."""
    catalogue, faults = load_catalogue(shipped("indicators"), shipped("models"))
    if faults:
        raise SystemExit("\n".join(str(fault) for fault in faults))
    evidence = Evidence(shipped("indicators") / "evidence", list(catalogue.documents))
    makers: dict[str, Callable[[Catalogue, Evidence], Iterator[str]]] = {
        "documents": _documents,
        "dates": _dates,
        "grades": _grades,
        "coverage": _coverage,
        "contradictions": _contradictions,
        "events": _events,
        "problems": _problems,
        "domains": _domains,
        "carried": _carried,
        "model": _model,
    }
    return {name: "\n".join(make(catalogue, evidence)) for name, make in makers.items()}


def filled(text: str, found: Mapping[str, str]) -> str:
    """A page with its tables as they are now."""
    pattern = r"(<!-- table: (\w+) -->\n)(?:(?!<!-- ).*\n)*(<!-- end -->)"
    return re.sub(pattern, lambda m: f"{m[1]}{found[m[2]]}\n{m[3]}", text)


def _documents(catalogue: Catalogue, evidence: Evidence) -> Iterator[str]:
    yield "| document | title | published | events | readings | context | coverage |"
    yield "|---|---|---|---:|---:|---:|---:|"
    groups = (evidence.events, evidence.readings, evidence.context, evidence.coverage)
    for document in catalogue.documents.values():
        counts = [sum(line["document"] == document.id for line in group) for group in groups]
        cells = " | ".join(str(count) for count in counts)
        yield f"| `{document.id}` | {document.title} | {document.published} | {cells} |"
    yield f"| **all** | | | {' | '.join(str(len(group)) for group in groups)} |"


def _dates(_: Catalogue, evidence: Evidence) -> Iterator[str]:
    lengths = Counter(len(line["occurred_on"]) for line in evidence.events)
    days = sorted(line["occurred_on"] for line in evidence.events)
    developments: dict[str, set[str]] = {}
    for line in evidence.events:
        if line["development"]:
            developments.setdefault(line["development"], set()).add(line["document"])
    told = sum(bool(line["development"]) for line in evidence.events)
    shared = sum(len(documents) > 1 for documents in developments.values())
    origins = Counter(line["origin"] for line in evidence.events)
    authors = sum(count for origin, count in origins.items() if origin.endswith("-authors"))
    since = sum(line["occurred_on"] >= "2014" for line in evidence.events)
    reported = sum(bool(line["reported_on"]) for line in evidence.events)
    staged = sum(line["staged"] == "possibly" for line in evidence.events)
    yield "| of the events | |"
    yield "|---|---:|"
    yield f"| dated to the day, to a month, to a year | {lengths[10]}, {lengths[7]}, {lengths[4]} |"
    yield f"| first and last | {days[0]}, {days[-1]} |"
    yield f"| of 2014 or later, when most problems start | {since} |"
    stories = f"{told}; {len(developments)}; {shared}"
    yield f"| that name a development; developments; told by more than one document | {stories} |"
    yield f"| origins; rows that rest on the documents' authors alone | {len(origins)}; {authors} |"
    yield f"| with the date of the first public report | {reported} |"
    yield f"| possibly staged | {staged} |"


def _grades(_: Catalogue, evidence: Evidence) -> Iterator[str]:
    counts = Counter(line["grade"] for line in evidence.events)
    yield "| | 1 | 2 | 3 | 4 | 5 | 6 |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for letter in "ABCDEF":
        yield f"| {letter} | " + " | ".join(str(counts[f"{letter}{digit}"] or "") for digit in "123456") + " |"


def _coverage(catalogue: Catalogue, evidence: Evidence) -> Iterator[str]:
    yield "| document | windows | rows | lowest | median | highest |"
    yield "|---|---|---:|---:|---:|---:|"
    for name in catalogue.documents:
        lines = [line for line in evidence.coverage if line["document"] == name]
        values = [float(line["coverage"]) for line in lines]
        windows = Counter((line["from"], line["to"]) for line in lines)
        said = "; ".join(f"{since} to {until} ({count})" for (since, until), count in windows.most_common())
        numbers = f"{min(values):.2f} | {median(values):.2f} | {max(values):.2f}"
        yield f"| `{name}` | {said} | {len(lines)} | {numbers} |"


def _contradictions(_: Catalogue, evidence: Evidence) -> Iterator[str]:
    yield "| row | document | what contradicts it |"
    yield "|---|---|---|"
    for line in (*evidence.events, *evidence.readings, *evidence.context):
        if line.get("contradicts"):
            name = line.get("indicator") or line["bears_on"]
            when = line.get("occurred_on") or line.get("measured_on") or "undated"
            yield f"| `{name}`, {when} | `{line['document']}` | {line['contradicts'].replace('|', '/')} |"


def _events(catalogue: Catalogue, evidence: Evidence) -> Iterator[str]:
    names = list(catalogue.documents)
    yield "| indicator | " + " | ".join(names) + " | all |"
    yield "|---|" + "---:|" * (len(names) + 1)
    for indicator in sorted({line["indicator"] for line in evidence.events}):
        counts = Counter(line["document"] for line in evidence.events if line["indicator"] == indicator)
        cells = " | ".join(str(counts[name] or "") for name in names)
        yield f"| `{indicator}` | {cells} | {sum(counts.values())} |"


def _problems(catalogue: Catalogue, _: Evidence) -> Iterator[str]:
    yield "| problem | question | scenarios (warned of in bold; status quo last) | indicators | from |"
    yield "|---|---|---|---:|---|"
    for problem in catalogue.problems.values():
        titles = [f"**{s.title}**" if s.id in problem.warned else s.title for s in problem.scenarios]
        mark = " *(conditional)*" if problem.conditional_on else ""
        cells = f"{problem.question}{mark} | {'; '.join(titles)} | {len(problem.indicators)} | {problem.start}"
        yield f"| `{problem.id}` | {cells} |"


def _domains(catalogue: Catalogue, _: Evidence) -> Iterator[str]:
    yield "| domain | events | levels | confirming | disconfirming | drivers |"
    yield "|---|---:|---:|---:|---:|---:|"
    rows = []
    for domain, title in sorted(catalogue.titles.items()):
        own = [one for one in catalogue.indicators.values() if catalogue.domains[one.id] == domain]
        kinds = [sum(one.kind is kind for one in own) for kind in (Kind.EVENT, Kind.LEVEL)]
        signs = [sum(one.polarity == sign for one in own) for sign in ("confirming", "disconfirming", "driver")]
        rows.append([*kinds, *signs])
        yield f"| {title} (`{domain}`) | {' | '.join(str(count) for count in rows[-1])} |"
    yield f"| **all** | {' | '.join(str(sum(column)) for column in zip(*rows, strict=True))} |"


def _carried(catalogue: Catalogue, _: Evidence) -> Iterator[str]:
    rows = carried_scenarios(catalogue)
    yield "| document | sections | scenarios stated in them | carried by a problem | by a question | by nothing |"
    yield "|---|---:|---:|---:|---:|---:|"
    for name in [*catalogue.documents, "all"]:
        own = [row for row in rows if name in ("all", row.document)]
        sections = len({(row.document, row.section) for row in own})
        by_problem = sum(any(not by.startswith("question/") for by in row.by) for row in own)
        by_question = sum(any(by.startswith("question/") for by in row.by) for row in own)
        nothing = sum(not row.by for row in own)
        label = "**all**" if name == "all" else f"`{name}`"
        yield f"| {label} | {sections} | {len(own)} | {by_problem} | {by_question} | {nothing} |"


def _model(catalogue: Catalogue, _: Evidence) -> Iterator[str]:
    from tools.model_graph import mermaid

    return mermaid(catalogue)


def main() -> None:
    """Rewrite the pages where they have changed."""
    found = tables()
    for name in PAGES:
        path = DOCS / name
        before = path.read_text(encoding="utf-8")
        after = filled(before, found)
        if after != before:
            path.write_text(after, encoding="utf-8")
            print(path)


if __name__ == "__main__":
    main()
