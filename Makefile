# What people and CI run. `make help` lists it.
.DEFAULT_GOAL := help
PY := .venv/bin/python
export PYTHONUNBUFFERED = 1
PYTEST_ARGS ?=
ACCURACY_ARGS ?=

.PHONY: help setup setup-run run test test-long check bench accuracy lock format fuzz load

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Make .venv and install everything, with hashes
	@scripts/setup

setup-run:
	@scripts/setup run engine

run: setup-run ## Start the whole product on http://localhost:8000 (PORT, LOCAL_DIR)
	@exec $(PY) -m kyc_portal.local run

test: setup ## Run every test, browser included (NO_BROWSER=1 leaves the browser out and says so)
	@scripts/test $(PYTEST_ARGS)

test-long: setup ## The long matrices
	@scripts/test -m long $(PYTEST_ARGS)

check: setup ## Format, lint, types, templates, migrations, compose, Dockerfile
	@scripts/check

bench: setup ## Print the benchmark tables; asserts nothing
	@$(PY) -m tests.bench

accuracy: setup ## Read unseen specimens and report what was right (ACCURACY_ARGS=--quick for four minutes)
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 nice -n 10 $(PY) -m tests.bench.accuracy $(ACCURACY_ARGS)

fuzz: setup ## Send 5,000 broken pictures and 5,000 broken requests to the compatible server
	@$(PY) -m tests.fuzz

load: setup ## Put 32 callers on the compatible server, then 2,000 requests; print times and memory
	@$(PY) -m tests.bench.load

format: setup ## Format the code
	@.venv/bin/ruff check --fix-only -q . && .venv/bin/ruff format -q . && .venv/bin/djlint --quiet --reformat templates; true

lock: setup ## Lock the packages of pyproject.toml again
	@scripts/lock
