# Two commands are enough on a fresh machine with Python 3.11 or newer: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
# uv reads its own settings only: hand it the index that pip was told to use, if there is one.
PIP_INDEX := $(shell $(PYTHON) -m pip config get global.index-url 2>/dev/null)
UV_RUN := $(if $(UV_INDEX_URL)$(UV_DEFAULT_INDEX),,$(if $(PIP_INDEX),UV_DEFAULT_INDEX='$(PIP_INDEX)')) $(UV)
UV_SYNC := $(UV_RUN) pip install --quiet --compile-bytecode --require-hashes
UV_LOCK := $(UV_RUN) pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --quiet
WORKERS ?= 2

SIDE_BY_SIDE := $(MAKE) --no-print-directory --jobs 2 $(if $(filter output-sync,$(.FEATURES)),--output-sync)

.PHONY: demo test prove lint style types docstrings generated notebooks bench interop locks setup environments student clean

demo: setup ## grade a sample cohort and write its report
	$(BIN)/aisa demo build/demo

PYTEST := $(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test: setup lint ## linters, types, contracts, then every test but the long proofs
	$(PYTEST) -m "not long"

prove: setup ## gates over 200 ids, capstones' checks over 50 briefs, the demo, the whole certificate, more attacks
	$(PYTEST) -m long

lint: setup
	+@$(SIDE_BY_SIDE) types style docstrings generated

types style docstrings generated: environments

types:
	$(BIN)/mypy

style:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

docstrings:
	$(BIN)/python -m numpydoc.hooks.validate_docstrings $$(git ls-files 'reference_solutions/*.py')

generated: # what is made of a text is what the text makes
	$(BIN)/aisa author build --check
	$(BIN)/aisa author coverage --check
	$(BIN)/aisa capstone build --check

notebooks: setup ## author text -> assignments/source
	$(BIN)/aisa author build

bench: setup ## nbgrader against aisa, models against the usual tools, each on the same input in one run; certificates
	-$(UV_SYNC) --python $(BIN)/python -r locks/bench.txt # is built here: without a C compiler it is left out
	$(BIN)/python -m tests.benchmarks.models
	$(BIN)/python -m tests.benchmarks.certificates
	$(BIN)/python -m tests.benchmarks.throughput

interop: tests/certify/interop/node_modules/.complete ## another implementation that verifies certificates, where node is
tests/certify/interop/node_modules/.complete: tests/certify/interop/package-lock.json
	npm ci --prefix $(dir $<) --ignore-scripts --no-audit --no-fund --loglevel error
	touch $@

setup: .venv/bin/uv
	+@$(SIDE_BY_SIDE) environments

environments: .venv/.complete .venv-sandbox/.complete
	@:

.venv/bin/uv: locks/tool.txt
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else f"aisa needs Python 3.11 or newer, found {sys.version.split()[0]}: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv .venv
	awk '/^uv==/{p=1} p{print; if(!/\\$$/) exit}' locks/tool.txt > .venv/uv.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.txt
	touch $@

.venv/.complete: .venv/bin/uv pyproject.toml
	$(UV_SYNC) --python $(BIN)/python -r locks/tool.txt
	$(UV_RUN) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $@

.venv-sandbox/.complete: .venv/bin/uv locks/sandbox.txt
	$(PYTHON) -m venv --without-pip .venv-sandbox
	$(UV_SYNC) --python .venv-sandbox/bin/python -r locks/sandbox.txt
	touch $@

student: .venv-student/.complete ## what a student installs: JupyterLab and nbgrader's Validate
.venv-student/.complete: .venv/bin/uv locks/student.txt
	$(PYTHON) -m venv --without-pip .venv-student
	$(UV_SYNC) --python .venv-student/bin/python -r locks/student.txt
	touch $@

locks: .venv/bin/uv ## newest versions that pyproject.toml allows
	$(UV_LOCK) --upgrade pyproject.toml --extra dev --output-file locks/tool.txt
	$(UV_LOCK) --upgrade --group student --output-file locks/student.txt
	$(UV_LOCK) --upgrade --group sandbox --output-file locks/sandbox.txt
	$(UV_LOCK) --upgrade --group bench --output-file locks/bench.txt

clean:
	rm -rf .venv .venv-sandbox .venv-student tests/certify/interop/node_modules .cache build .mypy_cache .pytest_cache .ruff_cache .hypothesis
