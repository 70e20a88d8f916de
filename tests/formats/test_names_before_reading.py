"""A data set calls its images, before any is read, what they are called when they are read."""

from pathlib import Path

import pytest

from round_trip import check_names
from segweave.errors import SegweaveError
from segweave.formats import open_dataset


def opened(folder: Path):
    """Every data set under `folder` that opens and can be read."""
    for path in sorted(p for p in folder.rglob("*") if p.is_dir()):
        try:
            data = open_dataset(path)
            yield path, data, list(data)
        except SegweaveError:
            continue


def test_in_all_real_samples(shared: Path):
    found = 0
    for path, data, samples in opened(shared / "data" / "format_samples"):
        check_names(data, samples)
        check_names(data[1:], samples[1:])
        found += len(samples)
        assert all(name.id == sample.image_id for name, sample in zip(data.names(), samples, strict=True)), path
    assert found > 20


@pytest.mark.parametrize("name", ["coco128seg", "camvid"])
def test_in_real_data_sets(shared: Path, name: str):
    data = open_dataset(shared / "data" / name)
    check_names(data[:5], list(data[:5]))
    assert len(data.names()) == len(data) > 4
