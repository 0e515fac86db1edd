# Short commands for people and for CI; `make` prints them. Works with GNU make 3.81 and later.
# PYTHON=python3.12 (or a path) chooses the interpreter; otherwise the newest suitable one is found.

VENV = .venv
BIN = $(VENV)/bin
export PYTHON

# In full CI a skipped test is a failed test, and so the tests on PostgreSQL get their driver.
ifdef CI
EXTRAS = test,postgres
NO_SKIPS = -p tests.no_skips
else
EXTRAS = test
endif
# A worker for each core, up to four: each takes a gigabyte at times. A file's tests stay together.
PYTEST = $(BIN)/python -m pytest $(NO_SKIPS) -n auto --maxprocesses 4 --dist loadfile

# The stamps say what is installed. The test set contains the demo set.
SET_UP = tools/venv.sh pyproject.toml constraints.txt
DEMO = $(VENV)/.installed-demo
TEST = $(VENV)/.installed-$(EXTRAS)
BENCH = $(VENV)/.installed-bench

.DEFAULT_GOAL = help
.NOTPARALLEL:
.PHONY: help demo set-up test test-slow lint check format bench docs case-study calibration wheel-test constraints clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-12s %s\n", $$1, $$2}' Makefile

demo: $(DEMO) ## install into .venv and run the demonstration
	@$(BIN)/iw demo

set-up: $(TEST) ## install into .venv what tests and checks need, and run nothing

test: $(TEST) ## run the tests, without the slow ones
	@$(PYTEST)

test-slow: $(TEST) ## run the slow tests: sampling, calibration, full-size checks
	@$(BIN)/python -m pytest -m slow

lint: $(TEST) ## check style, format, types and layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

check: $(TEST) ## check types only
	@$(BIN)/mypy

format: $(TEST) ## format the code and mend what can be mended
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(BENCH) ## measure speed, beside other libraries
	@$(BIN)/python -m benchmarks

docs: $(TEST) ## bring the tables of the docs up to date with the catalogue's files
	@$(BIN)/python -m tools.docs_tables

case-study: $(TEST) ## rebuild docs/case-study.md with its pictures and figures; takes about twenty minutes
	@$(BIN)/python -m tools.case_study

calibration: $(TEST) ## simulate, fit and write docs/calibration.md; takes about half an hour
	@$(BIN)/python -m tools.calibration

wheel-test: $(TEST) ## build the wheel and try it in an empty environment outside the clone
	@tests/wheel/run.sh $(BIN)/python

constraints: $(TEST) ## resolve the newest versions of everything into constraints.txt
	@tools/constraints.sh $(VENV)

clean: ## remove the environment, caches and what was built
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find iw tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(DEMO): $(SET_UP)
	@tools/venv.sh $(VENV) .
	@touch $@

$(TEST): $(SET_UP)
	@tools/venv.sh $(VENV) '.[$(EXTRAS)]'
	@touch $(DEMO) $@

$(BENCH): $(SET_UP)
	@tools/venv.sh $(VENV) '.[$(EXTRAS),bench]'
	@touch $(DEMO) $(TEST) $@
