import base64
import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from segweave.errors import FormatError
from segweave.formats.labelme_drawn import drawn
from segweave.formats.labelme_shapes import Patch, region, union
from segweave.segmentation import Rle

SIZE = (5, 7)


def shape(kind: str, points: object, **more: object) -> dict[str, object]:
    return {"label": "cat", "points": points, "shape_type": kind, **more}


def rows(entry: dict[str, object], size: tuple[int, int] = SIZE) -> list[str]:
    """The pixels of a shape as rows of '.' and '#'."""
    patch = region(entry, size, "a.json")
    assert isinstance(patch, Patch), patch
    return ["".join(".#"[int(v)] for v in row) for row in union([patch], size).mask()]


def png(pixels: np.ndarray, **options: object) -> str:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", **options)
    return base64.b64encode(file.getvalue()).decode()


def test_a_polygon_owns_the_pixels_on_its_outline():
    # corners (x, y): cut to whole pixels, both ends belong to it
    assert rows(shape("polygon", [[1.9, 1], [3, 1], [3, 2.99], [1, 2]])) == [
        ".......",
        ".###...",
        ".###...",
        ".......",
        ".......",
    ]


def test_a_shape_without_a_type_is_a_polygon():
    entry = {"label": "cat", "points": [[0, 0], [1, 0], [1, 1]]}
    assert rows(entry)[:2] == ["##.....", ".#....."]


@pytest.mark.parametrize("points", [[[5, 3], [2, 1]], [[2, 3], [5, 1]], [[2, 1], [5, 1], [5, 3], [2, 3]]])
def test_a_rectangle_may_start_at_any_corner_or_have_four(points: object):
    assert rows(shape("rectangle", points)) == [".......", "..####.", "..####.", "..####.", "......."]


def test_a_circle_is_its_centre_and_a_point_on_the_rim():
    # radius 2 about (3, 2): Pillow's ellipse from (1, 0) to (5, 4), both inclusive
    assert rows(shape("circle", [[3, 2], [3, 4]])) == ["..###..", ".#####.", ".#####.", ".#####.", "..###.."]


@pytest.mark.parametrize("kind", ["oriented_rectangle", "rotation"])
@pytest.mark.parametrize("points", [[[3, 0], [5, 2], [3, 4], [1, 2]], [[3, 0], [5, 2], [3, 4]]])
def test_a_turned_rectangle_has_four_corners_or_three(kind: str, points: object):
    assert rows(shape(kind, points)) == ["...#...", "..###..", ".#####.", "..###..", "...#..."]


def test_a_mask_lies_on_its_first_point():
    pixels = np.array([[1, 0], [255, 1]], np.uint8)  # any value but 0 is inside
    assert rows(shape("mask", [[4, 2], [5, 3]], mask=png(pixels)))[2:4] == ["....#..", "....##."]


def test_a_mask_may_differ_from_its_box_by_a_pixel():
    assert rows(shape("mask", [[4.4, 2], [5.6, 3]], mask=png(np.ones((2, 2), np.uint8))))[2] == "....##."
    with pytest.raises(FormatError, match=r"has \(2, 2\) pixels \(height, width\); its box is \(4, 2\)"):
        rows(shape("mask", [[4, 0], [5, 3]], mask=png(np.ones((2, 2), np.uint8))))


def test_a_mask_over_the_border_is_clipped():
    ones = png(np.ones((3, 3), np.uint8))
    assert rows(shape("mask", [[-1, -2], [1, 0]], mask=ones)) == ["##.....", *["......."] * 4]
    assert rows(shape("mask", [[6, 4], [8, 6]], mask=ones)) == [*["......."] * 4, "......#"]


def test_a_mask_of_one_bit_and_one_with_a_palette_are_read_by_number():
    bits = np.array([[True, False]])
    assert rows(shape("mask", [[0, 0], [1, 0]], mask=png(bits)))[0] == "#......"
    palette = Image.fromarray(np.array([[0, 1]], np.uint8), "L").convert("P")
    palette.putpalette([255, 255, 255, 0, 0, 0])
    file = io.BytesIO()
    palette.save(file, "PNG")
    entry = shape("mask", [[0, 0], [1, 0]], mask="data:image/png;base64," + base64.b64encode(file.getvalue()).decode())
    assert rows(entry)[0] == ".#....."


@pytest.mark.parametrize(
    ("kind", "points", "why"),
    [
        ("point", [[1, 1]], "is a point, which is no region"),
        ("linestrip", [[1, 1], [2, 2]], "is a linestrip, which is no region"),
        ("polygon", [[1, 1], [2, 2]], "is a polygon of 2 points, which encloses nothing"),
        ("polygon", [], "is a polygon of 0 points, which encloses nothing"),
        ("circle", [[1, 1]], "is a circle of 1 points, which encloses nothing"),
        ("cuboid", [[1, 1]] * 8, "has the shape type 'cuboid', which is not known"),
    ],
)
def test_what_is_no_region_is_said(kind: str, points: object, why: str):
    assert region(shape(kind, points), SIZE, "a.json") == why


