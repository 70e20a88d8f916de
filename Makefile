# Everything a newcomer or CI needs. Plain `make` lists the commands. Needs: make, python3 (3.11 or later), python3-venv.
PYTHON ?= python3
IMAGE ?=
PYTEST_ARGS ?=
export IMAGE

DEV := .venv-dev/bin/python
DEMO := .venv-demo/bin/python
TORCH := .venv-torch/bin/python
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check -c constraints.txt
SOURCES := $(shell find src -type f -not -path '*/__pycache__/*')
NOT_RUN := $(addprefix benchmarks/,photo.py timing.py panoptic_scenes.py make_panoptic.py decode_peers.py decode_scenes.py peak_memory.py)
BENCHMARKS := $(filter-out $(NOT_RUN),$(wildcard benchmarks/*.py))
PYTEST := $(DEV) -m pytest -n auto $(PYTEST_ARGS)

.DEFAULT_GOAL := help
.PHONY: help demo test check lint types slow torch bench clean python

help:
	@echo "make demo                 install segweave in .venv-demo and run it on a photograph, in all three tasks"
	@echo "make demo IMAGE=my.jpg    the same on your own photograph"
	@echo "make test                 install for development in .venv-dev and run the whole fast test suite"
	@echo "make check                what a change must pass: ruff, mypy, and make test (doctests and laws included)"
	@echo "make slow                 the slow tests"
	@echo "make torch                the tests of networks of torch, in .venv-torch (several GB); make test skips what needs torch"
	@echo "make bench                the benchmarks"
	@echo "make clean                remove what these commands made"
	@echo "Another Python: make test PYTHON=python3.12"

# One shell for the whole recipe, so that a photograph's name may hold blanks and quotes.
demo: .venv-demo/.installed
	@set -e; image="$$IMAGE"; \
	if [ -z "$$image" ]; then \
	  [ -f .venv-demo/.photo ] || $(DEMO) $(PIP_INSTALL) --no-deps scikit-learn; touch .venv-demo/.photo; \
	  image=$$($(DEMO) -c 'from importlib.util import find_spec as f; print(f("sklearn").submodule_search_locations[0])'); \
	  mkdir -p demo; cp "$$image/datasets/images/china.jpg" demo/china.jpg; image=demo/china.jpg; \
	  echo "No IMAGE given: taking a photograph that scikit-learn ships, demo/china.jpg."; \
	fi; \
	for task in panoptic instance semantic; do \
	  echo "segweave predict \"$$image\" --task $$task --out demo/$$task"; \
	  .venv-demo/bin/segweave predict "$$image" --task $$task --out demo/$$task; \
	done; \
	stem=$$(basename -- "$$image"); stem="$${stem%.*}"; \
	echo; echo "Done. Three pictures show what segweave saw; open them in any viewer:"; \
	for task in panoptic instance semantic; do \
	  [ -f "demo/$$task/$$stem.overlay.png" ] || { echo "demo/$$task/$$stem.overlay.png is missing" >&2; exit 1; }; \
	done; \
	echo "  demo/panoptic/$$stem.overlay.png   every pixel has a label, every object its own shade"; \
	echo "  demo/instance/$$stem.overlay.png   the objects alone, one by one"; \
	echo "  demo/semantic/$$stem.overlay.png   every pixel has a label, objects are not told apart"; \
	echo "Beside each picture: segments.csv, a table of what is where."

test: .venv-dev/.installed
	$(PYTEST)

check: lint types test

lint: .venv-dev/.installed
	$(DEV) -m ruff check .
	$(DEV) -m ruff format --check .

types: .venv-dev/.installed
	$(DEV) -m mypy

# pytest exits with 5 when no test is marked slow
slow: .venv-dev/.installed
	$(PYTEST) -m slow || [ $$? -eq 5 ]

torch: .venv-torch/.installed
	$(TORCH) -m pytest -n auto $(PYTEST_ARGS) -m "slow or not slow" tests/models tests/reference tests/apps/test_export.py src/segweave/models

bench: .venv-dev/.installed
	@for script in $(BENCHMARKS); do echo "== $$script"; $(DEV) "$$script" || exit 1; done

clean:
	rm -rf .venv-demo .venv-dev .venv-torch demo build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# The stamps make a second run cheap: pip runs again only when what it would install has changed.
.venv-demo/.installed: pyproject.toml constraints.txt $(SOURCES) | python
	@[ -x .venv-demo/bin/pip ] || { echo "Making .venv-demo ..."; "$(PYTHON)" -m venv --clear .venv-demo; }
	@echo "Installing segweave in .venv-demo (a minute or two the first time) ..."
	@$(DEMO) $(PIP_INSTALL) .
	@touch $@

.venv-dev/.installed: pyproject.toml constraints.txt | python
	@[ -x .venv-dev/bin/pip ] || { echo "Making .venv-dev ..."; "$(PYTHON)" -m venv --clear .venv-dev; }
	@echo "Installing segweave for development in .venv-dev (a minute or two the first time) ..."
	@$(DEV) $(PIP_INSTALL) -e ".[dev]"
	@touch $@

.venv-torch/.installed: pyproject.toml constraints.txt | python
	@[ -x .venv-torch/bin/pip ] || { echo "Making .venv-torch ..."; "$(PYTHON)" -m venv --clear .venv-torch; }
	@echo "Installing segweave with torch in .venv-torch (a few minutes the first time) ..."
	@$(TORCH) $(PIP_INSTALL) -e ".[dev,torch,export,openvino]"
	@touch $@

python:
	@command -v "$(PYTHON)" >/dev/null 2>&1 || { \
	  echo "There is no '$(PYTHON)' here. Install Python 3.11 or later, or say which: make PYTHON=python3.12 ..." >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "segweave needs Python 3.11 or later; '$(PYTHON)' is $$("$(PYTHON)" -V 2>&1). Name another: make PYTHON=python3.12 ..." >&2; \
	  exit 1; }
	@"$(PYTHON)" -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "'$(PYTHON)' cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
