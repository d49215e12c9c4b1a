# Everything a developer or a curious user starts. Each target sets up what it needs and leaves alone what is there.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-install lint format package locks check-locks offline-bundle bench-memory bench-embed bench-pretrain bench-fewshot bench-heads bench-active bench-live bench-finetune bench-adapt bench-adapt-speed bench-explore translations gui sample clean clean-venv

SETUP := bash backend/tools/setup.sh
PY := .venv/bin/python
export PYTHONDONTWRITEBYTECODE := 1
BENCH ?= ../shared/bench/fewshot

help:  ## Shows this list
	@echo "MMEarth for QGIS - make targets (Debian 12+, Ubuntu 22.04+; root or sudo):"
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /  make \1|/' | column -t -s '|'

.venv/.backend: backend/requirements.txt backend/tools/setup.sh
	$(SETUP) backend
	@touch $@

.venv/.dev: .venv/.backend backend/tools/requirements-dev.txt
	$(SETUP) dev
	@touch $@

.venv/.qgis: .venv/.backend
	$(SETUP) qgis
	@touch $@

setup: .venv/.backend  ## Makes .venv with the backend; afterwards .venv/bin/mmearth --help

demo: .venv/.backend  ## Embedding, class map and report in demo_output/ (own files: SCENE=... LABELS=... FIELD=...)
	$(PY) backend/tools/demo.py $(if $(SCENE),--scene "$(SCENE)") $(if $(LABELS),--labels "$(LABELS)") $(if $(FIELD),--field "$(FIELD)")

test: .venv/.dev .venv/.qgis  ## All tests and checks: backend, real child, real QGIS, real window, package, lint
	bash backend/tools/test.sh

test-install: .venv/.dev .venv/.qgis  ## Installing the backend for real from an index on this machine, and every way to fail (ten minutes, root)
	bash backend/tools/test_install.sh

lint: .venv/.dev  ## ruff check, ruff format --check, mypy --strict on the backend, flake8 on what is published
	@status=0; \
	for check in "ruff check ." "ruff format --check ." "mypy --strict backend" \
		"flake8 __init__.py mmearth_plugin backend/mmearth"; do \
		echo "$$check"; $(PY) -m $$check || status=1; \
	done; exit $$status

format: .venv/.dev  ## ruff format and the fixes ruff can make itself
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

package: .venv/.dev  ## build/mmearth_qgis-<version>.zip, scanned by bandit, detect-secrets and flake8
	$(PY) backend/tools/package.py

locks: .venv/.dev  ## Resolves backend/requirements.txt into resources/locks, for Linux, Windows and macOS (half a minute)
	$(PY) backend/tools/locks.py make

check-locks: .venv/.dev  ## Resolves at the locked versions again and says what differs; installs nothing (half a minute)
	$(PY) backend/tools/locks.py check

# Here PYTHON is a version; for setup.sh it is a program.
ifneq ($(filter offline-bundle,$(MAKECMDGOALS)),)
unexport PYTHON
endif
offline-bundle: .venv/.dev  ## A zip that installs without network: PLATFORM=linux-x86_64 BUILD=cpu PYTHON=3.12 (OUT=zip PYTHON_ARCHIVE=file)
	$(PY) backend/tools/offline_bundle.py --platform "$(PLATFORM)" --build "$(BUILD)" --python "$(PYTHON)" \
		$(if $(OUT),--out "$(OUT)") $(if $(PYTHON_ARCHIVE),--python-archive "$(PYTHON_ARCHIVE)")

bench-memory: .venv/.backend  ## Peak memory of embedding 20,000 x 20,000 pixels (half an hour on two cores)
	$(PY) backend/benchmarks/embed_memory.py --side 20000 --small 2000 --stride 8

bench-embed: .venv/.backend  ## Speed of embedding against other engines (their environments: MMEARTH_RIVALS=folder), memory, seams, crashes
	-OMP_NUM_THREADS=1 $(PY) backend/benchmarks/embed_rivals.py $(if $(MMEARTH_RIVALS),--envs "$(MMEARTH_RIVALS)")
	$(PY) backend/benchmarks/embed_engine.py

