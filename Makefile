# make demo   build everything and run a demonstration city
# make test   install missing test partners, then run every test
# make check  what to run before each commit
# make bench  figures beside their references
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
GO    ?= go
TOOL  := $(GO) tool -modfile=tools.mod
TESTS := $(TOOL) gotestsum --format pkgname # its summary names each test that was skipped, and why
DIST  := internal/web/ui/dist/index.html
WEB   := $(shell find web/src web/public web/index.html web/package-lock.json web/vite.config.ts -type f 2>/dev/null)

.PHONY: all build web demo test unit e2e partners check generate format vet types bench nightly clean
all: build

build: web ## bin/santra, with the front end inside
	$(GO) build -trimpath -o bin/santra ./cmd/santra

web: $(DIST)
$(DIST): $(WEB)
	npm --prefix web ci --no-audit --no-fund
	npm --prefix web run build
	touch $@

demo: build ## prints the addresses and log-ins
	bin/santra demo --data $${SANTRA_DEMO_DATA:-.demo}

partners: ## the other ends of the tests: SIPp, a SIP phone, Kamailio, Postfix, PostgreSQL, Chromium
	scripts/partners

test: partners build unit e2e

unit:
	npm --prefix web run check
	$(TESTS) -- -race ./...

e2e: build
	$(TESTS) -- -count=1 -parallel 3 -tags e2e -timeout 10m ./e2e/...

check: generate format vet types ## before each commit
	git diff --exit-code
	$(GO) test ./...

generate:
	CGO_ENABLED=0 $(GO) generate ./... # sqlc without C: its parser as WebAssembly
	npm --prefix web run api

format:
	$(TOOL) gofumpt -w cmd internal e2e

vet:
	$(GO) vet ./... && $(GO) vet -tags e2e ./e2e/...
	$(TOOL) staticcheck ./...
	@test -z "$$($(GO) fix -diff ./... 2>&1 | tee /dev/stderr)" || { echo 'go fix has something to say: run go fix ./...'; exit 1; }
	@$(TOOL) govulncheck ./... || { s=$$?; [ $$s -eq 3 ] && exit 3 || echo 'govulncheck: no answer from its database, not checked'; }

types:
	npm --prefix web run check

bench: build ## every figure with its reference from the same run
	bin/santra bench

nightly: ## routing at length: tens of millions of steps, deeper interleavings, the fuzzer (SANTRA_SEED=n to repeat a run)
	SANTRA_NIGHTLY=$${SANTRA_NIGHTLY:-500} $(GO) test ./internal/routing/engine -run 'Lost|Both|TakeOver|Same|Interleaving|Shrunk' -timeout 12h -rapid.checks=20000 -v
	$(GO) test ./internal/routing/engine -run Nothing -fuzz FuzzEvents -fuzztime 15m -fuzzminimizetime 10x

clean:
	rm -rf bin .demo internal/web/ui/dist/*
