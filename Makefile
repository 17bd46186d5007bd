# Every target installs what it needs and is missing (Debian packages, through apt-get).
SHELL := /bin/bash
PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 20
SOAK_SECONDS ?= 600

BUILD_PACKAGES := libsqlite3-dev libpq-dev libmariadb-dev libtomlplusplus-dev zlib1g-dev \
  libcurl4-openssl-dev libssl-dev libhiredis-dev librabbitmq-dev libstdc++-12-dev
TEST_PACKAGES := sqlite3 curl mandoc groff-base zsh fish valgrind time shellcheck python3-venv \
  amqp-tools
# The servers that the tests start for themselves; see Tests/Servers/run.
SERVER_PACKAGES := postgresql mariadb-server pgbouncer openssl nginx-light nghttp2-server \
  nghttp2-client rabbitmq-server redis-server redis-sentinel redis-tools

NB := .build/release/nb
# On a terminal SwiftPM redraws one line; elsewhere only errors are worth their lines.
QUIET := $(shell test -t 2 || echo --quiet)
# A module that imports what Package.swift does not grant it fails the build.
SWIFT_FLAGS := $(QUIET) --explicit-target-dependency-import-check error

BIN := $(DESTDIR)$(PREFIX)/bin
MAN := $(DESTDIR)$(PREFIX)/share/man
BASH_COMPLETIONS := $(DESTDIR)$(PREFIX)/share/bash-completion/completions
ZSH_COMPLETIONS := $(DESTDIR)$(PREFIX)/share/zsh/site-functions
FISH_COMPLETIONS := $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d

.DEFAULT_GOAL := build
.NOTPARALLEL:
.PHONY: build debug test demo lint budgets bench soak fuzz generate install uninstall clean deps \
	deps-test help

build: deps ## Build the release executable, .build/release/nb
	@swift build -c release --disable-local-rpath --product nb $(SWIFT_FLAGS)
	@printf '%s: %s bytes\n' $(NB) "$$(stat -Lc %s $(NB))"

debug: deps ## Build everything for debugging, tests included
	@swift build --build-tests $(SWIFT_FLAGS)

test: deps-test ## Run every test
	@swift build --build-tests $(SWIFT_FLAGS)
	@Tests/Servers/run swift test --skip-build --disable-xctest --quiet

demo: build ## Run the main job end to end on this machine's own list of packages
	@Tests/Demo/run $(NB)

lint: build deps-test ## Check style, layering, scripts, manual pages and what the executable links
	@Tests/Lint/run $(NB)

budgets: build deps-test ## Check instruction counts, memory and size against their limits
	@Tests/Budgets/run $(NB)

bench: build deps-test ## Compare nb with its peers (BENCH_ROWS, BENCH_RUNS, BENCH_FAMILIES)
	@Tests/Servers/run Tests/Benchmarks/run $(NB) $(BENCH_FAMILIES)

soak: build ## Work queues off for SOAK_SECONDS (600) while processes are killed, and count
	@Tests/Soak/run $(NB) $(SOAK_SECONDS)

fuzz: deps ## Fuzz every parser for FUZZ_SECONDS each
	@Tests/Fuzz/run $(FUZZ_SECONDS)

generate: build ## Write man/, completions/ and docs/reference.md from the command table
	@$(NB) __render all .

install: ## Install nb, its manual pages and completions under PREFIX (and DESTDIR)
	@test -x $(NB) || $(MAKE) build
	install -D -m 755 $(NB) $(BIN)/nb
	@for page in man/*.[1-8]; do \
	  install -D -v -m 644 "$$page" "$(MAN)/man$${page##*.}/$${page##*/}" || exit; done
	install -D -m 644 completions/nb.bash $(BASH_COMPLETIONS)/nb
	install -D -m 644 completions/_nb $(ZSH_COMPLETIONS)/_nb
	install -D -m 644 completions/nb.fish $(FISH_COMPLETIONS)/nb.fish

uninstall: ## Remove what install put there
	rm -f $(BIN)/nb $(BASH_COMPLETIONS)/nb $(ZSH_COMPLETIONS)/_nb $(FISH_COMPLETIONS)/nb.fish
	@for page in man/*.[1-8]; do \
	  rm -f -v "$(MAN)/man$${page##*.}/$${page##*/}" || exit; done

clean: ## Remove everything that was built
	rm -rf .build .build-fuzz

deps: ## Install what building needs
	@.ci/install-packages $(BUILD_PACKAGES)

deps-test: deps ## Install what testing needs
	@.ci/install-packages $(TEST_PACKAGES) $(SERVER_PACKAGES)
	@Tests/Benchmarks/install-peers .build/benchmark-peers
	@Tests/Servers/install .build/test-servers

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
