# `make help` lists all targets. A fresh machine needs make, python3 (3.11 or newer), and Debian's
# package manager for anything that is missing.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNS := $(VENV)/.installed
TESTS := $(VENV)/.installed-dev
LIGHTHOUSE := build/lighthouse/node_modules/.package-lock.json
PIP := $(BIN)/pip --disable-pip-version-check --no-input install --quiet --require-hashes
COMPILE := uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11
PORT ?= 8000
export PORT
# Tests start the portal many times. It should be compiled once.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test check coverage mutants lint attack bench lighthouse storm lock migrate screenshots translations
.DEFAULT_GOAL := help

help: ## show this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/make \1\t\2/' | expand -t 20

run: $(RUNS) ## run the demo at http://127.0.0.1:$PORT (8000 by default)
	@exec $(BIN)/python -m portal.trial

test: $(TESTS) ## run the tests, including PostgreSQL and the browser, except the long ones
	@.ci/need chromium
	@.ci/need pgbouncer
	@.ci/need sqlite3
	@$(BIN)/pytest -q -n 3 -m "not long" $(ARGS)

check: $(TESTS) ## run all tests, also the long ones: every page in every way, every search, many examples
	@.ci/need chromium
	@.ci/need pgbouncer
	@.ci/need sqlite3
	@$(BIN)/pytest -q -n 3 $(ARGS)

coverage: $(TESTS) ## run the tests; fail if they cover less of portal/ than pyproject.toml asks for
	@.ci/need chromium
	@.ci/need pgbouncer
	@.ci/need sqlite3
	@$(BIN)/pytest -q -n 3 -m "not long" --cov --cov-report=term $(ARGS)

mutants: export PORTAL_TEST_TEMPLATE = $(CURDIR)/mutants/template.sqlite3
mutants: $(TESTS) ## make one change at a time in portal/consent/, and list those the tests did not notice
	@mkdir -p mutants
	@$(BIN)/mutmut run $(ARGS)
	@$(BIN)/mutmut results

lint: $(TESTS) ## check style, spelling, types, and import layers
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check . || { echo "Not formatted. Run $(BIN)/ruff format ."; exit 1; }
	@$(BIN)/codespell
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo > $(VENV)/imports.log || { cat $(VENV)/imports.log; exit 1; }
	@echo "Style, spelling, types, and layers: OK"

attack: $(TESTS) ## try for minutes to break the promises of docs/security.md; exit 1 if a hole is found
	@$(BIN)/python -m tests.attack $(ARGS)

bench: $(TESTS) ## measure pages, finding a family, searches, and downloads with many families
	@$(BIN)/python -m tests.bench $(ARGS)

lighthouse: $(TESTS) $(LIGHTHOUSE) ## check parents' pages with Lighthouse; exit 1 if a score is below 100
	@.ci/need chromium
	@$(BIN)/python -m tests.lighthouse $(ARGS)

storm: $(TESTS) ## stress test: texts while workers are killed and STOPs come in; finds double, lost, or late ones
	@$(BIN)/python -m tests.storm $(ARGS)

screenshots: $(TESTS) ## take screenshots of every page into build/screenshots, and update docs/images
	@.ci/need chromium
	@$(BIN)/python -m tests.screenshots $(ARGS)

translations: $(TESTS) ## add new strings for parents to the Spanish catalog, and list them
	@$(BIN)/python -m tests.support.catalogue

migrate: $(RUNS) ## migrate the database at PORTAL_DATABASE_URL to the newest version
	@$(BIN)/flask --app wsgi db upgrade

lock: ## lock requirements*.in into requirements*.txt, with hashes (needs uv; UPGRADE=--upgrade)
	@$(COMPILE) $(UPGRADE) requirements.in -o requirements.txt
	@$(COMPILE) $(UPGRADE) -c requirements.txt requirements-dev.in -o requirements-dev.txt

$(RUNS): requirements.txt
	@.ci/need venv $(PYTHON)
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	@echo "Installing the portal into $(VENV) ..."
	@$(PIP) -r requirements.txt
	@touch $@

$(TESTS): requirements-dev.txt $(RUNS)
	@echo "Installing test tools ..."
	@$(PIP) -r requirements-dev.txt
	@touch $@

$(LIGHTHOUSE): tests/lighthouse/package.json tests/lighthouse/package-lock.json
	@.ci/need npm
	@echo "Installing Lighthouse into build/lighthouse ..."
	@mkdir -p build/lighthouse
	@cp $^ build/lighthouse
	@npm ci --prefix build/lighthouse --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@
