"""Read a catalogue from its folders: what is sound is loaded, what is not is reported, all of it at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from iw.catalogue import references, yaml_files
from iw.catalogue.entries import Entry
from iw.catalogue.questions import Question, QuestionFile
from iw.catalogue.schema import Document, DocumentFile, Indicator, IndicatorFile, Kind, Problem, Rate
from iw.catalogue.tables import Tables
from iw.catalogue.yaml_files import YamlFile
from iw.core.errors import DataError, Fault, NotFoundError, UsageError

Place = tuple[YamlFile, tuple[str | int, ...]]


# What of the shared tables a belief depends on; words, levels and confidence are rendered from it.
_OF_THE_MODEL = {
    "grades",
    "grade_frequencies",
    "likelihood_words",
    "reference_rate_floor",
    "odds_concentration",
    "aftershocks",
    "level_memory_years",
    "drift",
}


@dataclass(frozen=True)
class Catalogue:
    """The sound entries of a catalogue, by id, and the place where each was read."""

    documents: Mapping[str, Document]
    indicators: Mapping[str, Indicator]
    domains: Mapping[str, str]  # indicator id -> domain
    titles: Mapping[str, str]  # domain -> its name on pages
    problems: Mapping[str, Problem]
    questions: Mapping[str, Question]
    tables: Tables
    places: Mapping[tuple[str, str], Place]  # (kind, id) -> where it stands
    left_out: frozenset[tuple[str, str]] = frozenset()  # (kind, id): with a fault, or in need of one with a fault

    def indicator(self, name: str) -> Indicator:
        """The indicator with this id, or `NotFoundError` with the nearest ids."""
        if name not in self.indicators:
            self._not_left_out("indicator", "indicator", name)
            raise NotFoundError("indicator", name, self.indicators)
        return self.indicators[name]

    def problem(self, name: str) -> Problem:
        """The warning problem with this id, or `NotFoundError` with the nearest ids."""
        if name not in self.problems:
            self._not_left_out("problem", "warning problem", name)
            raise NotFoundError("warning problem", name, self.problems)
        return self.problems[name]

    def question(self, name: str) -> Question:
        """The question with this id, or `NotFoundError` with the nearest ids."""
        if name not in self.questions:
            self._not_left_out("question", "question", name)
            raise NotFoundError("question", name, self.questions)
        return self.questions[name]

    def _not_left_out(self, kind: str, named: str, name: str) -> None:
        if (kind, name) in self.left_out:
            raise UsageError(f"The {named} '{name}' is left out: there is a fault in its file.", "Run 'iw check'.")

    def rate(self, problem: Problem, indicator: str) -> Rate:
        """The elicited rate that ``problem`` uses for ``indicator``: its own, else the indicator's."""
        listening = {use.indicator: use for use in problem.indicators}
        if indicator not in listening:
            raise NotFoundError(f"indicator of the problem '{problem.id}'", indicator, listening)
        rate = listening[indicator].rate or self.indicators[indicator].rate
        assert rate is not None  # no problem listens to a level: `references` sees to it
        return rate

    def problems_of(self, indicator: str) -> list[Problem]:
        """The problems that listen to ``indicator``, in the catalogue's order."""
        return [problem for problem in self.problems.values() if indicator in problem.heard]

    def model_version(self, problem: str) -> str:
        """Content hash (12 hex digits) of all that a problem's belief depends on in the catalogue."""
        subject = self.problem(problem)
        names = subject.heard
        used = [self.indicators[name].model_dump(mode="json") for name in names]
        domains = [self.domains[name] for name in names]  # coverage may be declared for a whole domain
        counts = any(self.indicators[name].kind is Kind.COUNT for name in names)
        included = _OF_THE_MODEL | ({"count_dispersion"} if counts else set())
        tables = self.tables.model_dump(mode="json", include=included)
        return content_hash([subject.model_dump(mode="json"), used, domains, tables])

    @cached_property
    def version(self) -> str:
        """Content hash (12 hex digits) of the whole catalogue."""
        groups: list[Mapping[str, Entry]] = [self.documents, self.indicators, self.problems, self.questions]
        parts: list[Any] = [{k: v.model_dump(mode="json") for k, v in group.items()} for group in groups]
        return content_hash([*parts, dict(self.domains), self.tables.model_dump(mode="json")])


