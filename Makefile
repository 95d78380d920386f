# Everything that can be done with this repository. `make` alone lists it.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# The machine that the functions are deployed on. The template's parameter Architecture must agree with it.
GOOS ?= linux
GOARCH ?= arm64
ARCHITECTURE := $(if $(filter amd64,$(GOARCH)),x86_64,$(GOARCH))
export GOOS GOARCH

# For everything that runs on this machine.
HOST := GOOS=$(shell go env GOHOSTOS) GOARCH=$(shell go env GOHOSTARCH)

TAGS := lambda.norpc,grpcnotrace
FUNCTION_FLAGS := -tags $(TAGS) -trimpath -buildvcs=false -ldflags='-s -w'

# Tools of the project's own, in versions that change only here.
TOOLS := .tools
GOLANGCI_LINT_VERSION := v2.15.0
GOLANGCI_LINT := $(TOOLS)/golangci-lint-$(GOLANGCI_LINT_VERSION)
PYTHON_REQUIREMENTS := build/sam/requirements.txt
VENV := $(TOOLS)/python

# What make conformance runs.
DYNAMODB_LOCAL := $(TOOLS)/dynamodb-local
OPERATIONS ?= 100000
CONFORMANCE_SEED ?= 0

# What sam-local invokes. ENDPOINT is where the function finds a local cloud that listens for containers (bayon up --listen).
ENDPOINT ?=
SAM_FLAGS ?=
FUNCTION ?= PriceReductionProcessorFunction
EVENT ?= functions/price-reduction/testdata/integration-sync-completed.json
FUZZ_TIME ?= 30s
# Where deploy-local finds or starts its local cloud.
PORT ?= 4599

# What simulate lives through.
SEED ?= 1
DAYS ?= 365
AGENTS ?= 1000
FROM ?= 2026-01-01
WORLDS ?= 2

.PHONY: help
help: ## List what can be done
	@echo "make TARGET, where TARGET is one of:"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-21s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: bin/bayon ## Start the local cloud, play the demonstration, show the events live; Ctrl-C ends it
	bin/bayon up --demo --fresh

.PHONY: demo
demo: bin/bayon ## Play the demonstration and end: 0 if every promised effect is there, else 1
	bin/bayon demo

.PHONY: build
build: bin/bayon functions ## Build the command and all functions for this machine

.PHONY: bin/bayon
bin/bayon:
	@$(HOST) CGO_ENABLED=0 go build -trimpath -buildvcs=false -o $@ ./cmd/bayon

