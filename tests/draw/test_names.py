"""Names lie in their segments, so they cannot overlap; and the font has every letter they need."""

from importlib import resources

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenes import SOME_LABELS, random_segmentation
from segweave.draw import overlay, place_names
from segweave.draw.text import FONT_FILE, draw_on_photo, extent, font, letters, shortened
from segweave.errors import LabelError
from segweave.labels import label_set, table_names
from segweave.segmentation import Segment, Segmentation

LANGUAGES = st.sampled_from(["en", "ja", "ko"])


@given(st.integers(0, 2**32 - 1), st.tuples(st.integers(1, 400), st.integers(1, 600)), LANGUAGES)
def test_a_name_lies_in_its_segment_and_overlaps_no_other(seed: int, size: tuple[int, int], language: str) -> None:
    seg = random_segmentation(np.random.default_rng(seed), size, label_set("coco_panoptic"), n=20)
    taken = np.zeros(size, int)
    for name in place_names(seg, language=language):
        top, left, bottom, right = name.box
        assert 0 <= top < bottom <= size[0] and 0 <= left < right <= size[1]
        assert (seg.ids[top:bottom, left:right] == name.segment + 1).all()
        assert name.text == seg.labels[seg.segments[name.segment].label].display_name(language)
        taken[top:bottom, left:right] += 1
    assert taken.max(initial=0) <= 1


@given(st.integers(0, 2**32 - 1))
def test_drawing_names_changes_no_pixel_outside_their_boxes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    seg = random_segmentation(rng, (150, 200))
    image = rng.integers(0, 256, (150, 200, 3), dtype=np.uint8)
    changed = (overlay(image, seg) != overlay(image, seg, names=False)).any(axis=2)
    for name in place_names(seg):
        top, left, bottom, right = name.box
        assert changed[top:bottom, left:right].any()
        changed[top:bottom, left:right] = False
    assert not changed.any()


def test_a_large_segment_has_its_name_near_its_middle_and_a_tiny_one_has_none() -> None:
    ids = np.ones((300, 400), np.int32)
    ids[10:16, 10:16] = 2
    seg = Segmentation(ids, (Segment(label=0), Segment(label=4)), SOME_LABELS)
    (name,) = place_names(seg)
    top, left, bottom, right = name.box
    assert name.segment == 0 and name.text == "sky"
    assert abs((top + bottom) / 2 - 150) < 12 and abs((left + right) / 2 - 200) < 12


@pytest.mark.parametrize(
    ("width", "smallest", "largest"), [(320, 9, 18), (480, 9, 18), (1280, 17, 36), (4000, 52, 107)]
)
def test_letters_grow_with_the_image(width: int, smallest: int, largest: int) -> None:
    # 2.2 % of the shorter side, times 0.8 to 1.6, and never under 9 px
    small = random_segmentation(np.random.default_rng(5), (60, 80))
    ids = small.ids.repeat(width // 80, axis=0).repeat(width // 80, axis=1)
    seg = Segmentation(ids, small.segments, small.labels)
    sizes = [name.size for name in place_names(seg)]
    assert sizes and smallest <= min(sizes) and max(sizes) <= largest


def test_letters_are_white_on_dark_and_black_on_bright_ground() -> None:
    drawn = letters("car", 30, 2)
    for grey, ink in ((40, 255), (230, 16)):
        canvas = np.full((*drawn.size, 3), grey, np.uint8)
        draw_on_photo(canvas, (0, 0), drawn)
        assert canvas[..., 0][drawn.ink == 255].mean() == pytest.approx(ink)
        assert abs(canvas[..., 0][(drawn.ink == 0) & (drawn.halo == 255)].mean() - ink) > 200  # the stroke


def test_letters_fill_the_box_that_was_kept_for_them() -> None:
    for text in ("traffic light", "道路", "자전거 운전자", "g"):
        drawn = letters(text, 20, 2)
        assert drawn.size == drawn.halo.shape == extent(text, 20, 2)
        rows, columns = np.nonzero(drawn.halo)
        assert rows.min() <= 1 and rows.max() >= drawn.size[0] - 2
        assert columns.min() <= 1 and columns.max() >= drawn.size[1] - 2


@pytest.mark.parametrize("table", table_names())
def test_the_font_has_a_glyph_for_every_letter_of_every_shipped_name(table: str) -> None:
    names = [label.display_name(language) for label in label_set(table) for language in ("en", "ja", "ko")]
    assert not missing("".join(names))


def test_the_font_has_hangul_kana_kanji_and_says_what_it_lacks() -> None:
    assert not missing("가각힝ぁんァヶ一亜腕Aÿō\u00d7…→%")
    assert missing("\U0001f600") == {"\U0001f600"}


def missing(text: str) -> set[str]:
    """Letters that the font draws as its box for "no such glyph"."""
    face = font(24)
    box = bytes(face.getmask("\U0010ffff"))
    return {c for c in text if not c.isspace() and bytes(face.getmask(c)) == box}


def test_the_font_is_small_and_its_licence_lies_beside_it() -> None:
    folder = resources.files("segweave.draw") / "fonts"
    assert len((folder / FONT_FILE).read_bytes()) < 2_500_000
    licence = (folder / "OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence and "Copyright" in licence.splitlines()[0]


def test_a_long_text_is_cut_with_an_ellipsis_to_the_width_it_may_have() -> None:
    assert shortened("car", 14, 200) == "car"
    cut = shortened("ダイニングテーブル", 14, 70)
    assert cut.endswith("…") and cut[:-1] and extent(cut, 14, 0)[1] <= 70


def test_an_unknown_language_is_refused_with_the_ones_there_are() -> None:
    seg = Segmentation(np.ones((90, 90), np.int32), (Segment(label=0),), SOME_LABELS)
    with pytest.raises(LabelError, match="'fr'"):
        place_names(seg, language="fr")
