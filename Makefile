# Soundline's commands. `make` alone prints what each does.
#
# `make demo` and `make test` do their whole set-up by scripts/setup: they install what is missing
# with apt where they may, and say the exact command where they may not.

# A Rust that was installed a minute ago is not yet in the shell's path.
export PATH := $(PATH):$(HOME)/.cargo/bin

# A build from nothing gains nothing from incremental compilation, and it doubles the target folder.
ifeq ($(CI),true)
export CARGO_INCREMENTAL := 0
endif

# Arguments for the program behind `make demo`, such as: make demo ARGS='--listen 127.0.0.1:9000'
ARGS ?=
# Seconds that each fuzz target runs in `make fuzz`.
FUZZ_SECONDS ?= 30

FUZZ := --manifest-path fuzz/Cargo.toml --target-dir target/fuzz
stage := @scripts/stage

.PHONY: help
help: ## print this
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 16

.PHONY: demo
demo: ## build everything and show a made-up sound on http://127.0.0.1:8080
	@scripts/setup demo
	@scripts/page
	cargo build --locked --profile demo --bin soundline
	target/demo/soundline demo $(ARGS)

.PHONY: build
build: ## build the program for use: target/release/soundline
	@scripts/setup demo
	@scripts/page
	cargo build --locked --release --bin soundline

.PHONY: test
test: ## run every check, as it is run before a change lands
	@scripts/stage --begin
	$(stage) set-up scripts/setup test
	$(stage) hygiene scripts/hygiene
	$(stage) scripts shellcheck .ci/run $(shell grep -l '^#!/bin/sh' scripts/*)
	$(stage) format cargo fmt --all --check
	$(stage) licences scripts/licences
	$(stage) page scripts/page
	$(stage) page-types npm --prefix web run check
	$(stage) page-unit npm --prefix web test
	$(stage) clippy cargo clippy --locked --workspace --all-targets -- -D warnings
	$(stage) clippy-core-alone cargo clippy --locked -p dsp-core --all-targets -- -D warnings
	$(stage) clippy-fuzz cargo clippy --locked $(FUZZ) --all-targets -- -D warnings
	$(stage) docs env RUSTDOCFLAGS='-D warnings' cargo doc --locked --workspace --no-deps
	$(stage) bare-metal scripts/bare-metal
	$(stage) tests-core-alone cargo test --locked -p dsp-core
	$(stage) tests cargo test --locked --workspace
	$(stage) browser npm --prefix web run test:browser
	@scripts/stage --end

.PHONY: check
check: ## run the fast checks: format, clippy, unit tests
	@scripts/setup demo
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo test --locked --workspace --lib --bins

.PHONY: bench
bench: ## time each stage, as a multiple of copying the same bytes
	@scripts/setup demo
	cargo bench --locked -p benches

.PHONY: fuzz
fuzz: ## feed every fuzz target for FUZZ_SECONDS (30); needs cargo-fuzz and a nightly Rust
	@cargo +nightly fuzz --version >/dev/null 2>&1 || { \
		echo "error: cargo-fuzz or the nightly toolchain is missing; run: rustup toolchain install nightly && cargo install cargo-fuzz" >&2; \
		exit 1; }
	@for target in $$(cargo +nightly fuzz list); do \
		echo "== $$target"; \
		mkdir -p fuzz/corpus/$$target; \
		cargo +nightly fuzz run $$target fuzz/corpus/$$target fuzz/seeds/$$target -- -max_total_time=$(FUZZ_SECONDS) || exit 1; \
	done

.PHONY: web
web: ## build the page into web/dist
	@scripts/setup demo
	@scripts/page

.PHONY: clean
clean: ## remove everything that was built
	cargo clean
	rm -rf web/dist web/node_modules fuzz/target fuzz/artifacts fuzz/corpus