bench-pretrain: .venv/.dev  ## Speed of a pretraining step and of its data (authors' code: MMEARTH_TRAIN=folder; half an hour)
	OMP_NUM_THREADS=1 $(PY) backend/benchmarks/pretraining_speed.py $(if $(MMEARTH_TRAIN),--official "$(MMEARTH_TRAIN)")

bench-fewshot: .venv/.backend  ## Few-shot recipe beside its controls and baselines (BENCH=folder; five minutes)
	OMP_NUM_THREADS=1 $(PY) backend/benchmarks/fewshot_recipe.py --bench "$(BENCH)"
	OMP_NUM_THREADS=1 $(PY) backend/benchmarks/fewshot_speed.py

bench-heads: .venv/.backend  ## Every classifier on the few-shot tasks, and a choice among them by cross-validation (a quarter of an hour)
	OMP_NUM_THREADS=1 $(PY) backend/benchmarks/fewshot_recipe.py --bench "$(BENCH)" --heads --seeds 0,1,2

bench-active: .venv/.backend  ## Suggested places against random ones: labels needed for the same score (a quarter of an hour)
	OMP_NUM_THREADS=1 $(PY) backend/benchmarks/active_learning.py --bench "$(BENCH)"

bench-live: .venv/.backend .venv/.qgis  ## From one more polygon to a fresh preview: backend, then the dock in a real window (ten minutes)
	$(PY) backend/benchmarks/live_loop.py
	MMEARTH_LIVE_PX=2000 /usr/bin/python3 -m pytest -p no:cacheprovider -q -s tests/plugin/e2e/test_live_loop.py

bench-explore: .venv/.backend .venv/.qgis  ## From a click to similar places and regions on 2,000 x 2,000 pixels: backend, then a real window (five minutes)
	$(PY) backend/benchmarks/explore_latency.py
	MMEARTH_EXPLORE_PX=2000 MMEARTH_SMART_PX=2000 /usr/bin/python3 -m pytest -p no:cacheprovider -q -s tests/plugin/e2e/test_explore.py tests/plugin/e2e/test_labelling.py

translations: .venv/.backend  ## Takes new texts of the plugin into resources/i18n and says which are not translated
	$(PY) backend/tools/translations.py update
	$(PY) backend/tools/translations.py check

bench-finetune: .venv/.backend  ## Fine-tuning on bark beetle scenes beside a forest, and its speed (DATA=folder; some hours)
	OMP_NUM_THREADS=1 $(PY) backend/benchmarks/finetune_barkbeetle.py --data "$(or $(DATA),../shared/data/barkbeetle_s2)"
	OMP_NUM_THREADS=1 $(PY) backend/benchmarks/finetune_auto.py --bench "$(BENCH)"
	OMP_NUM_THREADS=1 $(PY) backend/benchmarks/finetune_speed.py
	OMP_NUM_THREADS=1 $(PY) backend/benchmarks/predict_tuned.py

bench-adapt: .venv/.backend  ## Adapting to other sensors, each way of learning beside none (ADAPT=options; an hour)
	OMP_NUM_THREADS=1 $(PY) backend/benchmarks/adapt_pairs.py --data "$(or $(DATA),../shared/data)" $(ADAPT)

bench-adapt-speed: .venv/.backend  ## Seconds and memory of adapting to 4,000 x 4,000 px, and of a cancel (ADAPT=options; half an hour)
	$(PY) backend/benchmarks/adapt_speed.py --data "$(or $(DATA),../shared/data)" $(ADAPT)

gui: .venv/.backend .venv/.qgis  ## QGIS in a scratch profile with the plugin and the sample scene
	$(PY) backend/tools/gui.py

sample: .venv/.backend  ## Generates resources/sample/ again
	$(PY) backend/tools/make_sample.py

clean:  ## Removes what make made, except .venv
	rm -rf build demo_output .pytest_cache .ruff_cache .mypy_cache
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +

clean-venv:  ## Removes .venv
	rm -rf .venv