@pytest.mark.parametrize(
    "points",
    [
        None,
        5,
        "abc",
        [1, 2, 3],
        [[1, 2], [3]],
        [[1, 2, 3]] * 3,
        [["1", "2"]] * 3,
        [[True, False]] * 3,
        [[None, 1]] * 3,
        [[float("nan"), 1]] * 3,
        [[float("inf"), 1]] * 3,
        [[1e9, 1]] * 3,
        [[10**400, 1]] * 3,
        [[{}, 1]] * 3,
        [[0, 0]] * 100_001,
    ],
)
@pytest.mark.parametrize("kind", ["polygon", "point", "mask"])
def test_points_that_are_no_pairs_of_numbers_are_refused(kind: str, points: object):
    with pytest.raises(FormatError, match=r"^a\.json: expected") as caught:
        region(shape(kind, points), SIZE, "a.json")
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300


def test_a_shape_type_that_is_no_text_is_refused():
    with pytest.raises(FormatError, match="expected 'shape_type' to be a text; found 3"):
        region({"label": "cat", "points": [[1, 1]], "shape_type": 3}, SIZE, "a.json")


def test_a_circle_too_wide_for_pillow_is_refused():
    with pytest.raises(FormatError, match="is a circle 2,000,000 px across; expected at most 50,000"):
        region(shape("circle", [[0, 0], [1e6, 0]]), SIZE, "a.json")


def bomb(height: int, width: int) -> str:
    """A PNG that claims a size and holds none of it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return base64.b64encode(data).decode()


def test_a_mask_that_claims_to_be_huge_is_refused_before_it_is_unpacked():
    with pytest.raises(FormatError, match="has 30000 x 30000 pixels; expected 1 to 300,000,000"):
        region(shape("mask", [[0, 0], [29_999, 29_999]], mask=bomb(30_000, 30_000)), SIZE, "a.json")
    for height, width in ((10_000, 7), (5, 10_000)):
        with pytest.raises(FormatError, match="the image only"):
            region(shape("mask", [[0, 0], [width - 1, height - 1]], mask=bomb(height, width)), SIZE, "a.json")


@pytest.mark.parametrize("mask", [None, 7, "", "%%%", "äöü", "aGVsbG8=", bomb(2, 2)])
def test_a_mask_that_is_no_png_is_refused(mask: object):
    with pytest.raises(FormatError, match=r"^a\.json: "):
        region(shape("mask", [[0, 0], [1, 1]], mask=mask), SIZE, "a.json")


def test_a_colour_mask_is_refused():
    with pytest.raises(FormatError, match="is a 8-bit RGB PNG; expected a grey or palette PNG"):
        region(shape("mask", [[0, 0], [0, 0]], mask=png(np.ones((1, 1, 3), np.uint8))), SIZE, "a.json")


@pytest.mark.parametrize("kind", ["polygon", "rectangle", "circle"])
def test_shapes_anywhere_cover_what_pillow_paints(kind: str):
    rng = np.random.default_rng(5)
    inside = 0
    for _ in range(300):
        height, width = rng.integers(1, 40, 2).tolist()
        n = int(rng.integers(3, 9)) if kind == "polygon" else 2
        points = rng.random((n, 2)) * (2 * width, 2 * height) - (width / 2, height / 2)
        image = Image.new("L", (width, height), 0)
        pen = ImageDraw.Draw(image)
        if kind == "polygon":
            pen.polygon([tuple(p) for p in points], outline=1, fill=1)
        elif kind == "rectangle":
            pen.rectangle((*points.min(axis=0), *points.max(axis=0)), outline=1, fill=1)
        else:
            radius = float(np.hypot(*(points[0] - points[1])))
            pen.ellipse((*(points[0] - radius), *(points[0] + radius)), outline=1, fill=1)
        patch = region(shape(kind, points.tolist()), (height, width), "a.json")
        assert isinstance(patch, Patch)
        mask = union([patch], (height, width)).mask()
        assert np.array_equal(mask, np.asarray(image) != 0)
        inside += int(mask.sum())
    assert inside > 10_000


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.2, 0.5, 0.8, 0.97]))
def test_new_shapes_cover_the_mask_they_were_made_for(seed: int, density: float):
    rng = np.random.default_rng(seed)
    height, width = rng.integers(1, 14, 2).tolist()
    mask = rng.random((height, width)) < density
    mask[0, 0] = True
    patches = []
    for new in drawn(Rle.from_mask(mask)):
        patch = region(shape(new.shape_type, new.points, mask=new.mask), (height, width), "a.json")
        assert isinstance(patch, Patch)
        patches.append(patch)
    assert np.array_equal(union(patches, (height, width)).mask(), mask)


def test_parts_become_polygons_and_only_a_part_with_a_hole_a_mask():
    mask = np.zeros((9, 20), bool)
    mask[1:3, 1:5] = True
    mask[2:8, 10:18] = True
    mask[4:6, 12:14] = False
    assert [(new.shape_type, new.points[0]) for new in drawn(Rle.from_mask(mask))] == [
        ("polygon", [1, 1]),
        ("mask", [10, 2]),
    ]


def test_dust_is_one_mask():
    mask = np.zeros((20, 20), bool)
    mask[::2, ::2] = True  # 100 parts
    assert [new.shape_type for new in drawn(Rle.from_mask(mask))] == ["mask"]
