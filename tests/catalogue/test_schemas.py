"""The editor schemas say what the loader accepts, and are kept current."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from iw.catalogue.questions import QuestionFile
from iw.catalogue.schema import DocumentFile, IndicatorFile, Problem
from iw.catalogue.schemas import SCHEMAS, schema_line, schema_texts, write_schemas
from iw.catalogue.tables import Tables
from iw.core.resources import shipped
from tests.catalogue.cast import Folders

INDICATORS, MODELS = shipped("indicators"), shipped("models")
SHIPPED = schema_texts(INDICATORS, MODELS)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_the_committed_schema_is_current(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == SHIPPED[path], "run: python -m iw.catalogue.schemas"


@pytest.mark.parametrize(
    "path", [*INDICATORS.glob("*.yaml"), *MODELS.glob("*.yaml")], ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_a_shipped_file_begins_with_the_line_that_names_its_schema(path: Path) -> None:
    special = {"documents.yaml": "documents", "tables.yaml": "tables"}
    name = special.get(path.name, "indicators" if path.parent == INDICATORS else "problem")
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first == schema_line(name)
    assert path.parent / first.partition("$schema=")[2] in SHIPPED


@pytest.mark.parametrize("text", SHIPPED.values(), ids=[path.name for path in SHIPPED])
def test_every_key_is_explained(text: str) -> None:
    keys = dict(properties(json.loads(text)))
    assert len(keys) > 5
    assert [key for key, found in keys.items() if len(found.get("description", "")) < 10] == []
    assert not any("\n" in found["description"] for found in keys.values())


def properties(node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        for key, found in node.get("properties", {}).items():
            yield f"{node.get('title')}.{key}", found
        for child in node.values():
            yield from properties(child)


@pytest.mark.parametrize("model", [IndicatorFile, DocumentFile, Problem, QuestionFile, Tables])
def test_a_schema_knows_all_keys_and_no_other(model: type) -> None:
    place = next(place for place, known in SCHEMAS.items() if known is model)
    folder = INDICATORS if place[0] == "indicators" else MODELS
    schema = json.loads(SHIPPED[folder / "schema" / f"{place[1]}.schema.json"])
    fields = {key: field.is_required() for key, field in SCHEMAS[place].model_fields.items()}
    assert set(schema["properties"]) == set(fields)
    assert set(schema["required"]) == {key for key, required in fields.items() if required}
    assert schema["additionalProperties"] is False


def test_an_interval_is_two_numbers_to_every_editor() -> None:
    schema = json.loads(SHIPPED[INDICATORS / "schema" / "indicators.schema.json"])
    interval = schema["$defs"]["Rate"]["properties"]["interval"]
    assert (interval["type"], interval["minItems"], interval["maxItems"]) == ("array", 2, 2)
    assert "prefixItems" not in json.dumps(schema)  # not in draft 7


def test_schemas_are_written_once_and_the_loader_passes_them_over(folders: Folders) -> None:
    places = folders.root / "indicators", folders.root / "models"
    assert len(write_schemas(*places)) == len(SCHEMAS)
    assert write_schemas(*places) == []
    assert folders.faults() == []
