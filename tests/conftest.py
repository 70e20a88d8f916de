"""Profiles of hypothesis, and the places where tests find photographs."""

import os
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# ci: the same examples every time, no clock, no files left behind. explore: new examples every time, ten times more.
settings.register_profile(
    "ci", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared data beside the repository; a test that asks for it is skipped where there is none."""
    path = Path(__file__).resolve().parents[1].parent / "shared"
    if not path.is_dir():
        pytest.skip("needs ../shared (data that may not be in the repository), which is not here")
    return path


@pytest.fixture(scope="session")
def china() -> Path:
    """china.jpg, a photograph of a temple, 427 x 640 px, that scikit-learn ships."""
    spec = find_spec("sklearn")
    assert spec is not None and spec.submodule_search_locations, 'scikit-learn is missing: pip install -e ".[dev]"'
    path = Path(spec.submodule_search_locations[0]) / "datasets" / "images" / "china.jpg"
    assert path.is_file()
    return path
