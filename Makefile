# The targets call tools of course_lib/ and tools/. The files .venv/.installed and _build/.stamps/*
# mark finished steps, so that make repeats only what changed.

PYTHON ?= python3
# -P: import no module from the current folder.
RUN := .venv/bin/python -P -m
STAMPS := _build/.stamps
BOOK := .venv/bin/jupyter-book build book -W --keep-going

# The sources of each step. Names in these folders must not contain spaces; the path to them may.
LIBRARY := $(shell find course_lib -type f -not -path '*/__pycache__/*')
GRADERS := $(filter-out course_lib/graphs/%,$(LIBRARY)) nbgrader_config.py
PAGES := $(shell find book -type f -not -path '*/__pycache__/*' -not -path 'book/exercises/*') _config.yml
SOURCES := $(shell find solutions exercises -type f -not -path '*/.*')
SUBMISSIONS := $(shell find tests/submissions -type f)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help course quick style test test-all test-slow lint check book strict-book print questions exercises demo package lab serve bench lock clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 20

course: book exercises demo ## Install, build the book, release the exercises, grade the demo class
	@$(RUN) course_lib.grading where

# A test file to each processor; NumPy's own threads would only stand in each other's way.
# Compiled modules are kept: tests start many interpreters.
PYTEST := $(RUN) pytest -n auto --dist loadfile --no-loadscope-reorder
QUICK := tests/layers tests/library tests/graphs tests/checks/test_checks.py \
	tests/checks/test_checks_nearby.py tests/checks/test_misconceptions.py
quick test test-all test-slow: export OPENBLAS_NUM_THREADS = 1
quick test test-all test-slow: export PYTHONDONTWRITEBYTECODE =

style: .venv/.installed
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy

quick: style ## Check style, types, library and checks: under a minute
	$(PYTEST) -m "not slow" $(QUICK)

test: style check strict-book ## Prove a change: style, types, files in step, clean book, tests
	$(PYTEST) -m "not slow"

test-all: test test-slow ## Prove everything, long trainings and the audit among it

test-slow: .venv/.installed
	$(PYTEST) -m slow

lint: .venv/.installed ## Fix style where a tool can, and check types
	$(RUN) ruff check --fix .
	$(RUN) ruff format .
	$(RUN) mypy

check: .venv/.installed ## Check that exercises/ matches solutions/
	$(RUN) course_lib.grading release --check

book: $(STAMPS)/book ## Build the book into _build/html

print: .venv/.installed ## Print the whole book into one PDF, in _build/print/ (needs Chromium)
	$(BOOK) --builder singlehtml
	.venv/bin/python tools/print_book.py _build/singlehtml/index.html _build/print/backpropagation.pdf

questions: .venv/.installed ## Write each chapter's questions as a sheet and as slides, in _build/questions/
	.venv/bin/python -P tools/export_questions.py _build/questions

exercises: $(STAMPS)/exercises ## Generate the students' notebooks from solutions/

demo: $(STAMPS)/demo ## Grade the demo class

package: .venv/.installed ## Build the wheel that students install: _build/package/*.whl
	rm -rf _build/package
	$(RUN) pip wheel . --no-deps --no-build-isolation --quiet --wheel-dir _build/package
	@ls _build/package/*.whl

lab: .venv/.installed ## Open JupyterLab; open text notebooks (.md) by double click
	.venv/bin/jupytext-config --settings-file .venv/etc/jupyter/labconfig/default_setting_overrides.json set-default-viewer markdown myst
	.venv/bin/jupyter lab

serve: book ## Serve the book on http://127.0.0.1:8000
	$(RUN) http.server 8000 --bind 127.0.0.1 --directory _build/html

# One core, and NumPy's kernels for this processor: an environment that selects others would slow
# down NumPy and not the alternatives.
MEASURE := env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE OPENBLAS_NUM_THREADS=1 .venv/bin/python

# Benchmarks with a browser come first, so that a missing browser fails at once.
bench: book _build/torch/.installed ## Run the benchmarks, and write the book's page of figures
	$(MEASURE) benchmarks/page_python.py --runs 2 --json benchmarks/results.json
	$(MEASURE) benchmarks/pages.py --runs 2 --json benchmarks/results.json
	$(MEASURE) benchmarks/gradient_check.py --runs 3 --json benchmarks/results.json
	$(MEASURE) benchmarks/training.py --runs 2 --json benchmarks/results.json
	$(MEASURE) benchmarks/startup.py --json benchmarks/results.json
	$(MEASURE) benchmarks/book.py --json benchmarks/results.json
	$(MEASURE) benchmarks/from_clone.py --no-book --json benchmarks/results.json
	$(MEASURE) benchmarks/grading.py --json benchmarks/results.json
	$(MEASURE) benchmarks/page.py

# PyTorch serves only for comparison, so it has an environment of its own.
_build/torch/.installed:
	"$(PYTHON)" -m venv _build/torch
	-_build/torch/bin/python -m pip install --quiet torch==2.13.0 numpy && touch $@

lock: .venv/.installed ## Resolve the newest allowed versions into requirements.lock
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(RUN) uv pip compile pyproject.toml --all-extras --universal --generate-hashes --no-emit-index-url --no-annotate --upgrade --quiet --output-file requirements.lock

clean: ## Remove generated files; submissions, marks and feedback stay
	rm -rf .venv _build .jupyter_cache .hypothesis .mypy_cache .pytest_cache .ruff_cache

.venv/.installed: requirements.lock pyproject.toml tools/install.sh
	PYTHON="$(PYTHON)" sh tools/install.sh
	@touch $@

$(STAMPS)/book: .venv/.installed $(PAGES) $(LIBRARY) $(filter exercises/%,$(SOURCES))
	$(BOOK)
	@mkdir -p $(STAMPS)
	@touch $@

# From scratch, because a build omits the warnings of the pages it reuses.
strict-book: .venv/.installed
	rm -rf _build/html _build/.doctrees _build/.jupyter_cache
	$(BOOK) --all
	@mkdir -p $(STAMPS)
	@touch $(STAMPS)/book

$(STAMPS)/exercises: .venv/.installed $(SOURCES) $(GRADERS)
	$(RUN) course_lib.grading release
	@mkdir -p $(STAMPS)
	@touch $@

$(STAMPS)/demo: $(STAMPS)/exercises $(SUBMISSIONS)
	$(RUN) course_lib.grading demo
	@touch $@
