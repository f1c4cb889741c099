# `make help` lists what there is. A fresh machine needs make, python3 (3.11 or newer) and, where
# something is missing, Debian's package manager.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNS := $(VENV)/.installed
TESTS := $(VENV)/.installed-dev
PIP := $(BIN)/pip --disable-pip-version-check --no-input install --quiet --require-hashes
COMPILE := uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11
PORT ?= 8000
export PORT

.PHONY: help run test lint attack bench storm lock migrate screenshots translations
.DEFAULT_GOAL := help

help: ## this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/make \1\t\2/' | expand -t 20

run: $(RUNS) ## the trial run, on http://127.0.0.1:$PORT (8000 if unset)
	@exec $(BIN)/python -m portal.trial

test: $(TESTS) ## all tests, PostgreSQL and browser included
	@.ci/need chromium
	@$(BIN)/pytest -q -n 3 $(ARGS)

lint: $(TESTS) ## style, types and the contract of the layers
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check . || { echo "Not formatted: run $(BIN)/ruff format ."; exit 1; }
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-logo > $(VENV)/imports.log || { cat $(VENV)/imports.log; exit 1; }
	@echo "Style, types and layers are as they should be."

attack: $(TESTS) ## what strangers, parents, staff and the provider can do: minutes; 1 if a hole is found
	@$(BIN)/python -m tests.attack $(ARGS)

bench: $(TESTS) ## how long pages, look-ups, searches and downloads take over many families
	@$(BIN)/python -m tests.bench $(ARGS)

storm: $(TESTS) ## texts while workers are killed and STOPs come in: twice, lost, or after STOP
	@$(BIN)/python -m tests.storm $(ARGS)

screenshots: $(TESTS) ## every page, narrow and wide, into build/screenshots; two into docs/images
	@.ci/need chromium
	@$(BIN)/python -m tests.screenshots $(ARGS)

translations: $(TESTS) ## bring what is new for parents into the Spanish catalogue, and list it
	@$(BIN)/python -m tests.support.catalogue

migrate: $(RUNS) ## bring the database that PORTAL_DATABASE_URL names to the newest migration
	@$(BIN)/flask --app wsgi db upgrade

lock: ## lock requirements*.in into requirements*.txt, with hashes (needs uv; UPGRADE=--upgrade)
	@$(COMPILE) $(UPGRADE) requirements.in -o requirements.txt
	@$(COMPILE) $(UPGRADE) -c requirements.txt requirements-dev.in -o requirements-dev.txt

$(RUNS): requirements.txt
	@.ci/need venv $(PYTHON)
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	@echo "Installing what the portal runs on into $(VENV) ..."
	@$(PIP) -r requirements.txt
	@touch $@

$(TESTS): requirements-dev.txt $(RUNS)
	@echo "Installing what tests and checks need ..."
	@$(PIP) -r requirements-dev.txt
	@touch $@
