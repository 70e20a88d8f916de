"""The areas that COCO files state of their instances, by which COCO's evaluation sorts them into small and large."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from segweave.formats.coco_instances_reader import InstancesIndex, load_sample
from segweave.formats.dataset import Dataset
from segweave.formats.json_parts import name_or_number, number_or_none

Areas = Mapping[int | str, Mapping[int | str, float]]
"""px, by image id and by the annotation's id."""


def stated_areas(data: Dataset) -> Areas | None:
    """What the `area` fields of a COCO instances file say; None for data sets of other formats.

    The annotation's id is the instance's `source_id`. An annotation without an area is left out.
    """
    index = _index_of(data)
    if index is None:
        return None
    areas: dict[int | str, dict[int | str, float]] = {}
    for image, rows in index.annotations.items():
        found = areas.setdefault(image, {})
        for row in rows:
            where = f"{index.path}: image {image!r}"
            area = number_or_none(row, "area", where)
            if area is not None and row.get("id") is not None:
                found[name_or_number(row, "id", where)] = area
    return areas


def instances_json(data: Dataset) -> Path | None:
    """The file behind a data set of COCO instances; None for data sets of other formats, and for changed ones."""
    index = _index_of(data)
    return None if index is None else index.path


def _index_of(data: Dataset) -> InstancesIndex | None:
    load = data.load
    if isinstance(load, partial) and load.func is load_sample:
        index: InstancesIndex = load.args[0]
        return index
    return None
