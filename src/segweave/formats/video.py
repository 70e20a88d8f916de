"""Videos as photographs, one a frame (needs the extra `video`)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from segweave.errors import ImageError, MissingExtra
from segweave.formats.images import MAX_PIXELS, Photo

if TYPE_CHECKING:
    from av.container import InputContainer


def read_frames(path: str | Path) -> Iterator[Photo]:
    """Each frame of a video as (H, W, 3) uint8 RGB, upright (rotation of the file applied), read-only, in order.

    Raises `MissingExtra` without the extra `video`, `ImageError` for what is no video or breaks off; frames in front
    of the break have been given by then.
    """
    with _opened(path) as container:
        video = container.streams.video[0]
        video.thread_type = "AUTO"
        for frame in container.decode(video):
            if frame.width * frame.height > MAX_PIXELS:
                raise ImageError(f"{path}: has frames of {frame.height} x {frame.width}; the limit is {MAX_PIXELS:,}")
            pixels = np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
            # rotation: degrees to turn to the left for display, from the display matrix (phones write it)
            upright: Photo = np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90) % 4))
            upright.setflags(write=False)
            yield upright


def frame_count(path: str | Path) -> int | None:
    """Number of frames the header of the video promises, None where it says nothing. Errors as `read_frames`."""
    with _opened(path) as container:
        return container.streams.video[0].frames or None


@contextmanager
def _opened(path: str | Path) -> Iterator["InputContainer"]:
    try:
        import av
    except ImportError:
        raise MissingExtra(f'{path}: reading videos needs PyAV; run: pip install "segweave[video]"') from None
    if not Path(path).exists():
        raise ImageError(f"{path}: there is no such file")
    if not Path(path).is_file():
        raise ImageError(f"{path}: is a folder or a device; expected a video file")
    try:
        with av.open(str(path), "r") as container:
            if not container.streams.video:
                raise ImageError(f"{path}: has no pictures in it; expected a video")
            yield container
    except av.FFmpegError as error:
        raise ImageError(f"{path}: is broken or no video: {error.strerror}; get the file again") from None