.PHONY: functions
functions:
	@$(foreach function,$(notdir $(wildcard functions/*)),$(HOST) $(MAKE) --no-print-directory \
		function FOLDER=$(function) OUTPUT=bin/functions/$(function)/bootstrap;)

.PHONY: test
test: check unit sam-check ## Run everything that a change must pass

.PHONY: unit
unit: python
	$(HOST) PYTHON_VENV=$(abspath $(VENV)) go test -race -timeout 15m ./...
	$(HOST) go test -timeout 15m -run TestWeeks ./scenario/simulation # the race detector leaves it days only

.PHONY: check
check: lint ## Check format, vet, modules, generated files, lint and known vulnerabilities
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); \
		if [ -n "$$unformatted" ]; then echo "not formatted (run gofmt -w): $$unformatted" >&2; exit 1; fi
	$(HOST) go vet ./...
	$(HOST) go mod tidy -diff
	$(HOST) build/check-generated.sh
	$(HOST) build/check-vulnerabilities.sh

.PHONY: lint
lint: $(GOLANGCI_LINT) ## Run the linters
	$(HOST) $(GOLANGCI_LINT) run

.PHONY: generate
generate: ## Write the generated files anew
	$(HOST) go generate ./pkg/... ./...

.PHONY: release-schemas
release-schemas: ## Record the facts' schemas as released: later ones must be compatible with them
	cd pkg/events/schemas && $(HOST) go run ./release

.PHONY: verify
verify: bin/bayon ## Compare the deployment in development with the template, and send a canary through it
	bin/bayon --aws verify --environment development --publish $(VERIFY)

.PHONY: verify-production
verify-production: bin/bayon ## The same in production
	bin/bayon --aws verify --environment production --publish $(VERIFY)

.PHONY: fuzz
fuzz: ## Run each fuzz target for FUZZ_TIME (30s)
	$(HOST) build/fuzz.sh $(FUZZ_TIME)

.PHONY: scenario-full
scenario-full: ## Post a thousand items on four networks with faults; takes some six minutes
	$(HOST) go test -count 1 -timeout 20m -v -run TestNothingIsPostedTwice ./scenario -items 1000

.PHONY: simulate
simulate: ## Let AGENTS (1000) live through DAYS (365) from FROM with the faults of SEED, and audit each day; takes long
	$(HOST) go test -count 1 -timeout 12h -v -run TestYear ./scenario/simulation -days $(DAYS) -agents $(AGENTS) -worlds $(WORLDS) -from $(FROM) -seed $(SEED)

.PHONY: conformance
conformance: conformance-dynamodb conformance-sam-local ## Hold the local cloud to AWS's own DynamoDB Local (OPERATIONS=100000 CONFORMANCE_SEED=0), and the functions to the SAM CLI

.PHONY: conformance-dynamodb
conformance-dynamodb:
	@if ! java -version >/dev/null 2>&1 || ! command -v mvn >/dev/null; then \
		echo "conformance-dynamodb is skipped: DynamoDB Local needs Java 17 and Maven, and this machine lacks one of them" >&2; \
	else \
		$(HOST) $(MAKE) --no-print-directory $(DYNAMODB_LOCAL)/installed && \
		$(HOST) DYNAMODB_LOCAL=$(abspath $(DYNAMODB_LOCAL)) go test -count 1 -timeout 2h -v ./internal/localcloud/dynamo/conformance \
			-operations $(OPERATIONS) -seed $(CONFORMANCE_SEED); \
	fi

.PHONY: durability
durability: ## Kill the local cloud 200 times under load; nothing that it acknowledged may be lost
	$(HOST) go test -count 1 -timeout 1h -v -run TestStateSurvivesKills ./scenario -kills 200

.PHONY: soak
soak: ## Let 500 agents live through 100,000 events with all faults, and check what is left; takes hours
	$(HOST) go test -count 1 -timeout 24h -v -run 'TestSoak$$' ./scenario -soak-events 100000 -soak-agents 500 -soak-concurrency 48 -soak-kill 1m

.PHONY: bench
bench: build ## Measure start-up, memory, throughput and latency, and the Go benchmarks
	bin/bayon bench
	$(HOST) go test -run '^$$' -bench . -benchmem ./...

.PHONY: sam-build
sam-build: python ## Build for AWS with the SAM CLI (GOARCH=arm64 or amd64)
	$(VENV)/bin/sam build --parameter-overrides Architecture=$(ARCHITECTURE)
	build/sam/check-architecture.sh .aws-sam/build $(ARCHITECTURE)

.PHONY: sam-check
sam-check: python
	AWS_DEFAULT_REGION=us-east-1 $(VENV)/bin/cfn-lint template.yaml
	AWS_DEFAULT_REGION=us-east-1 $(VENV)/bin/sam validate --lint
	$(MAKE) --no-print-directory sam-build

.PHONY: sam-local
sam-local: ## Invoke a function in a container (FUNCTION=LogicalId EVENT=file.json ENDPOINT=http://HOST:PORT); needs a container engine
	$(HOST) $(MAKE) --no-print-directory sam-build sam-invoke

.PHONY: sam-invoke
sam-invoke: python
	@printf '{"Parameters":{"AWS_ENDPOINT_URL":"%s"}}' '$(ENDPOINT)' > .aws-sam/environment.json
	AWS_DEFAULT_REGION=us-east-1 $(VENV)/bin/sam local invoke $(FUNCTION) --event $(EVENT) \
		--env-vars .aws-sam/environment.json --parameter-overrides Architecture=$(ARCHITECTURE) $(SAM_FLAGS)

.PHONY: conformance-sam-local
conformance-sam-local: python ## Invoke each function with each sample event in a container, by the SAM CLI; needs a container engine
	$(HOST) go test -count 1 -timeout 1h -v -run TestSAMLocalInvokesEveryFunction ./scenario -sam-local

.PHONY: deploy-local
deploy-local: bin/bayon python ## Deploy to a local cloud with the SAM CLI, and show what an event does there (PORT=4599)
	PORT=$(PORT) VENV=$(VENV) build/sam/deploy-local.sh

.PHONY: clean
clean: ## Remove what was built, the local cloud's state and the tools
	rm -rf bin .aws-sam .bayon $(TOOLS)

# --- One function's binary -------------------------------------------------------------------------------------------
# sam build calls build-<LogicalId> with ARTIFACTS_DIR; the local cloud does the same. This is the one place that says
# which folder a logical id is built from.

.PHONY: function
function:
	@CGO_ENABLED=0 go build $(FUNCTION_FLAGS) -o $(OUTPUT) ./functions/$(FOLDER)

build-LifeEventProcessorFunction: FOLDER := life-event-processor
build-CompetitorMonitorProcessorFunction: FOLDER := competitor-monitor
build-TrendDetectorProcessorFunction: FOLDER := trend-detector
build-PriceReductionProcessorFunction: FOLDER := price-reduction
build-PublishScheduledContentFunction: FOLDER := publish-scheduled-content
build-SyncSocialAnalyticsFunction: FOLDER := sync-social-analytics
build-NotificationProcessorFunction: FOLDER := notification-processor

build-%:
	@$(MAKE) --no-print-directory function FOLDER=$(FOLDER) OUTPUT="$(ARTIFACTS_DIR)/bootstrap"

# --- Tools -----------------------------------------------------------------------------------------------------------

$(GOLANGCI_LINT):
	$(HOST) GOBIN=$(abspath $(TOOLS)) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)
	mv $(TOOLS)/golangci-lint $@

$(DYNAMODB_LOCAL)/installed: build/dynamodb-local/pom.xml
	mvn --batch-mode --quiet --file $< dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory=$(abspath $(DYNAMODB_LOCAL))
	touch $@

.PHONY: python
python: $(VENV)/installed ## Install the pinned Python tools (sam, aws, cfn-lint) into .tools/python

$(VENV)/installed: $(PYTHON_REQUIREMENTS)
	python3 -m venv --clear $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --requirement $(PYTHON_REQUIREMENTS)
	touch $@
