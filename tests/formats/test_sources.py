"""What the user may name on the command line, and what comes of it."""

import os
from pathlib import Path

import numpy as np
import pytest

from segweave.errors import UsageError
from segweave.formats.id_png import write_id_png
from segweave.formats.sources import Source, find_sources


@pytest.fixture
def folder(tmp_path):
    """A folder as people have them: images, a video, notes, hidden files, earlier results."""
    files = (
        "10.jpg",
        "2.JPG",
        "notes.txt",
        ".hidden.png",
        "sub/photo.png",
        "sub/clip.MP4",
        ".cache/x.jpg",
        "a.overlay.png",
    )
    for name in files:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    write_id_png(tmp_path / "a.png", np.ones((2, 2), int))
    return tmp_path


def names_of(*patterns):
    sources, problems = find_sources([str(p) for p in patterns])
    assert not problems
    return [source.name for source in sources]


def problem_of(*patterns):
    sources, problems = find_sources([str(p) for p in patterns])
    assert not sources and len(problems) == 1 and isinstance(problems[0], UsageError)
    assert "\n" not in str(problems[0])
    return str(problems[0])


def test_a_folder_gives_its_images_and_videos_in_natural_order(folder):
    sources, problems = find_sources([str(folder)])
    assert problems == ()
    assert [(s.name, s.kind) for s in sources] == [
        ("2", "image"),
        ("10", "image"),
        ("sub/clip", "video"),
        ("sub/photo", "image"),
    ]
    assert sources[0] == Source(folder / "2.JPG", "2", "image")


def test_a_file_is_taken_whatever_it_is_called(folder):
    assert names_of(folder / "notes.txt", folder / "a.png", folder / ".hidden.png") == ["notes", "a", ".hidden"]
    assert find_sources([str(folder / "sub/clip.MP4")])[0][0].kind == "video"


def test_globs_go_by_suffix_too(folder):
    assert names_of(folder / "*.[jJ]*") == ["2", "10"]
    assert names_of(folder / "*") == ["2", "10"]
    assert names_of(folder / "**" / "*.png") == ["sub/photo"]
    assert names_of(folder / "s*" / "*") == ["sub/clip", "sub/photo"]


