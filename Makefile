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

.PHONY: sanitize fuzz test-huge
# Under the address, undefined-behaviour and thread sanitizers and valgrind (docs/reliability/sanitizers.md); ARGS="threads"
# for some parts.
sanitize: .venv/test
	$(BIN)/python -m tools.reliability.sanitize $(ARGS)

# A million cases of the native loops and of the Python functions; ARGS="--runs 20000 --cases 5000" for fewer.
fuzz: .venv/test
	$(BIN)/python -m tools.reliability.fuzz $(ARGS)

# Arrays of more than 2**31 elements: up to 4 GiB of memory.
test-huge: .venv/test
	FASTACT_HUGE=1 $(BIN)/python -m pytest tests/test_memory_edges.py -k huge $(ARGS)

# What a test has no time for: a million calls of each kind and what they leave (three quarters of an hour); a thousand
# forks, interrupts and ends of each kind; every allocation of every call failing, and several in a row.
leaks: .venv/test
	$(BIN)/python -m tests.leaks $(ARGS)

processes: .venv/test
	$(BIN)/python -m tests.processes $(ARGS)

failures: .venv/test
	$(BIN)/python -m tests.failing_allocations $(ARGS)
	$(BIN)/python -m tests.failing_allocations --some 4 $(ARGS)

lint: .venv/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: .venv/test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	clang-format -i src/fastact/_native/*.c src/fastact/_native/*.h tools/*/*.c tools/*/*.h

clean:
	rm -rf .venv build dist results src/*.egg-info src/fastact/_core.c src/fastact/*.so

.venv/bin/python:
	$(PYTHON) -m venv .venv

# Extra by extra, the package is installed editable, and again when a source of the extension is newer.
.venv/%: .venv/bin/python $(NATIVE)
	$(BIN)/pip install --quiet --editable ".[$*]"
	touch $@
