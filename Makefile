# Two commands do everything, installation included: make demo, make test.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
TESTS := OMP_NUM_THREADS=1 $(RUN) -m pytest --numprocesses auto --maxprocesses 8 --dist loadfile
OLDEST := $(VENV)/oldest
SMOKE := $(patsubst %,tests/results/test_%.py,archive claims page plots records statistics tables verdicts)
SMOKE += $(patsubst %,tests/core/test_%.py,data decode parquet_images)
SMOKE += tests/slurm/test_script.py tests/slurm/test_submit.py tests/ablations/test_report.py

.PHONY: help install demo check test test-oldest test-studies test-faults test-slurm bench clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    install, run a whole study in a minute on built-in images, draw its figure"
	@echo "make test    install, run the tests"
	@echo "make test-oldest   install a wheel beside the oldest versions that pyproject.toml admits: data, tables, demo"
	@echo "make test-faults   install, kill, fill, damage, stop and crash: all the faults of the README's table, in minutes"
	@echo "make test-studies   install, run every study at scale smoke with one seed, table, figure and claims included"
	@echo "make check   install, ruff and mypy"
	@echo "make test-slurm   install SLURM, too, and run the tests that need a cluster on a throw-away one"
	@echo "make bench [DATA=DIR]   install the libraries we are compared with, too, and measure side by side"

install: $(VENV)/installed

$(VENV)/installed: pyproject.toml
	@echo "installing into $(VENV): 6 GB where torch comes with CUDA, which takes minutes"
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --upgrade pip
	$(RUN) -m pip install --quiet --editable ".[dev]"
	touch $@

demo: install
	$(RUN) -m ablations.run projection_head --scale smoke --results demo
	@echo "its figure: demo/figures/projection_head.smoke.png"

check: install
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy

test: install
	$(TESTS)

test-oldest: $(OLDEST)/installed
	$(OLDEST)/bin/python -m pytest -W ignore::DeprecationWarning $(SMOKE) # the oldest knew nothing of what came later
	$(OLDEST)/bin/python -m pip install --quiet --no-deps --force-reinstall . # a wheel of the code as it is now
	cd $(OLDEST) && bin/python -m ablations.run projection_head --scale smoke --results demo

$(OLDEST)/installed: pyproject.toml tests/oldest.py
	$(PYTHON) -m venv --clear $(OLDEST)
	$(PYTHON) tests/oldest.py > $(OLDEST)/oldest.txt
	$(OLDEST)/bin/python -m pip install --quiet --constraint $(OLDEST)/oldest.txt . pytest hypothesis
	touch $@

test-studies: install
	$(RUN) -m pytest --durations=0 tests/studies/all_studies.py

test-faults: install
	$(TESTS) tests/faults --long --durations=0

test-slurm: install
	tests/slurm/lab.sh run $(CURDIR)/$(RUN) -m pytest tests/slurm/cluster

bench: $(VENV)/installed-bench
	$(RUN) -m tests.benchmarks $(if $(DATA),--data $(DATA))

$(VENV)/installed-bench: $(VENV)/installed
	$(RUN) -m pip install --quiet --editable ".[bench]"
	touch $@

clean:
	rm -rf $(VENV) demo build dist *.egg-info
