# Memhouse: `make run` and `make test` need nothing but Python 3.11 with venv and pip. Each line can be run by hand.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

.PHONY: help run test lint contracts types migrations pytest mutate clean

help:  ## what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /	/' | expand -t 14

run: .venv/installed  ## start everything: PostgreSQL, Valkey, web, workers and beat
	@exec $(BIN)/python manage.py up $(ARGS)

test: lint contracts types migrations pytest  ## install what tests need, then check and test everything

lint: .venv/installed-dev  ## style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

contracts: .venv/installed-dev  ## the floors of the house: who may import whom
	$(BIN)/lint-imports

types: .venv/installed-dev  ## type check
	SECRET_KEY=types $(BIN)/mypy

migrations: .venv/installed-dev  ## models and migrations agree
	SECRET_KEY=none DATABASE_URL=postgres://localhost/none $(BIN)/python -W ignore manage.py makemigrations --check --dry-run --skip-checks

# Each of them has services of its own, and whole files, for what a file shares is made once; see tests/conftest.py.
pytest: .venv/installed-dev  ## the tests, a process a core and four at most, against services of their own
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadscope --no-loadscope-reorder $(ARGS)

# pip is the last thing that venv makes: an interrupted one is made again.
.venv/bin/pip:
	@test -n "$(PYTHON)" || { echo "Python 3.11 is needed: no python3 was found."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; this is $$($(PYTHON) --version). Say which with PYTHON=…"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/installed: requirements.txt | .venv/bin/pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/installed-dev: requirements-dev.txt .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

mutate: .venv/installed-dev  ## take each guard of isolation out of a copy, and see its tests fail
	$(BIN)/python -m tests.isolation.mutations $(ARGS)

clean:  ## remove the environment and caches; data under var/ stays
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
