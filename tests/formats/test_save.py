"""Conversions: nothing half done, nothing mixed, nothing lost in silence; interrupted ones go on."""

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from round_trip import samples_of
from scenes import SOME_LABELS, random_segmentation
from segweave.errors import FormatError, UsageError
from segweave.formats import Sample, open_dataset, save_dataset
from segweave.formats.save import as_dataset, saving
from segweave.segmentation import Instances, Rle, Segment, Segmentation

PANOPTIC = "coco-panoptic"


def scenes(n, size=(12, 15)):
    return [random_segmentation(np.random.default_rng(k), size, n=6) for k in range(n)]


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def samples(tmp_path):
    return samples_of(scenes(4), tmp_path / "photographs")


def test_photographs_come_along_under_their_names(samples, tmp_path):
    assert save_dataset(samples, tmp_path / "out", PANOPTIC) == ()
    assert files(tmp_path / "out") == [
        *(f"images/photo_{k}.png" for k in range(4)),
        "panoptic.json",
        *(f"panoptic/photo_{k}.png" for k in range(4)),
    ]
    back = open_dataset(tmp_path / "out")
    assert [s.image_path.read_bytes() for s in back] == [s.image_path.read_bytes() for s in samples]


def test_photographs_can_be_linked_or_left(samples, tmp_path):
    save_dataset(samples, tmp_path / "link", PANOPTIC, photographs="link")
    linked = open_dataset(tmp_path / "link")[0].image_path
    assert linked.samefile(samples[0].image_path) and linked.parent == tmp_path / "link" / "images"
    save_dataset(samples, tmp_path / "leave", PANOPTIC, photographs="leave")
    assert not (tmp_path / "leave" / "images").exists()
    assert [n.kind for n in open_dataset(tmp_path / "leave")[0].notes] == ["image-missing"]


def test_an_index_file_may_be_named(samples, tmp_path):
    save_dataset(samples, tmp_path / "out" / "panoptic_val.json", PANOPTIC)
    assert files(tmp_path / "out")[-5:] == ["panoptic_val.json", *(f"panoptic_val/photo_{k}.png" for k in range(4))]


def test_two_images_of_one_name_both_stay(tmp_path):
    one, two = scenes(2)
    both = [
        Sample(image_path=None, size=seg.size, truth=seg, image_id=k, image_name="a/photo.jpg")
        for k, seg in enumerate((one, two))
    ]
    save_dataset(both, tmp_path / "out", PANOPTIC)
    back = open_dataset(tmp_path / "out")
    assert [s.image_name for s in back] == ["a/photo.jpg", "a/photo-2.jpg"] and [s.truth for s in back] == [one, two]


def test_files_that_are_there_are_never_mixed_with_new_ones(samples, tmp_path):
    save_dataset(samples, tmp_path / "out", PANOPTIC)
    before = files(tmp_path / "out")
    with pytest.raises(UsageError, match=r"panoptic\.json: is there already"):
        save_dataset(samples, tmp_path / "out", PANOPTIC)
    assert files(tmp_path / "out") == before


class Interrupted(Exception):
    """Stands for Ctrl-C or a power cut."""


def stopping_after(samples, n, read):
    """The samples as a data set whose `n`-th is never reached; notes down which are read."""

    def load(place):
        read.append(place)
        if place == n:
            raise Interrupted
        return samples[place]

    return replace(as_dataset(samples), load=load)


def test_an_interrupted_conversion_leaves_no_half_file_and_goes_on(samples, tmp_path):
    read: list[int] = []
    with pytest.raises(Interrupted):
        save_dataset(stopping_after(samples, 2, read), tmp_path / "out", PANOPTIC)
    assert read == [0, 1, 2] and not (tmp_path / "out" / "panoptic.json").exists()
    assert [name for name in files(tmp_path / "out") if name.endswith(".part")] == []
    with pytest.raises(UsageError, match="interrupted conversion; go on with --resume"):
        save_dataset(samples, tmp_path / "out", PANOPTIC)
    read.clear()
    save_dataset(stopping_after(samples, 99, read), tmp_path / "out", PANOPTIC, resume=True)
    assert read == [2, 3]  # the finished ones are not even read again
    back = open_dataset(tmp_path / "out")
    assert [s.truth for s in back] == [s.truth for s in samples] and [s.image_id for s in back] == [1, 2, 3, 4]
    assert ".panoptic.json.segweave.jsonl" not in files(tmp_path / "out")


def test_a_journal_line_that_was_cut_off_has_its_image_done_again(samples, tmp_path):
    with pytest.raises(Interrupted):
        save_dataset(stopping_after(samples, 3, []), tmp_path / "out", PANOPTIC)
    journal = tmp_path / "out" / ".panoptic.json.segweave.jsonl"
    text = journal.read_text()
    for broken in (text[:-30], text + "{not json\n", text + '{"place": "x"}\n', text + "\ufffd\n"):
        journal.write_text(broken, encoding="utf-8")
        read: list[int] = []
        with pytest.raises(Interrupted):
            save_dataset(stopping_after(samples, 3, read), tmp_path / "out", PANOPTIC, resume=True)
        assert read == ([2, 3] if broken == text[:-30] else [3])
    save_dataset(as_dataset(samples), tmp_path / "out", PANOPTIC, resume=True)
    assert len(open_dataset(tmp_path / "out")) == 4


