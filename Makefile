# Every target sets itself up: `make demo` is enough on a machine with Python 3.11+.
# Windows has no make: see "Without make" in README.md.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
TARGETS_PY := sknn_bio tests $(wildcard examples) $(wildcard benchmarks) $(wildcard docs)

.DEFAULT_GOAL := help
.PHONY: help demo test soak lint format types docs links wheel clean

help:  ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1|/' | column -t -s '|'

demo: $(VENV)/.installed-demo  ## compare a network with other models on real data
	$(BIN)/python -m sknn_bio demo

test: $(VENV)/.installed-test  ## run the tests
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto

lint: $(VENV)/.installed-test  ## check style and formatting
	$(BIN)/ruff check $(TARGETS_PY)
	$(BIN)/ruff format --check $(TARGETS_PY)

format: $(VENV)/.installed-test  ## apply style and formatting
	$(BIN)/ruff check --fix $(TARGETS_PY)
	$(BIN)/ruff format $(TARGETS_PY)

soak: $(VENV)/.installed-test  ## run the long tests: kills, hostile files and tables, load
	OMP_NUM_THREADS=1 $(BIN)/python tests/soak/soak_kills.py --moments 50
	OMP_NUM_THREADS=1 SKNN_BIO_MUTATIONS=2000 \
	    $(BIN)/python -m pytest tests/persistence/test_hostile_files.py
	OMP_NUM_THREADS=1 $(BIN)/python tests/soak/soak_tables.py --tables 10000
	OMP_NUM_THREADS=1 $(BIN)/python tests/soak/soak_load.py

types: $(VENV)/.installed-test  ## check types
	$(BIN)/mypy

# DOCS_FAST=1 leaves the gallery unexecuted.
SPHINX := $(BIN)/python -m sphinx -W --keep-going -q $(if $(DOCS_FAST),-D plot_gallery=0)

docs: $(VENV)/.installed-docs  ## build and check docs/_build/html; a warning is an error
	OMP_NUM_THREADS=1 $(SPHINX) -b html docs docs/_build/html
	$(BIN)/python docs/check_pages.py docs/_build/html
	@echo "Open docs/_build/html/index.html"

links: $(VENV)/.installed-docs  ## ask the web for the addresses that the pages name
	$(SPHINX) -D plot_gallery=0 -b linkcheck docs docs/_build/links

wheel: $(VENV)/.installed-test  ## build dist/*.whl
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean:  ## remove everything that make makes
	rm -rf $(VENV) build dist sknn-bio-demo docs/_build docs/auto_examples docs/generated \
	    .mypy_cache .pytest_cache .ruff_cache

# A stamp is written only after a whole installation, and is older than the files
# that decide what is installed as soon as one of them changes.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "sknn-bio needs Python 3.11 or newer; try: make PYTHON=python3.12 demo" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed-demo: EXTRAS := baselines,cli,report
$(VENV)/.installed-test: EXTRAS := baselines,cli,report,test
$(VENV)/.installed-docs: EXTRAS := baselines,cli,docs,explain,report
$(VENV)/.installed-%: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing sknn-bio[$(EXTRAS)] into $(VENV) (a few minutes the first time)"
	$(PIP) --editable '.[$(EXTRAS)]'
	@touch $@
