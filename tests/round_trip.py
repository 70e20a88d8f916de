"""Write, read and compare: the law that every row of `FORMATS` keeps."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from segweave.formats import Dataset, Sample, format_named, open_dataset, save_dataset
from segweave.formats.holds import reduce
from segweave.formats.photographs import image_stem
from segweave.segmentation import Instances, Segmentation

Content = list[tuple[object, ...]]


def content(truth: Segmentation | Instances, *, source_ids: bool = True) -> Content:
    """What a truth says, whatever the order of its segments and the indices of its labels."""
    said = []
    for k, segment in enumerate(truth.segments):
        label = truth.labels[segment.label]
        mask = truth.mask(k)
        rows = (mask.shape, np.packbits(mask).tobytes())
        source_id = segment.source_id if source_ids else None
        said.append((label.name, label.is_thing, rows, segment.crowd, segment.score, segment.track, source_id))
    return sorted(said, key=repr)


def samples_of(truths: Sequence[Segmentation | Instances], folder: Path, *, suffix: str = ".png") -> list[Sample]:
    """A sample for each truth, with a photograph of its size in `folder`, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    samples = []
    for k, truth in enumerate(truths):
        path = folder / f"photo_{k}{suffix}"
        Image.new("RGB", truth.size[::-1], (40 * k % 256, 90, 120)).save(path)
        samples.append(
            Sample(image_path=path, size=truth.size, truth=truth, image_id=k + 1, image_name=f"photo_{k}{suffix}")
        )
    return samples


def check_round_trip(format: str, truths: Sequence[Segmentation | Instances], folder: Path) -> list[Sample]:
    """Assert that `format` gives back what `reduce` says it can hold; returns what was read."""
    holds = format_named(format).holds
    samples = samples_of(truths, folder / "photographs")
    save_dataset(samples, folder / "written", format)
    data = open_dataset(folder / "written")  # detected, not named
    assert data.notes == (), f"{format}: a data set of ours needs no excuse: {[str(n) for n in data.notes]}"
    back = list(data)
    assert [Path(s.image_name).stem.split("_")[:2] for s in back] == [
        f"photo_{k}".split("_") for k in range(len(truths))
    ]
    check_names(data, back)
    check_names(data[::-2], back[::-2])
    for sample, truth in zip(back, truths, strict=True):
        assert sample.notes == (), [str(n) for n in sample.notes]
        assert sample.image_path is not None and sample.size == truth.size
        kept = reduce(truth, holds)[0]
        assert content(sample.truth, source_ids=holds.source_id) == content(kept, source_ids=holds.source_id)
        assert isinstance(sample.truth, Instances) == holds.overlap
    if len(truths):
        assert data.labels == truths[0].labels
    return back


def check_names(data: Dataset, samples: Sequence[Sample]) -> None:
    """Assert that a data set calls its images, before they are read, what the samples then are called."""
    names = data.names()
    assert [name.id for name in names] == [sample.image_id for sample in samples]
    assert [name.stem for name in names] == [image_stem(sample.image_name) for sample in samples]
