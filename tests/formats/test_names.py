"""Names of files: out of foreign hands, and unique for our own."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from segweave.errors import FormatError
from segweave.formats.names import free_name, inner_path, natural_key


@pytest.mark.parametrize(
    "name", ["../x", "a/../../x", "/etc/x", "\\x", "C:\\x", "c:x", "..\\x", "..", ".", "", " ", None, 3, "a\0b"]
)
def test_a_name_that_leaves_its_folder_is_refused(name):
    with pytest.raises(FormatError, match=r"^index\.json: "):
        inner_path(name, "index.json")


@pytest.mark.parametrize(
    ("name", "path"), [("a.png", "a.png"), ("s\\a.png", "s/a.png"), ("./a..b", "a..b"), ("é 1", "é 1")]
)
def test_a_name_inside_its_folder_is_taken(name, path):
    assert str(inner_path(name, "index.json")) == path


@given(st.text(max_size=20))
def test_no_text_leads_out_of_the_folder(tmp_path_factory, name):
    root = tmp_path_factory.getbasetemp()
    try:
        path = inner_path(name, "x")
    except FormatError:
        return
    assert (root / path).absolute().is_relative_to(root) and ".." not in path.parts


@given(st.lists(st.text("aA-2.overlay", max_size=5), max_size=12))
def test_no_two_names_share_a_file(names):
    taken = set()
    given_out = [free_name(name, taken, endings=("", ".overlay")) for name in names]
    files = [f"{name}{end}".casefold() for name in given_out for end in ("", ".overlay")]
    assert len(set(files)) == len(files)


def test_numbers_sort_by_value_and_case_does_not_matter():
    names = ["img10", "IMG9", "img2", "a/10", "a/9", "img", "img02"]
    assert sorted(names, key=natural_key) == ["a/9", "a/10", "img", "img02", "img2", "IMG9", "img10"]
