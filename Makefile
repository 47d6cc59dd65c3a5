# make demo   environment, demo ntuples, the whole workflow, report: prints mu
#             ANALYSIS=hzgamma for the other analysis, whose events PYTHIA generates
# make test   all tests
# make lint   format, lint, types
# make docs   the documentation as a site, site/index.html
# make bench  ratios against peers; BENCH=name for one of them, DEVICE=cuda on a GPU

PYTHON ?= python3
comma := ,
VENV := .venv
BIN := $(VENV)/bin
DEVICE ?= cpu
ANALYSIS ?= tth
ifeq ($(ANALYSIS),tth)
CONFIG := config/config.yaml
INSTALLED := $(VENV)/.demo
DURATION := 4 to 5 minutes
else
CONFIG := config/$(ANALYSIS).yaml
INSTALLED := $(VENV)/.pythia
DURATION := 4 to 5 minutes
endif
CORES ?= $(shell env -u OMP_NUM_THREADS nproc 2> /dev/null || getconf _NPROCESSORS_ONLN)
# the rules call n2mu by its name
export PATH := $(CURDIR)/$(BIN):$(PATH)
# one thread per job: the workflow runs as many jobs as there are cores
export OMP_NUM_THREADS ?= 1

.PHONY: demo test lint docs bench clean

demo: $(CONFIG) $(INSTALLED)
	@echo "demo: $(DURATION) on 2 cores; the first jobs generate events for a minute or so; products go to results/, ntuples to ntuples/"
	$(BIN)/snakemake --configfile $(CONFIG) --cores $(CORES) --rerun-incomplete --show-failed-logs
	$(BIN)/n2mu report --config $(CONFIG)

config/%.yaml:
	@echo "there is no analysis '$*' with a demo; ANALYSIS=tth (the default) or ANALYSIS=hzgamma"; exit 1

test: $(VENV)/.test
	@echo "tests: about 20 minutes on 2 cores"
	$(BIN)/python -m pytest -n $(CORES) --dist loadgroup

lint: $(VENV)/.test
	$(BIN)/ruff format --check src tests benchmarks docs
	$(BIN)/ruff check src tests benchmarks docs
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint

docs: $(VENV)/.test
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict
	@echo "site/index.html"

bench: $(VENV)/.bench
	N2MU_BENCH_DEVICE=$(DEVICE) $(BIN)/python -m benchmarks $(BENCH)

$(BIN)/python:
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || \
	  { echo "n2mu needs Python 3.11 or newer; say which with PYTHON=..."; exit 1; }
	@echo "making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "no environment could be made: do what the lines above say (Debian: apt install python3-venv), then run make again"; exit 1; }

# installs extras, with options of pip; pip is silent as long as it unpacks, so the growing environment is shown
define install
@(while sleep 5 > /dev/null 2>&1 && kill -0 $$$$ 2> /dev/null; do now=$$(du -sm $(VENV) | cut -f1); \
    [ "$$now" = "$$was" ] || echo "  installing: $(VENV) has $$now MB"; was=$$now; done) & watch=$$!; \
  $(BIN)/python -m pip install $(2) --disable-pip-version-check -c requirements.lock -e '.[$(1)]'; failed=$$?; \
  kill $$watch 2> /dev/null; \
  [ $$failed = 0 ] || { echo "the packages could not be installed: look at the lines above (network, disk, compiler), then run make again"; exit 1; }
@touch $@
endef

$(VENV)/.demo: $(BIN)/python pyproject.toml requirements.lock
	@echo "installing n2mu and what it needs into $(VENV), once: 1 to 3 minutes on a fast network; 1.7 GB, or 5 GB where torch comes with CUDA"
	$(call install,demo)

$(VENV)/.pythia: $(VENV)/.demo
	@echo "installing PYTHIA into $(VENV), once: less than a minute"
	$(call install,demo$(comma)pythia,--quiet)

$(VENV)/.test: $(VENV)/.demo
	@echo "installing what tests and docs need (ROOT and others) into $(VENV), once: 1 to 3 minutes on a fast network"
	$(call install,demo$(comma)test$(comma)docs,--quiet)

$(VENV)/.bench: $(VENV)/.demo
	@echo "installing the tools to compare with into $(VENV), once: minutes"
	$(call install,demo$(comma)bench,--quiet)

clean:
	rm -rf results ntuples .snakemake
