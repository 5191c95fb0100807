# What a person runs. Every target sets up what it needs and is quick when nothing changed.
PYTHON ?= python3
HW ?= hw1_tokenizer
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SAMPLE := build/sample
ASSETS := build/.assets

.PHONY: help grade test notebooks verify lab lint lock clean

help:  ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed; $(PYTHON) is older. Try: make PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "No virtual environment could be made. On Debian and Ubuntu: apt install python3-venv"; exit 2; }
	$(BIN)/python -m pip install --quiet --constraint requirements.lock torch==2.13.0
	$(BIN)/python -m pip install --quiet --constraint requirements.lock --editable '.[grader,dev]'
	@touch $@

$(ASSETS): $(READY) coursekit/assets/entries.py
	@mkdir -p $(@D)
	$(BIN)/python -m coursekit.assets fetch --all
	@touch $@

grade: $(ASSETS)  ## release, then grade a sample class of HW, with feedback and report
	$(BIN)/grader release $(HW)
	$(BIN)/python tests/sample_class.py $(HW) $(SAMPLE)
	$(BIN)/grader grade $(HW) --submitted $(SAMPLE) --sandbox best
	$(BIN)/grader feedback $(HW)
	$(BIN)/grader report $(HW)

test: $(ASSETS)  ## lint, types and the test suite
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/grader release --check
	$(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

notebooks: $(ASSETS)  ## execute every lesson and every reference solution, offline
	$(BIN)/python tests/run_notebooks.py lessons solutions

verify: $(ASSETS)  ## prove that the hidden tests catch wrong answers
	$(BIN)/grader verify --all

lab: $(ASSETS)  ## open JupyterLab
	$(BIN)/jupyter lab

lint: $(READY)  ## mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(READY)  ## write the lock from what is installed and tested
	$(BIN)/python -m pip freeze --exclude-editable | sed 's/+cpu$$//' > requirements.lock

clean:  ## forget the environment and what was built
	rm -rf $(VENV) build
