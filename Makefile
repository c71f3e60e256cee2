# FoldSight: `make demo` shows what it does, `make test` proves that it works.
# Every target prints what it does, is safe to repeat and needs no secret.

.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps

# Two threads on a busy pair of cores cost more than any kernel gains.
export OMP_NUM_THREADS ?= 1
export OMP_WAIT_POLICY ?= PASSIVE
export PIP_DISABLE_PIP_VERSION_CHECK := 1

FRONT_END := $(shell find widgets/js jupyter_extension package.json package-lock.json hatch_build.py \
	-not -path '*/node_modules/*' -not -path '*/labextension/*' -not -path '*/lib/*' -type f 2>/dev/null)

.PHONY: help setup setup-dev demo lab test check load bench clean

help:
	@echo "make setup   make .venv with FoldSight and its front end"
	@echo "make demo    fold real proteins, write structures and pictures, run two notebooks"
	@echo "make lab     open JupyterLab with everything on"
	@echo "make test    run every test (installs what the tests need)"
	@echo "make check   ruff and mypy"
	@echo "make load    many users at once against the queue and the rooms"
	@echo "make bench   the benchmarks (minutes; see bench/README.md)"

$(STAMPS)/venv:
	@echo "== making $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "FoldSight needs Python 3.11 or newer: call make PYTHON=python3.12 setup"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python has no venv: on Debian, apt install python3-venv"; exit 1; }
	@$(BIN)/pip install -q --upgrade pip
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/app: $(STAMPS)/venv pyproject.toml constraints.txt $(FRONT_END)
	@echo "== installing FoldSight and building its front end (some minutes the first time)"
	@$(BIN)/pip install -q -c constraints.txt -e '.[align,notebook]'
	@touch $@

$(STAMPS)/dev: $(STAMPS)/app
	@echo "== installing what the checks, tests and benchmarks need"
	@$(BIN)/pip install -q -c constraints.txt torch==2.13.0
	@$(BIN)/pip install -q -c constraints.txt -e '.[dev]'
	@scripts/install-chromium
	@touch $@

setup: $(STAMPS)/app
	@echo "== ready: $(BIN)/foldsight --help"

setup-dev: $(STAMPS)/dev

demo: setup
	@$(BIN)/foldsight demo -o demo-output

lab: setup
	@echo "== opening JupyterLab; stop it with Ctrl-C"
	@$(BIN)/jupyter lab notebooks/01-first-fold.ipynb

check: setup-dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@npm_config_loglevel=error $(BIN)/python hatch_build.py --typecheck

test: setup-dev
	@$(BIN)/python -m pytest

load: setup-dev
	@$(BIN)/python -m pytest tests/load -s

bench: setup-dev
	@for script in $$(grep -l __main__ bench/*.py | grep -v /train_); do echo "== $$script"; $(BIN)/python $$script || exit 1; done

clean:
	rm -rf $(VENV) node_modules demo-output
