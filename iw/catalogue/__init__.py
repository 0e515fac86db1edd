"""The catalogue: indicators, warning problems, shared tables and documents, as typed and validated files."""

from iw.catalogue.load import Catalogue, content_hash, load_catalogue
from iw.catalogue.questions import Question
from iw.catalogue.schema import Document, Indicator, Kind, Problem, Scenario
from iw.catalogue.tables import Tables

__all__ = [
    "Catalogue",
    "Document",
    "Indicator",
    "Kind",
    "Problem",
    "Question",
    "Scenario",
    "Tables",
    "content_hash",
    "load_catalogue",
]
