"""The catalogue: indicators, warning problems, shared tables and documents, as typed and validated files."""

from iw.catalogue.load import Catalogue, content_hash, load_catalogue
from iw.catalogue.schema import Document, Indicator, Kind, Problem, Scenario, Tables

__all__ = [
    "Catalogue",
    "Document",
    "Indicator",
    "Kind",
    "Problem",
    "Scenario",
    "Tables",
    "content_hash",
    "load_catalogue",
]
