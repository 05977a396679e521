# Two commands do everything: make demo, make test. Both set up what they need (Python >= 3.11 and make are enough).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable '.[test]'
	@touch $@

setup: $(READY) ## build .venv with everything that demo and test need

demo: setup ## ring the line in a browser: set up, seed, serve, open
	$(BIN)/outreach demo

test: setup ## all tests, on SQLite and (where a server is named) PostgreSQL
	$(BIN)/python -m pytest

check: setup ## style, types, import directions
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup ## figures and ratios of every hot path
	$(BIN)/pip install --quiet --editable '.[bench]'
	$(BIN)/python -m bench

clean: ## remove what make built
	rm -rf $(VENV) build *.egg-info