def content_hash(data: Any) -> str:
    """The first 12 hex digits of the SHA-256 of ``data`` as canonical JSON."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def load_catalogue(indicators: Path, models: Path) -> tuple[Catalogue, list[Fault]]:
    """Read both folders; give every sound entry and every fault.

    An entry that refers to a faulty or missing one is a fault too and is left out, so that what is loaded is
    consistent. Raises `DataError` only where nothing can be used: no folder, or no sound ``tables.yaml``.
    """
    missing = [
        Fault(str(folder), 0, 0, "there is no such folder") for folder in (indicators, models) if not folder.is_dir()
    ]
    if missing:
        raise DataError(missing, "There is no catalogue.")
    reader = _Reader()
    tables = reader.tables(models / "tables.yaml")
    documents = reader.documents(indicators / "documents.yaml")
    reader.indicator_files(sorted(p for p in _yaml_in(indicators) if p.name != "documents.yaml"))
    reader.problem_files(sorted(p for p in _yaml_in(models) if p.name != "tables.yaml"))
    reader.question_files(sorted(_yaml_in(models / "questions")))
    if tables is None:
        raise DataError(reader.faults, "The shared tables cannot be used.")
    found = Catalogue(
        documents=documents,
        indicators=reader.found_indicators,
        domains=reader.domains,
        titles=reader.titles,
        # What holds today comes before what would hold if something came to pass.
        problems=dict(sorted(reader.found_problems.items(), key=lambda item: item[1].conditional_on is not None)),
        questions=reader.found_questions,
        tables=tables,
        places=reader.places,
    )
    sound, dangling = references.resolve(found, reader.faulty, reader.broken_problems)
    return sound, sorted([*reader.faults, *dangling])


def _yaml_in(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*.y*ml") if path.suffix in {".yaml", ".yml"}]


class _Reader:
    """Collects entries and faults while files are read one after another."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.faulty: set[tuple[str, str]] = set()  # (kind, id) of entries that were left out
        self.broken_problems: list[YamlFile] = []
        self.places: dict[tuple[str, str], Place] = {}
        self.found_indicators: dict[str, Indicator] = {}
        self.found_problems: dict[str, Problem] = {}
        self.found_questions: dict[str, Question] = {}
        self.domains: dict[str, str] = {}
        self.titles: dict[str, str] = {}

    def _open(self, path: Path, depth: int = 2) -> YamlFile | None:
        name = "/".join(path.parts[-depth:])
        file, faults = yaml_files.read(path, name)
        self.faults += faults
        if file is not None and not isinstance(file.data, dict):
            self.faults.append(file.fault([], "the file is empty or not a table of keys"))
            return None
        return file

    def _keep[E: Entry](
        self, kind: str, file: YamlFile, loc: tuple[str | int, ...], data: Any, model: type[E]
    ) -> E | None:
        entry, faults = yaml_files.validate(file, loc, data, model)
        self.faults += faults
        if entry is None or file.has_doubled_keys(loc):
            if isinstance(data, dict):
                self.faulty.add((kind, str(data.get("id"))))
            return None
        name: str = getattr(entry, "id", kind)
        if (kind, name) in self.places:
            first, _ = self.places[kind, name]
            self.faults.append(file.fault([*loc, "id"], f"the {kind} '{name}' stands in {first.name} already"))
            return None
        self.places[kind, name] = (file, loc)
        return entry

    def tables(self, path: Path) -> Tables | None:
        file = self._open(path)
        return self._keep("tables", file, (), file.data, Tables) if file else None

    def documents(self, path: Path) -> dict[str, Document]:
        file = self._open(path) if path.exists() else None
        if file is None:
            return {}
        entries = self._list(file, "documents")
        self._shell(file, "documents", DocumentFile)
        kept = [self._keep("document", f, loc, data, Document) for f, loc, data in entries]
        return {entry.id: entry for entry in kept if entry}

    def indicator_files(self, paths: list[Path]) -> None:
        for path in paths:
            file = self._open(path)
            if file is None:
                continue
            shell = self._shell(file, "indicators", IndicatorFile)
            if shell:
                self.titles.setdefault(shell.domain, shell.title)
            for _, loc, data in self._list(file, "indicators"):
                entry = self._keep("indicator", file, loc, data, Indicator)
                if entry and shell:
                    self.found_indicators[entry.id] = entry
                    self.domains[entry.id] = shell.domain

    def problem_files(self, paths: list[Path]) -> None:
        for path in paths:
            file = self._open(path)
            if file is None:
                self.faulty.add(("problem", path.stem))
            entry = self._keep("problem", file, (), file.data, Problem) if file else None
            if entry:
                self.found_problems[entry.id] = entry
            elif file:
                self.broken_problems.append(file)

    def question_files(self, paths: list[Path]) -> None:
        for path in paths:
            file = self._open(path, depth=3)
            if file is None:
                continue
            self._shell(file, "questions", QuestionFile)
            for _, loc, data in self._list(file, "questions"):
                entry = self._keep("question", file, loc, data, Question)
                if entry:
                    self.found_questions[entry.id] = entry

    def _shell[E: Entry](self, file: YamlFile, key: str, model: type[E]) -> E | None:
        """The file without its entries: those are checked one by one, so that a faulty one hides no other."""
        shell, faults = yaml_files.validate(file, (), {**file.data, key: []}, model)
        self.faults += faults
        return shell

    def _list(self, file: YamlFile, key: str) -> list[tuple[YamlFile, tuple[str | int, ...], Any]]:
        items = file.data.get(key)
        if not isinstance(items, list):
            self.faults.append(file.fault([key], f"'{key}' is missing or is not a list"))
            return []
        return [(file, (key, index), item) for index, item in enumerate(items)]
