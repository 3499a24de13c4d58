# `make claim`, `make report`, `make test` and `make bench` need nothing but Python 3.11 or newer, a C compiler and make:
# each makes its own environment in .venv. PEERS=torch adds PyTorch to what is measured, PEERS="torch jax" both.

PYTHON ?= python3
BIN := .venv/bin
# Elsewhere PyTorch for Linux brings gigabytes of CUDA.
TORCH_FOR_CPU := https://download.pytorch.org/whl/cpu
NATIVE := $(wildcard src/fastact/_native/* src/fastact/include/*) src/fastact/_core.pyx setup.py pyproject.toml

.PHONY: claim report test test-neon sweep bench lint format clean clients leaks processes failures

WITH_PEERS = $(if $(PEERS),$(BIN)/pip install --quiet --extra-index-url $(TORCH_FOR_CPU) $(PEERS))

claim: .venv/bench
	$(WITH_PEERS)
	$(BIN)/python -m bench.claim $(ARGS)

test: .venv/test
	$(BIN)/python -m pytest $(ARGS)

# Every claim made of ReLU, at most 20 minutes on two cores: results/report.html and results/report.json. ARGS=--quick in
# three, ARGS="--only vanishing,dead_units" for some.
report: .venv/bench
	$(WITH_PEERS)
	$(BIN)/python -m bench.report $(ARGS)

# The aarch64 kernels under QEMU against x86-64, without Python there: a cross compiler and qemu-user, two minutes.
test-neon:
	$(PYTHON) -m tools.neon $(ARGS)

# The clients of docs/integrations.md, installed, and their own tests with fastact in them: some minutes.
clients: .venv/test .venv/clients
	$(BIN)/python -m pytest tests/integrations $(ARGS)
	$(BIN)/python -m tests.integrations.suites

# Every one of the 2**32 float32 inputs; ARGS="sigmoid" for one activation.
sweep: .venv/sweep
	$(BIN)/python -m tools.sweep $(ARGS)

# Every function against every peer that is installed, about 25 minutes; ARGS=--quick in four, ARGS="--only relu,gelu"
# for some, ARGS=--write for docs/performance.md.
bench: .venv/bench
	$(WITH_PEERS)
	$(BIN)/python -m bench $(ARGS)

# What a test has no time for: a million calls of each kind and what they leave (three quarters of an hour); a thousand
# forks, interrupts and ends of each kind; every allocation of every call failing; floating-point environments.
leaks: .venv/test
	$(BIN)/python -m tests.leaks $(ARGS)

processes: .venv/test
	$(BIN)/python -m tests.processes $(ARGS)

failures: .venv/test
	$(BIN)/python -m tests.failing_allocations $(ARGS)
	$(BIN)/python -m tests.environments

lint: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: .venv/test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	clang-format -i src/fastact/_native/*.c src/fastact/_native/*.h tools/without_python/*.c tools/without_python/*.h

clean:
	rm -rf .venv build dist results src/*.egg-info src/fastact/_core.c src/fastact/*.so

.venv/bin/python:
	$(PYTHON) -m venv .venv

# Extra by extra, the package is installed editable, and again when a source of the extension is newer.
.venv/%: .venv/bin/python $(NATIVE)
	$(BIN)/pip install --quiet --editable ".[$*]"
	touch $@
