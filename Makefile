# Galleria. `make` lists the targets; each says what it is for after `##`.

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

BIN  := $(CURDIR)/bin
TOOL := $(CURDIR)/.bin

GOLANGCI_VERSION := v2.15.0
SQLC_VERSION     := v1.31.1
# The generator has to match the runtime, so its version stands only in go.mod.
TEMPL_VERSION     = $(shell go list -m -f '{{.Version}}' github.com/a-h/templ)

# Packages under test at the same time, and the limit for each of them. Without symbols for
# debuggers, and without what `make vet` has looked at, seventy test binaries are made sooner.
TEST_FLAGS ?= -race -p 2 -timeout 30m -vet=off -ldflags=-w
PKG        ?= ./...

# What is compiled outside the tests is compiled in one way, or the cache would serve none of it twice.
GO_BUILD := -trimpath

# Where the pages are.
TEMPLATES := console web/openapi payments/sandbox

CONTRACT_DIR := payments/sandbox/contracttest

.PHONY: help
help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z][a-z0-9-]*:.*## / {printf "  \033[1m%-15s\033[0m %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.PHONY: run
run: build ## start everything on this machine with two demo shops (Ctrl-C ends it)
	$(BIN)/galleria dev $(ARGS)

.PHONY: build
build: ## build bin/galleria
	go build $(GO_BUILD) -ldflags '-s -w' -o $(BIN)/galleria ./cmd/galleria

.PHONY: test
test: build ## race tests against a throw-away Postgres and Redis (PKG=./payments/...)
	$(BIN)/galleria with-stack -- go test $(TEST_FLAGS) $(PKG)

.PHONY: e2e
e2e: build ## only the tests that buy something through HTTP
	$(BIN)/galleria with-stack -- go test $(TEST_FLAGS) -count=1 -run 'EndToEnd|E2E' ./cmd/... ./web/... ./console/...

.PHONY: contract
contract: ## drive the provider sandbox with independent clients (a module of its own)
	@if [ -f $(CONTRACT_DIR)/go.mod ]; then cd $(CONTRACT_DIR); \
		if command -v npm >/dev/null && [ ! -d node_modules ]; then npm ci --silent --no-audit --no-fund; fi; \
		go test -timeout 5m ./...; \
	else echo "contract: no $(CONTRACT_DIR)/go.mod, skipped"; fi

.PHONY: bench
bench: build ## throughput and latency of the main routes, on a stack of its own
	$(BIN)/galleria bench $(ARGS)

.PHONY: check
check: ## what CI runs: generated files, lint, vet, build, contract tests, race tests
	@for step in generate-check lint vet build contract test; do \
		echo "── $$step"; $(MAKE) --no-print-directory $$step; done

.PHONY: generate
generate: $(TOOL)/sqlc-$(SQLC_VERSION) tool-templ ## regenerate SQL code, page templates and the API contract
	@if [ -f migrations/sqlc.yaml ]; then $(TOOL)/sqlc -f migrations/sqlc.yaml generate; \
	else echo "generate: no migrations/sqlc.yaml, SQL code skipped"; fi
	@for dir in $(TEMPLATES); do $(TOOL)/templ generate -path $$dir; done
	@if [ -f cmd/galleria/openapi.go ]; then mkdir -p web/openapi && \
		go run $(GO_BUILD) ./cmd/galleria openapi > web/openapi/openapi.json.new && mv web/openapi/openapi.json.new web/openapi/openapi.json; \
	else echo "generate: no openapi command, contract skipped"; fi
	@go run $(GO_BUILD) ./cmd/galleria charts README.md

# Compares by content before and after, so that it also works on a tree with
# changes of one's own, and sees new files as well as changed ones. In CI a
# generated file that nobody committed fails, too.
GENERATED_SUMS := find . -name node_modules -prune -o -type f \( -name '*_templ.go' -o -name '*.sql.go' \
	-o -path '*/internal/*db/*.go' -o -path './web/openapi/openapi.json' -o -path './README.md' \) -print0 | sort -z | xargs -0 -r sha256sum

.PHONY: generate-check
generate-check: ## fail if a generated file is not what `make generate` makes
	@before=$$($(GENERATED_SUMS)); $(MAKE) --no-print-directory generate; after=$$($(GENERATED_SUMS)); \
	if [ "$$before" != "$$after" ]; then \
		echo "generated files are out of date; run \`make generate\` and commit:"; \
		diff <(echo "$$before") <(echo "$$after") | awk '/^[<>]/ {print "  " $$3}' | sort -u; exit 1; fi
	@if [ -n "$${CI:-}" ] && git rev-parse --is-inside-work-tree >/dev/null 2>&1; then \
		stray=$$(git status --porcelain -- '*_templ.go' '*.sql.go' '*/internal/*db/*.go' web/openapi/openapi.json); \
		if [ -n "$$stray" ]; then echo "generated files are not committed:"; echo "$$stray"; exit 1; fi; fi

.PHONY: assets
assets: ## vendor the console's browser libraries again after changing web/package.json (needs Node)
	cd web && npm ci --ignore-scripts && npm run assets

.PHONY: fmt
fmt: $(TOOL)/golangci-lint-$(GOLANGCI_VERSION) ## format Go and templates
	$(TOOL)/golangci-lint fmt ./...
	@$(MAKE) --no-print-directory tool-templ && $(TOOL)/templ fmt $(TEMPLATES)

.PHONY: lint
lint: $(TOOL)/golangci-lint-$(GOLANGCI_VERSION) ## run the linters of .golangci.yml
	GOFLAGS="$${GOFLAGS:-} $(GO_BUILD)" $(TOOL)/golangci-lint run ./...

.PHONY: vet
vet: ## go vet
	go vet $(GO_BUILD) ./...

.PHONY: tools
tools: $(TOOL)/golangci-lint-$(GOLANGCI_VERSION) $(TOOL)/sqlc-$(SQLC_VERSION) tool-templ ## install the tools, in exact versions, into .bin

# Each tool leaves a stamp with its version; a tool of the right version that is
# there already is taken as it is.
$(TOOL)/golangci-lint-$(GOLANGCI_VERSION):
	@mkdir -p $(TOOL)
	@$(TOOL)/golangci-lint version 2>/dev/null | grep -qF "version $(GOLANGCI_VERSION)" \
		|| $(TOOL)/golangci-lint version 2>/dev/null | grep -qF "version $(GOLANGCI_VERSION:v%=%) " \
		|| GOBIN=$(TOOL) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	@touch $@

# Without cgo sqlc parses SQL by wasm: no C compiler, a third of the build time.
$(TOOL)/sqlc-$(SQLC_VERSION):
	@mkdir -p $(TOOL)
	@[ "$$($(TOOL)/sqlc version 2>/dev/null)" = "$(SQLC_VERSION)" ] \
		|| CGO_ENABLED=0 GOBIN=$(TOOL) go install github.com/sqlc-dev/sqlc/cmd/sqlc@$(SQLC_VERSION)
	@touch $@

.PHONY: tool-templ
tool-templ:
	@[ "$$($(TOOL)/templ version 2>/dev/null)" = "$(TEMPL_VERSION)" ] \
		|| GOBIN=$(TOOL) go install github.com/a-h/templ/cmd/templ@$(TEMPL_VERSION)
