# Every target sets up .venv when it is missing or out of date. PYTHON picks the interpreter (3.11 or newer).
PYTHON ?= python3
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

.PHONY: demo test test-all check fix bench docs clean

.venv/made: pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 …"; exit 2; }
	$(PYTHON) -m venv .venv
	$(PIP) install -e .
	@touch $@

.venv/made-dev: .venv/made
	$(PIP) install -e ".[dev]"
	@touch $@

.venv/made-all: .venv/made-dev
	$(PIP) install -e ".[dev,local,training,tune,vision]" "transformers[serving]"
	@touch $@

.venv/made-docs: .venv/made
	$(PIP) install -e ".[docs]"
	@touch $@

# one more than there are cores: many tests wait for a server
WORKERS = $(shell $(BIN)/python -c "import os; print((os.cpu_count() or 1) + 1)")

demo: .venv/made           ## a small dataset and its report, offline
	$(BIN)/mintage demo

test: .venv/made-dev       ## the tests of the base install, under 5 minutes
	$(BIN)/python -m pytest -n $(WORKERS) -m "not slow"

test-all: .venv/made-all   ## all tests: every extra, every kill, the browser, outside scripts
	$(BIN)/python -m pytest -n $(WORKERS) -rs

check: .venv/made-dev      ## formatting, lint, types, import direction
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: .venv/made-dev        ## mend what can be mended without thinking
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/made-dev      ## every benchmark, one table each
	$(BIN)/python benchmarks/bookkeeping.py
	$(BIN)/python benchmarks/arrays.py
	$(BIN)/python benchmarks/prompt_checks.py
	$(BIN)/python benchmarks/prompt_parsing.py
	$(BIN)/python benchmarks/mini_ranking.py
	$(BIN)/python benchmarks/technical_alarms.py
	$(BIN)/python benchmarks/variation.py
	$(BIN)/python benchmarks/fusion.py
	$(BIN)/python benchmarks/inpaint.py
	$(BIN)/python benchmarks/lookalike.py
	$(BIN)/python benchmarks/typographic.py
	$(BIN)/python benchmarks/cutouts.py
	$(BIN)/python benchmarks/collage.py
	$(BIN)/python benchmarks/image_stage.py

docs: .venv/made .venv/made-docs  ## run the tour, build the pages into site/
	$(BIN)/python examples/tour.py
	$(BIN)/zensical build --strict

clean:                     ## remove what these targets made (not your runs)
	rm -rf .venv site dist
