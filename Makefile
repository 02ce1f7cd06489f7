# Everything a person or a build server does with this repository. `make` alone lists it.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# debug: one build serves the demonstration and the tests. release: for measuring and for production.
CONFIGURATION ?= debug
export BATON_CONFIGURATION := $(CONFIGURATION)

# The port of the private RabbitMQ node that `make broker` and `make demo` start.
BROKER_PORT ?= 5673
export BATON_BROKER_PORT := $(BROKER_PORT)

# How long `make fuzz` stays with each of its targets, and `make torture` goes on.
MINUTES ?= 10

# What `make torture` begins with, and what `make simulate` plays alone; a random one without it.
SEED ?=

# How many fresh seeds `make simulate` plays, from FIRST on where it is given, on JOBS threads.
SEEDS ?= 20000

# Cases of `make bench-recovery`; all without.
CASES ?=

# Works of `make bench`, as `Benchmarks/bench.py --help` lists them; all without.
WORKS ?=

# What `make bench-core` asks the library: "--filter 'json/.*'", "baseline update before", "baseline compare before".
ARGS ?=

# One flavour of release build serves everything that asks for one.
RELEASE := -c release --static-swift-stdlib

# How many requests `make fuzz-api` sends.
REQUESTS ?= 100000

.PHONY: help deps build release lint format test unit polyglot service-models simulate fuzz fuzz-api torture bench-recovery bench bench-quick bench-curves bench-core budgets demo stop broker compose-test clean

help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  \033[1mmake %-14s\033[0m %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## Install what is missing to build, test and run (apt, or brew on macOS).
	@scripts/deps.sh test

build: ## Build everything.
	@scripts/deps.sh build
	swift build -c $(CONFIGURATION)

release: ## Build the binaries for production.
	@scripts/deps.sh build
	swift build $(RELEASE)

lint: ## Check the formatting and the rules between modules.
	@scripts/lint.sh

format: ## Rewrite the sources in the project's format.
	swift format format --in-place --parallel --recursive Package.swift Sources Tests Fuzz Benchmarks workers

test: ## Set up what the tests need, and run all of them.
	@scripts/test.sh all

unit: ## Run the Swift tests alone.
	@scripts/test.sh swift

polyglot: ## Install the languages of workers/, and try the worker of each (Debian).
	@scripts/deps.sh polyglot
	swift build
	@BATON_E2E_VENV="$(CURDIR)/.baton/venv" Tests/EndToEnd/run -q test_polyglot.py test_mixed_fleet.py test_protocol_documents.py test_python_package.py

service-models: ## Make the data anew that TestState checks mocks against (needs botocore).
	@scripts/service-models.py

simulate: ## Play SEEDS runs of the engine under faults, or SEED alone, step by step.
	@scripts/deps.sh build
	@swift build $(RELEASE) --product baton-simulate
	@"$$(swift build $(RELEASE) --show-bin-path)/baton-simulate" $(if $(SEED),--seed $(SEED),--seeds $(SEEDS)) \
		$(if $(FIRST),--first $(FIRST)) $(if $(JOBS),--jobs $(JOBS))

fuzz: ## Feed random texts to the parsers and to JSONata, MINUTES each.
	@scripts/deps.sh build
	@scripts/fuzz.sh $(MINUTES)

fuzz-api: ## Send REQUESTS random requests to a server, and check every answer.
	@scripts/deps.sh test
	@swift build --product baton
	@REQUESTS=$(REQUESTS) BATON_E2E_VENV="$(CURDIR)/.baton/venv" Tests/EndToEnd/run -q -s test_api_fuzz.py

torture: ## Kill everything at random for MINUTES, and check that nothing was lost or doubled (SEED=).
	@scripts/deps.sh test
	@swift build --product baton && swift build --product torture-worker
	@BATON_E2E_VENV="$(CURDIR)/.baton/venv" Tests/Torture/run --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

bench-recovery: ## Kill, wipe and wait: measure how Baton recovers (CASES="restart wipe"; the soak takes MINUTES=60).
	@scripts/deps.sh test
	@scripts/bench-recovery.sh $(CASES) $(if $(filter file,$(origin MINUTES)),,--minutes $(MINUTES))

bench: ## Measure Baton beside what broker and disk allow, WORKS="onboarding latency" or all: ten minutes.
	@scripts/bench.sh $(WORKS)

bench-quick: ## The same, small: two minutes.
	@scripts/bench.sh --quick $(WORKS)

bench-curves: ## Draw how it grows, into docs/performance.
	@scripts/bench.sh --curves

bench-core: ## Time what needs no broker, with percentiles and baselines (ARGS="baseline compare NAME").
	@scripts/bench-core.sh $(ARGS)

budgets: ## Count what a step costs, in instructions and allocations, against Benchmarks/budgets.json (UPDATE=1 rewrites it).
	@scripts/budgets.sh $(if $(UPDATE),--update)

demo: ## Onboard three users through four worker processes, before your eyes.
	@scripts/demo.sh

compose-test: ## Run docker-compose.yml with the mixed fleet, by Docker or by podman, and look at it from all sides.
	@scripts/compose-test.sh

stop: ## End what `make demo` and `make broker` left running.
	@scripts/stop.sh

broker: ## Start a private RabbitMQ node below .baton/.
	@scripts/deps.sh run
	@scripts/broker.sh start --dir .baton/broker --port $(BROKER_PORT)
	@echo "RabbitMQ is at amqp://guest:guest@127.0.0.1:$(BROKER_PORT)/ ; make stop ends it."

clean: stop ## Remove everything that was built or recorded.
	rm -rf .build .build-fuzz .build-benchmarks .baton
