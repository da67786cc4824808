# The five commands that one needs; see README.md and CONTRIBUTING.md.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
export PIP_DISABLE_PIP_VERSION_CHECK = 1
# Where it is set, as in many images, each process would compile all of our modules anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo run test faults soak mutants bench lint lock clean

demo: $(VENV)/runtime
	@$(BIN)/python -m launcher demo

run: $(VENV)/runtime
	@exec $(BIN)/python -m launcher run

test: $(VENV)/development
	@$(BIN)/python -m tests.servers.install
	$(BIN)/python -m pytest --numprocesses=auto --no-loadscope-reorder

soak: $(VENV)/development
	$(BIN)/python -m tests.faults.soak

faults: $(VENV)/development
	@$(BIN)/python -m tests.servers.install
	$(BIN)/python -m tests.faults

mutants: $(VENV)/development
	@$(BIN)/python -m tests.mutants

bench: $(VENV)/development
	@$(BIN)/python -m benchmarks

lint: $(VENV)/development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .

lock: $(VENV)/development
	$(BIN)/uv pip compile -q --no-header --no-emit-index-url --no-emit-find-links --universal --python-version 3.11 --upgrade requirements.in -o requirements.txt
	$(BIN)/uv pip compile -q --no-header --no-emit-index-url --no-emit-find-links --universal --python-version 3.11 --upgrade requirements-dev.in -o requirements-dev.txt

clean:
	rm -rf $(VENV) .data build dist

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Airlock needs Python 3.11 or later: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/runtime: $(VENV)/bin/pip requirements.txt
	@echo "Setting up $(VENV) (the first time only) ..."
	@$(BIN)/pip install -qq -r requirements.txt
	@touch $@

$(VENV)/development: $(VENV)/runtime requirements-dev.txt
	@$(BIN)/pip install -qq -r requirements-dev.txt
	@touch $@
