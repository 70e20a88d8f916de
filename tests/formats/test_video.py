"""Videos, written here with PyAV."""

import sys

import numpy as np
import pytest

from segweave.errors import ImageError, MissingExtra
from segweave.formats.images import read_image
from segweave.formats.video import frame_count, read_frames

av = pytest.importorskip("av", reason="needs the extra `video`")
SHADES = (20, 120, 220)


@pytest.fixture
def clip(tmp_path):
    """Three frames of 32 x 48 px, each of one shade, its left half black."""
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.height, stream.width, stream.pix_fmt = 32, 48, "yuv420p"
        for shade in SHADES:
            pixels = np.full((32, 48, 3), shade, np.uint8)
            pixels[:, :24] = 0
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return path


def turned(path):
    """The same file with a display matrix that says: turn by 90 degrees clockwise (as phones write it)."""
    data = path.read_bytes()
    track = data.index(b"tkhd") + 4 + 40  # ISO 14496-12 §8.3.2, version 0: the matrix stands 40 bytes into the box
    none = np.array([0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000], ">i4").tobytes()
    assert data[track : track + 36] == none
    right = np.array([0, 0x10000, 0, -0x10000, 0, 0, 0x200000, 0, 0x40000000], ">i4").tobytes()
    path.write_bytes(data[:track] + right + data[track + 36 :])


def test_every_frame_comes_in_order_as_rgb(clip):
    frames = list(read_frames(clip))
    assert frame_count(clip) == len(frames) == 3
    for frame, shade in zip(frames, SHADES, strict=True):
        assert frame.shape == (32, 48, 3) and frame.dtype == np.uint8 and not frame.flags.writeable
        assert abs(int(frame[16, 40, 0]) - shade) < 8 and frame[16, 8, 0] < 8


def test_the_rotation_of_the_file_is_applied(clip):
    turned(clip)
    frame = next(read_frames(clip))
    assert frame.shape == (48, 32, 3)
    # turned clockwise, the black left half lies on top
    assert frame[8, 16, 0] < 8 and frame[40, 16, 0] > 10


def test_a_gif_can_be_read_as_a_video_or_as_its_first_frame(tmp_path):
    from PIL import Image

    frames = [Image.new("RGB", (8, 6), color) for color in ("red", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert [f[0, 0].tolist() for f in read_frames(tmp_path / "a.gif")] == [[255, 0, 0], [0, 0, 255]]
    assert read_image(tmp_path / "a.gif")[0, 0].tolist() == [255, 0, 0]


def test_what_is_no_video_is_refused_in_one_line(tmp_path, clip):
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    empty = tmp_path / "empty.mp4"
    empty.touch()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(clip.read_bytes()[:300])
    for path in (text, empty, cut, tmp_path / "none.mp4", tmp_path):
        for read in (lambda p: list(read_frames(p)), frame_count):
            with pytest.raises(ImageError) as caught:
                read(path)
            assert str(caught.value).startswith(f"{path}: ") and "\n" not in str(caught.value)


def test_a_sound_without_pictures_is_refused(tmp_path):
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        sound.rate = 8000
        container.mux(stream.encode(sound))
    with pytest.raises(ImageError, match="has no pictures"):
        frame_count(path)


def test_without_pyav_the_error_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingExtra, match=r'pip install "segweave\[video\]"'):
        frame_count(tmp_path / "a.mp4")
