"""What can be seen: labels, label sets, maps between them, and the tables that ship with segweave."""

from segweave.labels.label_map import LabelMap
from segweave.labels.label_set import Color, Label, LabelSet, Language
from segweave.labels.meaning import Why
from segweave.labels.suggest import Suggestion, draft_yaml, suggest
from segweave.labels.tables import LabelTable, VoidRow, label_set, label_table, read_table, table_names

__all__ = [
    "Color",
    "Label",
    "LabelMap",
    "LabelSet",
    "LabelTable",
    "Language",
    "Suggestion",
    "VoidRow",
    "Why",
    "draft_yaml",
    "label_set",
    "label_table",
    "read_table",
    "suggest",
    "table_names",
]
