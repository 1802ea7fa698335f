# Two commands on a fresh machine: `make demo` and `make test`. Each sets itself up.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.PHONY: demo test check unit suite setup bench clean docs

demo: setup            ## the main job on real input: trainings of which some fail, run here
	$(BIN)/tiphys run examples/partial_failure/pipeline.py

test: check unit suite ## all that CI runs

check: setup           ## lint, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: setup            ## unit, scenario, golden, port and fault tests
	$(BIN)/python -m pytest -m "not suite"

suite: setup           ## the recorded answers of the real controller, and the corpora
	$(BIN)/python -m pytest -m suite

bench: setup           ## figures, side by side, as ratios
	$(BIN)/python benchmarks/run.py

docs: setup            ## rewrite the generated reference pages
	$(BIN)/python scripts/docs

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$$(sed -n 's/^uv==//p' constraints.txt)"
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --constraint constraints.txt --editable '.[kfp]' --group dev
	touch $@

clean:
	rm -rf $(VENV) .tiphys .mypy_cache .ruff_cache .pytest_cache .hypothesis
