"""Reading CVAT's XML for videos: tracks, frames, and photographs that the file does not name."""

from pathlib import Path

import pytest
from PIL import Image

from formats.cvat_files import LABELS, box, image, noted, write_xml
from segweave.errors import FormatError
from segweave.formats import open_dataset

SIZE = "<original_size><width>12</width><height>10</height></original_size>"


def meta_of(more: str) -> str:
    return LABELS.replace("</labels>", f"</labels>{more}")


def track(number: int, shapes: list[str], more: str = "") -> str:
    inner = "".join(shape.replace('label="car" ', "") for shape in shapes)
    return f'<track id="{number}" label="car" {more}>{inner}</track>\n'


def seen(sides: str, frame: int, *, outside: int = 0, keyframe: int = 1) -> str:
    return box(sides, f'frame="{frame}" outside="{outside}" keyframe="{keyframe}" z_order="0"')


def test_the_video_of_the_samples_has_two_frames_with_something_in_them(shared: Path):
    data = open_dataset(shared / "data" / "format_samples" / "cvat_xml" / "video_annotations.xml")
    assert [(sample.image_id, sample.size) for sample in data] == [(10, (20, 25)), (13, (20, 25))]
    (segment,) = data[0].truth.segments
    assert (segment.track, data[0].truth.areas().tolist()) == (0, [7])  # x 3..10, y 4..5
    assert [kind for sample in data for kind, _ in noted(sample)] == ["not-a-region", "not-a-region"]


def test_frames_are_those_where_a_track_is_visible(tmp_path: Path):
    body = track(3, [seen("0 0 2 2", 5), seen("1 0 3 2", 6, keyframe=0), seen("2 0 4 2", 7, outside=1)])
    body += track(4, [seen("4 4 6 6", 6), seen("4 4 6 6", 9, outside=1)])
    data = open_dataset(write_xml(tmp_path, body, meta=meta_of(SIZE)))
    said = [(s.image_id, s.image_name, s.size, [x.track for x in s.truth.segments]) for s in data]
    assert said == [(5, "frame_000005.PNG", (10, 12), [3]), (6, "frame_000006.PNG", (10, 12), [4, 3])]


def test_tracks_of_one_group_stay_two_things(tmp_path: Path):
    body = track(1, [seen("0 0 2 2", 0)], 'group_id="5"') + track(2, [seen("4 4 6 6", 0)], 'group_id="5"')
    (sample,) = open_dataset(write_xml(tmp_path, body, meta=meta_of(SIZE)))
    assert [segment.track for segment in sample.truth.segments] == [2, 1]


def test_tracks_belong_to_the_image_with_the_number_of_their_frame(tmp_path: Path):
    body = image(box("0 0 1 1"), name="b.png", number=1) + track(8, [seen("0 0 2 2", 0), seen("0 0 3 3", 1)])
    samples = list(open_dataset(write_xml(tmp_path, body, meta=meta_of(SIZE))))
    assert [sample.image_id for sample in samples] == [1, 0]
    assert [(segment.track, area) for segment, area in zip(samples[0].truth.segments, (9, 1), strict=True)] == [
        (8, 9),
        (None, 1),
    ]
    assert samples[0].truth.areas().tolist() == [9, 1]


@pytest.mark.parametrize(
    ("frames", "step", "gaps"),
    [
        ([(0, 0, 1), (9, 0, 1)], 1, True),  # key frames only, eight frames missing between them
        ([(0, 0, 1), (1, 0, 0), (9, 1, 1)], 1, False),  # an export of CVAT says what is in between
        ([(0, 0, 1), (3, 0, 1), (6, 0, 1)], 3, False),  # each third frame of the video is all there is
        ([(0, 1, 1), (9, 0, 1)], 1, False),  # not there in between
    ],
)
def test_frames_that_are_left_out_between_key_frames_are_noted(
    frames: list[tuple[int, int, int]], step: int, gaps: bool, tmp_path: Path
):
    body = track(1, [seen("0 0 2 2", frame, outside=out, keyframe=key) for frame, out, key in frames])
    meta = meta_of(f"{SIZE}<start_frame>0</start_frame><frame_filter>step={step}</frame_filter>")
    data = open_dataset(write_xml(tmp_path, body, meta=meta))
    assert any("key frames only" in note.reason for note in data.notes) == gaps


def test_a_frame_without_size_has_that_of_its_photograph_else_that_of_its_shapes(tmp_path: Path):
    path = write_xml(tmp_path, track(1, [seen("0 0 2.5 4", 0), seen("0 0 3 3", 1)]))
    (tmp_path / "images").mkdir()
    Image.new("RGB", (30, 20)).save(tmp_path / "images" / "frame_000001.PNG")
    first, second = open_dataset(path)
    assert first.size == (4, 3) and "assumed" in [note.kind for note in first.notes]
    assert second.size == (20, 30) and second.notes == () and second.image_path is not None


def test_tasks_of_a_project_have_sizes_of_their_own(tmp_path: Path):
    tasks = "".join(
        f"<task><id>{n}</id><original_size><width>{w}</width><height>9</height></original_size></task>"
        for n, w in ((7, 20), (8, 30))
    )
    body = "".join(track(1, [seen("0 0 2 2", 0)], f'task_id="{n}"') for n in (7, 8))
    data = open_dataset(write_xml(tmp_path, body, meta=LABELS.replace("</task>", f"</task><tasks>{tasks}</tasks>")))
    assert [(sample.image_id, sample.size) for sample in data] == [("7/0", (9, 20)), ("8/0", (9, 30))]


def test_photographs_of_a_task_without_names_are_taken_in_order_and_noted(tmp_path: Path):
    (tmp_path / "images").mkdir()
    for name in ("p2.png", "p10.png", "p1.png"):
        Image.new("RGB", (12, 10)).save(tmp_path / "images" / name)
    body = track(1, [seen("0 0 2 2", 4), seen("0 0 2 2", 6)])
    meta = meta_of(f"{SIZE}<size>3</size><start_frame>2</start_frame><frame_filter>step=2</frame_filter>")
    data = open_dataset(write_xml(tmp_path, body, meta=meta))
    assert [sample.image_name for sample in data] == ["p2.png", "p10.png"]  # frames 2, 4, 6 are p1, p2, p10
    assert any("are taken in order" in note.reason for note in data.notes)


def test_the_size_of_a_video_is_not_believed_beyond_what_images_have(tmp_path: Path):
    meta = meta_of(SIZE.replace("12", "2147483647").replace("10", "2147483647"))
    with pytest.raises(FormatError, match=r"original_size: states 2147483647 x 2147483647 pixels"):
        open_dataset(write_xml(tmp_path, track(1, [seen("0 0 2 2", 0)]), meta=meta))
    with pytest.raises(FormatError, match=r"frame 0: states 10000000 x 9000000 pixels"):
        open_dataset(write_xml(tmp_path, track(1, [seen("0 0 9e6 1e7", 0)])))[0]
