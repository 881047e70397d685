# The two commands of the README are `make demo` and `make test`; both do their own set-up.
# Everything they make stays inside the project folder (.venv, .build-*, demo-output) and in
# ${TOPOLOSS_CACHE:-~/.cache/topoloss}.

SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=
export SWIFT

VENV_PYTHON := .venv/bin/python
# Where tools/build_library.py puts it, for setup.py, too.
LIBRARY := .build-python/release/libtopoloss.so
HEADER := Sources/CTopoLoss/include/topoloss.h
VERSION := $(shell awk '/define TOPOLOSS_VERSION_(MAJOR|MINOR|PATCH)/ { v = v sep $$3; sep = "." } END { print v }' $(HEADER))

# With Swift's runtime inside: the program runs on machines that have no Swift.
BUILD_SHAPR := $(SWIFT) build -c release --product shapr --static-swift-stdlib --scratch-path .build-shapr

SWIFT_SOURCES := Package.swift Sources Tests Benchmarks/NetworkBenchmark examples/swift

# Optimised, but with every assert() alive: docs/decisions/0004-optimised-tests-with-assertions.md
TEST_FLAGS := -c release -Xswiftc -enable-testing -Xswiftc -assert-config -Xswiftc Debug \
  --explicit-target-dependency-import-check error

.PHONY: help demo test reliability package library shapr install bench-persistence bench-loss bench-network bench-training \
  docs docs-swift check-docs format lint clean

help:
	@echo 'make demo                 make up cells, train on them, score and report: about five minutes'
	@echo 'make test                 run every test: Swift, C, Rust, Python'
	@echo 'WITH_TORCH=1 make test    the same, with PyTorch, JAX and scikit-learn'
	@echo 'make reliability          every promise of docs/reliability.md; TIER=R: at full size; ID=K1 N=1000 SEED=7: one test'
	@echo 'make package              build the Python package into .venv'
	@echo 'make install PREFIX=DIR   install topoloss.h, libtopoloss.so and topoloss.pc'
	@echo 'make shapr                build the program shapr into .build-shapr/release'
	@echo 'make bench-persistence    time the diagrams beside CubicalRipser and GUDHI'
	@echo 'make bench-loss           time distances and the loss beside the peers (QUICK=1: the small ones)'
	@echo 'make bench-network        time the network beside PyTorch (QUICK=1: without the slow contestants)'
	@echo 'make bench-training       time whole training epochs beside PyTorch (QUICK=1: two threads alone)'
	@echo 'make docs                 build the documentation into site/ (needs no Swift)'
	@echo 'make docs-swift           build the Swift reference into site/swift/ by DocC'
	@echo 'make check-docs           run what the documentation shows'
	@echo 'make format / make lint   rewrite / check the Swift sources with swift format'
	@echo 'make clean                remove everything that was built'

demo:
	@tools/setup.sh demo
	@tools/install-package.sh
	@$(BUILD_SHAPR)
	@tools/demo.sh

# The two test runners come last, so that their closing lines end the output. With WITH_TORCH=1
# PyTorch, JAX and scikit-learn are installed (a large download) and their tests must run; without
# it they run if .venv has the packages, and else pytest says so in one line.
test:
	@tools/setup.sh test
	@if [ '$(WITH_TORCH)' = 1 ]; then tools/setup.sh torch; fi
	@tools/install-package.sh
	tools/check-c.sh
	tools/check-swift-package.sh
	tools/check-kernels.sh
	tools/check-shapr.sh
	tools/check-shapr-tools.sh
	tools/check-shapr-many.sh
	$(VENV_PYTHON) -m pytest -q Tests/Reliability
	tools/check-types.sh
	tools/check-examples.sh
	$(SWIFT) test $(TEST_FLAGS) --scratch-path .build-tests
	REQUIRE_TORCH=$(WITH_TORCH) $(VENV_PYTHON) -m pytest python/tests

# The rows of docs/reliability.md, also those that are too long for `make test`; TIER=R: as before a release.
reliability:
	@tools/setup.sh test
	@tools/install-package.sh
	@$(BUILD_SHAPR)
	@SWIFT_TEST='$(SWIFT) test $(TEST_FLAGS) --scratch-path .build-tests' $(VENV_PYTHON) tools/reliability.py \
	  $(if $(ID),--id $(ID)) $(if $(N),--cases $(N)) $(if $(SEED),--seed $(SEED)) $(if $(TIER),--tier $(TIER)) $(if $(WRITE),--write)

package:
	@tools/setup.sh demo
	@tools/install-package.sh

library:
	@$(or $(PYTHON),python3) tools/build_library.py > /dev/null

install: library
	install -d '$(DESTDIR)$(PREFIX)/include' '$(DESTDIR)$(PREFIX)/lib/pkgconfig'
	install -m 644 $(HEADER) '$(DESTDIR)$(PREFIX)/include/topoloss.h'
	install -m 755 $(LIBRARY) '$(DESTDIR)$(PREFIX)/lib/libtopoloss.so'
	sed -e 's|@PREFIX@|$(abspath $(PREFIX))|' -e 's|@VERSION@|$(VERSION)|' topoloss.pc.in \
	  > '$(DESTDIR)$(PREFIX)/lib/pkgconfig/topoloss.pc'

shapr:
	@tools/setup.sh demo
	$(BUILD_SHAPR)

bench-persistence:
	@tools/setup.sh test
	@tools/install-package.sh
	$(VENV_PYTHON) Benchmarks/persistence.py

bench-loss:
	@tools/setup.sh test
	@tools/install-package.sh
	@Benchmarks/peers.sh
	.venv-peers/current/bin/python Benchmarks/loss.py $(if $(QUICK),--quick)

bench-network:
	@tools/setup.sh test
	@tools/install-package.sh
	@Benchmarks/peers.sh
	$(SWIFT) build -c release --package-path Benchmarks/NetworkBenchmark --scratch-path .build-network
	.venv-peers/current/bin/python Benchmarks/network.py $(if $(QUICK),--quick)

bench-training:
	@tools/setup.sh test
	@tools/install-package.sh
	@Benchmarks/peers.sh
	$(BUILD_SHAPR)
	$(SWIFT) build -c release --package-path Benchmarks/NetworkBenchmark --scratch-path .build-network
	.venv-peers/current/bin/python Benchmarks/training.py $(if $(QUICK),--quick)

# NO_MKDOCS_2_WARNING: a banner of the theme's authors about another program's future.
docs:
	@tools/setup.sh docs
	NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --strict --quiet
	@echo 'docs: open site/index.html; with search: python3 -m http.server --directory site'

docs-swift:
	tools/docs-swift.sh site/swift

check-docs:
	@tools/setup.sh test
	@tools/setup.sh docs
	@tools/install-package.sh
	@$(BUILD_SHAPR)
	$(VENV_PYTHON) tools/check-docs.py

format:
	$(SWIFT) format format --in-place --recursive $(SWIFT_SOURCES)

lint:
	$(SWIFT) format lint --strict --recursive $(SWIFT_SOURCES)

clean:
	rm -rf .build-* .venv .venv-peers build dist site demo-output *.egg-info python/*.egg-info