def test_only_the_same_conversion_is_resumed(samples, tmp_path):
    with pytest.raises(Interrupted):
        save_dataset(stopping_after(samples, 2, []), tmp_path / "out", PANOPTIC)
    with pytest.raises(UsageError, match="cannot be resumed: it holds the start of a conversion of other images"):
        save_dataset(samples[:3], tmp_path / "out", PANOPTIC, resume=True)


def test_nothing_to_resume_is_a_new_conversion(samples, tmp_path):
    assert save_dataset(samples, tmp_path / "out", PANOPTIC, resume=True) == ()
    assert len(open_dataset(tmp_path / "out")) == 4


def test_a_sample_that_cannot_be_read_is_left_out_and_the_others_are_written(samples, tmp_path):
    def load(place):
        if place == 1:
            raise FormatError("b.json: is broken")
        return samples[place]

    data = replace(as_dataset(samples), load=load)
    run = list(saving(data, tmp_path / "out", PANOPTIC))
    assert [str(saved.error) for saved in run if saved.error] == ["b.json: is broken"]
    assert [s.image_id for s in open_dataset(tmp_path / "out")] == [1, 3, 4]
    with pytest.raises(FormatError, match="is broken"):
        save_dataset(data, tmp_path / "out2", PANOPTIC)


def test_what_is_lost_is_returned(tmp_path):
    """Two cars of 2 px on 1 x 3 px share one."""
    masks = tuple(Rle.from_mask(np.array([m])) for m in ([1, 1, 0], [0, 1, 1]))
    truth = Instances((1, 3), masks, (Segment(label=3),) * 2, SOME_LABELS)
    (sample,) = samples_of([truth], tmp_path / "photographs")
    (note,) = save_dataset([sample], tmp_path / "out", PANOPTIC)
    assert (note.kind, note.place, note.reason) == ("overlap", "image 1", "1 pixel of masks hidden by others dropped")


@pytest.mark.parametrize("name", ["../a.jpg", "/etc/a.jpg", "C:\\a.jpg", "a/../../b.jpg"])
def test_no_name_leads_out_of_the_folder(tmp_path, name):
    (seg,) = scenes(1)
    sample = Sample(image_path=None, size=seg.size, truth=seg, image_id=1, image_name=name)
    with pytest.raises(FormatError, match="leaves the folder"):
        save_dataset([sample], tmp_path / "deep" / "out", PANOPTIC)
    assert [path for path in files(tmp_path) if "segweave.jsonl" not in path] == []


def test_samples_of_two_label_sets_are_refused(tmp_path):
    (seg,) = scenes(1)
    other = Segmentation(seg.ids, seg.segments, type(SOME_LABELS)("other", SOME_LABELS.labels))
    both = [Sample(image_path=None, size=s.size, truth=s, image_id=k) for k, s in enumerate((seg, other))]
    with pytest.raises(FormatError, match="image 1 has other labels than the data set"):
        save_dataset(both, tmp_path / "out", PANOPTIC)


def test_ids_that_are_given_twice_are_refused_where_they_must_be_unique(tmp_path):
    (seg,) = scenes(1)
    both = [Sample(image_path=None, size=seg.size, truth=seg, image_id=7, image_name=f"{k}.jpg") for k in range(2)]
    with pytest.raises(FormatError, match="several images have the id 7"):
        save_dataset(both, tmp_path / "out", PANOPTIC)


def test_the_journal_is_plain_json_lines(samples, tmp_path):
    with pytest.raises(Interrupted):
        save_dataset(stopping_after(samples, 2, []), tmp_path / "out", PANOPTIC)
    lines = (tmp_path / "out" / ".panoptic.json.segweave.jsonl").read_text().splitlines()
    assert [set(json.loads(line)) for line in lines[1:]] == [{"place", "name", "piece", "notes"}] * 2


def test_a_jpeg_becomes_a_png_only_where_the_format_wants_one(tmp_path):
    (sample,) = samples_of(scenes(1), tmp_path / "photographs", suffix=".jpg")
    save_dataset([sample], tmp_path / "coco", PANOPTIC)
    assert open_dataset(tmp_path / "coco")[0].image_path.read_bytes() == sample.image_path.read_bytes()
    with Image.open(open_dataset(tmp_path / "coco")[0].image_path) as image:
        assert image.format == "JPEG"


def test_an_empty_data_set_is_written_and_read(tmp_path):
    save_dataset(as_dataset([]), tmp_path / "out", PANOPTIC)
    assert len(open_dataset(tmp_path / "out" / "panoptic.json", PANOPTIC)) == 0
