# `make help` lists what there is. Everything works as root and as a plain user, again and again.

CARGO ?= cargo
# For `make demo`: --listen ADDRESS, --data-dir DIRECTORY.
DEMO_FLAGS ?=
# For `make test-rust`: names of tests, or other flags of nextest.
TEST_FLAGS ?=

TOOLS := $(CURDIR)/target/tools
TRADECOUNTER := target/debug/tradecounter
heading = @printf '\n\033[1m── %s ──\033[0m\n' '$(1)'

export CARGO
export PATH := $(TOOLS)/python/bin:$(TOOLS)/bin:$(PATH)

.NOTPARALLEL:
.PHONY: help demo test test-tools test-format test-lints test-queries test-dependencies test-files test-rust test-browser \
	bench sqlx snapshots fmt clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## build, and run the demo on http://localhost:8080 (DEMO_FLAGS="--listen 127.0.0.1:9000 --data-dir DIR")
	@tests/tools/need build-essential postgresql
	$(CARGO) build --release --locked
	@exec target/release/tradecounter demo $(DEMO_FLAGS)

test: test-tools test-format test-lints test-queries test-dependencies test-files test-rust test-browser ## everything that must hold; `make -k test` goes on after a failure
	$(call heading,All of it holds)

test-tools: ## install what the tests need
	$(call heading,Tools)
	@env -u DATABASE_URL -u TRADECOUNTER_PG_BIN tests/tools/need build-essential ca-certificates postgresql chromium fonts-liberation kannel kannel-extras openssl python3-venv nodejs npm
	@tests/tools/install

test-format: ## layout of the source
	$(call heading,Format)
	$(CARGO) fmt --check

test-lints: ## clippy with the house rules of config/clippy.toml
	$(call heading,Lints)
	$(CARGO) clippy --locked --all-targets -- -D warnings

test-queries: ## the committed .sqlx against a live PostgreSQL
	$(call heading,Checked queries)
	@tests/tools/query-data check

test-dependencies: ## licences, bans, known vulnerabilities
	$(call heading,Dependencies)
	@tests/tools/check-dependencies

test-files: ## the Dockerfile
	$(call heading,Dockerfile)
	@if command -v hadolint >/dev/null; then hadolint --config config/hadolint.yaml Dockerfile && echo 'nothing to say'; \
	else echo '*** SKIPPED: there is no hadolint for this machine'; fi

test-rust: ## the test suite (TEST_FLAGS=name_of_a_test)
	$(call heading,Rust)
	$(CARGO) build --locked --all-targets
	$(CARGO) test --locked --quiet --doc
	$(TRADECOUNTER) database run -- cargo-nextest nextest run --config-file config/nextest.toml --locked $(TEST_FLAGS)

test-browser: ## a real Chromium walks the demo; pictures in target/screenshots
	$(call heading,Browser)
	$(CARGO) build --locked --all-targets
	cd tests/browser && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && npm test --silent

bench: ## throughput as a share of pgbench's
	benches/run

sqlx: ## write .sqlx anew, after a query or a table has changed
	@tests/tools/need build-essential postgresql
	@tests/tools/query-data refresh

snapshots: ## take pages, messages and the API document as they are now; then look at the difference
	$(CARGO) build --locked --all-targets
	INSTA_UPDATE=always $(TRADECOUNTER) database run -- cargo-nextest nextest run --config-file config/nextest.toml --locked $(TEST_FLAGS)

fmt: ## lay out the source
	$(CARGO) fmt

clean: ## everything that was built; the demo's data in .data stays
	$(CARGO) clean
	rm -rf tests/browser/node_modules tests/prism/node_modules
