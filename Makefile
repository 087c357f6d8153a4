# The front of the build; CMake does the work (CMakePresets.json). `make help` lists what there is.
SHELL := /bin/bash
JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
# What runs with ThreadSanitizer, too; with AddressSanitizer every unit test does.
TSAN := engine_test;conformance_test;plugins_kafka_embedded
MAKEFLAGS += --no-print-directory
.NOTPARALLEL:
.DEFAULT_GOAL := build
.PHONY: build demo demo-orders demo-analytics demo-stocks demo-chaos demo-reload embedded-clickhouse test bench soak install clean help

# $(call make_preset,PRESET,TARGET,OPTIONS): quiet unless something is wrong; a live line of progress on a terminal.
define make_preset
	@command -v cmake >/dev/null && command -v ninja >/dev/null || \
	  { echo "cmake or ninja is missing; run: scripts/setup build" >&2; exit 1; }
	@mkdir -p build && echo "building $(1) ...$$([ -d build/$(1) ] || echo ' the first time it takes some minutes')"
	@cmake --preset $(1) $(if $(CI),-DWEIR_WERROR=ON -DWEIR_LINES=OFF -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=40) $(3) >build/$(1).log 2>&1 || { cat build/$(1).log >&2; exit 1; }
	@ninja -C build/$(1) -n $(2) 2>&1 | grep -q '^ninja: no work to do' || \
	  cmake --build build/$(1) --target $(2) -j $(JOBS) -- $$([ -t 1 ] || echo --quiet)
endef

build: ## build/release/bin/weir and its plugins (the default)
	$(call make_preset,release,product)

demo: ## install what is needed, build, and watch numbers that sum to 12 find each other
	@scripts/setup build
	$(call make_preset,release,product)
	@scripts/demo

demo-orders: ## orders counted by status in windows, for 20 seconds
	@scripts/setup build
	$(call make_preset,release,product)
	@scripts/demo-orders

demo-analytics: ## revenue, sessions and more out of what users do, for 20 seconds
	@scripts/setup build
	$(call make_preset,release,product)
	@scripts/demo-analytics

demo-stocks: ## ticks from Kafka to ClickHouse, both inside of weir, and a dashboard in the browser
	@scripts/setup build
	@scripts/embedded-clickhouse
	$(call make_preset,release,product)
	@scripts/demo-stocks

demo-chaos: ## kill the host every two seconds on a real Kafka, and count what is lost or doubled: nothing
	@scripts/setup test
	@tests/servers/kafka/start --fetch
	$(call make_preset,release,product ledger)
	@scripts/demo-chaos

demo-reload: ## change a running pipeline on a real Kafka, a plugin's build too, and count what is lost or doubled: nothing
	@scripts/setup test
	@tests/servers/kafka/start --fetch
	$(call make_preset,release,product)
	@scripts/demo-reload

embedded-clickhouse: ## obtain the ClickHouse engine that `embedded: PATH` of a connection runs (178 MB, 540 unpacked)
	@scripts/embedded-clickhouse

test: ## install what is needed, build, and run every test, those against real servers and with sanitizers too
	@scripts/setup test
	@tests/servers/kafka/start --fetch
	@tests/servers/clickhouse/start --fetch >/dev/null
	@tests/servers/clickhouse-debian/start --fetch
	$(call make_preset,release,all,-DWEIR_UNIT_TESTS=OFF)
	$(call make_preset,asan,unit_tests,-DWEIR_UNIT_TESTS=ON)
	$(call make_preset,tsan,unit_tests,-DWEIR_UNIT_TESTS="$(TSAN)")
	@echo 'subdirs(release asan tsan)' >build/CTestTestfile.cmake
	@ctest --test-dir build -j $(JOBS) --output-on-failure --no-tests=error

bench: ## measure CPU time a record against a real Kafka and a hand-written loop, latency, state, changes while it runs, codecs and expressions beside DuckDB; 40 minutes
	@scripts/setup test
	@tests/servers/kafka/start --fetch
	@tests/servers/clickhouse/start --fetch >/dev/null
	$(call make_preset,release,product bench-programs rebuilt)
	@tests/bench/run
	@tests/bench/latency
	@tests/bench/keys
	@build/release/bin/bench-keyed build/bench-keyed.tmp
	@build/release/bin/bench-state build/bench-state.tmp
	@tests/bench/windows
	@tests/bench/reload
	@build/release/bin/bench-clickhouse-encode
	@tests/bench/clickhouse
	@WEIR_PLUGIN_DIR=build/release/lib/weir/plugins build/release/bin/bench-codecs
	@tests/bench/codecs-duckdb --rounds 3
	@tests/bench/expressions

soak: ## 500 changes of running topologies, 1,000 kills, each failpoint 25 times, 200 dead brokers, 1,000 kills before ClickHouse; hours, or SOAK_MINUTES=N of them, then again
	@scripts/setup test
	@tests/servers/kafka/start --fetch
	@tests/servers/clickhouse/start --fetch >/dev/null
	$(call make_preset,release,product failpoint_host rebuilt)
	@WEIR_SOURCE_DIR=$(CURDIR) WEIR_BUILD_DIR=$(CURDIR)/build/release WEIR_BIN=$(CURDIR)/build/release/bin/weir \
	  tests/faults/soak $(SOAK_MINUTES) $(SOAK_GOALS)

install: build ## install weir, its plugins and the SDK under PREFIX (default /usr/local)
	@cmake --install build/release --prefix "$(PREFIX)" >build/install.log || { cat build/install.log >&2; exit 1; }
	@echo "installed: $(DESTDIR)$(PREFIX)/bin/weir"

clean: ## remove everything that was built
	@rm -rf build

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 26
