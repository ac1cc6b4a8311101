# Two commands do everything, installation included: make demo, make test.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python

.PHONY: install demo check test clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    install, run a whole study in a minute on built-in images, draw its figure"
	@echo "make test    install, run the tests"
	@echo "make check   install, ruff and mypy"

install: $(VENV)/installed

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --upgrade pip
	$(RUN) -m pip install --quiet --editable ".[dev]"
	touch $@

demo: install
	$(RUN) -m ablations.run projection_head --scale smoke --results demo

check: install
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy

test: install
	$(RUN) -m pytest

clean:
	rm -rf $(VENV) demo build dist *.egg-info
