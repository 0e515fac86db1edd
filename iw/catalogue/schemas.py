"""JSON schemas of the catalogue's files, by which editors complete keys, explain them and underline mistakes.

An editor finds the schema through a file's first line, here for ``indicators/finance.yaml``::

    # yaml-language-server: $schema=schema/indicators.schema.json

``python -m iw.catalogue.schemas`` writes the schemas anew beside the shipped files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from iw.catalogue.questions import QuestionFile
from iw.catalogue.schema import DocumentFile, IndicatorFile, Problem
from iw.catalogue.tables import Tables
from iw.core.resources import shipped

SCHEMAS: Mapping[tuple[str, str], type[BaseModel]] = {
    ("indicators", "indicators"): IndicatorFile,
    ("indicators", "documents"): DocumentFile,
    ("models", "problem"): Problem,
    ("models", "questions"): QuestionFile,
    ("models", "tables"): Tables,
}


def schema_line(name: str) -> str:
    """The first line of a YAML file that is written to the schema ``name``."""
    return f"# yaml-language-server: $schema=schema/{name}.schema.json"


def schema_texts(indicators: Path, models: Path) -> dict[Path, str]:
    """Where each schema belongs in the two folders of a catalogue, and its text."""
    folders = {"indicators": indicators, "models": models}
    return {
        folders[folder] / "schema" / f"{name}.schema.json": _text(model) for (folder, name), model in SCHEMAS.items()
    }


def write_schemas(indicators: Path, models: Path) -> list[Path]:
    """Write the schemas into both folders; give the files that changed."""
    changed = []
    for path, text in schema_texts(indicators, models).items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            changed.append(path)
    return changed


class _ForEditors(GenerateJsonSchema):
    """Draft 7, which every editor reads, without titles that only repeat the keys."""

    schema_dialect = "http://json-schema.org/draft-07/schema#"

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _text(model: type[BaseModel]) -> str:
    schema = model.model_json_schema(schema_generator=_ForEditors)
    dialect = {"$schema": _ForEditors.schema_dialect}
    return json.dumps(dialect | _one_line_descriptions(schema), indent=2, ensure_ascii=False) + "\n"


def _one_line_descriptions(node: Any) -> Any:
    """The docstrings of the models are wrapped for the width of the code, not of an editor's hint."""
    if isinstance(node, list):
        return [_one_line_descriptions(child) for child in node]
    if isinstance(node, dict):
        plain = {key: _one_line_descriptions(child) for key, child in node.items()}
        if isinstance(plain.get("description"), str):
            plain["description"] = " ".join(plain["description"].replace("``", "").split())
        return plain
    return node


if __name__ == "__main__":
    for file in write_schemas(shipped("indicators"), shipped("models")):
        print(file)