def test_relative_patterns_work(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert names_of(".") == names_of("**") == names_of(f"../{folder.name}") == ["2", "10", "sub/clip", "sub/photo"]
    assert names_of("*.jpg") == ["10"]
    assert names_of("sub/photo.png") == ["photo"]


def test_a_file_called_like_a_glob_is_that_file(tmp_path):
    (tmp_path / "a[1].jpg").touch()
    (tmp_path / "a1.jpg").touch()
    assert names_of(tmp_path / "a[1].jpg") == ["a[1]"]


def test_a_file_that_is_named_twice_comes_once(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert names_of("10.jpg", "./10.jpg", folder / "10.jpg", "*.jpg") == ["10"]


def test_equal_names_are_told_apart_in_the_order_given(tmp_path):
    for name in ("x/photo.jpg", "y/photo.jpg", "y/photo.png", "z/Photo.jpg", "z/photo.overlay.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert names_of(tmp_path / "x", tmp_path / "y") == ["photo", "photo-2", "photo-3"]
    assert names_of(tmp_path / "y", tmp_path / "x") == ["photo", "photo-2", "photo-3"]
    # `photo.overlay.jpg` would write its id PNG where the overlay of `Photo.jpg` goes
    assert names_of(tmp_path / "z") == ["Photo", "photo.overlay-2"]


def test_good_sources_are_found_beside_bad_ones(folder):
    sources, problems = find_sources([str(folder / "none.jpg"), str(folder / "10.jpg"), str(folder / "x*.jpg")])
    assert [s.name for s in sources] == ["10"]
    assert len(problems) == 2


def test_a_wrong_path_comes_with_near_matches(folder):
    assert "did you mean '10.jpg'" in problem_of(folder / "10.jpeg")
    assert "did you mean 'sub'?" in problem_of(folder / "subs")
    assert "no folder" in problem_of(folder / "none" / "a.jpg")
    assert "is an address" in problem_of("https://example.org/a.jpg")
    assert "empty name" in problem_of("")
    assert "empty name or none" in problem_of("a\0b.jpg")
    assert "cannot be read" in problem_of("n" * 300 + ".jpg")


def test_a_folder_or_glob_without_images_says_what_was_looked_for(tmp_path):
    (tmp_path / "notes.txt").touch()
    (tmp_path / "a.overlay.png").touch()
    assert ".jpg" in problem_of(tmp_path) and ".mp4" in problem_of(tmp_path)
    assert "matches no image" in problem_of(tmp_path / "*.png")
    assert "matches no image" in problem_of(tmp_path / "none" / "*.png")


def test_no_pattern_gives_no_source_and_no_problem():
    assert find_sources([]) == ((), ())


def test_linked_folders_are_not_followed_round_in_circles(folder):
    os.symlink(folder, folder / "sub" / "loop")
    assert names_of(folder) == ["2", "10", "sub/clip", "sub/photo"]


def test_broken_links_are_left_out(folder):
    os.symlink(folder / "gone.jpg", folder / "link.jpg")
    assert names_of(folder) == ["2", "10", "sub/clip", "sub/photo"]
    assert Path(folder / "link.jpg").is_symlink()


def test_a_list_names_files_folders_globs_and_videos(folder, tmp_path_factory, monkeypatch):
    """Found beside the list, else from where the user is; names are relative to the folder that all files share."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "far.jpg").touch()
    (folder / "list.txt").write_text(f"\ufeff# by hand\n\nsub\r\n10.jpg\n*.JPG\n10.jpg\n{elsewhere / 'far.jpg'}\n")
    monkeypatch.chdir(elsewhere)
    sources, problems = find_sources([f"@{folder / 'list.txt'}"])
    assert not problems
    base, other = folder.name, elsewhere.name
    names = [f"{base}/sub/clip", f"{base}/sub/photo", f"{base}/10", f"{base}/2", f"{other}/far"]
    assert [s.name for s in sources] == names
    assert [s.kind for s in sources] == ["video", "image", "image", "image", "image"]
    assert all(s.path.is_absolute() for s in sources)
    (elsewhere / "near.txt").write_text("far.jpg\n")
    (source,), _ = find_sources(["@near.txt"])
    assert source.name == "far"


def test_lines_of_a_list_that_name_nothing_are_problems_with_their_number(folder):
    (folder / "list.txt").write_text("10.jpg\n11.jpg\nnothing/*.png\n2.JPG")
    sources, problems = find_sources([f"@{folder / 'list.txt'}"])
    assert [s.name for s in sources] == ["10", "2"]
    assert [str(problem).partition(": ")[0] for problem in problems] == [f"{folder}/list.txt:2", f"{folder}/list.txt:3"]
    assert "no such file" in str(problems[0])


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "no such list"), (b"", "names nothing"), (b"# 1\n\n", "names nothing"), (b"\0", "text")],
)
def test_a_list_that_is_none_is_one_problem(folder, content, says):
    if content is not None:
        (folder / "list.txt").write_bytes(content)
    sources, (problem,) = find_sources([f"@{folder / 'list.txt'}"])
    assert not sources and says in str(problem)


def test_a_file_whose_name_begins_with_an_at_sign_is_itself(folder, monkeypatch):
    (folder / "@2.jpg").touch()
    monkeypatch.chdir(folder)
    (source,), problems = find_sources(["@2.jpg"])
    assert source.name == "@2" and not problems


def test_no_file_of_one_image_is_named_like_one_of_another(folder):
    for name in ("a.jpg", "a.confidence.jpg", "a.entropy.jpg"):
        (folder / "sub" / name).touch()
    sources, _ = find_sources([str(folder / "sub" / name) for name in ("a.jpg", "a.confidence.jpg", "a.entropy.jpg")])
    assert [s.name for s in sources] == ["a", "a.confidence-2", "a.entropy-2"]
